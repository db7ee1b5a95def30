"""All results at a glance: what imitation adds on every data set, by recipe and by what became of the labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rdpd_core.datasets import DATASETS
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.scores import cell as written
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.evidence.book import Book
from rdpd_core.experiments.evidence.cell import Cell, Gap
from rdpd_core.experiments.experiment import WITHOUT_EFFECT, Experiment
from rdpd_core.experiments.networks import words_of
from rdpd_core.experiments.study_answers import liked, share_closed, together

METRIC = "pr_auc"
OF_CURVES = ("noise", "share", "rich_share", "temperature")
"""Settings that studies go along: their experiments stand in curves, and not here."""
TOLD = (
    "dataset", "view", "arms", "seeds", "first_seed", "recipe", "split", "teacher_labels", "architecture",
    "unlabeled", "wrong_labels", *(name for _, names in WITHOUT_EFFECT.values() for name in names),
)  # fmt: skip
"""Settings in which the experiments of a row may differ, that are told in words of their own, or that change nothing here."""
VERDICTS = {1: "imitation helps", -1: "imitation harms", 0: "no gain is shown"}
FEW = "too few trainings to say"
SEVERAL = 3
"""Views from which one is called the best."""


@dataclass(frozen=True)
class Glance:
    """Experiments on the same people and with the same arms that differ in what the students read.

    Attributes:
        dataset: Name of the data set.
        recipe: Name of the recipe.
        labels: What became of the labels, in words: "5% labeled".
        more: What else sets them apart from the usual, in words; empty if nothing does.
        whole: Whether every window has its label, and the right one.
        cells: One for each view.
        book: Name of the results that hold most of them.
    """

    dataset: str
    recipe: str
    labels: str
    more: str
    whole: bool
    cells: tuple[Cell, ...]
    book: str

    @property
    def measured(self) -> bool:
        """Whether people were measured."""
        return not (self.dataset in DATASETS and DATASETS.get(self.dataset).simulated)

    @property
    def title(self) -> str:
        """Give the data set's title, or its name if it is gone."""
        return DATASETS.get(self.dataset).title if self.dataset in DATASETS else self.dataset

    @property
    def arm(self) -> str:
        """Give the arm that is compared: RDPD, or what comes nearest."""
        return liked(self.cells)

    @property
    def views(self) -> list[str]:
        """Give the views."""
        return [cell.at["view"] for cell in self.cells]

    def score(self, arm: str, metric: str = METRIC) -> float | None:
        """Give an arm's mean over the views; None if it did not take part everywhere."""
        means = [cell.mean(arm, metric) for cell in self.cells]
        return None if any(mean is None for mean in means) else sum(means) / len(means)

    def over(self, arm: str, metric: str = METRIC) -> Gap | None:
        """Give how much higher the compared arm scores than another one, over all views; None if that took no part."""
        return together(self.cells, self.arm, arm, metric) if all(cell.has(arm) for cell in self.cells) else None

    def best(self, metric: str = METRIC) -> Cell:
        """Give the experiment of the view in which the compared arm scores highest."""
        return max(self.cells, key=lambda c: c.mean(self.arm, metric))


def glances(books: Iterable[Book]) -> list[Glance]:
    """Give the experiments of many results in rows: measured people first, the better teacher first, all labels first.

    An experiment that stands in several results counts once, where most views were trained.
    """
    found: dict[tuple, dict[str, Cell]] = {}
    where: dict[tuple, str] = {}
    for book in sorted(books, key=lambda b: (-len(b.views), b.name)):
        for cell in book.cells:
            key = _row_of(cell)
            if key is not None:
                found.setdefault(key, {}).setdefault(cell.at["view"], cell)
                where.setdefault(key, book.name)
    rows = [Glance(*key[:-1], cells=_in_order(key[0], own), book=where[key]) for key, own in found.items()]
    rank = {key: _best_teacher(rows, *key) for key in {(g.dataset, g.recipe, g.more) for g in rows}}
    order = {g.dataset: not g.measured for g in rows}
    return sorted(
        rows, key=lambda g: (order[g.dataset], g.dataset, *rank[g.dataset, g.recipe, g.more], not g.whole, g.labels)
    )  # fmt: skip


def _in_order(dataset: str, cells: Mapping[str, Cell]) -> tuple[Cell, ...]:
    """Give the cells in the order in which their data set names its views; others come last."""
    known = list(DATASETS.get(dataset).views) if dataset in DATASETS else []
    place = {view: at for at, view in enumerate([*known, *(v for v in cells if v not in known)])}
    return tuple(cells[view] for view in sorted(cells, key=place.__getitem__))


def _best_teacher(rows: Iterable[Glance], dataset: str, recipe: str, more: str) -> tuple[float, str, str]:
    own = [g.score("teacher") or 0.0 for g in rows if (g.dataset, g.recipe) == (dataset, recipe)]
    return -max(own), recipe, more


def _row_of(cell: Cell) -> tuple | None:
    """Give to which row an experiment belongs; None if it stands in a curve, or nothing can be compared.

    Its data set need not be there any more.
    """
    usual = Experiment().to_dict()
    asked = {**usual, **cell.experiment}
    told = {name: value for name, value in asked.items() if value != usual.get(name)}
    arm = liked([cell])
    if told.keys() & set(OF_CURVES) or not cell.has("direct") or arm == "direct":
        return None
    more = ["same labels for the teacher"] if asked["teacher_labels"] == "same" else []
    more += words_of(asked["architecture"])
    more += [f"{name} {value}".replace("_", " ") for name, value in told.items() if name not in TOLD]
    whole = not asked["unlabeled"] and not asked["wrong_labels"]
    people = tuple(sorted(cell.windows.items()))
    return asked["dataset"], asked["recipe"], _labels(asked), ", ".join(more), whole, (people, arm)


def _labels(asked: Mapping[str, Any]) -> str:
    labeled = f"{1 - asked['unlabeled']:.0%}{' of people' if asked['unlabeled_by'] == 'subjects' else ''} labeled"
    said = [labeled] if asked["unlabeled"] else []
    said += [f"{asked['wrong_labels']:.0%} wrong"] if asked["wrong_labels"] else []
    return ", ".join(said) or "all labels"


def verdict(gap: Gap | None) -> str:
    """Say in words what a difference to Direct shows."""
    if gap is None or gap.interval is None:
        return FEW
    return VERDICTS[gap.sign] if gap.enough else FEW


def sentences(rows: Iterable[Glance], metric: str = METRIC) -> list[str]:
    """Give in words what the rows say together, apart by what became of the labels; simulated people are told apart."""
    rows, told = list(rows), []
    for whole, where in ((False, "Where labels are few or wrong"), (True, "Where every window has its right label")):
        for measured in (True, False):
            own = [g for g in rows if g.whole == whole and g.measured == measured]
            if own:
                told.append(_counted(own, where if measured else f"{where}, on simulated people", metric))
    measured = [g for g in rows if g.measured]
    return [*told, *filter(None, [_against_forest(measured, metric), *_enough(measured, metric)])]


def _enough(rows: list[Glance], metric: str) -> list[str]:
    """Say of every data set which single view serves best, in the first row that has several."""
    told, seen = [], set()
    for g in rows:
        if g.dataset in seen or len(g.cells) < SEVERAL or not all(cell.has("teacher") for cell in g.cells):
            continue
        seen.add(g.dataset)
        cell = g.best(metric)
        lost = cell.difference("teacher", g.arm, metric)
        told.append(
            f"{g.title}, recipe {g.recipe}, {g.labels}: of {len(g.cells)} views {cell.at['view']} serves best, "
            f"{cell.mean(g.arm, metric):.3f}, {written(lost.value, lost.interval)} below the teacher of all channels."
        )
    return [*told, "The best of several views is named after the fact, which flatters it."] if told else []


def _counted(rows: list[Glance], where: str, metric: str) -> str:
    gaps = [g.over("direct", metric) for g in rows]
    names = " or ".join(dict.fromkeys(ARMS[g.arm].title for g in rows))
    said = _tally([verdict(gap) for gap in gaps], (*VERDICTS.values(), FEW))
    return f"{where}: {said}. {names} less Direct in {METRICS[metric].title}: {_span(gaps)}."


def _against_forest(rows: list[Glance], metric: str) -> str:
    gaps = [gap for g in rows if (gap := g.over("forest", metric)) is not None]
    if not gaps:
        return ""
    words = {1: "the student is better", -1: "the forest is better", 0: "neither is shown to be better"}
    said = _tally([words[gap.sign] for gap in gaps], tuple(words.values()))
    return f"Against a random forest on simple numbers about the same channels: {said}. Difference: {_span(gaps)}."


def _tally(words: list[str], order: tuple[str, ...]) -> str:
    """Say how often each was found: "helps in 9 of 9 lines"."""
    found = [word for word in order if word in words]
    told = [f"{word} in {words.count(word)}" for word in found]
    return f"{', '.join(told)} of {len(words)} {'line' if len(words) == 1 else 'lines'}"


def _span(gaps: list[Gap | None]) -> str:
    values = sorted(gap.value for gap in gaps if gap is not None)
    ends = dict.fromkeys(f"{values[at]:+z.3f}" for at in (0, -1))
    return " to ".join(ends)


def rows_of(rows: Iterable[Glance], metric: str = METRIC) -> list[dict[str, Any]]:
    """Give a table: a row for every line, scores as means over the views."""
    return [_table_row(g, metric) for g in rows]


def _table_row(g: Glance, metric: str) -> Mapping[str, Any]:
    gap, closed, forest = g.over("direct", metric), share_closed(g.cells, g.arm, metric), g.over("forest", metric)
    best = g.best(metric)
    seeds = min(len(cell.seeds(g.arm)) for cell in g.cells)
    return {
        "data set": g.dataset,
        "recipe": g.recipe,
        "labels": g.labels + (f"; {g.more}" if g.more else ""),
        "students read": ", ".join(g.views),
        "Teacher": _number(g.score("teacher", metric)),
        "Direct": _number(g.score("direct", metric)),
        "RDPD": _number(g.score(g.arm, metric)) + ("" if g.arm == "rdpd" else f" ({ARMS[g.arm].title})"),
        "less Direct": _gap(gap),
        "shown": verdict(gap),
        "of the gap closed": "" if closed is None else f"{closed.value:.0%}",
        "less forest": _gap(forest),
        "best": f"{best.at['view']} {best.mean(g.arm, metric):.3f}",
        "n": f"{seeds} seeds, {g.cells[0].comparison.n_subjects} people",
        "results": g.book,
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _gap(gap: Gap | None) -> str:
    return "" if gap is None else written(gap.value, gap.interval, sign=True)
