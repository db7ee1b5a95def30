"""How each arm of a comparison looks, wherever it is drawn: in color, and in a second mark for those who do not see it.

The colors come from the hues of Okabe and Ito (Color Universal Design, 2008), moved in lightness so that one color serves both
themes of the app: each has a contrast of at least 3 to the light and to the dark background.
"""

from __future__ import annotations

from typing import NamedTuple


class Mark(NamedTuple):
    """How an arm looks.

    Attributes:
        color: Hexadecimal.
        pattern: Fill of bars, in plotly's signs; empty is solid.
        symbol: Of points, in plotly's words.
        dash: Of lines, in plotly's words.
    """

    color: str
    pattern: str
    symbol: str
    dash: str


ARM_MARKS: dict[str, Mark] = {
    "teacher": Mark("#0A6FD0", "", "square", "solid"),
    "direct": Mark("#8C8C8F", ".", "circle-open", "dot"),
    "distill": Mark("#BC3F93", "\\", "triangle-down", "dash"),
    "rdpd_r1": Mark("#2A9DC6", "-", "diamond-open", "longdash"),
    "rdpd_r2": Mark("#157F5B", "x", "cross", "dashdot"),
    "rdpd": Mark("#C4451F", "/", "circle", "solid"),
    "oracle": Mark("#A98D0A", "+", "square-open", "longdashdot"),
    "forest": Mark("#9621FB", "|", "triangle-up", "dot"),
    "forest_all": Mark("#E7105E", "|", "triangle-up-open", "dash"),
}
OTHER = Mark("#7A6F9B", "|", "star", "dot")
"""For an arm that has no mark of its own yet."""


def mark_of(arm: str) -> Mark:
    """Give the mark of an arm; one that is not known by name gets the common mark of all others."""
    return ARM_MARKS.get(arm, OTHER)
