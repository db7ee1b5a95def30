"""Where the members of a stage look in one validation window, and whether they move towards where their teacher looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import _courses as courses
from app.figures._courses import Course, Group
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.jobs.progress import Stage

STRIP_PIXELS, HEIGHT = 46, 340
TOP, BOTTOM = 34, 44
HEADING = 0.42
"""Share of a strip that its heading takes."""
FAINT, STRONG = 0.03, 0.62
"""How much of an arm's color no attention and the most of it have: ink is readable on both, in both themes."""
MOST_NUMBERS = 12
"""Segments up to which every cell carries its number."""
MOST_EPOCHS = 300
FIRST = {"xaxis": "x", "yaxis": "y"}
NOTE = (
    "Overlap: attention in common with the teacher that a member listens to, from 0 (nowhere the same) to 1 (the same). "
    "Lines: mean over seeds; bands: lowest to highest seed; dotted: the overlap of one that looks everywhere alike."
)


class Gaze(NamedTuple):
    """Where an arm looks.

    Attributes:
        arm: Name; "teacher" for the teacher.
        title: For people.
        members: How many the attention is the mean of.
        attention: (S,), sums to 1.
        overlap: Mean overlap with the members' own teachers, or None.
    """

    arm: str
    title: str
    members: int
    attention: np.ndarray
    overlap: float | None


class Looking(NamedTuple):
    """Where everybody looks in the watched window at one moment.

    Attributes:
        window: Which window it is, in words.
        start_s: Where it begins in its recording.
        seconds: Its length.
        ended: Whether the stage has ended, so that best epochs are shown.
        gazes: The teacher's, if there is one, and those of the arms.
        overlaps: Of every arm's members with their teachers, over the epochs; empty where there is no teacher.
        even: Mean overlap with the teachers of one that looks everywhere alike; NaN where there is no teacher.
    """

    window: str
    start_s: float
    seconds: float
    ended: bool
    gazes: tuple[Gaze, ...]
    overlaps: tuple[Course, ...]
    even: float


def looking_of(stage: Stage) -> Looking | None:
    """Give where the members of a stage look until now; None if nobody told, or if they are candidates of a search."""
    told = stage.watched
    if told is None or not stage.attention or courses.is_search(stage):
        return None
    taught = {name: np.array(row) for name, row in told.get("teacher", {}).items()}
    start, seconds = float(told["offset_s"]), float(told["seconds"])
    where = f"{start:g} to {start + seconds:g} s"
    window = f"Validation subject {told['subject']}, recording {told['recording']}, {where}, class {told['class']}"
    gazes = tuple(_gazes(stage, taught))
    rows = np.array(list(taught.values()))
    even = float(overlap(rows, np.full(rows.shape[1], 1 / rows.shape[1])).mean()) if taught else float("nan")
    return Looking(window, start, seconds, stage.ended is not None, gazes, tuple(_overlaps(stage, taught)), even)


def overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give the overlap coefficient of attention (..., S) with attention (..., S): the sum of the smaller shares, 0 to 1."""
    return np.minimum(one, other).sum(axis=-1)


def _gazes(stage: Stage, taught: Mapping[str, np.ndarray]) -> Iterator[Gaze]:
    if taught:
        rows = np.array(list(taught.values()))
        yield Gaze("teacher", "Teacher", len(rows), rows.mean(axis=0), None)
    for group in courses.groups(stage):
        names = [name for name in group.members if name in stage.attention]
        if not names:
            continue
        rows = np.array([_look(stage, name) for name in names])
        own = [(row, of) for row, name in zip(rows, names, strict=True) if (of := _teacher_of(name, taught)) is not None]
        shared = float(np.mean([overlap(row, of) for row, of in own])) if own else None
        yield Gaze(group.arm, group.title, len(rows), rows.mean(axis=0), shared)


def _look(stage: Stage, name: str) -> list[float]:
    told = stage.attention[name]
    if stage.ended is None:
        return told[-1][1][0]
    best = max(stage.scores[name], key=lambda pair: (pair[1], -pair[0]))[0]
    return next((rows[0] for epoch, rows in told if epoch == best), told[-1][1][0])


def _teacher_of(member: str, taught: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Give the attention of the teacher a member listens to: the only one, or the one of its own seed."""
    if len(taught) == 1:
        return next(iter(taught.values()))
    return next((row for name, row in taught.items() if courses.seed_of(name) == courses.seed_of(member)), None)


def _overlaps(stage: Stage, taught: Mapping[str, np.ndarray]) -> Iterator[Course]:
    for group in courses.groups(stage):
        lines = {name: _teacher_of(name, taught) for name in group.members if name in stage.attention}
        told = {name: of for name, of in lines.items() if of is not None}
        if told:
            yield _overlap(stage, Group(group.arm, group.title, tuple(told)), list(told.values()))


def _overlap(stage: Stage, group: Group, teachers: Sequence[np.ndarray]) -> Course:
    """Give the overlap of an arm's members over the epochs.

    Of several thousand epochs some hundred are taken, at equal distances and with the last: this is a slow movement, and
    rows of attention are much to go through.
    """
    last = max(stage.attention[name][-1][0] for name in group.members)
    kept = np.unique(np.linspace(1, last, min(last, MOST_EPOCHS)).round().astype(int))
    value = np.full((len(group.members), len(kept)), np.nan)
    for line, name, teacher in zip(value, group.members, teachers, strict=True):
        told = stage.attention[name]
        epochs = np.array([epoch for epoch, _ in told])
        at = np.flatnonzero(np.isin(epochs, kept))
        rows = np.array([told[place][1][0] for place in at])
        line[np.searchsorted(kept, epochs[at])] = overlap(rows, teacher)
    there = np.isfinite(value).any(axis=0)
    return Course(group, kept[there], value[:, there])


def attention_figure(looking: Looking, title: str) -> go.Figure:
    """Draw a strip of shades for the teacher and each arm, a cell per segment, on the time axis of the window.

    Args:
        looking: Where they look.
        title: Says which job and stage this is.
    """
    found, parts = looking.gazes, Parts([], [], [])
    rows = np.array([gaze.attention for gaze in found])
    start, seconds = looking.start_s, looking.seconds
    step = seconds / rows.shape[1]
    center = start + step * (np.arange(rows.shape[1]) + 0.5)
    for place, gaze in enumerate(found):
        parts.traces.append(_strip(gaze, center, place, float(rows.max())))
        heading = {"x": 0, "xref": "paper", "y": place, "yref": "y", "xanchor": "left", "yanchor": "top", "yshift": -2}
        parts.texts.append({"text": _heading(gaze), "showarrow": False, "borderpad": 0, "font": {"size": 12}, **heading})
    still = {"zeroline": False, "ticks": "", "showgrid": False, "fixedrange": True}
    told = {"title": {"text": "time in the recording (s)", "standoff": 6}, "tickformat": "~g"}
    layout = courses.frame(TOP + BOTTOM + STRIP_PIXELS * len(found), title)
    return parts.figure(
        **{**layout, "margin": {**layout["margin"], "b": BOTTOM}},
        xaxis={**still, **told, "range": [start, start + seconds]},
        yaxis={**still, "range": [len(found), 0], "showticklabels": False},
    )


def _strip(gaze: Gaze, center: np.ndarray, place: int, most: float) -> dict[str, Any]:
    """Give the cells of one strip, below its heading; all strips have one scale."""
    tip = f"{in_plotly(gaze.title)}: attention %{{z:.3f}} at %{{x:.2f}} s (n = {gaze.members})<extra></extra>"
    color = theme.mark_of(gaze.arm).color
    shades = [[0, courses.faded(color, FAINT)], [1, courses.faded(color, STRONG)]]
    numbers = {"texttemplate": "%{z:.2f}", "textfont": {"size": 11, "color": theme.INK}}
    return {
        **FIRST, "type": "heatmap", "x": center, "y0": place + (1 + HEADING) / 2, "dy": 1 - HEADING, "z": [gaze.attention],
        "zmin": 0, "zmax": most, "colorscale": shades, "showscale": False, "xgap": 1, "hovertemplate": tip,
        **(numbers if len(center) <= MOST_NUMBERS else {}),
    }  # fmt: skip


def _heading(gaze: Gaze) -> str:
    square = f'<span style="color:{theme.mark_of(gaze.arm).color}">■</span>'
    many = f" (n = {gaze.members})" if gaze.members > 1 else ""
    shared = "" if gaze.overlap is None else f" · overlap with teacher {gaze.overlap:.2f}"
    return f"{square} <b>{in_plotly(gaze.title)}</b>{many}{shared}"


def overlap_figure(looking: Looking, title: str) -> go.Figure:
    """Draw the overlap of every arm with its teacher over the epochs.

    Args:
        looking: Where they look; there must be a teacher.
        title: Says which job and stage this is.
    """
    parts, even = Parts([], [], []), looking.even
    for given in looking.overlaps:
        courses.add_course(parts, given, FIRST, "mean overlap")
    courses.add_legend(parts, [given.group for given in looking.overlaps], FIRST)
    line = {"color": theme.MUTED, "width": 1, "dash": "dot"}
    parts.shapes.append(
        {"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": even, "y1": even, "yref": "y", "line": line}
    )
    return parts.figure(
        **courses.frame(HEIGHT, title),
        xaxis=courses.epochs_axis(looking.overlaps, title={"text": "epoch", "standoff": 4}),
        yaxis={"zeroline": False, "ticks": "", "title": {"text": "overlap with teacher", "standoff": 4}, "range": [0, 1.02]},
    )


def attention_table(looking: Looking) -> pd.DataFrame:
    """Give a row for the teacher and each arm: n, attention to each segment, and the overlap."""
    rows = []
    for gaze in looking.gazes:
        ends = looking.start_s + looking.seconds / len(gaze.attention) * np.arange(len(gaze.attention) + 1)
        parts = {f"{a:g} to {b:g} s": v for a, b, v in zip(ends[:-1], ends[1:], gaze.attention, strict=True)}
        shared = np.nan if gaze.overlap is None else gaze.overlap
        rows.append({"arm": gaze.title, "n": gaze.members, **parts, "overlap with teacher": shared})
    return pd.DataFrame(rows)


def overlap_table(looking: Looking) -> pd.DataFrame:
    """Give a row per arm and epoch: mean, lowest and highest overlap, and n."""
    return courses.table(looking.overlaps)


def describe_attention(looking: Looking, title: str) -> str:
    """Give the text alternative of the strips."""
    when = "at their best epochs" if looking.ended else "now"
    rows = "; ".join(f"{gaze.title}: {', '.join(f'{v:.2f}' for v in gaze.attention)}" for gaze in looking.gazes)
    return f"{title}. {looking.window}. Attention from the first to the last segment, {when}: {rows}. {moving(looking)}"


def describe_overlap(looking: Looking, title: str) -> str:
    """Give the text alternative of the overlap over the epochs."""
    return f"{title}. {looking.window}. {moving(looking)}"


def moving(looking: Looking) -> str:
    """Say how the overlap of every arm with its teacher changed."""
    told = [
        f"{c.group.title} from {c.mean[0]:.2f} in epoch {c.epoch[0]} to {c.mean[-1]:.2f} in epoch {c.epoch[-1]}"
        for c in looking.overlaps
    ]
    if not told:
        return "No teacher looks at this window, so nothing can be compared with it."
    return f"Overlap with the teacher: {'; '.join(told)}; {looking.even:.2f} would be looking everywhere alike."
