"""What a first visitor would wait for is loaded before the server answers: the first words come at once, the rest sooner."""

from __future__ import annotations

import importlib

FIRST_PAGE = (
    "pandas",
    "plotly.graph_objects",
    "streamlit.elements.plotly_chart",
    "app.components.case_choice",
    "app.components.charts",
    "app.components.guide",
    "app.components.here",
    "app.components.recent_jobs",
    "app.components.recent_views",
    "app.components.waiting",
    "app.figures.case",
    "app.figures.distributions",
    "app.figures.tables",
    "app.figures.words",
    "rdpd_core.datasets",
    "rdpd_core.experiments.cases",
    "rdpd_core.jobs",
)
"""Modules of the page Start, which is where most visits begin."""


def load() -> None:
    """Import what the first page needs."""
    for name in FIRST_PAGE:
        importlib.import_module(name)
