"""Who is misjudged, by whom, and with whom: accuracy by arm, subject, class and what is recorded of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.estimates import Estimate, gap_of, mean_of
from rdpd_core.evaluation.groups import PERMUTATIONS, gap_p, grouped, shown_groups
from rdpd_core.evaluation.intervals import Units, resampling_units
from rdpd_core.evaluation.paired import holm
from rdpd_core.experiments.analyses._dashboard_said import notices, said, tables
from rdpd_core.experiments.analyses.base import ANALYSES, Analysis, OnProgress, Result
from rdpd_core.experiments.source import Source
from rdpd_core.experiments.subjects import decisions, title_of
from rdpd_core.params import Params, number
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Windows


@dataclass(frozen=True)
class _Judged:
    """Labeled windows, and what each arm decided.

    Attributes:
        windows: N of known class.
        units: What is resampled.
        subjects: (U,), names.
        person: (N,), position in `subjects`.
        decided: (N,) by arm.
        right: (N,) by arm.
    """

    windows: Windows
    units: Units
    subjects: np.ndarray
    person: np.ndarray
    decided: Mapping[str, np.ndarray]
    right: Mapping[str, np.ndarray]

    @property
    def size(self) -> np.ndarray:
        """Windows of each subject, (U,)."""
        return np.bincount(self.person, minlength=len(self.subjects))

    def by_subject(self, values: np.ndarray) -> np.ndarray:
        """Give sums over the windows of each subject, (U,)."""
        return np.bincount(self.person, weights=values, minlength=len(self.subjects))


@ANALYSES.register
class Dashboard(Analysis):
    """Accuracy of every arm for every subject, class and group, and whose errors fall together."""

    name = "dashboard"
    title = "Who is misjudged, and with whom"
    help = "Accuracy by arm, subject, class and recorded attribute, with small groups hidden, and errors that fall together."

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        least: int = number(5, 1, 100, "people a group or class must have to be shown", unit="subjects")
        draws: int = number(500, 100, 5000, "resamples of people")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Count.

        Raises:
            DataError: No test window has a label.
        """
        judged, p = _judged(source), self.params
        facts = source.loaded.prepared.facts
        recordings = dict.fromkeys(zip(judged.windows.subject.tolist(), judged.windows.recording.tolist(), strict=True))
        groups = grouped([(person, facts.get(recording, {})) for person, recording in recordings])
        groups = {name: own for name, own in groups.items() if not _renames(own, judged)}
        found = {}
        for done, arm in enumerate(judged.right):
            on_progress("counting errors", done, len(judged.right))
            found[arm] = self._arm(arm, judged, groups)
        order = np.argsort(np.mean([judged.by_subject(r) / judged.size for r in judged.right.values()], axis=0), kind="stable")
        values = {
            "classes": judged.windows.classes,
            "titles": {arm: title_of(arm) for arm in found},
            "settings": p.to_dict(),
            "n_windows": len(judged.windows),
            "n_subjects": len(judged.subjects),
            "unit": judged.units.kind,
            "subjects": judged.subjects[order],
            "truth": [_truth(judged, at) for at in order],
            "windows": judged.size[order],
            "accuracy": {arm: (judged.by_subject(r) / judged.size)[order] for arm, r in judged.right.items()},
            "constant": float(np.bincount(judged.windows.target).max() / len(judged.windows)),
            "attributes": {
                name: dict(zip(("shown", "hidden"), shown_groups(own, p.least), strict=True)) for name, own in groups.items()
            },
            "arms": found,
            "together": _together(judged, p.draws),
            "all_wrong": _all_wrong(judged),
        }
        return Result(values, tables(values), tuple(said(values)), tuple(notices(values)))

    def _arm(self, arm: str, judged: _Judged, groups: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        right, target, p = judged.right[arm], judged.windows.target, self.params
        rows = [self._group(judged, arm, name, own) for name, own in groups.items()]
        flat = [row for many in rows for row in many]
        for row, corrected in zip(flat, holm([row["p"] for row in flat]), strict=True):
            row["p_holm"] = corrected
        return {
            "accuracy": mean_of(right, judged.units, draws=p.draws, key="dashboard").to_dict(),
            "by_class": [
                self._class(mean_of(right, judged.units, target == k, draws=p.draws, key="dashboard"), name)
                | {"named": float((judged.decided[arm] == k).mean())}
                for k, name in enumerate(judged.windows.classes)
            ],
            "groups": flat,
        }

    def _class(self, recall: Estimate, name: str) -> dict[str, Any]:
        """Give the recall of a class, hidden where too few people have it."""
        hidden = recall.units < self.params.least
        shown = replace(recall, value=None, interval=None) if hidden else recall
        return {"class": name, "recall": shown.to_dict(), "hidden": hidden and recall.n > 0}

    def _group(self, judged: _Judged, arm: str, attribute: str, groups: Mapping[str, str]) -> list[dict[str, Any]]:
        """Give a row for each group that may be shown and has somebody beside it."""
        out, of = [], np.array([groups[s] for s in judged.subjects.tolist()])
        right, draws = judged.right[arm], self.params.draws
        for name in shown_groups(groups, self.params.least)[0]:
            inside = of == name
            mask = inside[judged.person]
            if mask.all():
                continue
            gap = gap_of(right, judged.units, mask, ~mask, draws=draws, key="dashboard")
            chance = gap_p(judged.by_subject(right), judged.size, inside, (attribute, name), PERMUTATIONS)
            own = mean_of(right, judged.units, mask, draws=draws, key="dashboard")
            row = {"attribute": attribute, "group": name, "subjects": int(inside.sum())}
            out.append(row | {"accuracy": own.to_dict(), "gap": gap.to_dict(), "p": chance})
        return out


def _judged(source: Source) -> _Judged:
    book = source.book()
    known = book.windows.target >= 0
    if not known.any():
        raise DataError("none of the test windows has a label; errors can be counted only where the class is known")
    windows = book.windows.select(known)
    subjects, person = np.unique(windows.subject, return_inverse=True)
    decided = {arm.arm: decisions(arm)[known] for arm in book.arms}
    right = {arm: own == windows.target for arm, own in decided.items()}
    return _Judged(windows, resampling_units(windows.subject, windows.recording), subjects, person, decided, right)


def _renames(groups: Mapping[str, str], judged: _Judged) -> bool:
    """Say whether groups are the classes under other names."""
    of = [groups[s] for s in judged.subjects[judged.person].tolist()]
    pairs = set(zip(of, judged.windows.target.tolist(), strict=True))
    return len(pairs) == len(set(of)) == len({k for _, k in pairs})


def _truth(judged: _Judged, at: int) -> str | None:
    found = np.unique(judged.windows.target[judged.person == at])
    return judged.windows.classes[found[0]] if len(found) == 1 else None


def _together(judged: _Judged, draws: int) -> list[dict[str, Any]]:
    """Give how often each arm errs where another errs, and where the other is right."""
    return [dict(_pair(judged, a, b, draws)) for a in judged.right for b in judged.right if a != b]


def _pair(judged: _Judged, a: str, b: str, draws: int) -> Iterator[tuple[str, Any]]:
    wrong, other = ~judged.right[a], ~judged.right[b]

    def rate(mask: np.ndarray) -> Estimate:
        return mean_of(wrong, judged.units, mask, draws=draws, key="together")

    yield from (("arm", a), ("other", b), ("where_other_errs", rate(other).to_dict()), ("where_right", rate(~other).to_dict()))
    yield "gap", gap_of(wrong, judged.units, other, ~other, draws=draws, key="together").to_dict()


def _all_wrong(judged: _Judged) -> dict[str, Any]:
    """Give the subjects whom every arm misjudges in most windows, and how many there would be if arms erred independently."""
    missed = np.array([judged.by_subject(~right) / judged.size > 1 / 2 for right in judged.right.values()])  # (A, U)
    generator = numpy_generator("all wrong", len(judged.subjects))
    drawn = np.array([np.all([generator.permutation(own) for own in missed], axis=0).sum() for _ in range(PERMUTATIONS)])
    observed = int(missed.all(axis=0).sum())
    return {
        "subjects": judged.subjects[missed.all(axis=0)],
        "count": observed,
        "by_chance": float(drawn.mean()),
        "p": float((1 + (drawn >= observed).sum()) / (1 + PERMUTATIONS)),
    }
