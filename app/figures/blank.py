"""Empty paper: shown while the library loads, so that the browser fetches what draws pictures in the meantime."""

from __future__ import annotations

import plotly.graph_objects as go

from app import theme

ALT = "Empty ECG paper; the picture appears when the recordings and the models are ready."
SECONDS, MILLIVOLTS, PIXELS_PER_MV = 10, 9, 34


def blank_paper() -> go.Figure:
    """Give ECG paper without a signal; it needs nothing of the library, which takes seconds to load."""
    still = {"fixedrange": True, "showticklabels": False, "zeroline": False, "showgrid": True, "ticks": ""}
    lines = {"gridcolor": theme.PAPER_MAJOR, "gridwidth": 1}
    fine = {"gridcolor": theme.PAPER_MINOR, "gridwidth": 1, "showgrid": True}
    time = {"range": [0, SECONDS], "dtick": 0.2, "minor": {**fine, "dtick": 0.04}}
    volts = {"range": [0, MILLIVOLTS], "dtick": 0.5, "minor": {**fine, "dtick": 0.1}}
    layout = {
        "height": MILLIVOLTS * PIXELS_PER_MV,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "dragmode": False,
        "xaxis": {**still, **lines, **time},
        "yaxis": {**still, **lines, **volts},
    }
    return go.Figure({"data": [{"type": "scatter", "x": [0], "y": [None], "showlegend": False}], "layout": layout})
