"""How much of the teacher's attention each arm shares, above what wrongly paired windows would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation.overlap import MEASURES
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments.subjects import title_of

ROW, TOP, BOTTOM = 46, 66, 44
HALF = 0.3
Values = Mapping[str, Any]
"""What the analysis of overlap found, as its result keeps it."""


def overlap_figure(found: Values) -> go.Figure:
    """Draw a row per arm: its agreement with the interval, above the gray band of chance, beside even attention and teachers.

    Args:
        found: `Result.values` of the analysis.
    """
    name, arms = found["measure"], list(found["arms"])
    parts = Parts([], [], [])
    for at, arm in enumerate(arms):
        own = found["arms"][arm]["measures"][name]
        low, high = own["band"]
        place = {"xref": "x", "yref": "y", "y0": at - HALF, "y1": at + HALF, "layer": "below"}
        parts.shapes.append(
            {"type": "rect", "x0": low, "x1": high, "fillcolor": theme.MUTED, "opacity": 0.5, "line": {"width": 0}, **place}
        )
        parts.traces.append(_point(arm, own, at))
        parts.traces.append(_mark(own["even"], at, "line-ns-open", "even attention"))
        if found["teachers"] is not None:
            parts.traces.append(_mark(found["teachers"][name]["value"], at, "x-thin-open", "two teachers"))
    n = next(iter(found["arms"].values()))
    text = f"{_people(n)}<br>lines: 95%, people resampled; gray: paired at random<br>| even attention; × two teachers"
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom"}
    parts.texts.append({"text": text, "align": "left", "showarrow": False, "font": {"size": 11}, **place})
    measure = MEASURES[name]
    unit = f" ({measure.unit})" if measure.unit else ""
    return parts.figure(
        height=TOP + BOTTOM + ROW * len(arms),
        margin={"l": 4, "r": 12, "t": TOP, "b": BOTTOM},
        showlegend=False,
        dragmode=False,
        xaxis={"title": {"text": in_plotly(f"{measure.title}{unit}"), "standoff": 4}, "zeroline": False},
        yaxis={"range": [len(arms) - 0.5, -0.5], "tickvals": list(range(len(arms))), "automargin": True, "zeroline": False,
               "ticktext": [in_plotly(title_of(arm)) for arm in arms], "showgrid": False},
    )  # fmt: skip


def describe_overlap(found: Values) -> str:
    """Say in words what the rows show."""
    name, more, less = found["measure"], [], []
    for arm, own in found["arms"].items():
        (more if _beyond(own["measures"][name], name) else less).append(title_of(arm))
    parts = [f"{listed(more)} more than chance" if more else "", f"{listed(less)} no more than chance" if less else ""]
    one = next(iter(found["arms"].values()))
    return (
        f"Agreement of attention with the teacher ({MEASURES[name].title}): {listed([p for p in parts if p])}. {_people(one)}."
    )


def overlap_table(found: Values) -> pd.DataFrame:
    """Give a row per arm and measure."""
    rows = []
    for arm, own in found["arms"].items():
        for name, value in own["measures"].items():
            ends, band, excess = value["interval"] or {}, value["band"] or (None, None), value["excess"] or {}
            beyond = excess.get("interval") or {}
            rows.append(
                {
                    "arm": title_of(arm), "measure": MEASURES[name].title, "unit": MEASURES[name].unit, "mean": value["mean"],
                    "95% low": ends.get("low"), "95% high": ends.get("high"), "random pairing": value["chance"],
                    "random low": band[0], "random high": band[1], "beyond random": excess.get("value"),
                    "beyond low": beyond.get("low"), "beyond high": beyond.get("high"), "even attention": value["even"],
                    "two teachers": None if found["teachers"] is None else found["teachers"][name]["value"],
                    "n (windows)": own["n_windows"], "n (subjects)": own["n_subjects"],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _people(own: Values) -> str:
    return people(own["n_windows"], own["n_subjects"]).replace(" windows", " answers about windows", 1)


def _beyond(own: Values, name: str) -> bool:
    ends = (own["excess"] or {}).get("interval")
    if ends is None or own["band"][0] <= own["mean"] <= own["band"][1]:
        return False
    return ends["low"] > 0 if MEASURES[name].agreement else ends["high"] < 0


def _point(arm: str, own: Values, at: int) -> dict[str, Any]:
    mark, ends = theme.mark_of(arm), own["interval"]
    bars = None
    if ends is not None:
        reach = {"array": [ends["high"] - own["mean"]], "arrayminus": [own["mean"] - ends["low"]]}
        bars = {"type": "data", "symmetric": False, **reach, "color": mark.color, "thickness": 2, "width": 6}
    told = "no interval: too few people" if ends is None else f"95% [{ends['low']:.3f}, {ends['high']:.3f}]"
    excess = own["excess"]["interval"]
    beyond = "" if excess is None else f" [{excess['low']:+.3f}, {excess['high']:+.3f}]"
    tip = (
        f"{in_plotly(title_of(arm))}: %{{x:.3f}}, {told}<br>beyond chance {own['excess']['value']:+.3f}{beyond}<extra></extra>"
    )
    look = {"symbol": mark.symbol, "color": mark.color, "size": 11}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [own["mean"]],
        "y": [at],
        "marker": look,
        "error_x": bars,
        "hovertemplate": tip,
    }


def _mark(value: float, at: int, symbol: str, name: str) -> dict[str, Any]:
    look = {"symbol": symbol, "color": theme.INK, "size": 12, "line": {"width": 2, "color": theme.INK}}
    tip = f"{name}: %{{x:.3f}}<extra></extra>"
    return {"type": "scatter", "mode": "markers", "x": [value], "y": [at], "marker": look, "hovertemplate": tip}
