"""Choices that cannot be listed: restored from the address, checked, and carried into it."""

import pytest
from streamlit.testing.v1 import AppTest


def page():
    """A page that asks for a number and a text."""
    import streamlit as st

    from app.components import free_choice
    from app.state import Link
    from rdpd_core.errors import ParameterError

    def number(text):
        try:
            return float(text)
        except ValueError:
            raise ParameterError(f"{text} is no number") from None

    link = Link("toy")
    offered = free_choice.offer(link, "size", number, 1.5)
    size = st.number_input("size", 0.0, 9.0, key=offered.key)
    letters = free_choice.offer(link, "letters", lambda text: "".join(sorted(text)), "")
    link.close({"size": size, "letters": st.session_state[letters.key]})
    st.text(f"{size} {st.session_state[letters.key] or '-'}")
    st.text(offered.refused)


def opened(**link: str) -> AppTest:
    """Run the page with an address."""
    at = AppTest.from_function(page, default_timeout=30)
    for key, value in link.items():
        at.query_params[f"toy.{key}"] = value
    at.run()
    assert not at.exception
    assert not at.warning
    return at


@pytest.mark.parametrize(
    ("link", "told"),
    [({}, "1.5 -"), ({"size": "2"}, "2.0 -"), ({"size": "2.50", "letters": "cab"}, "2.5 abc"), ({"size": "1.5"}, "1.5 -")],
)
def test_an_address_is_read(link, told):
    at = opened(**link)
    assert (at.text[0].value, at.text[1].value) == (told, "None")


@pytest.mark.parametrize("bad", ["", "two", "2,5"])
def test_what_cannot_be_read_is_given_back_with_the_reason(bad):
    at = opened(size=bad)
    assert at.text[0].value == "1.5 -"
    assert at.text[1].value == str((bad, f"{bad} is no number"))
    at.number_input[0].set_value(3.0).run()
    assert (at.text[0].value, at.text[1].value) == ("3.0 -", "None")


def test_a_change_goes_into_the_address_and_the_default_out_of_it():
    at = opened(letters="ba")
    at.number_input[0].set_value(3.0).run()
    assert dict(at.query_params) == {"toy.size": "3.0", "toy.letters": "ab"}
    at.number_input[0].set_value(1.5).run()
    assert dict(at.query_params) == {"toy.letters": "ab"}
