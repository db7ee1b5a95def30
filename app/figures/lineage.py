"""Who taught whom: a teacher and its students, a row per arm and a column per view and job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.text import in_plotly
from rdpd_core.experiments import ARMS
from rdpd_core.store import ModelCard

ROW_PIXELS, TOP, BOTTOM = 44, 64, 12
TEACHER_X, FIRST_X, GAP = -2.2, 0.7, 0.9
NOT_HERE = "a teacher that is not here"
MOST_HEADINGS = 8
"""Columns up to which each has its heading; with more, the names would run into each other."""


class Family(NamedTuple):
    """A teacher and all that learned from it.

    Attributes:
        teacher: None if it is not here, or if the one student learned from labels alone.
        students: By arm in the order of the paper, then view and seed.
        chosen: Key of the model that is looked at.
    """

    teacher: ModelCard | None
    students: tuple[ModelCard, ...]
    chosen: str

    @property
    def arms(self) -> list[str]:
        """The arms that occur, in the order of the rows."""
        return list(dict.fromkeys(card.arm for card in self.students))


def family_of(card: ModelCard, cards: Sequence[ModelCard]) -> Family:
    """Give the family of a model: those its own teacher taught, or those it taught itself.

    Args:
        card: The model.
        cards: All models of its data set.
    """
    digest = card.weights_sha256 if card.role == "teacher" else card.teacher
    if digest is None:
        return Family(None, (card,), card.key)
    teacher = card if card.role == "teacher" else next((c for c in cards if c.weights_sha256 == digest), None)
    order = {name: at for at, name in enumerate(ARMS)}
    taught = [c for c in cards if c.teacher == digest]
    taught.sort(key=lambda c: (order.get(c.arm, len(order)), c.arm, job_title(c), c.view, c.seed, c.name))
    return Family(teacher, tuple(taught), card.key)


def job_title(card: ModelCard) -> str:
    """Give the job that made a model, as text; empty if none did."""
    job = str(card.training.get("job", ""))
    return f"{card.training.get('job_title', job)} ({job[:6]})" if job else ""


def lineage_figure(family: Family) -> go.Figure:
    """Draw the teacher on the left and a row of students for every arm; the chosen model has a ring."""
    columns = _columns(family)
    places = {
        c.key: (columns[_column(c)] + _seat(c, family), row) for row, arm in enumerate(family.arms) for c in _of(family, arm)
    }
    height = max(len(family.arms), 1)
    middle = (height - 1) / 2
    parts = Parts([], [], [])
    for row, arm in enumerate(family.arms):
        group = _of(family, arm)
        _edges(parts, middle, row, max(places[c.key][0] for c in group), [places[c.key][0] for c in group])
        _students(parts, group, [places[c.key] for c in group])
        parts.texts.append(_words(_arm_name(arm, len(group)), TEACHER_X + 0.8, row - 0.3, xanchor="left"))
    _teacher(parts, family, middle)
    for name, x in list(columns.items()) if len(columns) <= MOST_HEADINGS else []:
        parts.texts.append(
            _words(_heading(*name), x, 1, yref="paper", xanchor="left", yanchor="bottom", align="left", xshift=-8)
        )
    if family.chosen in places or (family.teacher and family.teacher.key == family.chosen):
        x, y = places.get(family.chosen, (TEACHER_X, middle))
        ring = {"symbol": "circle-open", "size": 24, "color": theme.INK, "line": {"width": 2}}
        parts.traces.append({**_POINTS, "x": [x], "y": [y], "marker": ring, "hoverinfo": "skip"})
    right = max([x for x, _ in places.values()], default=FIRST_X)
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    return parts.figure(
        height=TOP + BOTTOM + ROW_PIXELS * height,
        margin={"l": 4, "r": 4, "t": TOP, "b": BOTTOM},
        dragmode=False,
        xaxis={**still, "range": [TEACHER_X - 0.7, right + 0.8]},
        yaxis={**still, "range": [height - 0.5, -0.5]},
    )


_POINTS: dict[str, Any] = {"type": "scatter", "mode": "markers", "showlegend": False, "cliponaxis": False}


def _of(family: Family, arm: str) -> list[ModelCard]:
    return [card for card in family.students if card.arm == arm]


def _column(card: ModelCard) -> tuple[str, str]:
    return job_title(card), card.view


def _columns(family: Family) -> dict[tuple[str, str], float]:
    """Give where every column of one job and view begins."""
    found, x = {}, FIRST_X
    for name in sorted({_column(c) for c in family.students}):
        found[name] = x
        x += max(sum(_column(c) == name for c in _of(family, arm)) for arm in family.arms) + GAP
    return found


def _seat(card: ModelCard, family: Family) -> int:
    """Give which of its arm and column a student is."""
    return [c.key for c in _of(family, card.arm) if _column(c) == _column(card)].index(card.key)


def _edges(parts: Parts, middle: float, row: int, end: float, at: list[float]) -> None:
    """Draw the line from the teacher to a row and along it."""
    look = {"color": theme.MUTED, "width": 1.5}
    x, y = [TEACHER_X, TEACHER_X + 0.8, end], [middle, row, row]
    parts.traces.append({**_POINTS, "mode": "lines", "x": x, "y": y, "line": look, "hoverinfo": "skip"})


def _students(parts: Parts, group: list[ModelCard], places: list[tuple[float, int]]) -> None:
    mark = theme.mark_of(group[0].arm)
    look = {"symbol": mark.symbol, "size": 13, "color": mark.color, "line": {"width": 2, "color": mark.color}}
    told = [
        f"{in_plotly(c.name)}<br>view {in_plotly(c.view)}, seed {c.seed}<br>{in_plotly(job_title(c) or 'no job')}"
        for c in group
    ]
    x, y = zip(*places, strict=True)
    hover = {"customdata": told, "hovertemplate": "%{customdata}<extra></extra>"}
    parts.traces.append({**_POINTS, "x": list(x), "y": list(y), "marker": look, **hover})


def _teacher(parts: Parts, family: Family, middle: float) -> None:
    mark = theme.mark_of("teacher")
    here = family.teacher is not None
    look = {"symbol": mark.symbol if here else "square-open", "size": 17, "color": mark.color}
    name = in_plotly(family.teacher.name if family.teacher else NOT_HERE)
    hover = {"customdata": [name], "hovertemplate": "%{customdata}<extra></extra>"}
    parts.traces.append({**_POINTS, "x": [TEACHER_X], "y": [middle], "marker": look, **hover})
    text = "<b>Teacher</b>" if here else "<b>Teacher</b><br>not here"
    parts.texts.append(_words(text, TEACHER_X, middle, xanchor="center", yanchor="bottom", yshift=13))


def _arm_name(arm: str, count: int) -> str:
    mark = theme.mark_of(arm)
    title = ARMS[arm].title if arm in ARMS else arm
    return f'<span style="color:{mark.color}">■</span> {in_plotly(title)} (n = {count})'


def _heading(job: str, view: str) -> str:
    below = f'<br><span style="font-size:10px">{in_plotly(job[:28])}</span>' if job else ""
    return f"{in_plotly(view.replace('_', ' ')[:24])}{below}"


def _words(text: str, x: float, y: float, **fields: Any) -> dict[str, Any]:
    return {"text": text, "x": x, "y": y, "showarrow": False, "borderpad": 0, "font": {"size": 11}, **fields}


def lineage_words(family: Family) -> str:
    """Say in a sentence who taught whom."""
    if family.teacher is None and len(family.students) == 1 and family.students[0].teacher is None:
        return "Nobody taught this model: it learned from labels alone."
    who = family.teacher.name if family.teacher else NOT_HERE
    if not family.students:
        return f"{who} taught none of the models that are here."
    parts = [f"{len(_of(family, arm))} {ARMS[arm].title if arm in ARMS else arm}" for arm in family.arms]
    jobs = sorted({job_title(c) for c in family.students} - {""})
    made = f" Made by {len(jobs)} jobs: {', '.join(jobs)}." if len(jobs) > 1 else f" Made by the job {jobs[0]}." if jobs else ""
    views = len({c.view for c in family.students})
    on = f"on {views} views" if views > 1 else f"on the view {family.students[0].view}"
    return f"{who} taught {len(family.students)} students {on}: {', '.join(parts)}.{made}"


def lineage_table(family: Family) -> pd.DataFrame:
    """Give a row per model: its role, arm, view, seed, the job that made it, and who taught it."""
    who = family.teacher.name if family.teacher else NOT_HERE
    members = [*([family.teacher] if family.teacher else []), *family.students]
    return pd.DataFrame(
        [
            {
                "model": c.name, "role": c.role, "arm": c.arm, "view": c.view, "seed": c.seed,
                "made by job": job_title(c), "taught by": who if c.teacher else "",
            }
            for c in members
        ]
    )  # fmt: skip
