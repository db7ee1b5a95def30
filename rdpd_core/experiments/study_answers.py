"""What a study's results answer, in sentences that are worked out: which view, at what loss, does imitation help, how sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import cell as written
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.break_even import AXIS, break_even, sentence
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.evidence.cell import Cell, Gap
from rdpd_core.experiments.statements import place_of, seeds_are

LIKED = ("rdpd", "distill", "direct")
METRIC = "pr_auc"


def answers(book: Book, metric: str = METRIC) -> list[str]:
    """Give what the results answer, a sentence or two for each question that they speak of.

    Args:
        book: Results of a study.
        metric: Name of the score.
    """
    if not book.cells:
        return ["Nothing is done yet."]
    if "condition" in book.axes:
        return [*_conditions(book, metric), _imitation(book, metric)]
    told = [_best(book, metric)] if len(book.cells) > 1 and book.axes == ("view",) else [_alone(book, metric)]
    told += [_imitation(book, metric), *_yardsticks(book, metric), *_along(book, metric)]
    return [sentence for sentence in told if sentence]


def together(cells: Sequence[Cell], arm: str, other: str, metric: str = METRIC) -> Gap | None:
    """Give the mean difference of two arms over experiments on the same people; None if no experiment has both.

    People and seeds are drawn alike in all of them, so the interval is that of the mean, not a mean of intervals.
    """
    own = [c for c in cells if c.has(arm, other)]
    if not own:
        return None
    gaps = [c.difference(arm, other, metric) for c in own]
    drawn = _mean_drawn(own, arm, other, metric)
    seeds, folds = min(g.n_seeds for g in gaps), min(g.n_folds for g in gaps)
    return Gap(float(np.mean([g.value for g in gaps])), own[0].interval(drawn), seeds, gaps[0].n_units, n_folds=folds)


def share_closed(cells: Sequence[Cell], arm: str = "rdpd", metric: str = METRIC) -> Gap | None:
    """Give the share of the gap between Direct and the teacher that an arm closes, over all experiments together.

    None where there is no such gap: where the teacher is not above Direct by its interval.
    """
    gap = together(cells, "teacher", "direct", metric)
    own = [c for c in cells if c.has("teacher", "direct", arm)]
    gain = together(own, arm, "direct", metric)
    if gap is None or gain is None or gap.interval is None or gap.interval.low <= 0:
        return None
    top, base = _mean_drawn(own, arm, "direct", metric), _mean_drawn(own, "teacher", "direct", metric)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.where(base > 0, top / base, np.nan)
    return Gap(gain.value / gap.value, own[0].interval(drawn), gain.n_seeds, gain.n_units, n_folds=gain.n_folds)


def _mean_drawn(cells: Sequence[Cell], arm: str, other: str, metric: str) -> np.ndarray | None:
    """Give the mean difference under each resample; None if people differ, or there are too few."""
    both = [(c.values(arm, metric), c.values(other, metric)) for c in cells]
    same = all(c.windows == cells[0].windows and c.comparison.n_units == cells[0].comparison.n_units for c in cells)
    if not same or any(a is None or b is None for a, b in both):
        return None
    return np.mean([a - b for a, b in both], axis=0)


def liked(cells: Sequence[Cell]) -> str:
    """Give the arm that answers are about: RDPD, or what comes nearest to it."""
    return next((arm for arm in LIKED if all(c.has(arm) for c in cells)), cells[0].arms[-1])


def _best(book: Book, metric: str) -> str:
    arm = liked(book.cells)
    order = sorted(book.cells, key=lambda c: -c.mean(arm, metric))
    first, second = order[0], order[1]
    told = (
        f"Of {len(order)} views {place_of(book, first)} carries most: {_score(first, arm, metric)} in {METRICS[metric].title}"
        f"{_loss(first, arm, metric)}; then come "
        + ", ".join(f"{place_of(book, c)} {c.mean(arm, metric):.3f}" for c in order[1:]) + "."
    )  # fmt: skip
    gap = between(first, second, arm, metric)
    sure = "that order is sure" if gap.sign == 1 else "which of the two is better is not decided"
    return f"{told} First less second: {_told(gap)}: {sure}. The best of several is named after the fact, which flatters it."


def between(one: Cell, two: Cell, arm: str, metric: str) -> Gap:
    """Give by how much an arm scores higher in one experiment than in another one on the same people."""
    a, b = one.values(arm, metric), two.values(arm, metric)
    drawn = a - b if a is not None and b is not None and one.windows == two.windows else None
    seeds = len(one.seeds(arm) & two.seeds(arm))
    return Gap(
        one.mean(arm, metric) - two.mean(arm, metric),
        one.interval(drawn),
        seeds,
        one.comparison.n_units,
        n_folds=len(one.windows),
    )


def _alone(book: Book, metric: str) -> str:
    cell = book.cells[-1] if book.axes == ("view",) else _easy(book)
    arm = liked([cell])
    return f"On {place_of(book, cell)}: {_score(cell, arm, metric)} in {METRICS[metric].title}{_loss(cell, arm, metric)}."


def _easy(book: Book) -> Cell:
    """Give the experiment with all data and no noise."""
    axis = book.axes[1]
    return (max if axis in ("share", AXIS) else min)(book.cells, key=lambda c: c.at[axis])


def _loss(cell: Cell, arm: str, metric: str) -> str:
    if not cell.has("teacher", arm) or arm == "teacher":
        return ""
    return f", {_told(cell.difference('teacher', arm, metric), signed=False)} below the teacher, which reads every channel"


def _imitation(book: Book, metric: str) -> str:
    arm, title = liked(book.cells), METRICS[metric].title
    cells = list({c.key: c for c in book.cells}.values())  # where nothing is made harder, every condition has the same
    gap = together(cells, arm, "direct", metric) if arm != "direct" else None
    if gap is None:
        return ""
    signs = [c.difference(arm, "direct", metric).sign for c in cells if c.has(arm, "direct")]
    shown = {1: "imitation helps", -1: "imitation harms", 0: "no gain is shown"}[gap.sign]
    if not gap.enough:
        shown = f"{seeds_are(gap.n_seeds)} too few to say whether imitation helps"
    over = f"over all {len(signs)} experiments together " if len(signs) > 1 else ""
    told = f"{ARMS[arm].title} less Direct {over}in {title}: {_told(gap)}: {shown}."
    if len(signs) > 1:
        told += f" By itself above in {signs.count(1)}, below in {signs.count(-1)}, not decided in {signs.count(0)}."
    closed = share_closed(cells, arm, metric)
    if closed is None:
        return told + " The teacher is not shown to be better than Direct, so there is no gap to close."
    ends = "" if closed.interval is None else f" [{_percent(closed.interval.low)}, {_percent(closed.interval.high)}]"
    return f"{told} Of the gap between Direct and the teacher it closes {_percent(closed.value)}{ends}."


def _percent(share: float) -> str:
    return f"{round(share, 2) + 0.0:.0%}"  # never "-0%"


def _yardsticks(book: Book, metric: str) -> list[str]:
    arm, told = liked(book.cells), []
    gap = together(book.cells, arm, "forest", metric)
    if gap is not None:
        said = {
            1: "the student is worth its training",
            -1: "the forest is the better choice",
            0: "neither is shown to be better",
        }
        name = f"{ARMS[arm].title} less a random forest on simple numbers about the same channels"
        told.append(f"{name}: {_told(gap)}: {said[gap.sign]}.")
    wide = together(book.cells, "oracle", "direct", metric)
    if wide is not None:
        said = {
            1: "size is part of what the student lacks",
            -1: "size alone even harms",
            0: "size alone is not shown to matter",
        }
        told.append(f"A student as wide as the teacher, taught by labels only, less Direct: {_told(wide)}: {said[wide.sign]}.")
    return told


def _along(book: Book, metric: str) -> list[str]:
    if len(book.axes) < 2:
        return []
    axis, arm = book.axes[1], liked(book.cells)
    told = []
    for view in book.views:
        cells = sorted(book.of(view=view), key=lambda c: c.at[axis])
        signs = [(c.at[axis], c.difference(arm, "direct", metric).sign) for c in cells if c.has(arm, "direct")]
        helps = [f"{value:g}" for value, sign in signs if sign == 1]
        where = f"at {axis.replace('_', ' ')} {', '.join(helps)}" if helps else "nowhere"
        told.append(f"{view}: {ARMS[arm].title} is shown above Direct {where}, of {len(signs)} values tried.")
        found = break_even(cells, arm, "direct", metric) if axis == AXIS else None
        if found is not None:
            told.append(f"{view}: {sentence(found, ARMS[arm].title)}")
    return told


def _conditions(book: Book, metric: str) -> list[str]:
    arm, told = liked(book.cells), []
    for name in book.values("condition"):
        cells = sorted(book.of(condition=name), key=lambda c: c.at["value"])
        gaps = [(c, c.difference(arm, "direct", metric)) for c in cells if c.has(arm, "direct")]
        helps = [f"{place_of(book, c)} ({_told(g)})" for c, g in gaps if g.sign == 1]
        word = name.replace("_", " ")
        if helps:
            told.append(f"{word.capitalize()}: {ARMS[arm].title} is shown above Direct at {'; '.join(helps)}.")
        else:
            told.append(f"{word.capitalize()}: at none of {len(gaps)} values is {ARMS[arm].title} shown above Direct.")
    return told


def _score(cell: Cell, arm: str, metric: str) -> str:
    row = cell.row(arm, metric)
    return f"{row.title} {written(row.mean, row.interval)}"


def _told(gap: Gap, signed: bool = True) -> str:
    people = "" if gap.interval is None else f", {gap.interval.n} {gap.interval.unit}"
    return f"{written(gap.value, gap.interval, sign=signed)} (n = {gap.n_seeds} seeds{people})"
