"""Do students look where their teacher looks, is that more than chance, and does it matter for being right?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from rdpd_core.errors import IncompatibleError
from rdpd_core.evaluation.estimates import Estimate, gap_of, mean_of
from rdpd_core.evaluation.intervals import MINIMUM_UNITS, Units, resampling_units
from rdpd_core.evaluation.overlap import MEASURES, Agreement, Overlap, overlap, overlaps, rescaled
from rdpd_core.evaluation.paired import MINIMUM_SEEDS, SIGNIFICANT
from rdpd_core.evaluation.relabeling import relabeled_p
from rdpd_core.evaluation.scores import cell, people
from rdpd_core.experiments.analyses.base import ANALYSES, NOT_SHOWN, SHOWN, UNKNOWN, Analysis, OnProgress, Result, Sentence
from rdpd_core.experiments.cases import ArmBook, CaseBook, teacher_of
from rdpd_core.experiments.source import Source
from rdpd_core.experiments.subjects import decisions, title_of
from rdpd_core.params import Params, choice, number
from rdpd_core.types import Windows

OF_WINDOWS = ("overlap", "js", "top1", "entropy_a", "entropy_b")
"""Measures that are given for every window."""
EVEN = 0.98
"""Share of the largest entropy from which attention is called nearly even."""


FEW_SEGMENTS = 5


@dataclass(frozen=True)
class _Pair:
    """A student arm beside its teachers: (M, N, S) each, in the same segments."""

    arm: str
    own: np.ndarray
    taught: np.ndarray
    note: str = ""


@ANALYSES.register
class AttentionOverlap(Analysis):
    """Agreement of the students' attention with the teacher's, beside three controls."""

    name = "overlap"
    version = 3
    title = "Attention overlap with the teacher"
    help = "Whether students look at the moments their teacher looks at, beside what chance would give."

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        measure: str = choice("overlap", [n for n, m in MEASURES.items() if m.agreement is not None], "what conclusions use")
        draws: int = number(500, 100, 5000, "resamples of people")
        shuffles: int = number(200, 20, 2000, "random pairings of windows")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Compare every student with the teacher it learned from.

        Raises:
            IncompatibleError: There is no teacher, or no attention, to compare with.
        """
        book, p = source.book(), self.params
        windows = book.windows
        units = resampling_units(windows.subject, windows.recording)
        pairs = list(_pairs(book))
        found, values = {}, {}
        for done, pair in enumerate(pairs):
            on_progress("comparing attention", done, len(pairs))
            found[pair.arm] = _cohort(pair, windows, p)
            values[pair.arm] = _of_windows(pair)
        teachers = _teachers(book, units, p)
        right = {a.arm: decisions(a) == windows.target for a in book.arms}
        gaps = {arm: _by_truth(own[p.measure], right[arm], windows, units, p.draws) for arm, own in values.items()}
        per_subject = [row for arm, own in values.items() for row in _subjects(arm, own, right[arm], windows, p.measure)]
        tables = {
            "Agreement with the teacher": [row for arm, own in found.items() for row in _rows(arm, own, teachers)],
            "Right and wrong windows": [_gap_row(arm, gap, p.measure) for arm, gap in gaps.items()],
            "Subjects by disagreement": sorted(per_subject, key=lambda r: r["Jensen-Shannon (nat)"], reverse=True),
        }
        sentences = [s for arm, own in found.items() for s in _said(arm, own, p.measure, teachers, units)]
        sentences += [s for s in (_said_of_direct({pair.arm: pair for pair in pairs}, p, units, windows),) if s]
        sentences += [_said_of_truth(arm, gap, p.measure, units) for arm, gap in gaps.items()]
        return Result(
            {
                "measure": p.measure,
                "arms": {arm: own.to_dict() for arm, own in found.items()},
                "teachers": None if teachers is None else {name: own.to_dict() for name, own in teachers.items()},
                "right_less_wrong": {arm: gap.to_dict() for arm, gap in gaps.items()},
                "windows": _windows(book, values, right),
            },
            tables,
            tuple(sentences),
            tuple(_notices(book, pairs, found, teachers, units)),
        )


def _pairs(book: CaseBook) -> Iterator[_Pair]:
    """Yield every student that has attention beside its teachers, in the segments of the coarser of both."""
    teacher = next((a for a in book.arms if a.arm == "teacher"), None)
    if teacher is None or teacher.attention is None:
        what = "no teacher of these students" if teacher is None else "a teacher without attention over time"
        raise IncompatibleError(f"the store holds {what}; overlap needs a teacher that attends: train or import one")
    students = [a for a in book.arms if a is not teacher]
    if all(a.attention is None for a in students):
        raise IncompatibleError(
            f"none of {', '.join(title_of(a.arm) for a in students)} has attention over time; choose models that attend"
        )
    for arm in students:
        if arm.attention is not None:
            yield _pair(arm, teacher)


def _pair(arm: ArmBook, teacher: ArmBook) -> _Pair:
    taught = np.stack([teacher_of(card, teacher) for card in arm.cards])
    own, ours, theirs = arm.attention, arm.attention.shape[2], taught.shape[2]
    if ours == theirs:
        return _Pair(arm.arm, own, taught)
    fewer = min(ours, theirs)
    own, taught = (np.stack([rescaled(rows, fewer) for rows in both]) for both in (own, taught))
    note = f"{title_of(arm.arm)} attends to {ours} segments, its teacher to {theirs}; both were brought to {fewer}."
    return _Pair(arm.arm, own, taught, note)


def _of_windows(pair: _Pair) -> dict[str, np.ndarray]:
    """Give every measure of every window, (N,), mean over seeds."""
    found = [overlaps(own, theirs) for own, theirs in zip(pair.own, pair.taught, strict=True)]
    return {name: np.mean([one[name] for one in found], axis=0) for name in MEASURES}


def _of_models(pair: _Pair, name: str) -> np.ndarray:
    """Give one measure of every model and window, (M, N)."""
    return np.stack([overlaps(own, theirs)[name] for own, theirs in zip(pair.own, pair.taught, strict=True)])


def _cohort(pair: _Pair, windows: Windows, p: Params) -> Overlap:
    """Give the agreement over all windows and seeds: the models' rows one below another, each with its people."""
    m = len(pair.own)
    own, taught = (both.reshape(-1, both.shape[2]) for both in (pair.own, pair.taught))
    subject, recording = np.tile(windows.subject, m), np.tile(windows.recording, m)
    within = np.repeat(np.arange(m), len(windows))
    return overlap(own, taught, subject, recording, within=within, draws=p.draws, shuffles=p.shuffles)


def _teachers(book: CaseBook, units: Units, p: Params) -> dict[str, Estimate] | None:
    """Give how far two teachers of different seeds agree, mean over pairs; None if there is one teacher only."""
    teacher = next(a for a in book.arms if a.arm == "teacher")
    if len(teacher.attention) < 2:
        return None
    found = [overlaps(a, b) for a, b in combinations(teacher.attention, 2)]
    means = {name: np.mean([one[name] for one in found], axis=0) for name in MEASURES}
    return {name: mean_of(own, units, draws=p.draws, key="teachers") for name, own in means.items()}


def _by_truth(values: np.ndarray, right: np.ndarray, windows: Windows, units: Units, draws: int) -> Estimate:
    known = windows.target >= 0
    return gap_of(values, units, known & right, known & ~right, draws=draws, key="truth")


def _rows(arm: str, found: Overlap, teachers: Mapping[str, Estimate] | None) -> Iterator[dict[str, Any]]:
    for name, own in found.measures.items():
        interval, band = own.interval, own.band or (None, None)
        excess = own.excess
        yield {
            "arm": title_of(arm),
            "measure": _titled(name),
            "mean": own.mean,
            "low": interval and interval.low,
            "high": interval and interval.high,
            "windows paired at random": own.chance,
            "random, low": band[0],
            "random, high": band[1],
            "beyond random": excess and excess.value,
            "beyond, low": excess and excess.ends()["low"],
            "beyond, high": excess and excess.ends()["high"],
            "even attention": own.even,
            "two teachers": None if teachers is None else teachers[name].value,
            "verdict": _verdict(name, own),
            "subjects": found.n_subjects,
        }


def _titled(name: str) -> str:
    unit = MEASURES[name].unit
    return f"{MEASURES[name].title}{f' ({unit})' if unit else ''}"


def _verdict(name: str, own: Agreement) -> str:
    if own.band is None:
        return ""
    if own.interval is None:
        return "too few people to say"
    return {1: "more than chance", -1: "less than chance", 0: "no more than chance"}[_alike(name, own)]


def _alike(name: str, own: Agreement) -> int:
    """Give 1 if more alike than chance, -1 if less, 0 if neither is shown."""
    return own.excess.sign * (1 if MEASURES[name].agreement else -1) if own.beyond_chance() else 0


def _said(arm: str, found: Overlap, name: str, teachers: Mapping[str, Estimate] | None, units: Units) -> Iterator[Sentence]:
    own, title = found.measures[name], title_of(arm)
    band = f"windows paired at random give {own.chance:.3f} [{own.band[0]:.3f}, {own.band[1]:.3f}]"
    controls = [band, f"even attention gives {own.even:.3f}"]
    controls += [f"two teachers of different seeds {cell(t.value, t.interval)}" for t in [teachers and teachers[name]] if t]
    excess = cell(own.excess.value, own.excess.interval, sign=True)
    if own.interval is None:
        claim, text = (
            UNKNOWN,
            f"Whether {title} looks where the teacher looks cannot be said: it takes {MINIMUM_UNITS} subjects",
        )
    elif _alike(name, own) > 0:
        claim, text = (
            SHOWN,
            f"{title} looks where the teacher looks more than chance would: {_titled(name)} {excess} beyond chance",
        )
    elif _alike(name, own) < 0:
        claim, text = SHOWN, f"{title} and the teacher look less alike than chance: {_titled(name)} {excess} against chance"
    else:
        claim, text = (
            NOT_SHOWN,
            f"{title} and the teacher look no more alike than chance: {_titled(name)} {excess} beyond chance",
        )
    n = people(len(units.index), found.n_subjects)
    yield Sentence(text, claim, n, "; ".join(controls), own.mean, own.interval, {"arm": arm, "measure": name})


def _said_of_direct(pairs: Mapping[str, _Pair], p: Params, units: Units, windows: Windows) -> Sentence | None:
    """Say whether the arm that imitates attention looks more like the teacher than the one that knows labels only."""
    if not {"direct", "rdpd"} <= set(pairs):
        return None
    ours, theirs = (_of_models(pairs[arm], p.measure) for arm in ("rdpd", "direct"))  # (M, N) each
    gap = mean_of(ours.mean(axis=0) - theirs.mean(axis=0), units, draws=p.draws, key="direct")
    least, chance = min(len(ours), len(theirs)), relabeled_p(ours.mean(axis=1), theirs.mean(axis=1))
    n = f"{people(len(windows), len(np.unique(windows.subject)))}, {least} seeds"
    null = f"0 if imitation of attention had no effect; p = {chance:.2g} of relabeled models"
    about = {"arm": "rdpd", "against": "direct"}
    if gap.interval is None or least < MINIMUM_SEEDS:
        text = f"Whether RDPD looks more like the teacher than Direct cannot be said: {MINIMUM_SEEDS} seeds are the least"
        return Sentence(f"{text} ({_titled(p.measure)})", UNKNOWN, n, null, gap.value, gap.interval, about)
    toward = gap.sign * (1 if MEASURES[p.measure].agreement else -1) if chance < SIGNIFICANT else 0
    word = {1: "more", -1: "less", 0: "no more"}[toward]
    text = f"RDPD looks {word} like the teacher than Direct, which never saw it ({_titled(p.measure)})"
    return Sentence(text, SHOWN if toward else NOT_SHOWN, n, null, gap.value, gap.interval, about)


def _said_of_truth(arm: str, gap: Estimate, name: str, units: Units) -> Sentence:
    title, about = title_of(arm), {"arm": arm, "measure": name}
    n, null = f"n = {gap.n} windows of {gap.units} {units.kind}", "0 if agreement had nothing to do with being right"
    if gap.value is None:
        text = f"{title} is right everywhere or wrong everywhere, so overlap cannot be set against it"
        return Sentence(text, UNKNOWN, n, null, about=about)
    if gap.interval is None:
        text = (
            f"Whether {title} overlaps more where it is right cannot be said: {MINIMUM_UNITS} people with either are the least"
        )
        return Sentence(text, UNKNOWN, n, null, gap.value, None, about)
    word = {1: "higher", -1: "lower", 0: "no different"}[gap.sign]
    text = f"The {_titled(name)} of {title} is {word} where it is right than where it is wrong"
    return Sentence(text, SHOWN if gap.sign else NOT_SHOWN, n, null, gap.value, gap.interval, about)


def _gap_row(arm: str, gap: Estimate, name: str) -> dict[str, Any]:
    return {
        "arm": title_of(arm), "measure": _titled(name), "right less wrong": gap.value, **gap.ends(),
        "windows": gap.n, "people": gap.units,
    }  # fmt: skip


def _subjects(
    arm: str, values: Mapping[str, np.ndarray], right: np.ndarray, windows: Windows, name: str
) -> Iterator[dict[str, Any]]:
    """Yield one row per subject; windows of one person depend on each other, so these means carry no interval."""
    for subject in np.unique(windows.subject).tolist():
        own = windows.subject == subject
        known = own & (windows.target >= 0)
        shown = dict.fromkeys(["overlap", name, "js", "entropy_a", "entropy_b"])
        titled = {"entropy_a": "entropy of the student (nat)", "entropy_b": "entropy of the teacher (nat)"}
        yield {
            "subject": subject,
            "arm": title_of(arm),
            "windows": int(own.sum()),
            **{titled.get(n, _titled(n)): float(values[n][own].mean()) for n in shown},
            "share right": float(right[known].mean()) if known.any() else None,
        }


def _windows(book: CaseBook, values: Mapping[str, Mapping[str, np.ndarray]], right: Mapping[str, np.ndarray]) -> dict[str, Any]:
    windows = book.windows
    known = windows.target >= 0
    return {
        "subject": windows.subject,
        "recording": windows.recording,
        "offset_s": windows.offset_s,
        "arms": {
            arm: {n: np.round(own[n], 5) for n in OF_WINDOWS}
            | {"right": [bool(r) if k else None for r, k in zip(right[arm], known, strict=True)]}
            for arm, own in values.items()
        },
    }


def _notices(book: CaseBook, pairs: list[_Pair], found: Mapping[str, Overlap], teachers: object, units: Units) -> Iterator[str]:
    yield from (pair.note for pair in pairs if pair.note)
    silent = [title_of(a.arm) for a in book.arms if a.attention is None]
    if silent:
        yield f"Left out, for want of attention over time: {', '.join(silent)}."
    if teachers is None:
        yield "Only one teacher is stored, so the control of two teachers of different seeds is missing; train another."
    if units.kind == "recordings":
        yield f"There are fewer than {MINIMUM_UNITS} subjects: recordings were resampled, which says little about new people."
    coarse = {title_of(arm): own.segments for arm, own in found.items() if own.segments <= FEW_SEGMENTS}
    if coarse:
        yield f"Attention has {min(coarse.values())} segments ({', '.join(coarse)}), which leaves little room to differ."
    even = [title_of(arm) for arm, own in found.items() if _nearly_even(own)]
    if even:
        yield (
            f"{', '.join(even)} and the teacher attend nearly evenly, which makes any overlap high; "
            "only what lies beyond chance says something."
        )
    below = [(arm, own.measures["overlap"]) for arm, own in found.items()]
    worse = [f"{title_of(arm)} ({own.mean:.3f}, even {own.even:.3f})" for arm, own in below if own.even > own.mean]
    if worse:
        yield f"Even attention would overlap more than {', '.join(worse)}: overlap alone is no imitation."


def _nearly_even(own: Overlap) -> bool:
    return min(own.measures["entropy_a"].mean, own.measures["entropy_b"].mean) > np.log(own.segments) * EVEN
