"""Attention in common with the teacher: an arm a row, people as points, the mean with its interval, and what chance gives."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures._courses import faded
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.evaluation.overlap import MEASURES
from rdpd_core.experiments.analyses import Result
from rdpd_core.experiments.subjects import title_of

ROW, TOP, BOTTOM, KEYS = 74, 62, 50, 92
UP, SPREAD = 0.34, 0.12
"""The heading of a row stands so far above its middle; points of people lie so far from it."""
STILL = {"fixedrange": True, "zeroline": False, "ticks": ""}
RANKED = "Subjects by disagreement"
CALLED = {"kl_ba": "KL(teacher||student) (nat)", "kl_ab": "KL(student||teacher) (nat)", "top1": "same peak (top-1)"}
"""What tables call otherwise, since there a is the student and b the teacher."""


class Compared(NamedTuple):
    """What is drawn of an analysis of overlap.

    Attributes:
        result: All of it.
        arms: Identifiers of the students that are shown.
        models: How many models stand behind each arm, by identifier.
    """

    result: Result
    arms: tuple[str, ...]
    models: Mapping[str, int]

    @property
    def measure(self) -> str:
        """What is compared by."""
        return self.result.values["measure"]

    @property
    def axis(self) -> str:
        """The measure with its unit, and its direction."""
        return f"{called(self.measure)}, {'1: the same' if MEASURES[self.measure].agreement else '0: the same'}"

    def of(self, arm: str, measure: str = "") -> dict[str, Any]:
        """Give what was found of an arm by a measure."""
        return self.result.values["arms"][arm]["measures"][measure or self.measure]

    @property
    def teachers(self) -> dict[str, Any] | None:
        """How far two teachers of different seeds agree; None if there is one only."""
        found = self.result.values["teachers"]
        return None if found is None else found[self.measure]

    def people(self, arm: str) -> list[dict[str, Any]]:
        """Give the subjects of an arm, a row each, those that agree least first."""
        column = titled(self.measure)
        own = [row for row in self.result.tables[RANKED] if row["arm"] == title_of(arm)]
        return sorted(own, key=lambda row: row[column], reverse=not MEASURES[self.measure].agreement)

    @property
    def n(self) -> str:
        """How much stands behind it."""
        some = self.result.values["arms"][self.arms[0]]
        windows, subjects = len(self.result.values["windows"]["subject"]), some["n_subjects"]
        seeds = " or ".join(str(n) for n in sorted({self.models[arm] for arm in self.arms}))
        return f"{windows} windows of {subjects} subject{'s' * (subjects != 1)}, mean over {seeds} seed{'s' * (seeds != '1')}"

    @property
    def shuffles(self) -> int:
        """Random pairings behind the band."""
        return self.result.values["arms"][self.arms[0]]["shuffles"]


def called(measure: str) -> str:
    """Give a measure of student and teacher with its unit, for people."""
    return CALLED.get(measure, titled(measure))


def titled(measure: str) -> str:
    """Give a measure with its unit, as the tables name it."""
    found = MEASURES[measure]
    return f"{found.title}{f' ({found.unit})' if found.unit else ''}"


def overlap_figure(found: Compared) -> go.Figure:
    """Draw a row per arm: its band of chance, a point per person, the mean with its interval, and two more controls."""
    parts = Parts([], [], [])
    for place, arm in enumerate(found.arms):
        parts.shapes.extend([] if found.teachers is None else _teachers(found.teachers, place))
        parts.shapes.append(_band(found.of(arm), place))
        parts.traces.append(_people(found, arm, place))
        parts.texts.append(_heading(found, arm, place))
    parts.traces.extend([_chance(found), _even(found), _means(found)])
    if found.teachers is not None:
        parts.traces.append(_teachers_key(found.teachers))
    drawn = resampled([found.of(arm) for arm in found.arms])
    ends = f"95% intervals: {drawn} resampled" if drawn else "no intervals: too few people"
    parts.texts.append(_caption(f"n = {found.n}<br>{ends}<br>null: windows paired at random {found.shuffles} times"))
    return parts.figure(**_layout(found, found.axis))


def _layout(found: Compared, axis: str) -> dict[str, Any]:
    return {
        "height": TOP + BOTTOM + KEYS + ROW * len(found.arms),
        "margin": {"l": 8, "r": 12, "t": TOP, "b": BOTTOM + KEYS},
        "dragmode": False,
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "yref": "container", "y": 0, "yanchor": "bottom", "font": {"size": 11}},
        "xaxis": {**STILL, "title": {"text": axis, "standoff": 4}, "gridcolor": theme.BAND},
        "yaxis": {**STILL, "range": [len(found.arms) - 0.45, -0.6], "showticklabels": False, "showgrid": False},
    }


def _band(own: Mapping[str, Any], place: int) -> dict[str, Any]:
    low, high = own["band"]
    box = {"type": "rect", "x0": low, "x1": high, "y0": place - 0.24, "y1": place + 0.3, "xref": "x", "yref": "y"}
    return {**box, "fillcolor": theme.BAND, "line": {"width": 1, "color": theme.MUTED}, "layer": "below"}


def _teachers(own: Mapping[str, Any], place: int) -> Iterator[dict[str, Any]]:
    mark, ends = theme.mark_of("teacher"), own["interval"]
    across = {"yref": "y", "y0": place - 0.2, "y1": place + 0.36, "xref": "x", "layer": "below"}
    if ends is not None:
        look = {"fillcolor": faded(mark.color, 0.12), "line": {"width": 0}}
        yield {"type": "rect", **across, "x0": ends["low"], "x1": ends["high"], **look}
    yield {"type": "line", **across, "x0": own["value"], "x1": own["value"], "line": {"color": mark.color, "width": 1.5}}


def _teachers_key(own: Mapping[str, Any]) -> dict[str, Any]:
    """Give the entry in the legend of what shapes draw."""
    name = f"two teachers of different seeds {_number(own['value'], own['interval'])}"
    return {"type": "scatter", "x": [None], "y": [None], "mode": "lines", "name": name,
            "line": {"color": theme.mark_of("teacher").color, "width": 3}}  # fmt: skip


def _people(found: Compared, arm: str, place: int) -> dict[str, Any]:
    rows, column, mark = found.people(arm), titled(found.measure), theme.mark_of(arm)
    return {
        "type": "scatter", "mode": "markers", "name": "a subject, mean over its windows", "showlegend": place == 0,
        "legendgroup": "people", "x": [row[column] for row in rows],
        "y": [place + 0.03 + SPREAD * _aside(row["subject"]) for row in rows],
        "marker": {"color": faded(mark.color, 0.5), "symbol": "circle", "size": 7, "line": {"width": 0}},
        "customdata": [[arm, in_plotly(row["subject"]), row["windows"], at] for at, row in enumerate(rows)],
        "hovertemplate": f"{in_plotly(title_of(arm))}, subject %{{customdata[1]}}: %{{x:.3f}}"
        " (n = %{customdata[2]} windows)<extra></extra>",
    }  # fmt: skip


def _aside(subject: str) -> float:
    """Give a place from -1 to 1 that is the same for a person in every row and every picture."""
    return zlib.crc32(subject.encode()) % 201 / 100 - 1


def _means(found: Compared) -> dict[str, Any]:
    own = [found.of(arm) for arm in found.arms]
    return _estimates(found.arms, [o["mean"] for o in own], [o["interval"] for o in own], "mean over windows, 95% interval")


def _estimates(arms: Sequence[str], values: Sequence[float | None], ends: Sequence[Any], name: str) -> dict[str, Any]:
    highs = [0 if e is None else max(e["high"] - v, 0) for v, e in zip(values, ends, strict=True)]
    lows = [0 if e is None else max(v - e["low"], 0) for v, e in zip(values, ends, strict=True)]
    bars = {
        "type": "data",
        "symmetric": False,
        "array": highs,
        "arrayminus": lows,
        "color": theme.INK,
        "thickness": 2,
        "width": 6,
    }
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": list(values), "y": [at + 0.03 for at in range(len(arms))],
        "error_x": bars, "marker": {"symbol": "diamond", "size": 11, "color": [theme.mark_of(arm).color for arm in arms],
                                    "line": {"width": 1.5, "color": theme.INK}},
        "text": [f"{in_plotly(title_of(a))}: {_number(v, e)}" for a, v, e in zip(arms, values, ends, strict=True)],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _chance(found: Compared) -> dict[str, Any]:
    own = [found.of(arm) for arm in found.arms]
    told = [f"windows paired at random: {o['chance']:.3f}, 95% {o['band'][0]:.3f} to {o['band'][1]:.3f}" for o in own]
    look = {"symbol": "square", "size": 9, "color": theme.BAND, "line": {"width": 1, "color": theme.MUTED}}
    return _controls("windows paired at random, 95%", [o["chance"] for o in own], told, look, 0.3)


def _even(found: Compared) -> dict[str, Any]:
    own = [found.of(arm) for arm in found.arms]
    look = {"symbol": "x-thin-open", "size": 9, "color": theme.INK, "line": {"width": 2}}
    return _controls(
        "if the student looked evenly", [o["even"] for o in own], [f"even: {o['even']:.3f}" for o in own], look, 0.3
    )


def _controls(name: str, x: list[float], told: list[str], look: dict[str, Any], below: float) -> dict[str, Any]:
    place = {"x": x, "y": [at + below for at in range(len(x))], "mode": "markers", "marker": look}
    return {"type": "scatter", "name": name, **place, "text": told, "hovertemplate": "%{text}<extra></extra>"}


def _heading(found: Compared, arm: str, place: int) -> dict[str, Any]:
    own, verdict = found.of(arm), verdict_of(found, arm)
    square = f'<span style="color:{theme.mark_of(arm).color}">■</span>'
    text = f"{square} <b>{in_plotly(title_of(arm))}</b> {_number(own['mean'], own['interval'])}: {verdict}"
    at = {"x": 0, "xref": "paper", "xanchor": "left", "y": place - UP, "yref": "y", "yanchor": "middle"}
    return {**at, "text": text, "showarrow": False, "borderpad": 0, "font": {"size": 12}}


def verdict_of(found: Compared, arm: str) -> str:
    """Say whether an arm is more alike the teacher than chance, as the analysis decided."""
    rows = found.result.tables["Agreement with the teacher"]
    return next(r["verdict"] for r in rows if r["arm"] == title_of(arm) and r["measure"] == titled(found.measure))


def _caption(text: str) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 8}
    return {**place, "text": text, "showarrow": False, "align": "left", "borderpad": 0, "font": {"size": 11}}


def _number(value: float | None, ends: Mapping[str, Any] | None, sign: str = "") -> str:
    if value is None:
        return "undefined"
    return f"{value:{sign}.3f} " + ("(no interval)" if ends is None else f"[{ends['low']:{sign}.3f}, {ends['high']:{sign}.3f}]")


def entropy_figure(found: Compared) -> go.Figure:
    """Draw how spread out the attention of each arm and of its teacher is; evenly spread at the dotted line."""
    parts, most = Parts([], [], []), max(_most(found, arm) for arm in found.arms)
    for place, arm in enumerate(found.arms):
        parts.texts.append(_entropy_heading(found, arm, place))
        line = {"type": "line", "x0": _most(found, arm), "x1": _most(found, arm), "y0": place - 0.2, "y1": place + 0.3}
        parts.shapes.append({**line, "line": {"color": theme.INK, "width": 1.5, "dash": "dot"}})
    for measure, name, below in (("entropy_a", "student", -0.02), ("entropy_b", "its teacher", 0.2)):
        own = [found.of(arm, measure) for arm in found.arms]
        trace = _estimates(found.arms, [o["mean"] for o in own], [o["interval"] for o in own], name)
        trace["y"] = [at + below for at in range(len(own))]
        if measure == "entropy_b":
            mark = theme.mark_of("teacher")
            trace["marker"] = {"symbol": mark.symbol, "size": 9, "color": mark.color, "line": {"width": 1, "color": theme.INK}}
        parts.traces.append(trace)
    look = {"color": theme.INK, "dash": "dot", "width": 1.5}
    parts.traces.append(
        {"type": "scatter", "x": [None], "y": [None], "mode": "lines", "name": "null: evenly, ln S", "line": look}
    )
    parts.texts.append(_caption(f"n = {found.n}<br>0: one segment has all, ln S: even"))
    layout = _layout(found, "entropy of the attention (nat)")
    return parts.figure(**{**layout, "xaxis": {**layout["xaxis"], "range": [0, 1.06 * most]}})


def _most(found: Compared, arm: str) -> float:
    return float(np.log(found.result.values["arms"][arm]["segments"]))


def _entropy_heading(found: Compared, arm: str, place: int) -> dict[str, Any]:
    segments = found.result.values["arms"][arm]["segments"]
    square = f'<span style="color:{theme.mark_of(arm).color}">■</span>'
    told = f"{found.of(arm, 'entropy_a')['mean']:.2f} of ln {segments} = {_most(found, arm):.2f}"
    text = f"{square} <b>{in_plotly(title_of(arm))}</b> {told}"
    return _heading(found, arm, place) | {"text": text}


def truth_figure(found: Compared) -> go.Figure:
    """Draw how much more an arm agrees with its teacher where it is right than where it is wrong."""
    parts, gaps = Parts([], [], []), [found.result.values["right_less_wrong"][arm] for arm in found.arms]
    for place, (arm, gap) in enumerate(zip(found.arms, gaps, strict=True)):
        square = f'<span style="color:{theme.mark_of(arm).color}">■</span>'
        text = f"{square} <b>{in_plotly(title_of(arm))}</b> {_number(gap['value'], gap['interval'], '+')}"
        parts.texts.append(_heading(found, arm, place) | {"text": text})
    ends = [gap["interval"] for gap in gaps]
    parts.traces.append(_estimates(found.arms, [gap["value"] for gap in gaps], ends, "right less wrong, 95% interval"))
    for place in range(len(gaps)):  # beside the words of a row, not through them
        null = {"type": "line", "x0": 0, "x1": 0, "y0": place - 0.2, "y1": place + 0.36, "layer": "below"}
        parts.shapes.append({**null, "line": {"color": theme.INK, "width": 1.5, "dash": "dot"}})
    n = f"{gaps[0]['n']} windows of {gaps[0]['units']} {resampled(gaps) or 'people'}"
    parts.texts.append(_caption(f"n = {n}<br>null, dotted: 0, agreement has nothing to do with being right"))
    layout = _layout(found, f"{called(found.measure)}: right less wrong windows")
    reach = 1.1 * max([abs(v) for gap in gaps for v in _extent(gap)], default=0.01)
    del layout["legend"]
    low = {"height": layout["height"] - KEYS, "margin": {**layout["margin"], "b": BOTTOM}, "showlegend": False}
    return parts.figure(**{**layout, **low, "xaxis": {**layout["xaxis"], "range": [-reach, reach]}})


def _extent(gap: Mapping[str, Any]) -> list[float]:
    ends = gap["interval"]
    return [v for v in (gap["value"], *((ends["low"], ends["high"]) if ends else ())) if v is not None]


def resampled(found: Sequence[Mapping[str, Any]]) -> str:
    """Give what intervals resample, "subjects" or "recordings"; empty if none has an interval."""
    return next((one["interval"]["unit"] for one in found if one["interval"] is not None), "")


def describe_overlap(found: Compared) -> str:
    """Say in words how much the arms agree with their teacher, beside chance."""
    rows = [_told(found, arm) for arm in found.arms]
    controls = (
        ""
        if found.teachers is None
        else f" Two teachers of different seeds: {_number(found.teachers['value'], found.teachers['interval'])}."
    )
    return f"{called(found.measure)} of the attention of students and teacher, n = {found.n}. {' '.join(rows)}{controls}"


def _told(found: Compared, arm: str) -> str:
    own = found.of(arm)
    low, high = own["band"]
    return (
        f"{title_of(arm)}: {_number(own['mean'], own['interval'])}, {verdict_of(found, arm)}; windows paired at random "
        f"{low:.3f} to {high:.3f}, even attention {own['even']:.3f}."
    )


def describe_entropy(found: Compared) -> str:
    """Say in words how spread out attention is."""
    rows = [
        f"{title_of(arm)} {found.of(arm, 'entropy_a')['mean']:.2f}, its teacher {found.of(arm, 'entropy_b')['mean']:.2f}, "
        f"even {_most(found, arm):.2f}."
        for arm in found.arms
    ]
    return f"Entropy of the attention in nats, n = {found.n}. {' '.join(rows)}"


def describe_truth(found: Compared) -> str:
    """Say in words whether agreement goes with being right."""
    gaps = found.result.values["right_less_wrong"]
    rows = [f"{title_of(arm)} {_number(gaps[arm]['value'], gaps[arm]['interval'], '+')}." for arm in found.arms]
    return f"{called(found.measure)} in windows decided right less that in windows decided wrong; 0 by chance. {' '.join(rows)}"


def agreement_table(found: Compared) -> pd.DataFrame:
    """Give a row per arm and measure: mean, interval, and every control."""
    return _rows(found, "Agreement with the teacher")


def truth_table(found: Compared) -> pd.DataFrame:
    """Give a row per arm: right less wrong windows, with interval."""
    return _rows(found, "Right and wrong windows")


def people_table(found: Compared, arm: str = "") -> pd.DataFrame:
    """Give a row per subject of an arm, those that agree least first; of all arms that are shown without one."""
    return pd.DataFrame([row for one in ([arm] if arm else found.arms) for row in found.people(one)])


def _rows(found: Compared, title: str) -> pd.DataFrame:
    shown = {title_of(arm) for arm in found.arms}
    return pd.DataFrame([row for row in found.result.tables[title] if row["arm"] in shown])
