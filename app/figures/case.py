"""One window: the signals, and beneath them on the same time axis where each arm looks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from app.figures.viewer import Settings, attention_below, viewer_figure
from rdpd_core.experiments.cases import Case

WIDTH_PX = 920
"""Of the figure, between what it has in a window of 1400 and of 1920 pixels."""


def case_figure(case: Case, shown: Sequence[str]) -> go.Figure:
    """Draw signals and attention, as the signal viewer does.

    Args:
        case: The window.
        shown: Names of the channels to draw.
    """
    names = [c.name for c in case.channels]
    rows = [names.index(name) for name in shown]
    found = [len(arm.attention) for arm in case.arms if arm.attention is not None]
    edges = np.linspace(case.offset_s, case.offset_s + case.duration_s, found[0] + 1) if found else np.empty(0)
    below = attention_below(case.arms, case.offset_s, case.duration_s)
    settings = Settings(poor=tuple(case.poor), width_px=WIDTH_PX, title=case_title(case), edges=tuple(edges.tolist()))
    channels = [case.channels[row] for row in rows]
    return viewer_figure(
        channels, case.signal[rows], case.sampling_rate, settings, case.offset_s, [] if below is None else [below]
    )


def case_title(case: Case) -> str:
    """Give one line that says which window this is."""
    kind = ", simulated" if case.simulated else ""
    end = case.offset_s + case.duration_s
    return f"{case.subject}, recording {case.recording}, {case.offset_s:g} to {end:g} s{kind}"
