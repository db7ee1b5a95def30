"""Values written for widgets are told until the browser knows the widget: in Streamlit 1.67 they are told in one run only.

The browser fetches the code of a kind of widget when the first of that kind is to be shown. If the page is made again before
it is there, over a slow line or on a busy machine, only the second answer is drawn, and that says nothing of values any more:
boxes stand without their ticks and fields with their defaults, while the server reckons with what was written.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from streamlit.runtime.state.common import RegisterWidgetResult, WidgetMetadata


def install() -> None:
    """Tell such values again, in every session of this process; a second call changes nothing.

    A page that was being made when a widget was first drawn tells its value once more, also to somebody who changed it within
    that moment. Inside `st.form`, of which the browser says nothing before it is sent, a value would be told in every run.

    Raises:
        ImportError: This Streamlit keeps the state of widgets somewhere else than the pinned one.
        AttributeError: Or in another way.
    """
    from streamlit.runtime.state.session_state import SessionState

    original = SessionState.register_widget
    if getattr(original, "tells_again", False):
        return

    def register_widget(self: SessionState, metadata: WidgetMetadata, user_key: str | None) -> RegisterWidgetResult:
        known = metadata.id in self._new_widget_state  # the browser speaks of every widget that it shows
        found = original(self, metadata, user_key)
        return found if known or user_key is None else told_again(found, metadata)

    register_widget.tells_again = True
    SessionState.register_widget = register_widget


def told_again(found: RegisterWidgetResult[Any], metadata: WidgetMetadata) -> RegisterWidgetResult[Any]:
    """Give the same result for a widget that the browser does not know, so that a value other than the default is told.

    Args:
        found: What Streamlit finds.
        metadata: Of the widget.
    """
    default = metadata.serializer(metadata.deserializer(None))
    differs = metadata.serializer(found.value) != default
    return dataclasses.replace(found, value_changed=found.value_changed or differs)
