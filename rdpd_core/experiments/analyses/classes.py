"""What each arm says about each subject as a distribution over classes: how even, how steady, and whether arms differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.course import course, pieces_for
from rdpd_core.evaluation.distributions import Apart, Drift, apart, drift, entropy, spread
from rdpd_core.evaluation.estimates import Estimate, gap_of
from rdpd_core.evaluation.intervals import MINIMUM_UNITS, resampling_units
from rdpd_core.evaluation.paired import MINIMUM_SEEDS, SIGNIFICANT, holm
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments.analyses.base import ANALYSES, NOT_SHOWN, SHOWN, UNKNOWN, Analysis, OnProgress, Result, Sentence
from rdpd_core.experiments.cases import ArmBook, CaseBook
from rdpd_core.experiments.source import Source
from rdpd_core.experiments.subjects import decisions, title_of
from rdpd_core.params import Params, number
from rdpd_core.types import Windows


@dataclass(frozen=True)
class _Cohort:
    """One arm over U subjects.

    Attributes:
        mean: (M, U, K), mean class distribution of each model over each subject's windows.
        decided: (U, K), share of each subject's windows decided for each class.
        drifts: One per subject; None where recordings are too short.
    """

    mean: np.ndarray
    decided: np.ndarray
    drifts: list[Drift | None]


@ANALYSES.register
class Classes(Analysis):
    """Class distributions over windows, by subject and arm."""

    name = "classes"
    title = "Predicted classes by subject"
    help = "What each arm says about each subject, how steady it is, and whether arms differ by more than their seeds."
    version = 2

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        draws: int = number(500, 100, 5000, "resamples of people")
        shifts: int = number(500, 100, 5000, "turns of time for the null of drift")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Describe every arm and subject.

        Raises:
            DataError: There are no windows.
        """
        book = source.book()
        windows = book.windows
        if not len(windows):
            raise DataError("there are no windows to describe; choose subjects that have some")
        subjects = np.unique(windows.subject)
        cohorts = {}
        for done, arm in enumerate(book.arms):
            on_progress("describing subjects", done, len(book.arms))
            cohorts[arm.arm] = _cohort(arm, windows, subjects, self.params.shifts)
        pairs = _pairs(cohorts, subjects, self.params.draws)
        trends = {arm.arm: _trend(arm, windows, self.params.draws) for arm in book.arms}
        order = _order(cohorts)
        sentences = [
            *(_said_of_pair(*pair, len(subjects), len(windows), cohorts) for pair in pairs),
            *(_said_of_trend(arm, trend, windows) for arm, trend in trends.items()),
            *(_said_of_drifts(arm, own, windows) for arm, own in cohorts.items()),
        ]
        values = {
            "classes": windows.classes,
            "subjects": subjects[order],
            "truth": [_truth(windows, s) for s in subjects[order]],
            "windows": [int((windows.subject == s).sum()) for s in subjects[order]],
            "disagreement": _disagreement(cohorts)[order],
            "titles": {arm: title_of(arm) for arm in cohorts},
            "arms": {arm: _values(own, order) for arm, own in cohorts.items()},
            "differences": [{"arm": a, "reference": r, "p_holm": p, **d.to_dict()} for a, r, d, p in pairs],
            "trends": {arm: trend.to_dict() for arm, trend in trends.items()},
            "courses": _courses(book, self.params.draws, self.params.shifts),
        }
        return Result(values, _tables(values), tuple(sentences), tuple(_notices(book, cohorts, windows)))


def _cohort(arm: ArmBook, windows: Windows, subjects: np.ndarray, shifts: int) -> _Cohort:
    of = [windows.subject == s for s in subjects]
    decided, k = decisions(arm), len(windows.classes)
    mean = np.stack([arm.probability[:, own].mean(axis=1) for own in of], axis=1)
    shares = np.stack([np.bincount(decided[own], minlength=k) / own.sum() for own in of])
    probability = arm.probability.mean(axis=0)
    drifts = [
        drift([probability[at] for at in _recordings(windows, own)], s, shifts) for s, own in zip(subjects, of, strict=True)
    ]
    return _Cohort(mean, shares, drifts)


def _recordings(windows: Windows, own: np.ndarray) -> Iterator[np.ndarray]:
    """Yield where the windows of each recording of a subject are, in the order of time."""
    places = np.flatnonzero(own)
    for name in np.unique(windows.recording[places]):
        at = places[windows.recording[places] == name]
        yield at[np.argsort(windows.offset_s[at], kind="stable")]


def _pairs(cohorts: Mapping[str, _Cohort], subjects: np.ndarray, draws: int) -> list[tuple[str, str, Apart, float | None]]:
    """Give each arm against the reference, p corrected for their number: direct, else the first student."""
    students = [arm for arm in cohorts if arm != "teacher"]
    reference = "direct" if "direct" in students else next(iter(students), None)
    others = [arm for arm in cohorts if reference is not None and arm != reference]
    found = [apart(cohorts[arm].mean, cohorts[reference].mean, subjects, draws=draws) for arm in others]
    tested = [own.p for own in found if own.p is not None]
    corrected = iter(holm(tested))
    return [(arm, reference, own, None if own.p is None else next(corrected)) for arm, own in zip(others, found, strict=True)]


def _courses(book: CaseBook, draws: int, turns: int) -> dict[str, Any] | None:
    """Give the probability of the true class along recordings, arm by arm; None where none is long enough and labeled."""
    windows = book.windows
    labeled = [
        at[windows.target[at] >= 0]
        for subject in np.unique(windows.subject)
        for at in _recordings(windows, windows.subject == subject)
    ]
    known = [at for at in labeled if len(at)]
    pieces, found = pieces_for(known), {}
    for arm in book.arms:
        own = course(_true(arm, windows), known, windows.subject, windows.recording, pieces, draws=draws, turns=turns)
        if own is None:
            return None
        found[arm.arm] = own.to_dict()
    return {"pieces": pieces, "arms": found}


def _true(arm: ArmBook, windows: Windows) -> np.ndarray:
    """Give the probability of the true class, (N,); of the first where it is unknown."""
    return arm.probability.mean(axis=0)[np.arange(len(windows)), np.maximum(windows.target, 0)]


def _trend(arm: ArmBook, windows: Windows, draws: int) -> Estimate:
    """Give by how much the probability of the true class is higher in the last third of recordings than in the first."""
    first, last = (np.zeros(len(windows), dtype=bool) for _ in range(2))
    for subject in np.unique(windows.subject):
        for at in _recordings(windows, windows.subject == subject):
            third = len(at) // 3
            first[at[:third]] = last[at[len(at) - third :]] = True
    known = windows.target >= 0
    units = resampling_units(windows.subject, windows.recording)
    return gap_of(_true(arm, windows), units, last & known, first & known, draws=draws, key="trend")


def _disagreement(cohorts: Mapping[str, _Cohort]) -> np.ndarray:
    """Give how far the arms' distributions for each subject are from their mean, (U,), in nats."""
    return spread(np.stack([own.mean.mean(axis=0) for own in cohorts.values()]))


def _order(cohorts: Mapping[str, _Cohort]) -> np.ndarray:
    return np.argsort(-_disagreement(cohorts), kind="stable")


def _truth(windows: Windows, subject: str) -> str | None:
    """Give the class of a subject, None if unknown or if there are several."""
    found = np.unique(windows.target[windows.subject == subject])
    return windows.classes[found[0]] if len(found) == 1 and found[0] >= 0 else None


def _values(own: _Cohort, order: np.ndarray) -> dict[str, Any]:
    mean = own.mean.mean(axis=0)
    several = len(own.mean) > 1
    return {
        "models": len(own.mean),
        "mean": mean[order],
        "sd_over_seeds": own.mean.std(axis=0, ddof=1)[order] if several else None,
        "seeds_apart": spread(own.mean)[order] if several else None,
        "decided": own.decided[order],
        "entropy": entropy(mean)[order],
        "drift": [None if own.drifts[at] is None else own.drifts[at].to_dict() for at in order],
    }


def _tables(values: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    cohort, differences = [], []
    for at, subject in enumerate(values["subjects"]):
        for arm, own in values["arms"].items():
            moved = own["drift"][at] or {}
            cohort.append(
                {
                    "subject": subject,
                    "class": values["truth"][at],
                    "windows": values["windows"][at],
                    "arm": values["titles"][arm],
                }
                | {f"P({name})": own["mean"][at][k] for k, name in enumerate(values["classes"])}
                | {
                    "entropy (nat)": own["entropy"][at],
                    "arms apart (nat)": values["disagreement"][at],
                    "seeds apart (nat)": None if own["seeds_apart"] is None else own["seeds_apart"][at],
                    "drift (nat)": moved.get("js"),
                    "drift by chance (nat)": moved.get("null"),
                    "drift, p": moved.get("p"),
                }
            )
    along = []
    for arm, own in (values["courses"] or {"arms": {}})["arms"].items():
        for at, (one, (low, high)) in enumerate(zip(own["values"], own["null"], strict=True)):
            ends = one["interval"] or {}
            along.append(
                {
                    "arm": values["titles"][arm], "part": at + 1, "of": len(own["values"]), "P(true class)": one["value"],
                    "low": ends.get("low"), "high": ends.get("high"), "turned time, low": low, "turned time, high": high,
                    "p of the course": own["p"], "windows": one["n"], "people": one["units"],
                }
            )  # fmt: skip
    for own in values["differences"]:
        excess = own["excess"] or {}
        ends = excess.get("interval") or {}
        differences.append(
            {
                "arm": values["titles"][own["arm"]], "against": values["titles"][own["reference"]],
                "between arms (nat)": own["between"], "between seeds (nat)": own["within"],
                "beyond seeds (nat)": excess.get("value"), "low": ends.get("low"), "high": ends.get("high"),
                "p": own["p"], "p (Holm)": own["p_holm"],
                "smallest p": own["smallest_p"], "subjects": len(values["subjects"]),
            }
        )  # fmt: skip
    return {"Subjects by disagreement": cohort, "Arms against seeds": differences, "Along recordings": along}


def _said_of_pair(
    arm: str, reference: str, own: Apart, p: float | None, subjects: int, windows: int, cohorts: Mapping[str, _Cohort]
) -> Sentence:
    title, other, about = title_of(arm), title_of(reference), {"arm": arm}
    n, least = people(windows, subjects), min(len(cohorts[arm].mean), len(cohorts[reference].mean))
    if own.excess is None or least < MINIMUM_SEEDS:
        text = f"Whether {title} tells of subjects otherwise than {other} cannot be said: {MINIMUM_SEEDS} seeds are the least"
        null = (
            "one model says nothing about seeds"
            if own.within is None
            else f"two seeds of one arm are {own.within:.3f} nat apart"
        )
        excess = own.excess
        value, interval = (None, None) if excess is None else (excess.value, excess.interval)
        return Sentence(text, UNKNOWN, f"{n}, {least} seeds", null, value, interval, about)
    different = p is not None and p < SIGNIFICANT and own.excess.sign > 0
    text = f"{title} tells of subjects {'otherwise than' if different else 'no otherwise than'} {other}, beyond what seeds do"
    null = f"two seeds of one arm are {own.within:.3f} nat apart, two arms {own.between:.3f}; p = {p:.2g} of relabeled models"
    claim = SHOWN if different else NOT_SHOWN
    return Sentence(text, claim, f"{n}, {least} seeds", null, own.excess.value, own.excess.interval, about)


def _said_of_trend(arm: str, trend: Estimate, windows: Windows) -> Sentence:
    title, about, null = title_of(arm), {"arm": arm}, "0 if the time in the recording did not matter"
    n = people(trend.n, len(np.unique(windows.subject)))
    if trend.value is None or trend.interval is None:
        text = f"Whether {title} gets better along recordings cannot be said: recordings of 3 windows of {MINIMUM_UNITS} people"
        return Sentence(f"{text} are the least", UNKNOWN, n, null, trend.value, None, about)
    word = {1: "more", -1: "less", 0: "neither more nor less"}[trend.sign]
    text = f"{title} gives the true class {word} probability in the last third of recordings than in the first"
    return Sentence(text, SHOWN if trend.sign else NOT_SHOWN, n, null, trend.value, trend.interval, about)


def _said_of_drifts(arm: str, own: _Cohort, windows: Windows) -> Sentence:
    """Say whether more subjects drift than chance would call."""
    from scipy.stats import binom

    tested = [d.p for d in own.drifts if d is not None and d.p is not None]
    title, about = title_of(arm), {"arm": arm}
    n = people(len(windows), len(own.drifts))
    if not tested:
        text = f"Whether single subjects drift under {title} cannot be said: their recordings have too few windows"
        return Sentence(text, UNKNOWN, n, "turning time needs 20 different turns of a subject's recordings", about=about)
    called = int(np.sum(np.array(tested) <= SIGNIFICANT))
    chance = float(binom.sf(called - 1, len(tested), SIGNIFICANT)) if called else 1.0
    few, more = len(tested) < MINIMUM_UNITS, chance < SIGNIFICANT
    word = f"fewer than {MINIMUM_UNITS} tell nothing of others" if few else f"{'more' if more else 'no more'} than chance calls"
    text = f"{title} drifts along the recording in {called} of {len(tested)} subjects, {word}"
    null = f"chance calls {SIGNIFICANT * len(tested):.1f} of them at p <= {SIGNIFICANT}; as many or more with p = {chance:.2g}"
    return Sentence(text, UNKNOWN if few else SHOWN if more else NOT_SHOWN, n, null, called / len(tested), None, about)


def _notices(book: CaseBook, cohorts: Mapping[str, _Cohort], windows: Windows) -> Iterator[str]:
    for arm in book.arms:
        named = np.unique(decisions(arm))
        if len(named) == 1 and len(windows) > 1:
            yield f"{title_of(arm.arm)} names {windows.classes[named[0]]} for every window: it tells nobody from anybody."
    single = [title_of(arm) for arm, own in cohorts.items() if len(own.mean) == 1]
    if single:
        yield f"One model each of {', '.join(single)}: how much seeds matter is unknown."
    yield "Distributions are means over a subject's windows, which resemble each other; they carry the spread over seeds only."
    if len(cohorts) > 1:
        yield f"Intervals of {len(cohorts)} arms are not corrected for their number: by chance 1 in 20 excludes 0."
    short = sum(d is None for d in next(iter(cohorts.values())).drifts)
    if short:
        yield f"{short} subjects have no recording of 3 windows, so no drift."
