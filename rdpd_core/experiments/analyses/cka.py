"""How alike the layers of students and teacher are, beside what wrongly paired windows would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rdpd_core.errors import DataError
from rdpd_core.evaluation.cka_compare import Change, changes
from rdpd_core.evaluation.cka_matrix import ABOVE, INSIDE, SHUFFLES, UNDEFINED, Cell
from rdpd_core.evaluation.cka_modes import FLATTEN, MODES
from rdpd_core.evaluation.intervals import DRAWS
from rdpd_core.evaluation.output_similarity import LIKENESS, OutputSimilarity, output_similarity
from rdpd_core.experiments.analyses.base import ANALYSES, NOT_SHOWN, SHOWN, UNKNOWN, Analysis, OnProgress, Result, Sentence
from rdpd_core.experiments.cases import ArmBook, CaseBook
from rdpd_core.experiments.similarity import (
    MOST_WINDOWS,
    Settings,
    SimilarityMatrix,
    SubjectSimilarity,
    by_subject,
    cell_row,
    chosen_windows,
    compare_models,
    features_of,
    own_teacher,
)
from rdpd_core.experiments.source import Source
from rdpd_core.experiments.subjects import title_of
from rdpd_core.params import Params, choice, flag, number
from rdpd_core.store import ModelCard
from rdpd_core.types import Windows

REFERENCE = "direct"
NULLS = {
    "recordings": "windows of one side exchanged recording by recording",
    "windows": "windows of one side shuffled",
}
COVERAGE = (
    "Windows of one person are alike, which makes layers of few people look more alike than they are; intervals are moved by "
    "what resampling shows of that. In simulations of 8 to 32 people they held the value of all people in 89 to 98% of samples."
)


@ANALYSES.register
class LayerSimilarity(Analysis):
    """CKA of teacher and students, layer by layer, for the cohort and for each subject."""

    name = "cka"
    title = "How alike the layers are (CKA)"
    help = "Compares every layer of the teacher with every layer of the students, and says which likeness is beyond chance."
    version = 2

    @dataclass(frozen=True)
    class Params(Params):
        """What to compare, and how sure to be."""

        mode: str = choice(FLATTEN, tuple(MODES), "how a layer's course in time becomes rows")
        null: str = choice(
            "recordings", tuple(NULLS), "how wrong pairs are made: whole recordings exchanged, or windows shuffled"
        )
        most_windows: int = number(MOST_WINDOWS, 8, 100_000, "most windows to look at, spread evenly over people")
        draws: int = number(DRAWS, 100, 5000, "resamples of people for intervals")
        shuffles: int = number(SHUFFLES, 40, 5000, "wrong pairings for the null")
        each_subject: bool = flag(True, "also compare for each subject alone")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Compare the layers."""
        book, p = source.book(), self.params
        settings = Settings(p.mode, p.null, p.draws, p.shuffles)
        places = chosen_windows(book.windows, p.most_windows)
        looked = _Looked(source, book, book.windows.select(places), on_progress)
        sides = _named_models(source) if source.asked.models else _arms(book)
        matrices: dict[str, SimilarityMatrix] = {}
        people: dict[str, list[SubjectSimilarity]] = {}
        for key, (names, cards) in sides.items():
            pairs = [(looked.features(a), looked.features(b)) for a, b in cards]
            on_progress(f"comparing layers, {names[1]}", 0, 1)
            matrices[key] = compare_models(pairs, looked.windows, names, settings, looked.between)
            people[key] = by_subject(pairs, looked.windows, names, settings, on_progress) if p.each_subject else []
        differences = {} if source.asked.models else _differences(matrices, sides)
        outputs = {} if source.asked.models else {arm.arm: _outputs(arm, book, p.draws) for arm in _students(book)}
        return _result(matrices, people, differences, outputs, len(book.windows), settings)


class _Looked:
    """Features of the models, each asked once."""

    def __init__(self, source: Source, book: CaseBook, windows: Windows, told: OnProgress) -> None:
        self.source, self.windows, self.told = source, windows, told
        self._kept: dict[str, dict[str, Any]] = {}

    def features(self, card: ModelCard) -> dict[str, Any]:
        if card.key not in self._kept:
            self._kept[card.key] = features_of(self.source.model(card), card, self.windows, self.told)
        return self._kept[card.key]

    def between(self) -> None:
        self.told("comparing layers", 0, 1)


Sides = dict[str, tuple[tuple[str, str], list[tuple[ModelCard, ModelCard]]]]


def _students(book: CaseBook) -> list[ArmBook]:
    return [arm for arm in book.arms if arm.arm != "teacher"]


def _arms(book: CaseBook) -> Sides:
    """Give by arm the names of both sides and the pairs of models: each student with its own teacher."""
    teachers = next((arm.cards for arm in book.arms if arm.arm == "teacher"), ())
    if not teachers:
        raise DataError("the store holds no teacher for these students; train one, or name two models to compare")
    return {
        arm.arm: ((title_of("teacher"), title_of(arm.arm)), [(own_teacher(card, teachers), card) for card in arm.cards])
        for arm in _students(book)
    }


def _named_models(source: Source) -> Sides:
    """Give the pairs of two models, or of the first of several with each of the others."""
    cards = [source.card(name) for name in source.asked.models]
    if len(cards) < 2:
        raise DataError(f"{len(cards)} model is named; name two or more to compare, or none to compare teacher and arms")
    return {card.name: ((cards[0].name, card.name), [(cards[0], card)]) for card in cards[1:]}


def _differences(matrices: dict[str, SimilarityMatrix], sides: Sides) -> dict[str, tuple[list[list[Change]], Change]]:
    """Give by arm the difference to Direct, over the seeds that both have."""
    found = {}
    if REFERENCE not in matrices:
        return found
    seeds = {arm: [card.seed for _, card in cards] for arm, (_, cards) in sides.items()}
    for arm, matrix in matrices.items():
        shared = [s for s in seeds[arm] if s in seeds[REFERENCE]]
        alike = matrix.grid.columns == matrices[REFERENCE].grid.columns
        if arm != REFERENCE and shared and alike:
            own = [matrix.each[seeds[arm].index(s)] for s in shared]
            theirs = [matrices[REFERENCE].each[seeds[REFERENCE].index(s)] for s in shared]
            found[arm] = changes(own, theirs, title_of(REFERENCE))
    return found


def _outputs(arm: ArmBook, book: CaseBook, draws: int) -> OutputSimilarity:
    """Compare the answers of an arm with the teacher's, both averaged over seeds."""
    teacher = next(a for a in book.arms if a.arm == "teacher")
    sides = (arm.probability.mean(axis=0), teacher.probability.mean(axis=0))
    return output_similarity(*sides, book.windows.subject, book.windows.recording, draws)


def _result(
    matrices: dict[str, SimilarityMatrix],
    people: dict[str, list[SubjectSimilarity]],
    differences: dict[str, tuple[list[list[Change]], Change]],
    outputs: dict[str, OutputSimilarity],
    n: int,
    settings: Settings,
) -> Result:
    values = {
        "mode": settings.mode,
        "mode_says": MODES[settings.mode],
        "matrices": {key: m.to_dict() for key, m in matrices.items()},
        "differences": {
            key: {"cells": [[c.to_dict() for c in row] for row in grid], "diagonal": along.to_dict()}
            for key, (grid, along) in differences.items()
        },
        "subjects": {
            key: [{**one.row(), "matrix": None if one.matrix is None else one.matrix.to_dict()} for one in found]
            for key, found in people.items()
        },
        "outputs": {key: found.to_dict() for key, found in outputs.items()},
    }
    tables = {
        "Mean over matching layers": [_diagonal_row(m) for m in matrices.values()],
        "Layers": [row for m in matrices.values() for row in m.table()],
        "Differences to Direct": [
            row for key, found in differences.items() for row in _difference_rows(key, found, matrices[key])
        ],
        "Subjects": [{"compared": matrices[key].second, **one.row()} for key, found in people.items() for one in found],
        "Answers": [row for key, found in outputs.items() for row in _output_rows(title_of(key), found)],
    }
    sentences = [_sentence(key, m) for key, m in matrices.items()]
    sentences += [_difference_sentence(key, along, matrices[key]) for key, (_, along) in differences.items()]
    return Result(values, {title: rows for title, rows in tables.items() if rows}, tuple(sentences), _notices(matrices, n))


def _diagonal_row(m: SimilarityMatrix) -> dict[str, Any]:
    row = m.table()[0]
    about = {name: row[name] for name in ("first", "second", "mode", "models", "n (windows)", "n (subjects)")}
    return {"first": about.pop("first"), "second": about.pop("second"), **cell_row(m.diagonal), **about}


def _difference_rows(key: str, found: tuple[list[list[Change]], Change], m: SimilarityMatrix) -> list[dict[str, Any]]:
    grid, along = found
    rows = [("matching layers", "matching layers", along)]
    rows += [(a, b, c) for a, own in zip(m.grid.rows, grid, strict=True) for b, c in zip(m.grid.columns, own, strict=True)]
    return [
        {"arm": title_of(key), "row layer": a, "column layer": b, "difference of CKA": c.value,
         "95% low": c.interval.low if c.interval else None, "95% high": c.interval.high if c.interval else None,
         "p (Holm)": c.p, "n (seeds)": c.n_seeds, "verdict": c.says}
        for a, b, c in rows
    ]  # fmt: skip


def _output_rows(title: str, found: OutputSimilarity) -> list[dict[str, Any]]:
    return [
        {"arm": title, "measure": LIKENESS[name].title, "value": one.value,
         "95% low": one.interval.low if one.interval else None, "95% high": one.interval.high if one.interval else None,
         "why none": one.reason, "n (windows)": found.n_windows, "n (subjects)": found.n_subjects}
        for name, one in found.measures.items()
    ]  # fmt: skip


def _sentence(key: str, m: SimilarityMatrix) -> Sentence:
    """Say what the mean over matching layers allows to conclude."""
    cell, sides = m.diagonal, f"{m.first} and {m.second}"
    null = _null(m, cell)
    if cell.mark == ABOVE:
        text, claim = f"Matching layers of {sides} are more alike than wrongly paired windows make them", SHOWN
    elif cell.mark == INSIDE:
        text, claim = f"Matching layers of {sides} are no more alike than wrongly paired windows make them", NOT_SHOWN
    elif cell.mark == UNDEFINED:
        text, claim = f"Nothing may be said about the layers of {sides}: {cell.reason or 'there are too few windows'}", UNKNOWN
    elif cell.interval is None:
        text, claim = f"Matching layers of {sides} look alike, but there are too few people to say so of others", UNKNOWN
    else:
        text, claim = f"Matching layers of {sides} look alike, but the interval reaches what wrong pairs give", UNKNOWN
    return Sentence(text, claim, _n(m), null, cell.value, cell.interval, {"arm": key})


def _null(m: SimilarityMatrix, cell: Cell) -> str:
    if cell.null is None:
        return "no null: at least 6 windows, and layers that vary, are needed"
    return f"null, {NULLS[m.grid.null]}: {cell.null[0]:.3f} to {cell.null[1]:.3f}"


def _n(m: SimilarityMatrix) -> str:
    grid = m.grid
    people, pairs = "subject" + "s" * (grid.n_subjects != 1), "pair" + "s" * (grid.models != 1)
    return f"n = {grid.n_windows} windows of {grid.n_subjects} {people}, {grid.models} {pairs} of models"


def _difference_sentence(key: str, along: Change, m: SimilarityMatrix) -> Sentence:
    claim = SHOWN if along.claim != "none" else UNKNOWN if along.p is None or along.n_seeds < 5 else NOT_SHOWN
    text = f"Layers of {m.second} beside those of {title_of(REFERENCE)}: {along.says}"
    return Sentence(
        text, claim, f"n = {along.n_seeds} seeds, {m.grid.n_windows} windows of {m.grid.n_subjects} subjects",
        "null: no difference of CKA, 0", along.value, along.interval, {"arm": key, "reference": REFERENCE},
    )  # fmt: skip


def _notices(matrices: dict[str, SimilarityMatrix], n: int) -> tuple[str, ...]:
    grids = [m.grid for m in matrices.values()]
    first = grids[0]
    said = [
        f"CKA is linear and unbiased; mode {next(iter(matrices.values())).mode}: {MODES[next(iter(matrices.values())).mode]}."
    ]
    if first.n_windows < n:
        said.append(f"{first.n_windows} of {n} windows were looked at, spread evenly over people, recordings and time.")
    interval = next((m.diagonal.interval for m in matrices.values() if m.diagonal.interval), None)
    said.append(f"Brackets: {interval.sentence()}. {COVERAGE}" if interval else "No intervals: too few people or recordings.")
    if first.null == "windows":
        said.append(
            "The null shuffles single windows; it takes windows of one recording for independent, so it is easily passed."
        )
    if first.null_rows and first.null_rows < first.n_rows:
        said.append(f"The null was made of {first.null_rows} of {first.n_rows} rows, which widens it.")
    left = {name: why for m in matrices.values() for name, why in m.left_out.items()}
    said += [f"Layer {name} {why}." for name, why in sorted(left.items())]
    return tuple(said)
