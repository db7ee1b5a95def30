"""Widgets that show what something else settles: a new key when the value has to change, the same one otherwise."""

from streamlit.testing.v1 import AppTest


def page():
    """A page on which a button changes what two widgets show."""
    import streamlit as st

    from app.components.fresh_key import fresh_key, is_fresh

    def take(key):
        if is_fresh(key):
            st.session_state["word"] = st.session_state[key]

    word = st.session_state.setdefault("word", "a")
    if st.session_state.get("pressed"):
        word = st.session_state["word"] = "c"
    one, many = fresh_key("one", word), fresh_key("many", [word, "d"])
    st.pills("one", ["a", "b", "c"], key=one, on_change=take, args=(one,))
    st.pills("many", ["a", "b", "c", "d"], selection_mode="multi", key=many)
    st.button("press", key="pressed")
    st.text(f"{word} {one} {many}")


def test_a_widget_keeps_its_key_as_long_as_it_shows_what_it_should():
    at = AppTest.from_function(page, default_timeout=30).run()
    before = at.text[0].value
    at.run()
    assert at.text[0].value == before
    at.button_group[0].set_value("b").run()
    word, one, many = at.text[0].value.split()
    assert (word, one) == ("b", before.split()[1])  # who changed it keeps it
    assert many != before.split()[2]
    assert at.button_group[1].value == ["b", "d"]


def test_a_change_from_elsewhere_is_shown_under_a_new_key():
    at = AppTest.from_function(page, default_timeout=30).run()
    before = at.text[0].value.split()
    at.button[0].click().run()
    after = at.text[0].value.split()
    assert not at.exception
    assert (at.button_group[0].value, at.button_group[1].value) == ("c", ["c", "d"])
    assert before[1] != after[1]
