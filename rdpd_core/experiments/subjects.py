"""What stored models say about a subject, or about several: all their windows together, from the answers in a `CaseBook`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.evaluation.intervals import DRAWS, chunks, percentile_interval, resampling_units
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.cases import OTHERS, ArmBook, CaseBook, teacher_of
from rdpd_core.runtime import numpy_generator

UNSURE = 0.5
"""An arm that gives no class this probability is unsure."""
EVERY, STUDENT_WRONG, TEACHER_WRONG, DISAGREE, NOT_SURE = "all", "student_wrong", "teacher_wrong", "disagree", "unsure"


@dataclass(frozen=True)
class ArmSummary:
    """What one arm says about n windows together; decisions are those of the mean probability over its seeds.

    Attributes:
        arm: Identifier.
        title: For people.
        models: How many, one per seed.
        decided: (K,), windows given to each class.
        decided_spread: (K,), standard deviation over seeds of what each model alone gives to each class; None for one model.
        probability: (K,), mean over windows and seeds; sums to 1.
        right: Windows decided right, of those whose class is known.
        interval: 95% of the share that is right, resampling people (or recordings); None where there are too few, or all alike.
        confusion: (K, K), windows of known class: a row per true class, a column per decision.
    """

    arm: str
    title: str
    models: int
    decided: np.ndarray
    decided_spread: np.ndarray | None
    probability: np.ndarray
    right: int
    interval: Interval | None
    confusion: np.ndarray


@dataclass(frozen=True)
class Summary:
    """Several windows as every arm sees them.

    Attributes:
        classes: K names.
        windows: n.
        labeled: How many of them are of known class.
        subjects: How many people they come from.
        recordings: How many recordings they come from.
        truth: (K,), windows of each class.
        arms: In the order of the paper.
    """

    classes: tuple[str, ...]
    windows: int
    labeled: int
    subjects: int
    recordings: int
    truth: np.ndarray
    arms: tuple[ArmSummary, ...]


@dataclass(frozen=True)
class Unit:
    """Windows that one decision is made for: all of a subject's, or all of one true class where the subject has several.

    Attributes:
        subject: The person.
        truth: Class, or None if unknown.
        whole: Whether these are all windows of the subject.
        places: (n,), positions among the windows of the book.
    """

    subject: str
    truth: str | None
    whole: bool
    places: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """What an arm decides for a unit: the class with the highest probability, averaged over windows and seeds.

    Attributes:
        arm: Identifier.
        title: For people.
        decision: Class.
        probability: Mean over windows and seeds.
        spread: Standard deviation over seeds; None for a single model.
        windows: How many.
        windows_agree: How many of them, taken alone, are decided alike.
        models: How many.
        models_agree: How many of them, taken alone, decide alike.
        right: None if the truth is unknown.
    """

    arm: str
    title: str
    decision: str
    probability: float
    spread: float | None
    windows: int
    windows_agree: int
    models: int
    models_agree: int
    right: bool | None


@dataclass(frozen=True)
class Course:
    """Probability that an arm gives one class, window by window.

    Attributes:
        arm: Identifier.
        title: For people.
        models: How many.
        mean: (n,), over seeds.
        low: (n,), the lowest seed.
        high: (n,), the highest seed.
    """

    arm: str
    title: str
    models: int
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Agreement:
    """How often two arms decide alike.

    Attributes:
        arms: Identifiers of A arms.
        titles: For people.
        share: (A, A), share of windows decided alike.
        kappa: (A, A), Cohen's kappa; NaN where both give all windows to one class.
        single: (A,), whether an arm gives all windows to one class, so that its kappa is 0 or undefined whatever it says.
        windows: n.
    """

    arms: tuple[str, ...]
    titles: tuple[str, ...]
    share: np.ndarray
    kappa: np.ndarray
    single: np.ndarray
    windows: int


def title_of(arm: str) -> str:
    """Give the name of an arm for people."""
    return ARMS[arm].title if arm in ARMS else arm


def decisions(arm: ArmBook, places: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Give the class (n,) that an arm decides for, by the mean probability over its seeds."""
    return arm.probability[:, places].mean(axis=0).argmax(axis=1)


def places_of(book: CaseBook, subjects: Sequence[str]) -> np.ndarray:
    """Give where the windows of some subjects are, subject after subject, each in the order of time.

    Raises:
        UnknownNameError: No such subject.
    """
    known = set(book.windows.subject.tolist())
    for subject in subjects:
        if subject not in known:
            raise UnknownNameError("test subject", subject, sorted(known))
    found = [np.flatnonzero(book.windows.subject == subject) for subject in subjects]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def masks(book: CaseBook, student: str) -> dict[str, np.ndarray]:
    """Give which windows (N,) fit each question; those that compare with a teacher only where there is one.

    Args:
        book: The answers.
        student: Arm whose errors and doubts are looked for.

    Raises:
        UnknownNameError: No such arm.
    """
    arms = {arm.arm: arm for arm in book.arms}
    if student not in arms:
        raise UnknownNameError("arm", student, arms)
    decided, target = {name: decisions(arm) for name, arm in arms.items()}, book.windows.target
    found = {EVERY: np.ones(len(target), dtype=bool)}
    if "teacher" in arms and student != "teacher":
        teacher_right, student_right = decided["teacher"] == target, decided[student] == target
        found[STUDENT_WRONG] = (target >= 0) & teacher_right & ~student_right
        found[TEACHER_WRONG] = (target >= 0) & ~teacher_right & student_right
    every = np.array(list(decided.values()))
    found[DISAGREE] = (every != every[0]).any(axis=0)
    found[NOT_SURE] = arms[student].probability.mean(axis=0).max(axis=1) < UNSURE
    return found


def summarize(book: CaseBook, places: np.ndarray) -> Summary:
    """Give what every arm says about some windows together.

    Raises:
        DataError: There are no windows.
    """
    if not len(places):
        raise DataError("there are no windows to sum up; choose at least one subject that has some")
    windows, k = book.windows.select(places), len(book.windows.classes)
    known = windows.target >= 0
    recordings = len(set(zip(windows.subject.tolist(), windows.recording.tolist(), strict=True)))
    truth = np.bincount(windows.target[known], minlength=k)
    arms = tuple(_summary_of(arm, places, book) for arm in book.arms)
    people = len(np.unique(windows.subject))
    return Summary(windows.classes, len(places), int(known.sum()), people, recordings, truth, arms)


def _summary_of(arm: ArmBook, places: np.ndarray, book: CaseBook) -> ArmSummary:
    probability, k = arm.probability[:, places], len(book.windows.classes)
    decided, target = decisions(arm, places), book.windows.target[places]
    single = np.array([np.bincount(own, minlength=k) for own in probability.argmax(axis=2)])
    known = target >= 0
    confusion = np.zeros((k, k), dtype=np.int64)
    np.add.at(confusion, (target[known], decided[known]), 1)
    right = (decided == target)[known]
    return ArmSummary(
        arm=arm.arm,
        title=title_of(arm.arm),
        models=len(arm.cards),
        decided=np.bincount(decided, minlength=k),
        decided_spread=single.std(axis=0, ddof=1) if len(single) > 1 else None,
        probability=probability.mean(axis=(0, 1)),
        right=int(right.sum()),
        interval=_interval(right, book, places[known]),
        confusion=confusion,
    )


def _interval(right: np.ndarray, book: CaseBook, places: np.ndarray) -> Interval | None:
    """Give the interval of the share of windows that are right (n,), resampling people with all their windows.

    Where all people are alike, resampling them cannot tell how much others would differ, so there is none.
    """
    if not len(right):
        return None
    units = resampling_units(book.windows.subject[places], book.windows.recording[places])
    if not units.enough:
        return None
    hits, sizes = np.bincount(units.index, weights=right, minlength=units.n), np.bincount(units.index, minlength=units.n)
    if np.ptp(hits / sizes) == 0:
        return None
    drawn = chunks(units.n, DRAWS, numpy_generator("subjects", units.kind, units.n))
    return percentile_interval(np.concatenate([(hits @ w) / (sizes @ w) for w in drawn]), units)


def units_of(book: CaseBook, subject: str) -> tuple[Unit, ...]:
    """Give what a decision is made for: the subject, or each true class of a subject that has several."""
    places, classes = places_of(book, [subject]), book.windows.classes
    target = book.windows.target[places]
    found = np.unique(target).tolist()
    named = [(k, classes[k] if k >= 0 else None) for k in sorted(found, key=lambda k: (k < 0, k))]
    return tuple(Unit(subject, name, len(found) == 1, places[target == k]) for k, name in named)


def verdicts(book: CaseBook, unit: Unit) -> tuple[Verdict, ...]:
    """Give what every arm decides for a unit by averaging its probabilities over windows and seeds."""
    return tuple(_verdict(arm, unit, book.windows.classes) for arm in book.arms)


def _verdict(arm: ArmBook, unit: Unit, classes: tuple[str, ...]) -> Verdict:
    single = arm.probability[:, unit.places].mean(axis=1)  # (M, K)
    mean = single.mean(axis=0)
    top = int(mean.argmax())
    return Verdict(
        arm=arm.arm,
        title=title_of(arm.arm),
        decision=classes[top],
        probability=float(mean[top]),
        spread=float(single[:, top].std(ddof=1)) if len(single) > 1 else None,
        windows=len(unit.places),
        windows_agree=int((decisions(arm, unit.places) == top).sum()),
        models=len(single),
        models_agree=int((single.argmax(axis=1) == top).sum()),
        right=None if unit.truth is None else classes[top] == unit.truth,
    )


def courses(book: CaseBook, places: np.ndarray, klass: str) -> tuple[Course, ...]:
    """Give the probability of a class, window by window, of every arm.

    Raises:
        UnknownNameError: No such class.
    """
    if klass not in book.windows.classes:
        raise UnknownNameError("class", klass, book.windows.classes)
    k, found = book.windows.classes.index(klass), []
    for arm in book.arms:
        own = arm.probability[:, places, k]
        found.append(Course(arm.arm, title_of(arm.arm), len(own), own.mean(axis=0), own.min(axis=0), own.max(axis=0)))
    return tuple(found)


def agreement(book: CaseBook, places: np.ndarray) -> Agreement:
    """Give how often arms decide alike, and how much of that is beyond chance.

    Reference: Cohen, Educational and Psychological Measurement 20, 1960.
    """
    decided = [decisions(arm, places) for arm in book.arms]
    share = np.array([[np.mean(a == b) for b in decided] for a in decided])
    k = len(book.windows.classes)
    rates = np.array([np.bincount(own, minlength=k) / max(1, len(places)) for own in decided])
    chance = rates @ rates.T
    free = chance < 1 - 1e-12
    kappa = np.divide(share - chance, 1 - chance, out=np.full_like(share, np.nan), where=free)
    names = tuple(arm.arm for arm in book.arms)
    return Agreement(names, tuple(map(title_of, names)), share, kappa, rates.max(axis=1) == 1, len(places))


def chance_band(book: CaseBook, arm: str, window: int) -> tuple[float, float] | None:
    """Give the central 95% of the overlap with the teacher that an arm would have if it looked as in another window.

    The teacher's attention to this window is held against the arm's attention to up to 200 others, averaged over seeds.

    Args:
        book: The answers.
        arm: Identifier.
        window: Position among the windows of the book.

    Returns:
        Lower and upper end; None where there is nothing to compare.
    """
    teacher = next((b for b in book.arms if b.arm == "teacher"), None)
    own = next((b for b in book.arms if b.arm == arm), None)
    if teacher is None or own is None or own.overlap is None:
        return None
    others = numpy_generator("case", "elsewhere").permutation(own.attention.shape[1])
    drawn = others[others != window][:OTHERS]
    if not len(drawn):
        return None
    looked = np.array([teacher_of(card, teacher)[window] for card in own.cards])  # (M, S)
    common = np.minimum(own.attention[:, drawn], looked[:, None]).sum(axis=2).mean(axis=0)
    low, high = np.percentile(common, [2.5, 97.5])
    return float(low), float(high)
