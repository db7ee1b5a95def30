"""Scores of a few arms along the amplitudes of an edit; worked out once per models and windows, then kept on the disk."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rdpd_core.evaluation.edits import Edit, to_text
from rdpd_core.evaluation.intervals import draw_weights, resampling_units
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.weighted import WeightedScores
from rdpd_core.experiments.whatif import Bench, follow, variants
from rdpd_core.experiments.whatif import Course as Answers
from rdpd_core.experiments.whatif_curve import DRAWS, METRIC, robustness
from rdpd_core.files import cache_root, digest_json, write_atomic
from rdpd_core.runtime import numpy_generator

VERSION = 1
"""Of what is kept; another number forgets what older versions worked out."""


class Score(NamedTuple):
    """A value with its 95% interval; both ends are NaN with fewer than 5 people."""

    score: float
    low: float
    high: float

    @property
    def words(self) -> str:
        """The value with its interval."""
        if np.isnan(self.low):
            return f"{self.score:.2f} (too few people for an interval)"
        return f"{self.score:.2f} (95% interval {self.low:.2f} to {self.high:.2f})"


class Course(NamedTuple):
    """Macro-F1 along A amplitudes.

    Attributes:
        sizes: (A,), the first is none.
        n: Windows and people, in words.
        scores: By arm, (A,).
        less: By arm, (A,), whether the loss against the first amplitude is surely above 0.
        gaps: (A,), how much more the direct student loses than RDPD.
    """

    sizes: tuple[float, ...]
    n: str
    scores: Mapping[str, tuple[Score, ...]]
    less: Mapping[str, tuple[bool, ...]]
    gaps: tuple[Score, ...]

    def loses_from(self, arm: str) -> float | None:
        """Give the amplitude from which on an arm surely loses at every larger one; None if there is none."""
        held = [at for at, less in enumerate(self.less[arm]) if not less]
        first = held[-1] + 1 if held else 0
        return self.sizes[first] if first < len(self.sizes) else None

    def at(self, arm: str, size: float) -> Score:
        """Give the score of an arm at an amplitude."""
        return self.scores[arm][self.sizes.index(size)]


def course_of(bench: Bench, edit: Edit, arms: Sequence[str]) -> Course:
    """Give the course of some arms, from the disk if it was worked out before.

    Args:
        bench: Windows and models.
        edit: Whose amplitude is varied.
        arms: Identifiers; the direct student and RDPD among them.
    """
    key = digest_json([VERSION, bench.digest(), to_text([edit]), list(arms), DRAWS])
    path = cache_root() / "guided" / f"{key}.json"
    try:
        return _read(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # not there or damaged: either way it is made again
        made = _made(bench, edit, arms)
        write_atomic(path, json.dumps(made).encode())
        return _read(made)


def _read(kept: dict[str, Any]) -> Course:
    scores = {arm: tuple(Score(*row) for row in rows) for arm, rows in kept["scores"].items()}
    less = {arm: tuple(row) for arm, row in kept["less"].items()}
    return Course(tuple(kept["sizes"]), kept["n"], scores, less, tuple(Score(*row) for row in kept["gaps"]))


def _made(bench: Bench, edit: Edit, arms: Sequence[str]) -> dict[str, Any]:
    few = Bench(dataclasses.replace(bench.book, arms=tuple(arm for arm in bench.book.arms if arm.arm in arms)))
    sizes, lists = variants([edit], 0, bench.windows.samples / bench.windows.sampling_rate)
    answers = follow(few, lists, sizes)
    found = robustness(answers, bench.windows)
    return {
        "sizes": list(sizes),
        "n": f"n = {found.n_windows} windows of {found.units}",
        "scores": {a.arm: np.stack([a.score, a.low, a.high], axis=1).tolist() for a in found.arms},
        "less": {a.arm: a.surely_less.tolist() for a in found.arms},
        "gaps": gaps(answers, bench).tolist(),
    }


def gaps(answers: Answers, bench: Bench) -> np.ndarray:
    """Give (A, 3): how much more macro-F1 the direct student loses than RDPD at each amplitude, and its 95% interval."""
    known = np.flatnonzero(bench.windows.target >= 0)
    windows = bench.windows.select(known)
    units = resampling_units(windows.subject, windows.recording)
    weights = np.ones((units.n, 1))
    if units.enough:
        drawn = draw_weights(units.n, DRAWS, numpy_generator("guided", "gap", units.n))
        weights = np.concatenate([weights, drawn], axis=1)

    def scores(said: np.ndarray) -> np.ndarray:
        facts = {"target": windows.target, "subject": windows.subject, "recording": windows.recording}
        predictions = Predictions(said[known], **facts, classes=windows.classes)
        return WeightedScores(predictions, units.index, units.n, [METRIC])(weights)[METRIC]

    by_arm = dict(zip((arm.arm for arm in answers.arms), answers.probability, strict=True))
    direct, rdpd = (
        np.array([np.mean([scores(said) for said in models], axis=0) for models in by_arm[arm]]) for arm in ("direct", "rdpd")
    )
    gap = (direct[0] - direct) - (rdpd[0] - rdpd)  # (A, R)
    ends = np.nanpercentile(gap[:, 1:], [2.5, 97.5], axis=1) if units.enough else np.full((2, len(gap)), np.nan)
    return np.concatenate([gap[:, :1], ends.T], axis=1)
