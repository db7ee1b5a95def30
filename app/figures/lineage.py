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

ROW_PIXELS, TOP, BOTTOM = 44, 76, 20
LONGEST_HEADING = 24
"""Signs of a slanted heading that fit into the upper margin."""
TEACHER_X, FORK_X, FIRST_X, LAST_X = 0.05, 0.12, 0.4, 0.93
"""Shares of the width: whatever the number of students, the names of the arms have room."""
GAP, FEWEST = 0.6, 5
"""Seats between two columns; and how many seats share the width at least, so that two students do not stand far apart."""
SIZES = ((10, 13), (16, 10), (24, 8))
"""Pixels of a student's mark, by the number of columns up to which they do not touch."""
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
    places = _places(family)
    height = max(len(family.arms), 1)
    middle = (height - 1) / 2
    parts = Parts([], [], [])
    for row, arm in enumerate(family.arms):
        group = _of(family, arm)
        _edge(parts, middle, row, max(places[c.key][0] for c in group))
        _students(parts, group, [places[c.key] for c in group])
        parts.texts.append(_words(_arm_name(arm, len(group)), FORK_X, row - 0.3, xanchor="left"))
    _teacher(parts, family, middle)
    headings = {_column(c): places[c.key][0] for c in reversed(family.students) if _seat(c, family) == 0}
    headings = headings if len(headings) <= MOST_HEADINGS else {}
    for name, x in headings.items():
        parts.texts.append(_words(_heading(*name), x, 1, yref="paper", xanchor="left", yanchor="bottom", textangle=-30))
    if family.chosen in places or (family.teacher and family.teacher.key == family.chosen):
        x, y = places.get(family.chosen, (TEACHER_X, middle))
        ring = {"symbol": "circle-open", "size": 24, "color": theme.INK, "line": {"width": 2}}
        parts.traces.append({**_POINTS, "x": [x], "y": [y], "marker": ring, "hoverinfo": "skip"})
    top = TOP if headings else BOTTOM
    still = {"fixedrange": True, "showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    return parts.figure(
        height=top + BOTTOM + ROW_PIXELS * height,
        margin={"l": 4, "r": 4, "t": top, "b": BOTTOM},
        dragmode=False,
        xaxis={**still, "range": [0, 1]},
        yaxis={**still, "range": [height - 0.5, -0.5]},
    )


_POINTS: dict[str, Any] = {"type": "scatter", "mode": "markers", "showlegend": False, "cliponaxis": False}


def _of(family: Family, arm: str) -> list[ModelCard]:
    return [card for card in family.students if card.arm == arm]


def _column(card: ModelCard) -> tuple[str, str]:
    return job_title(card), card.view


def _places(family: Family) -> dict[str, tuple[float, int]]:
    """Give where every student stands: x as a share of the width, y as the row of its arm."""
    columns, width = _columns(family)
    step = (LAST_X - FIRST_X) / max(width - 1, FEWEST)
    return {
        card.key: (FIRST_X + step * (columns[_column(card)] + _seat(card, family)), row)
        for row, arm in enumerate(family.arms)
        for card in _of(family, arm)
    }


def _columns(family: Family) -> tuple[dict[tuple[str, str], float], float]:
    """Give at which seat every column of one job and view begins, and how many seats there are."""
    found, at = {}, 0.0
    for name in sorted({_column(c) for c in family.students}):
        found[name] = at
        at += max(sum(_column(c) == name for c in _of(family, arm)) for arm in family.arms) + GAP
    return found, at - GAP


def _seat(card: ModelCard, family: Family) -> int:
    """Give which of its arm and column a student is."""
    return [c.key for c in _of(family, card.arm) if _column(c) == _column(card)].index(card.key)


def _edge(parts: Parts, middle: float, row: int, end: float) -> None:
    """Draw the line from the teacher to a row and along it."""
    look = {"color": theme.MUTED, "width": 1.5}
    x, y = [TEACHER_X, FORK_X, end], [middle, row, row]
    parts.traces.append({**_POINTS, "mode": "lines", "x": x, "y": y, "line": look, "hoverinfo": "skip"})


def _students(parts: Parts, group: list[ModelCard], places: list[tuple[float, int]]) -> None:
    mark = theme.mark_of(group[0].arm)
    size = next((pixels for most, pixels in SIZES if len(group) <= most), 6)
    look = {"symbol": mark.symbol, "size": size, "color": mark.color, "line": {"width": 2, "color": mark.color}}
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
    parts.texts.append(_words(text, 0, middle, xanchor="left", yanchor="bottom", yshift=13, align="left"))


def _arm_name(arm: str, count: int) -> str:
    mark = theme.mark_of(arm)
    title = ARMS[arm].title if arm in ARMS else arm
    return f'<span style="color:{mark.color}">■</span> {in_plotly(title)} (n = {count})'


def _heading(job: str, view: str) -> str:
    title = f"{view.replace('_', ' ')[:18]}{', ' + job if job else ''}"
    return in_plotly(title if len(title) <= LONGEST_HEADING else f"{title[: LONGEST_HEADING - 1]}…")


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
