"""Statements of the paper, checked one by one on results of ours: held, not held, or not decided.

A statement is made of parts, one for each view or value it speaks of, and each part is a difference that is paired over people
and seeds. It is held if the 95% interval of every part lies on the side that is stated, not held if one lies on the other side,
and else not decided. With fewer than 5 seeds (two, where 6 or more folds were each trained anew), or too few people for
intervals, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rdpd_core.evaluation.paired import MINIMUM_FOLDS, MINIMUM_SEEDS
from rdpd_core.evaluation.scores import cell as written
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.evidence.cell import BEYOND_CHANCE, OVERLAP, Cell, Gap
from rdpd_core.experiments.published import SOURCE

HELD, NOT_HELD, UNDECIDED = "held", "not held", "not decided"
OURS = "asked by us"


@dataclass(frozen=True)
class Part:
    """One difference that a statement speaks of.

    Attributes:
        title: Where: a view, or a value.
        gap: The difference; above 0 speaks for the statement.
    """

    title: str
    gap: Gap


@dataclass(frozen=True)
class Checked:
    """What became of a statement.

    Attributes:
        text: The statement.
        source: Who says so.
        verdict: "held", "not held" or "not decided".
        reason: Why, in a few words.
        parts: The differences.
    """

    text: str
    source: str
    verdict: str
    reason: str
    parts: tuple[Part, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Give a row for each part, for tables."""
        return [
            {
                "statement": self.text, "of": self.source, "verdict": self.verdict, "where": part.title,
                "difference [95%]": written(part.gap.value, part.gap.interval, sign=True),
                "p": "" if part.gap.p is None else f"{part.gap.p:.2g} ({part.gap.pairs})",
                "n": f"{part.gap.n_seeds} seeds, {part.gap.n_units} {_unit(part.gap)}",
            }
            for part in self.parts
        ]  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A statement that can be checked.

    Attributes:
        text: In our words.
        source: Who says so: the paper, and where; or `OURS`.
        parts: Gives the differences from results; none if they do not speak of it.
    """

    text: str
    source: str
    parts: Callable[[Book], Iterator[Part]]

    def check(self, book: Book) -> Checked | None:
        """Say what became of it; None if the results do not speak of it."""
        parts = tuple(self.parts(book))
        if not parts:
            return None
        signs = [part.gap.sign for part in parts]
        verdict = NOT_HELD if -1 in signs else HELD if all(sign == 1 for sign in signs) else UNDECIDED
        return Checked(self.text, self.source, verdict, _reason(parts, signs, verdict), parts)


def _unit(gap: Gap) -> str:
    return "people" if gap.interval is None else gap.interval.unit


def _reason(parts: Sequence[Part], signs: Sequence[int], verdict: str) -> str:
    above, below = signs.count(1), signs.count(-1)
    few = [part.gap.n_seeds for part in parts if not part.gap.enough]
    if any(part.gap.interval is None for part in parts):
        return "too few people for intervals"
    if few:
        return f"{seeds_are(min(few))} too few to say; {MINIMUM_SEEDS} are needed, or {MINIMUM_FOLDS} folds with two"
    of = f"of {len(parts)} intervals " if len(parts) > 1 else "the interval lies "
    if len(parts) == 1:
        return (
            of + {HELD: "on the side that is stated", NOT_HELD: "on the other side", UNDECIDED: "on both sides of 0"}[verdict]
        )
    return f"{of}{above} lie on the side that is stated, {below} on the other, {len(parts) - above - below} on both sides of 0"


def seeds_are(number: int) -> str:
    """Give "one seed is", or "3 seeds are"."""
    return "one seed is" if number == 1 else f"{number} seeds are"


def above(arm: str, other: str, metric: str = "pr_auc") -> Callable[[Book], Iterator[Part]]:
    """Give the parts of "arm scores above other", one for each experiment."""

    def parts(book: Book) -> Iterator[Part]:
        for cell in book.cells:
            if cell.has(arm, other):
                yield Part(place_of(book, cell), cell.difference(arm, other, metric))

    return parts


def grows(axis: str, toward: str, arm: str = "rdpd", other: str = "direct") -> Callable[[Book], Iterator[Part]]:
    """Give the parts of "the advantage of arm over other grows toward an end of an axis", one for each view.

    Args:
        axis: Name of the axis.
        toward: "high" or "low".
        arm: Whose advantage.
        other: Over whom.
    """

    def parts(book: Book) -> Iterator[Part]:
        for view, low, high in _ends(book, axis):
            first, last = (low, high) if toward == "high" else (high, low)
            if first.has(arm, other) and last.has(arm, other):
                title = f"{view}, {axis.replace('_', ' ')} {last.at[axis]:g} less {first.at[axis]:g}"
                yield Part(title, change(last, first, arm, other))

    return parts


def better_at(axis: str, value: float, than: Callable[[Sequence[float]], float], arm: str = "rdpd", metric: str = "pr_auc"):
    """Give the parts of "arm scores better at a value of an axis than at another one", one for each view.

    Args:
        axis: Name of the axis.
        value: The value that is said to be better.
        than: Chooses the other value from all.
        arm: Whose score.
        metric: Which score.
    """

    def parts(book: Book) -> Iterator[Part]:
        for view in book.views:
            cells = {cell.at[axis]: cell for cell in book.of(view=view)}
            other = than(sorted(cells)) if cells else value
            if value in cells and other != value and cells[value].has(arm) and cells[other].has(arm):
                title = f"{view}, {axis.replace('_', ' ')} {value:g} less {other:g}"
                yield Part(title, _between(cells[value], cells[other], lambda c: _one(c, arm, metric), arm))

    return parts


def looks_alike(beyond: bool) -> Callable[[Book], Iterator[Part]]:
    """Give the parts of "RDPD looks where its teacher looks": more than Direct does, or beyond what chance gives."""

    def parts(book: Book) -> Iterator[Part]:
        for cell in book.cells:
            if beyond and BEYOND_CHANCE in cell.looks.get("rdpd", {}):
                value, interval = cell.mean("rdpd", BEYOND_CHANCE), cell.interval(cell.values("rdpd", BEYOND_CHANCE))
                yield Part(
                    place_of(book, cell),
                    Gap(value, interval, len(cell.seeds("rdpd")), cell.comparison.n_units, n_folds=len(cell.windows)),
                )
            elif not beyond and {"rdpd", "direct"} <= set(cell.looks):
                yield Part(place_of(book, cell), cell.difference("rdpd", "direct", OVERLAP))

    return parts


def change(one: Cell, two: Cell, arm: str, other: str, metric: str = "pr_auc") -> Gap:
    """Give by how much the advantage of an arm over another one is larger in one experiment than in a second one."""
    return _between(one, two, lambda c: tuple(a - b for a, b in zip(_one(c, arm, metric), _one(c, other, metric), strict=True)),
                    arm, other)  # fmt: skip


def _one(cell: Cell, arm: str, metric: str) -> tuple[Any, Any]:
    drawn = cell.values(arm, metric)
    return cell.mean(arm, metric), float("nan") if drawn is None else drawn


def _between(one: Cell, two: Cell, told: Callable[[Cell], tuple[Any, Any]], *arms: str) -> Gap:
    (value, drawn), (base, drawn_base) = told(one), told(two)
    same = one.windows == two.windows and one.comparison.n_units == two.comparison.n_units
    both = drawn - drawn_base if same else None  # people are drawn alike only if they are the same
    interval = one.interval(both) if hasattr(both, "__len__") else None
    seeds = min(len(one.seeds(arm) & two.seeds(arm)) for arm in arms)
    return Gap(value - base, interval, seeds, one.comparison.n_units, n_folds=len(one.windows))


def _ends(book: Book, axis: str) -> Iterator[tuple[str, Cell, Cell]]:
    for view in book.views:
        cells = sorted(book.of(view=view), key=lambda c: c.at[axis])
        if len(cells) > 1:
            yield view, cells[0], cells[-1]


def place_of(book: Book, cell: Cell) -> str:
    """Give where an experiment stands in its study, in words: "torso, noise 0.5"."""
    words = [str(cell.at["view"])]
    if "condition" in cell.at:
        return f"{words[0]}, {cell.at['condition'].replace('_', ' ')} {cell.at['value']:g}"
    for axis in book.axes:
        if axis != "view":
            value = cell.at[axis]
            words.append(f"{axis.replace('_', ' ')} {f'{value:g}' if isinstance(value, (int, float)) else value}")
    return ", ".join(words)


def said(text: str, where: str, parts: Callable[[Book], Iterator[Part]]) -> Statement:
    """Give a statement of the paper."""
    return Statement(text, f"{SOURCE}, {where}", parts)


FOREST = Statement(
    "A student taught by RDPD is above a random forest on simple numbers about the same channels", OURS, above("rdpd", "forest")
)
DIRECT = "RDPD is above Direct in PR-AUC, on every view"


def of_table(where: str) -> tuple[Statement, ...]:
    """Give what the paper says of a table of arms and views."""
    return (
        said(DIRECT, where, above("rdpd", "direct")),
        said("RDPD is above plain distillation in PR-AUC, on every view", where, above("rdpd", "distill")),
        said("Imitating attention adds something: RDPD is above RDPD_r1", where, above("rdpd", "rdpd_r1")),
        said("The combined label adds something: RDPD is above RDPD_r2", where, above("rdpd", "rdpd_r2")),
        said("The teacher, which reads every channel, is above RDPD", where, above("teacher", "rdpd")),
        FOREST,
    )
