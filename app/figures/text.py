"""Names from files as plain text: in plotly, in Markdown and in tables that a spreadsheet may open."""

from __future__ import annotations

import html
import re

LONGEST = 80
HOUR_S = 3600
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_plotly(name: object) -> str:
    """Give text that plotly shows as it is written; it would read tags otherwise."""
    return html.escape(_short(name), quote=False)


def in_markdown(name: object, longest: int = LONGEST) -> str:
    """Give text that Markdown shows as it is written: no links, pictures, formulas, colors or emoji."""
    return _MARKDOWN.sub(r"\\\1", _short(name, longest))


def in_cell(value: object) -> object:
    """Give a table cell that a spreadsheet takes for text, not for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def in_filename(*parts: object) -> str:
    """Give a file name that says what it holds: letters, digits, '-' and '_' only."""
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "-", _short(part)).strip("-") for part in parts)


def listed(names: list[str], last: str = "and") -> str:
    """Give "a", "a and b", or "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}" if names else "none"


def lasting(seconds: float) -> str:
    """Give a time with its unit: in s up to two hours, in h where these are whole."""
    hours = round(seconds / HOUR_S, 6)
    return f"{hours:g} h" if hours >= 2 and hours == int(hours) else f"{seconds:g} s"


def at_rate(rate_hz: float) -> str:
    """Give a sampling rate with its unit: in Hz, or so many per hour where that is less than one in ten seconds."""
    return f"{rate_hz:g} Hz" if rate_hz >= 0.1 else f"{round(rate_hz * HOUR_S, 6):g} per hour"


def _short(name: object, longest: int = LONGEST) -> str:
    """Give one line of at most so many signs, without control signs."""
    text = "".join(c if c.isprintable() else " " for c in str(name))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
