"""Arms of several experiments in one table: scores, paired differences corrected over all of them, and ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rdpd_core.datasets import DATASETS
from rdpd_core.evaluation import METRICS
from rdpd_core.evaluation.arms import Row
from rdpd_core.evaluation.judging import has_enough, judge
from rdpd_core.evaluation.paired import FOLD_SEEDS, MINIMUM_FOLDS, MINIMUM_SEEDS
from rdpd_core.evaluation.standings import Standings, standings
from rdpd_core.experiments.compared.entry import Entry, labels, title_of
from rdpd_core.experiments.compared.selection import Selection

LISTED = 6


@dataclass(frozen=True)
class Line:
    """One arm of one experiment.

    Attributes:
        key: "KEY/ARM".
        entry: The experiment.
        label: What it is called.
        row: The arm under the score; its p is corrected over all differences of the table.
        rank: Mean over seeds, among the arms shown that have all seeds of their experiment; None for others.
        pinned: Whether it stays on top.
    """

    key: str
    entry: Entry
    label: str
    row: Row
    rank: float | None
    pinned: bool


@dataclass(frozen=True)
class Table:
    """Several experiments under one score.

    Attributes:
        score: Name of the metric.
        lines: In the order asked for, pinned ones first.
        family: Differences whose p were corrected together, those that are not shown too.
        standing: Mean ranks over all experiments shown; None if fewer than two arms have all seeds everywhere.
        blocks: What a block of the ranks is, in words.
    """

    score: str
    lines: tuple[Line, ...]
    family: int
    standing: Standings | None
    blocks: str

    @property
    def title(self) -> str:
        """Title of the score."""
        return METRICS[self.score].title

    @property
    def entries(self) -> list[Entry]:
        """The experiments shown, each once."""
        return list({line.entry.key: line.entry for line in self.lines}.values())

    def sentences(self) -> list[str]:
        """Say what may be concluded: for each arm how often it is above Direct, then what the ranks say."""
        told = [_verdicts(arm, own) for arm, own in self._by_arm().items() if any(line.row.difference for line in own)]
        if self.standing is not None:
            arms = {arm: title_of(arm) for arm in self.standing.arms}
            told.append(f"Ranks over {self.blocks}: {self.standing.sentence(arms)}")
        return told

    def _by_arm(self) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.row.arm, []).append(line)
        return found

    def notices(self) -> list[str]:
        """Give what belongs beside the numbers: correction, people, classes that are missing, and what cannot be paired."""
        told = []
        if self.family > 1:
            told.append(f"p is corrected (Holm) over the {self.family} differences of all chosen experiments, shown or not.")
        elif self.family == 0:
            told.append(f"No difference is tested: it takes {MINIMUM_SEEDS} seeds, or {MINIMUM_FOLDS} folds with {FOLD_SEEDS}.")
        told += [said for entry in self.entries if (said := _absent(entry))]
        if (apart := unpaired(self.entries)) and len(self.entries) > 1:
            told.append(apart)
        said = [notice for entry in self.entries for notice in entry.notices]
        return [*told, *dict.fromkeys(said)]


def table_of(entries: Sequence[Entry], selection: Selection, score: str = "") -> Table:
    """Give the table of a selection.

    Args:
        entries: All experiments of its jobs.
        selection: What is looked at.
        score: Name of a metric in place of the selection's.

    Raises:
        UnknownNameError: It names an experiment that is not among them.
    """
    score = score or selection.score
    shown, named = selection.of(entries), labels(selection.of(entries), selection.names)
    rows, family = corrected(entries, score)
    lines = []
    for entry in shown:
        own = [row for row in rows[entry.key] if not selection.arms or row.arm in selection.arms]
        ranks = _ranks(own, score)
        for row in own:
            key = f"{entry.key}/{row.arm}"
            lines.append(Line(key, entry, named[entry.key], row, ranks.get(row.arm), key in selection.pinned))
    return Table(score, tuple(_sorted(lines, selection.sort, score)), family, *_standing(lines, score))


def corrected(entries: Sequence[Entry], score: str) -> tuple[dict[str, list[Row]], int]:
    """Give the rows of every experiment, p corrected over all of them, and how many differences that are."""
    rows = {entry.key: list(entry.comparison.rows.get(score, ())) for entry in entries}
    place = [(key, at) for key, own in rows.items() for at, row in enumerate(own) if row.difference is not None]
    titles = {entry.key: title_of(entry.comparison.reference) for entry in entries}
    found = judge(
        [rows[key][at].difference for key, at in place], [titles[key] for key, _ in place], METRICS[score].higher_is_better
    )
    for (key, at), difference in zip(place, found, strict=True):
        rows[key][at] = replace(rows[key][at], difference=difference)
    return rows, sum(map(has_enough, found))


def _blocks(rows: Sequence[Row]) -> dict[str, dict[int, float]]:
    """Give the scores by seed of the arms that have every seed of their experiment."""
    every = {seed for row in rows for seed, _ in row.seeds}
    return {row.arm: dict(row.seeds) for row in rows if {seed for seed, _ in row.seeds} == every}


def _ranks(rows: Sequence[Row], score: str) -> dict[str, float]:
    found = _blocks(rows)
    if len(found) < 2:
        return {}
    given = standings({arm: list(own.values()) for arm, own in found.items()}, METRICS[score].higher_is_better)
    return dict(zip(given.arms, given.ranks, strict=True))


def _standing(lines: Sequence[Line], score: str) -> tuple[Standings | None, str]:
    """Give the ranks over all experiments, and what a block is.

    A block is a seed; experiments on the same people are averaged within it first, since blocks must be independent.
    """
    by_entry: dict[str, list[Line]] = {}
    for line in lines:
        by_entry.setdefault(line.entry.key, []).append(line)
    found: dict[tuple[str, str], list[dict[str, dict[int, float]]]] = {}
    for own in by_entry.values():
        entry = own[0].entry
        found.setdefault((entry.dataset, str(entry.value("split"))), []).append(_blocks([line.row for line in own]))
    each = [blocks for group in found.values() for blocks in group]
    arms = [arm for arm in (each[0] if each else {}) if all(arm in own for own in each)]
    if len(arms) < 2:
        return None, ""
    scores: dict[str, list[float]] = {arm: [] for arm in arms}
    for group in found.values():
        for seed in sorted(set.intersection(*(set(own[arms[0]]) for own in group))):
            for arm in arms:
                scores[arm].append(float(np.mean([own[arm][seed] for own in group])))
    n = len(scores[arms[0]])
    if not n:
        return None, ""
    many = f"{len(each)} {'experiment' if len(each) == 1 else 'experiments'}"
    return standings(scores, METRICS[score].higher_is_better), f"{many} and their seeds ({n} blocks)"


def _sorted(lines: list[Line], sort: str, score: str) -> list[Line]:
    sign = -1 if METRICS[score].higher_is_better else 1

    def order(line: Line) -> tuple[bool, float]:
        d = line.row.difference
        value = {
            "mean": sign * line.row.mean,
            "difference": None if d is None or d.mean is None else sign * d.mean,
            "rank": line.rank,
        }.get(sort, 0.0)
        return (not line.pinned, np.inf if value is None else value)

    return sorted(lines, key=order)  # stable: what is equal stays as it was asked for


def _verdicts(arm: str, lines: Sequence[Line]) -> str:
    """Say how often an arm is above, below, or not told apart from the reference."""
    given = [line for line in lines if line.row.difference is not None]
    reference = title_of(given[0].entry.comparison.reference)
    better, worse = ([line.label for line in given if line.row.difference.claim == claim] for claim in ("better", "worse"))
    few = sum(not has_enough(line.row.difference) for line in given)
    none = len(given) - len(better) - len(worse) - few
    parts = [f"better than {reference} in {len(better)} ({_listed(better)})"] if better else []
    parts += [f"worse than {reference} in {len(worse)} ({_listed(worse)})"] if worse else []
    parts += [f"no difference shown in {none}"] if none else []
    parts += [f"too few seeds to say in {few}"] if few else []
    many = f"{len(given)} experiment{'' if len(given) == 1 else 's'}"
    means = [line.row.difference.mean for line in given if line.row.difference.mean is not None]
    span = (
        f" Mean difference to {reference} {min(means):+.3f}" + (f" to {max(means):+.3f}." if len(means) > 1 else ".")
        if means
        else ""
    )
    return f"{title_of(arm)}, {many}: {'; '.join(parts)}.{span}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED]) + (f", and {len(names) - LISTED} more" if len(names) > LISTED else "")


def _absent(entry: Entry) -> str:
    """Say which classes a fold lacks, and over how many its averages run."""
    c = entry.comparison
    classes = len(DATASETS.get(entry.dataset).classes) if entry.dataset in DATASETS else 0
    of = f" of {classes}" if classes else ""
    parts = [f"fold {fold}: {_present(classes, names)}{of} (none of {', '.join(names)})" for fold, names in c.lacking.items()]
    return f"{entry.key} averages over the classes present in each fold: {'; '.join(parts)}." if parts else ""


def _present(classes: int, names: Sequence[str]) -> str:
    return str(classes - len(names)) if classes else f"all but {len(names)}"


def unpaired(entries: Sequence[Entry]) -> str:
    """Say why experiments cannot be paired with each other; empty if they answer the same windows.

    Args:
        entries: Experiments shown together; within each, arms are paired in any case.
    """
    sets, unlike = {e.dataset for e in entries}, "differences are within each experiment only, and no pairs across them"
    if len(sets) > 1:
        return f"Experiments on different data ({', '.join(sorted(sets))}) cannot be paired: {unlike}."
    splits = {str(e.value("split")) for e in entries}
    if len(splits) > 1:
        return f"Experiments under different splits ({', '.join(sorted(splits))}) have other test subjects: {unlike}."
    digests: Mapping[str, set[str]] = {}
    for entry in entries:
        for split, digest in entry.windows.items():
            digests = {**digests, split: digests.get(split, set()) | {digest}}
    if any(len(found) > 1 for found in digests.values()):
        return f"Experiments were made from different recordings of {next(iter(sets))} (digests differ): {unlike}."
    return ""
