"""How the members of a stage learn: validation scores and loss terms over the epochs, arm by arm."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import _courses as courses
from app.figures._courses import HALF, PALE, Course, Group
from app.figures.canvas import Parts
from app.figures.text import in_plotly, listed
from rdpd_core.evaluation import METRICS
from rdpd_core.jobs.progress import Stage

HEIGHT, PANEL_PIXELS, HEADINGS = 380, 150, 56
FIRST = {"xaxis": "x", "yaxis": "y"}
TERMS = {"hard": "labels", "soft": "predictions", "attention": "attention", "combined": "combined label"}
GAP = 0.06
NOTE = (
    "Lines: mean over seeds; bands: lowest to highest seed; symbols: the best epoch of each seed, which is kept. "
    "A line is paler where some of its seeds have stopped."
)
SEARCH_NOTE = (
    "Thin lines: one for every candidate; strong lines: the best so far of each arm; symbols: the best of all its candidates."
)


class Learning(NamedTuple):
    """What is known of the learning in a stage at one moment.

    Attributes:
        search: Whether the members are candidates of a search.
        scores: Validation scores, by arm.
        losses: Weighted loss terms, by term and arm; an arm without a term is left out of it.
    """

    search: bool
    scores: tuple[Course, ...]
    losses: dict[str, tuple[Course, ...]]

    @property
    def epochs(self) -> int:
        """Give the last epoch that anybody has."""
        return max((int(given.epoch[-1]) for given in self.scores), default=0)

    @property
    def groups(self) -> list[Group]:
        """Give the arms."""
        return [given.group for given in self.scores]


def learning_of(stage: Stage) -> Learning:
    """Give what the members of a stage have told until now; it does not change with the stage afterwards."""
    found = courses.groups(stage)
    told = dict.fromkeys(term for terms in stage.losses.values() for term in terms)
    terms = [term for term in TERMS if term in told] + [term for term in told if term not in TERMS]
    losses = {term: tuple(c for group in found if _has(c := courses.course(stage, group, term))) for term in terms}
    return Learning(courses.is_search(stage), tuple(courses.course(stage, group) for group in found), losses)


def _has(given: Course) -> bool:
    """Say whether an arm has a term: one that is switched off is 0 throughout."""
    return given.epoch.size > 0 and bool(np.nanmax(np.abs(given.value)) > 0)


def score_title(selection: str) -> str:
    """Give the name of a validation score for people."""
    return METRICS[selection].title if selection in METRICS else "negative loss" if selection == "loss" else "score"


def score_figure(learning: Learning, title: str, score: str) -> go.Figure:
    """Draw validation scores: a line per arm with a band over seeds, or of a search every candidate.

    Args:
        learning: What was told.
        title: Says which job and stage this is.
        score: Name of the score for people.
    """
    parts = Parts([], [], [])
    for given in learning.scores:
        if learning.search:
            _cloud(parts, given)
        else:
            courses.add_course(parts, given, FIRST, "mean")
            parts.traces.append(_best(given))
    courses.add_legend(parts, learning.groups, FIRST)
    return parts.figure(
        **courses.frame(HEIGHT, title),
        xaxis=courses.epochs_axis(learning.scores, title={"text": "epoch", "standoff": 4}),
        yaxis={"zeroline": False, "ticks": "", "title": {"text": in_plotly(f"validation {score}"), "standoff": 4}},
    )


def loss_figure(learning: Learning, title: str) -> go.Figure:
    """Draw the weighted loss terms, a panel for each; an arm without a term is not in its panel.

    Args:
        learning: What was told.
        title: Says which job and stage this is.
    """
    parts, terms = Parts([], [], []), list(learning.losses)
    columns = min(2, max(1, len(terms)))
    rows = -(-len(terms) // columns)
    axes: dict[str, Any] = {}
    for at, term in enumerate(terms):
        found = learning.losses[term]
        own = _panel(parts, axes, at, term, (rows, columns))
        told = {"title": {"text": "epoch", "standoff": 16}} if at + columns >= len(terms) else {"showticklabels": False}
        axes[own["xaxis"].replace("x", "xaxis")] |= courses.epochs_axis(found, **told)
        for given in found:
            courses.add_course(parts, given, own, "loss", HALF)
    courses.add_legend(parts, learning.groups, FIRST)
    layout = courses.frame(HEADINGS + courses.BOTTOM + PANEL_PIXELS * rows, title)
    return parts.figure(
        **layout | {"margin": {**layout["margin"], "t": layout["margin"]["t"] + HEADINGS - courses.TOP}}, **axes
    )


def _panel(parts: Parts, axes: dict[str, Any], at: int, term: str, grid: tuple[int, int]) -> dict[str, str]:
    """Add a pair of axes with its heading; give their names."""
    number, (rows, columns) = "" if at == 0 else str(at + 1), grid
    row, column = divmod(at, columns)
    wide, high = (1 - GAP * (columns - 1)) / columns, (1 - 2 * GAP * (rows - 1)) / rows
    left, bottom = column * (wide + GAP), max(0.0, 1 - row * (high + 2 * GAP) - high)  # rounding may fall below 0
    still = {"zeroline": False, "ticks": "", "rangemode": "tozero"}
    axes[f"xaxis{number}"] = {"domain": [left, min(1.0, left + wide)], "anchor": f"y{number}"}
    axes[f"yaxis{number}"] = {**still, "domain": [bottom, bottom + high], "anchor": f"x{number}"}
    place = {"xref": "paper", "yref": "paper", "x": left, "y": bottom + high, "xanchor": "left", "yanchor": "bottom"}
    name = f"<b>{in_plotly(term)}</b> ({TERMS[term]})" if term in TERMS and TERMS[term] != term else f"<b>{in_plotly(term)}</b>"
    parts.texts.append({"text": name, "showarrow": False, "font": {"size": 12}, **place})
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def best_of(given: Course) -> tuple[np.ndarray, np.ndarray]:
    """Give the best epoch (m,) of every member, the earliest of equals, and its score (m,)."""
    at = np.nanargmax(given.value, axis=1)
    return given.epoch[at], given.value[np.arange(len(at)), at]


def _best(given: Course) -> dict[str, Any]:
    epoch, score = best_of(given)
    mark, names = theme.mark_of(given.group.arm), [in_plotly(name) for name in given.group.members]
    marker = {"symbol": mark.symbol, "color": mark.color, "size": 8, "line": {"color": mark.color, "width": 1}}
    told = "%{customdata}: best so far %{y:.3f}, epoch %{x}<extra></extra>"
    return {
        **FIRST, "type": "scatter", "mode": "markers", "x": epoch, "y": score, "marker": marker, "customdata": names,
        "hovertemplate": told, "legendgroup": given.group.arm, "showlegend": False,
    }  # fmt: skip


def _cloud(parts: Parts, given: Course) -> None:
    """Draw every candidate thinly, the best so far of all of them, and where the best of all is."""
    mark = theme.mark_of(given.group.arm)
    same = {**FIRST, "type": "scatter", "legendgroup": given.group.arm, "showlegend": False}
    x, y = courses.thinned(given)
    thin = {"mode": "lines", "line": {"color": mark.color, "width": 1}, "opacity": PALE, "hoverinfo": "skip"}
    parts.traces.append({**same, **thin, "x": x, "y": y})
    leading = np.maximum.accumulate(given.high)
    told = f"{in_plotly(given.group.title)}, epoch %{{x}}: best so far %{{y:.3f}}<extra></extra>"
    line = {"mode": "lines", "line": {"color": mark.color, "dash": mark.dash, "width": 2.5, "shape": "hv"}}
    parts.traces.append({**same, **line, "x": given.epoch, "y": leading, "hovertemplate": told})
    first = int(np.argmax(best_of(given)[1]))
    chosen = Course(Group(*given.group[:2], (given.group.members[first],)), given.epoch, given.value[first : first + 1])
    parts.traces.append(_best(chosen))


def score_table(learning: Learning) -> pd.DataFrame:
    """Give a row per arm and epoch: mean, lowest and highest validation score, and n."""
    return courses.table(learning.scores)


def loss_table(learning: Learning) -> pd.DataFrame:
    """Give a row per term, arm and epoch: mean, lowest and highest weighted loss, and n."""
    parts = [courses.table(found).assign(term=term) for term, found in learning.losses.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def best_table(learning: Learning, score: str) -> pd.DataFrame:
    """Give a row per member: its best epoch, the score there, and how many epochs it learned."""
    rows = []
    for given in learning.scores:
        for name, epoch, value, line in zip(given.group.members, *best_of(given), given.value, strict=True):
            learned = int(np.isfinite(line).sum())
            rows.append({"member": name, "arm": given.group.title, score: value, "best epoch": int(epoch), "epochs": learned})
    return pd.DataFrame(rows)


def describe_scores(learning: Learning, title: str, score: str) -> str:
    """Give the text alternative of the validation scores."""
    what = "candidates" if learning.search else "seeds"
    told = "; ".join(_told(given, what) for given in learning.scores)
    return f"{title}. Validation {score} over {learning.epochs} epochs: {told}."


def _told(given: Course, what: str) -> str:
    epoch, score = best_of(given)
    top, n = int(np.argmax(score)), len(score)
    many = f"{score.min():.3f} to {score.max():.3f} over {n} {what}" if n > 1 else f"{score[0]:.3f}"
    return f"{given.group.title} best {many}, the highest in epoch {epoch[top]}"


def describe_losses(learning: Learning, title: str) -> str:
    """Give the text alternative of the loss terms."""
    told = []
    for term, found in learning.losses.items():
        ends = [f"{c.group.title} {c.mean[0]:.3f} to {c.mean[-1]:.3f}" for c in found]
        told.append(f"{term}: {', '.join(ends) or 'in no arm'}")
    return (
        f"{title}. Weighted loss terms ({listed(list(learning.losses))}) from the first to the last epoch: {'; '.join(told)}."
    )
