"""The channel lab in pictures: scores against what a set costs, what each channel is worth, and which say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.evaluation import METRICS
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.lab import Answers, Estimate, Point, price
from rdpd_core.experiments.lab.printed import interval_words, plain_rows

HEIGHT, TOP, BOTTOM = 430, 34, 52
ROW, APART = 24, 0.16
FAINT, STRONG = 0.35, 1.0
MOST_NAMED = 8


def scores_figure(found: Answers, costs: Sequence[float], cost: str, chosen: Point | None = None) -> go.Figure:
    """Draw the score of every set against what it costs, with the best sets of each arm joined, and the teacher above.

    Args:
        found: What the lab found.
        costs: Of each unit.
        cost: What the costs are, for the axis; such as "number of channels".
        chosen: A point to be ringed, or None.
    """
    parts = Parts([], [], [])
    dear = max(price(p.subset, costs) for p in found.points) or 1.0
    _teacher(parts, found)
    arms = list(found.worth)
    for place, arm in enumerate(arms):
        shift = dear * 0.012 * (place - (len(arms) - 1) / 2)
        front = {p.subset for p in found.front(arm, costs)}
        parts.traces.append(_cloud(found, arm, costs, shift, front))
        parts.traces.append(_front(found, arm, costs, shift))
    if chosen is not None:
        at = {"x": [price(chosen.subset, costs)], "y": [chosen.score.value]}
        ring = {"symbol": "circle-open", "size": 22, "color": theme.INK, "line": {"width": 2}}
        parts.traces.append({**_still("chosen"), **at, "mode": "markers", "marker": ring})
    still = {"fixedrange": True, "zeroline": False, "ticks": ""}
    across = {"title": {"text": in_plotly(cost), "standoff": 6}, "range": [-0.03 * dear, 1.06 * dear], "showgrid": False}
    if set(costs) == {1.0}:
        across |= {"dtick": 1, "range": [0.5, dear + 0.5]}
    up = {"title": {"text": f"{METRICS[found.metric].title}, test subjects", "standoff": 6}, "gridcolor": theme.BAND}
    return parts.figure(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": 12}},
        xaxis={**across, **still},
        yaxis={**up, **still},
    )


def _teacher(parts: Parts, found: Answers) -> None:
    mark, interval = theme.mark_of("teacher"), found.teacher.interval
    if interval is not None:
        band = {"y0": interval.low, "y1": interval.high, "x0": 0, "x1": 1, "xref": "paper", "yref": "y"}
        parts.shapes.append({"type": "rect", **band, "fillcolor": theme.BAND, "line": {"width": 0}, "layer": "below"})
    line = {"x0": 0, "x1": 1, "xref": "paper", "y0": found.teacher.value, "y1": found.teacher.value, "yref": "y"}
    parts.shapes.append({"type": "line", **line, "line": {"color": mark.color, "width": 2, "dash": mark.dash}})
    text = f"Teacher, all channels: {found.teacher.value:.3f} {interval_words(interval)}"
    at = {"x": 0, "xref": "paper", "xanchor": "left", "y": found.teacher.value, "yref": "y", "yanchor": "bottom"}
    parts.texts.append({**at, "text": text, "showarrow": False, "font": {"size": 12}})


def _cloud(found: Answers, arm: str, costs: Sequence[float], shift: float, front: set) -> dict[str, Any]:
    points, mark = found.of(arm), theme.mark_of(arm)
    lows = [0 if p.score.interval is None else max(p.score.value - p.score.interval.low, 0) for p in points]
    highs = [0 if p.score.interval is None else max(p.score.interval.high - p.score.value, 0) for p in points]
    ends = {"type": "data", "symmetric": False, "array": highs, "arrayminus": lows, "thickness": 1, "width": 0}
    look = {"color": mark.color, "symbol": mark.symbol, "size": [10 if p.subset in front else 7 for p in points]}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": in_plotly(ARMS[arm].title),
        "x": [price(p.subset, costs) + shift for p in points],
        "y": [p.score.value for p in points],
        "error_y": {**ends, "color": _clear(mark.color, FAINT)},
        "marker": {**look, "opacity": [STRONG if p.subset in front else 0.6 for p in points]},
        "customdata": [[p.view, arm, *_hover(found, p)] for p in points],
        "hovertemplate": "<b>%{customdata[2]}</b><br>%{customdata[3]}<extra></extra>",
    }


def _hover(found: Answers, point: Point) -> tuple[str, str]:
    words = [
        f"{ARMS[point.arm].title} {point.score.value:.3f} {interval_words(point.score.interval)} (n = {point.seeds} seeds)"
    ]
    if point.gain is not None:
        words.append(f"over Direct {point.gain.value:+.3f} {interval_words(point.gain.interval, signed=True)}")
    if point.closed is not None and point.closed.value is not None:
        words.append(f"of the gap to the teacher closed: {point.closed.value:.0%}")
    return in_plotly(found.names(point.subset)), "<br>".join(words)


def _front(found: Answers, arm: str, costs: Sequence[float], shift: float) -> dict[str, Any]:
    mark, best = theme.mark_of(arm), found.front(arm, costs)
    at = {"x": [price(p.subset, costs) + shift for p in best], "y": [p.score.value for p in best]}
    line = {"color": mark.color, "dash": mark.dash, "width": 2}
    return {**_still(f"best {ARMS[arm].title}"), **at, "mode": "lines", "line": line}


def _still(name: str) -> dict[str, Any]:
    return {"type": "scatter", "name": name, "showlegend": False, "hoverinfo": "skip"}


def _clear(color: str, share: float) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {share})"


def live_figure(points: Sequence[Mapping[str, Any]], metric: str) -> go.Figure:
    """Draw the validation scores of the students that are trained so far, against the number of units they read."""
    parts = Parts([], [], [])
    for place, arm in enumerate(dict.fromkeys(p["arm"] for p in points)):
        own, mark = [p for p in points if p["arm"] == arm], theme.mark_of(arm)
        parts.traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": in_plotly(ARMS[arm].title),
                "x": [len(p["units"]) + 0.14 * (place - 0.5) for p in own],
                "y": [p["score"] for p in own],
                "marker": {"color": mark.color, "symbol": mark.symbol, "size": 7, "opacity": 0.7},
                "customdata": [in_plotly(" + ".join(p["units"])) for p in own],
                "hovertemplate": "%{customdata}: %{y:.3f}<extra></extra>",
            }
        )
    still = {"fixedrange": True, "zeroline": False, "ticks": ""}
    return parts.figure(
        height=300,
        margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        xaxis={**still, "title": {"text": "number of units read", "standoff": 6}, "dtick": 1, "showgrid": False},
        yaxis={**still, "title": {"text": f"validation {metric}", "standoff": 6}, "gridcolor": theme.BAND},
    )


def worth_figure(found: Answers) -> go.Figure:
    """Draw what each unit is worth to each arm, with intervals."""
    parts, names = Parts([], [], []), [in_plotly(name) for name in found.units]
    for place, (arm, worth) in enumerate(found.worth.items()):
        mark = theme.mark_of(arm)
        shift = APART * (place - (len(found.worth) - 1) / 2)
        there = [(at, e) for at, e in enumerate(worth) if e.value is not None]
        parts.traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": in_plotly(ARMS[arm].title),
                "x": [e.value for _, e in there],
                "y": [at + shift for at, _ in there],
                "error_x": _ends([e for _, e in there]),
                "marker": {"color": mark.color, "symbol": mark.symbol, "size": 10},
                "customdata": [[names[at], interval_words(e.interval, signed=True)] for at, e in there],
                "hovertemplate": "%{customdata[0]}: %{x:+.3f} %{customdata[1]}<extra></extra>",
            }
        )
    ends = {"y0": 0, "y1": 1, "yref": "paper", "x0": 0, "x1": 0, "xref": "x"}
    parts.shapes.append({"type": "line", **ends, "line": {"color": theme.MUTED, "width": 1, "dash": "dot"}, "layer": "below"})
    still = {"fixedrange": True, "zeroline": False, "ticks": ""}
    rows = {"tickvals": list(range(len(names))), "ticktext": names, "range": [len(names) - 0.5, -0.5], "automargin": True}
    return parts.figure(
        height=TOP + BOTTOM + ROW * max(len(names), 3) + 20,
        margin={"l": 8, "r": 8, "t": TOP, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        xaxis={**still, "title": {"text": f"gain in {METRICS[found.metric].title}", "standoff": 6}, "gridcolor": theme.BAND},
        yaxis={**still, **rows, "showgrid": False},
    )


def _ends(worth: Sequence[Estimate]) -> dict[str, Any]:
    highs = [0 if e.interval is None else max(e.interval.high - e.value, 0) for e in worth]
    lows = [0 if e.interval is None else max(e.value - e.interval.low, 0) for e in worth]
    return {"type": "data", "symmetric": False, "array": highs, "arrayminus": lows, "thickness": 1.5, "width": 4}


def describe_scores(found: Answers, costs: Sequence[float]) -> str:
    """Give the text alternative of the scores."""
    score = METRICS[found.metric].title
    told = [f"{score} of {len(found.of(next(iter(found.worth))))} sets of {', '.join(found.units)} against their cost."]
    told.append(f"Teacher: {found.teacher.value:.2f}.")
    for arm in found.worth:
        best = found.front(arm, costs)[-MOST_NAMED:]
        told.append(
            f"Best sets of {ARMS[arm].title}: {', '.join(f'{found.names(p.subset)} {p.score.value:.2f}' for p in best)}."
        )
    return " ".join(told)


def describe_worth(found: Answers) -> str:
    """Give the text alternative of the worths, and of which channel is worth most."""
    told = []
    for arm, worth in found.worth.items():
        there = sorted(
            ((e.value, name) for name, e in zip(found.units, worth, strict=True) if e.value is not None), reverse=True
        )
        told.append(f"Worth to {ARMS[arm].title}: {', '.join(f'{name} {value:+.3f}' for value, name in there)}.")
    return " ".join(told)


def scores_table(found: Answers, costs: Sequence[float]) -> pd.DataFrame:
    """Give a row per set and arm, numbers as they are."""
    return pd.DataFrame(plain_rows(found, costs))


def worth_table(found: Answers) -> pd.DataFrame:
    """Give a row per unit and arm."""
    rows = [
        {
            "unit": name,
            "arm": arm,
            "worth": e.value,
            "low": e.interval and e.interval.low,
            "high": e.interval and e.interval.high,
        }
        for arm, worth in found.worth.items()
        for name, e in zip(found.units, worth, strict=True)
    ]
    return pd.DataFrame(rows)


def live_table(points: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Give a row per student."""
    return pd.DataFrame([{**p, "units": " + ".join(p["units"])} for p in points])
