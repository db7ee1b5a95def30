"""A chart of compared experiments on the page, with its note, its numbers, and itself as a file."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.charts import chart
from app.figures.about import About
from app.figures.compared import chart_figure, chart_table
from app.figures.text import in_filename, in_markdown
from rdpd_core.experiments.compared import Entry
from rdpd_core.experiments.compared.chart import Chart
from rdpd_core.experiments.compared.svg import to_svg


def about(entries: Sequence[Entry]) -> About:
    """Give what pictures of experiments are about."""
    sets, views, jobs = (
        ", ".join(dict.fromkeys(values))
        for values in ((e.dataset for e in entries), (e.view for e in entries), (e.job[:8] for e in entries))
    )
    return About((("data set", sets), ("students read", views), ("jobs", jobs)))


def show(page: str, drawn: Chart, entries: Sequence[Entry], key: str = "") -> None:
    """Show a chart, and below it what stands behind it.

    Args:
        page: Prefix of keys.
        drawn: The chart.
        entries: Experiments it is about.
        key: Tells charts of one name apart.
    """
    name = in_filename("compare", drawn.name, *([key] if key else []), entries[0].key)
    place = f"{page}.{drawn.name}{key}"
    tables, told = {"Table": lambda: chart_table(drawn)}, about(entries)
    foot = " · ".join(told.footer())

    def svg() -> bytes:
        return to_svg(drawn, foot).encode()

    chart(chart_figure(drawn), place, name, drawn.words, tables, about=told.plus(n=drawn.note), svg=svg)
    st.caption(in_markdown(drawn.note, 1500))
