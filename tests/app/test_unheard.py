"""Values of widgets that the browser does not know yet are told again; those it knows are left alone."""

import pytest
from streamlit.runtime.state.common import RegisterWidgetResult, WidgetMetadata
from streamlit.runtime.state.session_state import SessionState

from app import unheard

NUMBER = WidgetMetadata(
    id="number",
    deserializer=lambda wire: 0.0 if wire is None else wire,
    serializer=lambda value: value,
    value_type="double_value",
)


@pytest.mark.parametrize(
    ("value", "changed", "told"), [(0.3, False, True), (0.0, False, False), (0.0, True, True), (0.3, True, True)]
)
def test_what_differs_from_the_default_is_told_again(value, changed, told):
    found = unheard.told_again(RegisterWidgetResult(value, changed, "wire"), NUMBER)
    assert (found.value, found.value_changed, found.incoming_serialized_value) == (value, told, "wire")


def test_only_widgets_of_which_the_browser_says_nothing_are_told_again(monkeypatch):
    monkeypatch.setattr(SessionState, "register_widget", SessionState.register_widget)  # put back afterwards
    unheard.install()
    state = SessionState()
    state["key"] = 0.3
    assert state.register_widget(NUMBER, "key").value_changed
    state._compact_state()
    again = state.register_widget(NUMBER, "key")
    assert (again.value, again.value_changed) == (0.3, True)
    state._new_widget_state.set_from_value("number", 0.3)
    assert not state.register_widget(NUMBER, "key").value_changed


def test_a_second_call_changes_nothing(monkeypatch):
    monkeypatch.setattr(SessionState, "register_widget", SessionState.register_widget)  # put back afterwards
    unheard.install()
    once = SessionState.register_widget
    unheard.install()
    assert SessionState.register_widget is once
