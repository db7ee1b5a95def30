"""What one arm says of each subject as a whole: its mean class distribution as one bar, with the spread over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.noted import noted
from app.figures.subject_classes import class_keys, class_look, class_title, keys_height, legend
from app.figures.text import in_plotly

ROW_PIXELS, BOTTOM = 38, 44
NUMBERED = 0.06
"""Stretches from this share on carry the number of their class."""
Values = Mapping[str, Any]
"""`Result.values` of the analysis `classes`."""


def shares_figure(found: Values, arm: str, rows: Sequence[int], notes: list[str]) -> go.Figure:
    """Draw a bar per subject from 0 to 1, cut into classes; a line below is the spread over seeds of the longest stretch.

    Args:
        found: What the analysis found.
        arm: Identifier.
        rows: Places of the subjects, from top to bottom; at least one.
        notes: Lines above the picture: n, spread, null.
    """
    own = found["arms"][arm]
    mean = np.array([own["mean"][at] for at in rows])
    used = used_classes(found, arm, rows)
    parts = Parts([], [], [])
    for place in used:
        parts.traces.append(_stretch(found, arm, rows, mean, place))
    if own["sd_over_seeds"] is not None:
        parts.traces.append(_spreads(mean, np.array([own["sd_over_seeds"][at] for at in rows])))
    keys = class_keys(used, found["classes"])
    parts.traces.extend(keys)
    parts.texts.extend(_name(found, own, at, row) for row, at in enumerate(rows))
    note, top = noted(notes)
    parts.texts.append(note)
    height = ROW_PIXELS * len(rows)
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    across = {"range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"}
    return parts.figure(
        height=top + BOTTOM + height + keys_height(used),
        margin={"l": 12, "r": 22, "t": top, "b": BOTTOM + keys_height(used)},
        barmode="stack",
        dragmode=False,
        legend=legend(height) | {"traceorder": "normal"} if keys else {},
        xaxis={**still, **across, "title": {"text": "mean probability over windows and seeds"}},
        yaxis={**still, "range": [len(rows) - 0.5, -0.62], "showticklabels": False},
    )


def used_classes(found: Values, arm: str, rows: Sequence[int]) -> list[int]:
    """Give the places of the classes that a bar shows."""
    mean = np.array([found["arms"][arm]["mean"][at] for at in rows])
    return np.flatnonzero((mean >= 0.005).any(axis=0)).tolist()


def _stretch(found: Values, arm: str, rows: Sequence[int], mean: np.ndarray, place: int) -> dict[str, Any]:
    title, shares = class_title(place, found["classes"]), mean[:, place]
    spread = found["arms"][arm]["sd_over_seeds"]
    sd = np.zeros(len(rows)) if spread is None else np.array([spread[at][place] for at in rows])
    told = [
        [in_plotly(found["subjects"][at]), f" ± {d:.3f}" if spread is not None else ""] for at, d in zip(rows, sd, strict=True)
    ]
    return {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": np.arange(len(rows)) + 0.16,
        "width": 0.44,
        "text": [str(place + 1) if share >= NUMBERED else "" for share in shares],
        **class_look(place),
        "customdata": told,
        "hovertemplate": f"%{{customdata[0]}}: {title}, %{{x:.3f}}%{{customdata[1]}}<extra></extra>",
        "name": title,
        "showlegend": False,
    }


def _spreads(mean: np.ndarray, spread: np.ndarray) -> dict[str, Any]:
    """Give a line below each bar, around the end of its longest stretch: one standard deviation to each side."""
    every, top = np.arange(len(mean)), mean.argmax(axis=1)
    ends, sd = mean.cumsum(axis=1)[every, top], spread[every, top]
    cut = {"array": np.minimum(sd, 1 - np.minimum(ends, 1)), "arrayminus": np.minimum(sd, ends)}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": ends,
        "y": every + 0.44,
        "marker": {"size": 1, "color": theme.INK},
        "error_x": {"type": "data", "symmetric": False, **cut, "color": theme.INK, "thickness": 1.5, "width": 3},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _name(found: Values, own: Values, at: int, row: int) -> dict[str, Any]:
    truth = found["truth"][at]
    told = [f"<b>{in_plotly(found['subjects'][at])}</b>", in_plotly(truth) if truth else "", _windows(found["windows"][at])]
    told.append(f"entropy {own['entropy'][at]:.2f} nat")
    place = {"x": 0, "y": row - 0.24, "xref": "paper", "yref": "y", "xanchor": "left", "yanchor": "middle"}
    text = " · ".join(part for part in told if part)
    return {**place, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 11}}


def _windows(n: int) -> str:
    return "1 window" if n == 1 else f"{n} windows"


def shares_table(found: Values, arm: str, rows: Sequence[int]) -> pd.DataFrame:
    """Give a row per subject and class: mean probability, spread over seeds, windows decided, entropy, windows."""
    own, out = found["arms"][arm], []
    for at in rows:
        for k, name in enumerate(found["classes"]):
            spread = None if own["sd_over_seeds"] is None else own["sd_over_seeds"][at][k]
            out.append(
                {"subject": found["subjects"][at], "true class": found["truth"][at], "class": name,
                 "probability": own["mean"][at][k], "SD over seeds": spread, "windows decided (share)": own["decided"][at][k],
                 "entropy (nat)": own["entropy"][at], "n (windows)": found["windows"][at], "n (seeds)": own["models"]}
            )  # fmt: skip
    return pd.DataFrame(out)


def describe_shares(found: Values, arm: str, rows: Sequence[int], notes: list[str]) -> str:
    """Give the text alternative: the most probable class of each subject."""
    own, told = found["arms"][arm], []
    for at in rows:
        top = int(np.argmax(own["mean"][at]))
        truth = f", true {found['truth'][at]}" if found["truth"][at] else ""
        told.append(f"{found['subjects'][at]}: {found['classes'][top]} {own['mean'][at][top]:.2f}{truth}")
    return f"Mean class distribution of each subject by {found['titles'][arm]}. {'; '.join(told)}. {' '.join(notes)}"
