"""How sure may one be of what a model says: calibration, sets with a promise, a second flag, and when not to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.abstain import abstain_curve, threshold_of
from rdpd_core.evaluation.calibration import Reliability, reliability, reliability_by_mass
from rdpd_core.evaluation.calibration_error import calibration_errors
from rdpd_core.evaluation.conformal import CONSTRUCTIONS, SCORES, least_people, resplits, set_scores, threshold
from rdpd_core.evaluation.estimates import gap_of, mean_of
from rdpd_core.evaluation.intervals import Units, resampling_units
from rdpd_core.evaluation.temperature import LEAST_WINDOWS, Temperature, fit_temperature, tempered
from rdpd_core.experiments.analyses._calibration_said import notices, said, tables
from rdpd_core.experiments.analyses.base import ANALYSES, Analysis, OnProgress, Result
from rdpd_core.experiments.source import Source
from rdpd_core.experiments.subjects import title_of
from rdpd_core.params import Params, choice, number


@dataclass(frozen=True)
class Told:
    """What an arm says about labeled windows: the mean probability over its seeds.

    Attributes:
        probability: (N, K).
        single: (M, N, K), of each model.
        target: (N,).
        subject: (N,), text.
        units: What is resampled.
    """

    probability: np.ndarray
    single: np.ndarray
    target: np.ndarray
    subject: np.ndarray
    units: Units

    @property
    def right(self) -> np.ndarray:
        """Whether the most probable class is the true one, (N,)."""
        return self.probability.argmax(axis=1) == self.target


@ANALYSES.register
class Calibration(Analysis):
    """Confidence against accuracy, on test windows; what is fitted is fitted on validation windows."""

    name = "calibration"
    version = 3
    title = "How sure one may be"
    help = "Whether confidence means accuracy, which classes a window may be of, and when not to decide."

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        bins: int = number(15, 2, 50, "bins of confidence")
        coverage: float = number(0.9, 0.5, 0.99, "how often a set of classes shall hold the true one", step=0.01)
        score: str = choice("lac", SCORES, "what makes a class strange: lac gives small sets, aps larger ones for hard windows")
        construction: str = choice(
            "window",
            CONSTRUCTIONS,
            "window: one window of each person, as often as asked; people: all windows, at least as often",
        )
        resplits: int = number(100, 20, 1000, "divisions of the test people to check the coverage by")
        keep: float = number(0.5, 0.1, 0.95, "share of windows that is decided, for conclusions", step=0.05)
        draws: int = number(500, 100, 5000, "resamples of people")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Judge every arm.

        Raises:
            DataError: No test window has a label.
        """
        told, valid = _told(source, "test"), _told(source, "valid")
        if not told:
            raise DataError("none of the test windows has a label; confidence can be judged only where the class is known")
        found = {}
        for done, (arm, own) in enumerate(told.items()):
            on_progress("judging confidence", done, len(told))
            found[arm] = self._arm(own, valid.get(arm), told.get("teacher") if arm != "teacher" else None)
        one = next(iter(told.values()))
        values = {
            "classes": source.book().windows.classes,
            "settings": self.params.to_dict(),
            "n_windows": len(one.target),
            "n_subjects": len(np.unique(one.subject)),
            "unit": one.units.kind,
            "valid_windows": len(valid[arm].target) if valid else 0,
            "valid_subjects": len(np.unique(valid[arm].subject)) if valid else 0,
            "titles": {arm: title_of(arm) for arm in found},
            "arms": found,
        }
        return Result(values, tables(values), tuple(said(values)), tuple(notices(values)))

    def _arm(self, own: Told, valid: Told | None, teacher: Told | None) -> dict[str, Any]:
        p = self.params
        temperature = _temperature(valid, p.draws)
        scaled = None if temperature is None else tempered(own.probability, temperature.value)
        return {
            "models": len(own.single),
            "temperature": None if temperature is None else temperature.to_dict(),
            "raw": _judged(own.probability, own, p),
            "scaled": None if scaled is None else _judged(scaled, own, p),
            "single": _single(own, p.bins),
            "abstain": self._abstain(own),
            "flag": None if teacher is None else _flag(own, teacher, p.draws),
            "sets": self._sets(own, valid),
        }

    def _abstain(self, own: Told) -> dict[str, Any]:
        p, confidence = self.params, own.probability.max(axis=1)
        kept = confidence >= threshold_of(confidence, p.keep)
        return {
            "accuracy": mean_of(own.right, own.units, draws=p.draws, key="abstain").to_dict(),
            "curve": [k.to_dict() for k in abstain_curve(confidence, own.right, own.units, draws=p.draws)],
            "kept_less_left": gap_of(own.right, own.units, kept, ~kept, draws=p.draws, key="abstain").to_dict(),
            "threshold": float(confidence[kept].min()),
        }

    def _sets(self, own: Told, valid: Told | None) -> dict[str, Any]:
        """Give sets for the test windows, calibrated on validation people, and the check on test people divided anew."""
        p, k = self.params, own.probability.shape[1]
        people = 0 if valid is None else len(np.unique(valid.subject))
        out: dict[str, Any] = {"people": people, "least": least_people(p.coverage), "known": None, "resplits": None}
        scores = set_scores(own.probability, p.score)
        if people >= out["least"]:
            true = set_scores(valid.probability, p.score, "valid")[np.arange(len(valid.target)), valid.target]
            limit = threshold(true, valid.subject, p.coverage, p.construction)
            inside = scores <= limit
            covered, size = inside[np.arange(len(own.target)), own.target], inside.sum(axis=1)
            by_class = [mean_of(covered, own.units, own.target == c, draws=p.draws, key="sets").to_dict() for c in range(k)]
            out["known"] = {
                "threshold": limit,
                "coverage": mean_of(covered, own.units, draws=p.draws, key="sets").to_dict(),
                "by_class": by_class,
                "sizes": np.bincount(size, minlength=k + 1),
                "mean_size": float(size.mean()),
                "right_alone": mean_of(covered, own.units, size == 1, draws=p.draws, key="sets").to_dict(),
            }
        try:
            out["resplits"] = resplits(scores, own.target, own.subject, p.coverage, p.construction, p.resplits).to_dict()
        except DataError as error:
            out["why_not"] = str(error)
        return out


def _told(source: Source, part: str) -> dict[str, Told]:
    """Give what every arm says about the labeled windows of a part; empty if there are none."""
    book = source.book(part)
    known = book.windows.target >= 0
    if not known.any():
        return {}
    windows = book.windows.select(known)
    units = resampling_units(windows.subject, windows.recording)
    return {
        a.arm: Told(a.probability[:, known].mean(axis=0), a.probability[:, known], windows.target, windows.subject, units)
        for a in book.arms
    }


def _temperature(valid: Told | None, draws: int) -> Temperature | None:
    """Give the temperature fitted on validation windows; None if there are too few, or all are of one class."""
    if valid is None or len(valid.target) < LEAST_WINDOWS or len(np.unique(valid.target)) < 2:
        return None
    return fit_temperature(valid.probability, valid.target, valid.units, draws)


def _judged(probability: np.ndarray, own: Told, p: Params) -> dict[str, Any]:
    errors = calibration_errors(probability, own.target, own.units, bins=p.bins, draws=p.draws)
    return {
        "errors": {name: found.to_dict() for name, found in errors.items()},
        "width": _bins(reliability(probability, own.target, p.bins)),
        "mass": _bins(reliability_by_mass(probability, own.target, p.bins)),
    }


def _bins(table: Reliability) -> list[dict[str, Any]]:
    """Give a row per bin with windows; by chance: 95% of accuracies if confidence meant accuracy, windows independent."""
    from scipy.stats import binom

    rows = zip(table.edges[:-1], table.edges[1:], table.confidence, table.accuracy, table.count, strict=True)
    names = ("from", "to", "confidence", "accuracy", "windows")
    there = [dict(zip(names, row, strict=True)) for row in rows if row[4]]
    for row in there:
        low, high = binom.interval(0.95, row["windows"], min(row["confidence"], 1.0))
        row |= {"by chance, low": float(low / row["windows"]), "by chance, high": float(high / row["windows"])}
    return there


def _single(own: Told, bins: int) -> dict[str, list[float]]:
    """Give the scores of each model alone: the mean over seeds is less sure than its parts."""
    every = [reliability(one, own.target, bins).ece for one in own.single]
    sure = own.single.max(axis=2).mean(axis=1)
    right = (own.single.argmax(axis=2) == own.target).mean(axis=1)
    return {"ece": every, "confidence": sure.tolist(), "accuracy": right.tolist()}


def _flag(own: Told, teacher: Told, draws: int) -> dict[str, Any]:
    """Give how often an arm errs where the teacher decides alike and otherwise, also among the windows it is sure of."""
    apart = own.probability.argmax(axis=1) != teacher.probability.argmax(axis=1)
    wrong, confidence = ~own.right, own.probability.max(axis=1)
    sure = confidence >= threshold_of(confidence, 0.5)
    groups = {
        "agree": ~apart, "disagree": apart, "sure, agree": sure & ~apart, "sure, disagree": sure & apart,
        "unsure, agree": ~sure & ~apart, "unsure, disagree": ~sure & apart,
    }  # fmt: skip
    found: Mapping[str, Any] = {
        name: mean_of(wrong, own.units, mask, draws=draws, key="flag").to_dict() for name, mask in groups.items()
    }
    more = gap_of(wrong, own.units, apart, ~apart, draws=draws, key="flag")
    among = gap_of(wrong, own.units, sure & apart, sure & ~apart, draws=draws, key="flag")
    return {"error": found, "more": more.to_dict(), "more_where_sure": among.to_dict(), "share": float(apart.mean())}
