"""A picture with everything that belongs to it: words for those who cannot see it, the numbers behind it, and downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.components import leaving
from app.figures.about import About, stamped
from app.figures.export import to_html
from app.figures.tables import to_csv

UNUSED = ["select2d", "lasso2d", "autoScale2d"]


def chart(
    fig: go.Figure,
    key: str,
    filename: str,
    alt: str,
    tables: Mapping[str, Callable[[], pd.DataFrame]],
    on_click: Callable[[], None] | None = None,
    *,
    about: About,
    svg: Callable[[], bytes] | None = None,
) -> None:
    """Show a figure.

    Args:
        fig: The figure.
        key: Identifies it on its page.
        filename: Without ending; says which record is shown.
        alt: The text alternative.
        tables: Title to a function that gives the numbers behind the figure.
        on_click: Called when a point was clicked, which then stands in the session under the key.
        about: Record and models; they and the date stand in every file that is saved, and in its name.
        svg: Gives the picture as SVG, where that can be had.

    Of credentialed data it is shown only, until somebody says that files of it may be saved.
    """
    fig, filename = stamped(fig, about), about.filename(filename)
    picture = {"format": "png", "filename": filename, "scale": 2}
    free = leaving.may_leave(about.dataset)
    unused = UNUSED if free else [*UNUSED, "toImage"]
    config = {"displaylogo": False, "toImageButtonOptions": picture, "modeBarButtonsToRemove": unused}
    clicks = {} if on_click is None else {"on_select": on_click, "selection_mode": "points"}
    with st.container(gap="small"):  # a picture and what belongs to it are one thing, wherever they stand
        st.plotly_chart(fig, key=key, config=config, alt=alt, **clicks)
        with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
            if not free:
                leaving.ask(about.dataset, key)
                return
            numbers = st.popover("Numbers", icon=":material/table:", type="tertiary", key=f"{key}.numbers", on_change="rerun")
            if numbers.open:  # tables are made only for those who look at them
                for title, table in tables.items():
                    numbers.markdown(f"**{title}**")
                    numbers.dataframe(table(), hide_index=True, height=240, width=640, alt=f"{title} as a table")
            for title, table in tables.items():
                name = f"{filename}_{title.lower().replace(' ', '-')}.csv"
                _download(f"{title} (CSV)", partial(_csv, table, about), name, "text/csv", f"{key}.{title}")
            if svg is not None:
                _download("Picture (SVG)", svg, f"{filename}.svg", "image/svg+xml", f"{key}.svg")
            _download("Picture (HTML)", partial(to_html, fig, alt, about), f"{filename}.html", "text/html", f"{key}.html")


def _csv(table: Callable[[], pd.DataFrame], about: About) -> bytes:
    return to_csv(table(), about)


def _download(label: str, data: Callable[[], bytes], name: str, mime: str, key: str) -> None:
    """Offer a file that is made when it is asked for."""
    st.download_button(label, data, name, mime, key=key, on_click="ignore", icon=":material/download:", type="tertiary")
