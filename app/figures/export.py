"""A picture as one file that opens in any browser, without network."""

from __future__ import annotations

import html

import plotly.graph_objects as go

from app.figures.about import About

NOTE = "Research software, not for clinical use."


def to_html(fig: go.Figure, words: str, about: About) -> bytes:
    """Give a page with the figure, what it shows in words, and the note that belongs to it.

    Args:
        fig: Drawn on white.
        words: The text alternative.
        about: Record and models, which stand below the figure.
    """
    printed = go.Figure(fig).update_layout(template="plotly_white")
    page = printed.to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False, "responsive": True})
    lines = "".join(f"<br>{html.escape(name)}: {html.escape(value)}" for name, value in about.lines())
    foot = f'<p style="font: 14px sans-serif; margin: 1em">{html.escape(words)}<br><b>{NOTE}</b></p>'
    foot += f'<p style="font: 12px sans-serif; margin: 1em; color: #555">{lines.removeprefix("<br>")}</p>'
    return page.replace("</body>", f"{foot}</body>").encode()
