"""Results of studies in pictures: scores and differences with their intervals, courses along an axis, and what classes lose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.canvas import Parts
from app.figures.forest import Line, Section, forest_figure, forest_table
from app.figures.noted import noted
from app.figures.text import in_plotly
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.evidence.cell import BEYOND_CHANCE, Cell
from rdpd_core.experiments.glance import Glance
from rdpd_core.experiments.statements import place_of

CURVE_PX, BOTTOM, ROW_PX, APART, KEYS_AT = 330, 56, 21, 0.07, -0.16
NO_PEOPLE = "no interval: too few people"


def behind(book: Book) -> list[str]:
    """Give the lines that stand in a picture of scores: n, and what brackets mean."""
    c = book.cells[0].comparison
    seeds = sorted({len(book.cells[0].seeds(arm)) for arm in book.cells[0].arms})
    return [
        f"n = {c.n_windows} windows of {c.n_subjects} subjects, {' or '.join(map(str, seeds))} seeds; "
        f"95% intervals from resampling {c.n_units} {c.unit} and the seeds."
    ]


def score_sections(book: Book, metric: str) -> list[Section]:
    """Give a line for every arm, in a section for every experiment."""
    return [_section(book, cell, metric) for cell in book.cells]


def _section(book: Book, cell: Cell, metric: str) -> Section:
    rows = cell.comparison.rows[metric]
    lines = [Line(row.title, row.arm, row.mean, _ends(row.interval), f"n = {row.n_seeds} seeds") for row in rows]
    return Section(place_of(book, cell), tuple(lines))


def gap_sections(book: Book, metric: str, reference: str = "direct") -> list[Section]:
    """Give a line for every arm that is compared with Direct, in a section for every experiment; none without Direct."""
    found = []
    for cell in book.cells:
        if not cell.has(reference):
            continue
        lines = []
        for arm in cell.arms:
            if arm != reference:
                gap = cell.difference(arm, reference, metric)
                n = f"n = {gap.n_seeds} seeds, {gap.n_units} {cell.comparison.unit}"
                lines.append(Line(ARMS[arm].title, arm, gap.value, _ends(gap.interval), n))
        found.append(Section(place_of(book, cell), tuple(lines)))
    return [section for section in found if section.lines]


def map_sections(book: Book, metric: str, arm: str = "rdpd", reference: str = "direct") -> list[Section]:
    """Give a line for every value of a condition, in a section for every condition and view: how much imitation adds there."""
    found = []
    for view in book.views:
        for condition in book.values("condition"):
            lines = []
            for cell in book.of(view=view, condition=condition):
                gap = cell.difference(arm, reference, metric)
                label = f"{cell.at['value']:g} ({cell.training['labeled']:g} labels)"
                n = f"n = {gap.n_seeds} seeds, {gap.n_units} {cell.comparison.unit}"
                lines.append(Line(label, arm, gap.value, _ends(gap.interval), n))
            found.append(Section(f"{view}: {condition.replace('_', ' ')}", tuple(lines)))
    return [section for section in found if section.lines]


def look_sections(book: Book) -> list[Section]:
    """Give a line for every student: attention in common with its teacher, beyond windows paired at random."""
    found = []
    for cell in book.cells:
        lines = [
            Line(ARMS[arm].title, arm, told[BEYOND_CHANCE], _ends(cell.interval(cell.values(arm, BEYOND_CHANCE))),
                 f"n = {len(cell.seeds(arm))} seeds")
            for arm, told in cell.looks.items()
        ]  # fmt: skip
        found.append(Section(place_of(book, cell), tuple(lines)))
    return [section for section in found if section.lines]


def glance_sections(rows: Sequence[Glance], metric: str, against: str = "direct") -> list[Section]:
    """Give a line for every row, in a section for every data set and way of training: how much higher RDPD scores there.

    Args:
        rows: In order.
        metric: Name of the score.
        against: Arm that it is compared with; rows without it are left out.
    """
    found: dict[str, list[Line]] = {}
    for row in rows:
        gap = row.over(against, metric)
        if gap is not None:
            n = f"{', '.join(row.views)}; n = {gap.n_seeds} seeds, {gap.n_units} {row.cells[0].comparison.unit}"
            heading = f"{row.title}, {row.recipe}{f'; {row.more}' if row.more else ''}"
            line = Line(row.labels, row.arm, gap.value, _ends(gap.interval), n, key=row.book)
            found.setdefault(heading, []).append(line)
    return [Section(heading, tuple(lines)) for heading, lines in found.items()]


def _ends(interval: Interval | None) -> tuple[float, float] | None:
    return None if interval is None else (interval.low, interval.high)


def lines_figure(sections: Sequence[Section], axis: str, notes: list[str], null: float | None = None) -> go.Figure:
    """Draw sections of lines; differences stand around their null, scores within what they need."""
    values = [v for s in sections for line in s.lines for v in (line.value, *(line.ends or ())) if v is not None]
    span = (min(values), max(values)) if null is None else (min(0.0, *values), max(0.0, *values))
    return forest_figure(sections, axis, notes, span, null)


def lines_table(sections: Sequence[Section], axis: str) -> pd.DataFrame:
    """Give a row per line."""
    return forest_table(sections, axis)


def curve_figure(book: Book, view: str, metric: str) -> go.Figure:
    """Draw the score of every arm along the study's axis, with intervals.

    Args:
        book: Results with one axis beside the view.
        view: Whose.
        metric: Name of the score.
    """
    axis, cells = book.axes[1], _along(book, view)
    parts, arms = Parts([], [], []), _arms(cells)
    for place, arm in enumerate(arms):
        parts.traces.append(_course(cells, arm, metric, APART * (place - (len(arms) - 1) / 2)))
    note, top = noted(behind(book))
    parts.texts.append(note)
    still = {"fixedrange": True, "zeroline": False, "ticks": ""}
    ticks = {"tickvals": list(range(len(cells))), "ticktext": [f"{c.at[axis]:g}" for c in cells], "tickangle": 0}
    across = {
        "title": {"text": in_plotly(axis_words(axis)), "standoff": 6},
        "range": [-0.5, len(cells) - 0.5],
        "showgrid": False,
    }
    up = {"title": {"text": f"{METRICS[metric].title}, test subjects", "standoff": 6}, "gridcolor": theme.BAND}
    return parts.figure(
        height=top + CURVE_PX + BOTTOM,
        margin={"l": 8, "r": 8, "t": top, "b": BOTTOM},
        dragmode=False,
        legend={"orientation": "h", "x": 0, "y": KEYS_AT, "yanchor": "top", "font": {"size": 11}},
        xaxis={**still, **ticks, **across},
        yaxis={**still, **up},
    )


def axis_words(axis: str) -> str:
    """Give what an axis is, with its unit."""
    return {
        "noise": "amplitude of noise (standard deviations of the channel)",
        "share": "share of the training data used",
        "rich_share": "share of the training data recorded richly",
        "temperature": "temperature of imitation",
    }.get(axis, axis.replace("_", " "))


def _along(book: Book, view: str) -> list[Cell]:
    return sorted(book.of(view=view), key=lambda cell: cell.at[book.axes[1]])


def _arms(cells: Sequence[Cell]) -> list[str]:
    return [arm for arm in ARMS if any(cell.has(arm) for cell in cells)]


def _course(cells: Sequence[Cell], arm: str, metric: str, shift: float) -> dict[str, Any]:
    mark = theme.mark_of(arm)
    rows = [(at, cell.row(arm, metric)) for at, cell in enumerate(cells) if cell.has(arm)]
    ends = [_ends(row.interval) or (row.mean, row.mean) for _, row in rows]
    more = [max(high - row.mean, 0) for (_, row), (_, high) in zip(rows, ends, strict=True)]
    less = [max(row.mean - low, 0) for (_, row), (low, _) in zip(rows, ends, strict=True)]
    error = {"type": "data", "symmetric": False, "array": more, "arrayminus": less, "thickness": 1, "width": 3}
    told = [[f"[{low:.3f}, {high:.3f}], n = {row.n_seeds} seeds"] for (_, row), (low, high) in zip(rows, ends, strict=True)]
    return {
        "type": "scatter", "mode": "lines+markers", "name": in_plotly(ARMS[arm].title),
        "x": [at + shift for at, _ in rows], "y": [row.mean for _, row in rows], "error_y": error,
        "line": {"color": mark.color, "dash": mark.dash, "width": 2}, "marker": {"symbol": mark.symbol, "size": 8},
        "customdata": told, "hovertemplate": f"{in_plotly(ARMS[arm].title)}: %{{y:.3f}} %{{customdata[0]}}<extra></extra>",
    }  # fmt: skip


def curve_table(book: Book, view: str, metric: str) -> pd.DataFrame:
    """Give a row per arm and value."""
    axis, rows = book.axes[1], []
    for cell in _along(book, view):
        for row in cell.comparison.rows[metric]:
            low, high = _ends(row.interval) or (None, None)
            rows.append({axis: cell.at[axis], "arm": row.title, METRICS[metric].title: row.mean, "low": low, "high": high,
                         "SD over seeds": row.spread, "n (seeds)": row.n_seeds})  # fmt: skip
    return pd.DataFrame(rows)


def describe_curve(book: Book, view: str, metric: str) -> str:
    """Give the text alternative."""
    axis, cells = book.axes[1], _along(book, view)
    told = [f"{ARMS[arm].title} {', '.join(f'{c.mean(arm, metric):.2f}' for c in cells if c.has(arm))}" for arm in _arms(cells)]
    values = ", ".join(f"{cell.at[axis]:g}" for cell in cells)
    return (
        f"{METRICS[metric].title} on {view} against {axis_words(axis)} ({values}): {'; '.join(told)}. {' '.join(behind(book))}"
    )


def lost_figure(book: Book, arm: str, metric: str) -> go.Figure:
    """Draw what every class loses to the teacher, a column for each view; numbers stand in the squares.

    Args:
        book: Results of a study of views.
        arm: Whose loss.
        metric: Name of the per-class score.
    """
    cells, names = _losing(book, arm, metric), book.cells[0].class_names
    value = [[cell.classes[metric][arm]["lost"][k] for cell in cells] for k in range(len(names))]
    text = [["" if v is None else f"{v:+.2f}{_star(cell, arm, metric, k)}" for v, cell in zip(row, cells, strict=True)]
            for k, row in enumerate(value)]  # fmt: skip
    tip = [[_interval_of(cell, arm, metric, k) for cell in cells] for k in range(len(names))]
    views = [in_plotly(place_of(book, cell)) for cell in cells]
    squares = {
        "type": "heatmap", "z": value, "x": views, "y": [in_plotly(name) for name in names], "zmin": 0, "xgap": 2, "ygap": 2,
        "showscale": False, "text": text, "texttemplate": "%{text}", "textfont": {"size": 11, "color": theme.INK},
        "customdata": tip, "hovertemplate": "%{y}, %{x}: %{text} %{customdata}<extra></extra>", "hoverongaps": False,
        "colorscale": [[0, "rgba(10, 111, 208, 0.02)"], [1, "rgba(10, 111, 208, 0.45)"]],
    }  # fmt: skip
    parts = Parts([squares], [], [])
    note, top = noted([*behind(book), "*: the 95% interval lies off 0."], 0)
    parts.texts.append(note)
    still = {"fixedrange": True, "zeroline": False, "ticks": "", "showgrid": False}
    return parts.figure(
        height=top + ROW_PX * len(names) + BOTTOM,
        margin={"l": 8, "r": 8, "t": top, "b": BOTTOM},
        dragmode=False,
        xaxis={**still, "side": "bottom", "tickangle": 0 if len(views) < 4 else -30, "automargin": True},
        yaxis={**still, "autorange": "reversed", "automargin": True},
    )


def _losing(book: Book, arm: str, metric: str) -> list[Cell]:
    return [cell for cell in book.cells if "lost" in cell.classes.get(metric, {}).get(arm, {})]


def has_losses(book: Book, arm: str, metric: str) -> bool:
    """Say whether there is anything to be drawn by `lost_figure`."""
    return bool(_losing(book, arm, metric))


def _star(cell: Cell, arm: str, metric: str, k: int) -> str:
    own = cell.classes[metric][arm]
    low, high = own["lost_low"][k], own["lost_high"][k]
    return "*" if low is not None and (low > 0 or high < 0) else ""


def _interval_of(cell: Cell, arm: str, metric: str, k: int) -> str:
    own = cell.classes[metric][arm]
    low, high = own["lost_low"][k], own["lost_high"][k]
    return NO_PEOPLE if low is None else f"[{low:+.2f}, {high:+.2f}]"


def lost_table(book: Book, arm: str, metric: str) -> pd.DataFrame:
    """Give a row per class and view."""
    rows = []
    for cell in _losing(book, arm, metric):
        own = cell.classes[metric][arm]
        for k, name in enumerate(cell.class_names):
            rows.append({"where": place_of(book, cell), "class": name, "score": own["mean"][k], "lost": own["lost"][k],
                         "low": own["lost_low"][k], "high": own["lost_high"][k]})  # fmt: skip
    return pd.DataFrame(rows)


def describe_lost(book: Book, arm: str, metric: str) -> str:
    """Give the text alternative: the class that loses most on each view."""
    told = []
    for cell in _losing(book, arm, metric):
        lost = [(-1.0 if v is None else v, name) for v, name in zip(
            cell.classes[metric][arm]["lost"], cell.class_names, strict=True)]  # fmt: skip
        value, name = max(lost)
        told.append(f"{place_of(book, cell)}: most in {name}, {value:+.2f}")
    return f"What {ARMS[arm].title} loses to the teacher, by class. {'; '.join(told)}. {' '.join(behind(book))}"
