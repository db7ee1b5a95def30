"""Addresses: they restore a view, take up every change, and say what they ask for in vain."""

import pytest
from streamlit.testing.v1 import AppTest

from app.state import refusal, strange


def page():
    """A page with two choices, of which the second depends on the first."""
    import streamlit as st

    from app.state import Link

    link = Link("toy")
    letter = st.selectbox("letter", ["a", "b"], key=link.offer("letter", ["a", "b"], "a"))
    numbers = [1, 2, 3] if letter == "a" else [3, 4]
    number = st.selectbox("number", numbers, key=link.offer("number", numbers, numbers[0]))
    link.close({"letter": letter, "number": number})
    st.text(f"{letter}{number}")


def opened(**link: str) -> AppTest:
    """Run the page with an address."""
    at = AppTest.from_function(page, default_timeout=20)
    for key, value in link.items():
        at.query_params[key.replace("__", ".")] = value
    return at.run()


def address(at: AppTest) -> dict[str, str]:
    """Give the address; a test holds what was handed in as lists."""
    return {key: value if isinstance(value, str) else value[0] for key, value in at.query_params.items()}


def test_without_an_address_there_are_defaults_and_nothing_is_written():
    at = opened()
    assert at.text[0].value == "a1"
    assert address(at) == {}
    assert not at.warning


def test_an_address_restores_its_choices_with_their_types():
    at = opened(toy__letter="b", toy__number="4")
    assert at.text[0].value == "b4"
    assert not at.warning


def test_a_change_is_taken_up_and_defaults_are_left_out():
    at = opened(toy__letter="b")
    at.selectbox[1].select(4).run()
    assert address(at) == {"toy.letter": "b", "toy.number": "4"}
    at.selectbox[0].select("a").run()
    assert at.text[0].value == "a1"
    assert address(at) == {}


def test_going_back_restores_what_the_address_says(monkeypatch):
    at = opened()
    monkeypatch.setattr("app.state.went_back", lambda: True)
    at.selectbox[0].select("b").run()
    at.selectbox[1].select(4).run()
    assert at.text[0].value == "b4"
    at.query_params.clear()
    at.query_params["toy.letter"] = "b"
    at.run()
    assert at.text[0].value == "b3"
    at.query_params.clear()
    at.run()
    assert at.text[0].value == "a1"


def test_a_quick_second_click_does_not_undo_the_first():
    at = opened()
    at.selectbox[0].select("b").run()
    at.query_params.clear()  # the second click was made before the browser knew of the new address
    at.selectbox[1].select(4).run()
    assert at.text[0].value == "b4"
    assert address(at) == {"toy.letter": "b", "toy.number": "4"}


def test_an_address_left_long_ago_is_a_link_again(monkeypatch):
    at = opened()
    at.selectbox[0].select("b").run()
    monkeypatch.setattr("app.state.LATE_S", 0.0)
    at.query_params.clear()
    at.run()
    assert at.text[0].value == "a1"


@pytest.mark.parametrize("bad", ["9", "", "1.0", "<b>"])
def test_what_cannot_be_had_is_said_until_something_else_is_chosen(bad):
    at = opened(toy__number=bad)
    assert at.text[0].value == "a1"
    assert "which is not here" in at.warning[0].value
    assert "1, 2, 3" in at.warning[0].value
    at.run()
    assert len(at.warning) == 1
    at.selectbox[1].select(2).run()
    assert not at.warning
    assert address(at) == {"toy.number": "2"}


def test_a_key_that_means_nothing_is_named_if_it_is_of_this_page():
    at = opened(toy__leter="b", other__x="1")
    assert [w.value for w in at.warning] == [strange("toy.leter")]


def test_keys_of_others_stay_in_the_address():
    at = opened(other__x="1")
    at.selectbox[0].select("b").run()
    assert address(at) == {"other.x": "1", "toy.letter": "b"}


def test_choices_outlive_a_visit_to_another_page():
    at = opened()
    at.selectbox[0].select("b").run()
    at.session_state["page"] = "another"
    at.session_state["toy.letter"] = "a"
    at.query_params.clear()
    at.run()
    assert at.text[0].value == "b3"
    assert address(at) == {"toy.letter": "b"}


def test_going_back_to_a_page_restores_its_choices_although_its_address_is_the_same_as_before():
    at = opened(toy__letter="b", toy__number="4")
    at.session_state["page"] = "another"
    at.session_state["toy.letter"] = "a"  # as for widgets of a page that was left: they are at their defaults
    at.run()
    assert at.text[0].value == "b4"
    assert address(at) == {"toy.letter": "b", "toy.number": "4"}


def test_an_address_cannot_bring_markdown_onto_the_page():
    told = refusal("subject", "[x](http://a) ![y](b) :red[z] $q$", ["s001"])
    for sign in ("[x](", ":red[", "$q$"):
        assert sign not in told


def test_long_lists_are_cut():
    told = refusal("subject", "s999", [f"s{i:03d}" for i in range(100)])
    assert "s011" in told
    assert "s012" not in told


def late_page():
    """A page with a choice that may be left open, which is asked for only in the second run."""
    import streamlit as st

    from app.state import Link

    link = Link("toy")
    runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if runs > 1:
        st.text(str(st.session_state[link.offer("open", [None, 1.0], None)]))
    link.close({})


def test_a_choice_that_is_left_open_can_appear_later():
    at = AppTest.from_function(late_page, default_timeout=20).run().run()
    assert not at.exception
    assert at.text[0].value == "None"
