"""The single checks behind "Believe it?", each with its null, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.estimates import Estimate, mean_of
from rdpd_core.evaluation.faithful import Curves
from rdpd_core.evaluation.intervals import Units
from rdpd_core.evaluation.ranks import spearman
from rdpd_core.evaluation.sanity import Cascade
from rdpd_core.runtime import numpy_generator

PASSED, FAILED, OPEN, NOT_RUN = "passed", "failed", "open", "not run"
YES, UNDECIDED, NO = "Yes, believe it", "Not decided yet", "Do not believe"
FEWEST_WINDOWS = 12
FEWEST_UNITS = 16
KEPT = 0.5
"""An attribution that correlates more than this with that of a model that forgot everything shows the input, not the model."""
SHUFFLES = 999
LEVEL = 0.01
"""Chance that a model that knows nothing passes for one that has learned something."""


@dataclass(frozen=True)
class Check:
    """One question, answered.

    Attributes:
        name: Identifier.
        title: For people.
        state: "passed", "failed", "open" (too little to say) or "not run".
        sentence: The answer with its numbers, n and null.
        value: The number it is about; None if it was not run.
        low: Lower end of what the null gives, or None.
        high: Upper end, or None.
        decisive: Whether failing it is enough to say no.
    """

    name: str
    title: str
    state: str
    sentence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    decisive: bool = True


@dataclass(frozen=True)
class Belief:
    """Whether attributions of a model may be believed.

    Attributes:
        method: Name of the attribution method.
        baseline: Name of the baseline.
        verdict: Three words: "Yes, believe it", "Not decided yet" or "Do not believe".
        reason: One sentence with numbers.
        checks: In the order in which they are read.
        curves: Deletion and insertion.
        cascade: How alike attributions stay while layers are drawn anew.
        n_windows: B.
        n_subjects: How many people.
        units: (B,), which of them each window is of, from 0; empty if that is not known.
    """

    method: str
    baseline: str
    verdict: str
    reason: str
    checks: tuple[Check, ...]
    curves: Curves
    cascade: Cascade
    n_windows: int
    n_subjects: int
    units: tuple[int, ...] = ()

    def mean(self, values: np.ndarray) -> Estimate:
        """Give the mean of something of each window, (B,), with an interval that resamples people."""
        index = np.asarray(self.units, dtype=np.int64) if self.units else np.zeros(len(values), dtype=np.int64)
        return mean_of(values, Units("subjects", index, self.n_subjects if self.units else 1), key="belief")

    def check(self, name: str) -> Check:
        """Give a check by name."""
        return next(check for check in self.checks if check.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values, ready for JSON."""
        plain = asdict(self)
        for part in ("curves", "cascade"):
            own = plain[part].items()
            plain[part] = {name: v.round(6).tolist() if isinstance(v, np.ndarray) else list(v) for name, v in own}
        return plain | {"checks": [asdict(check) for check in self.checks]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave, also after JSON.

        Raises:
            DataError: A part is missing or unknown.
        """
        try:
            cascade = Cascade(tuple(values["cascade"]["stages"]), np.array(values["cascade"]["kept"]))
            followed = Curves(**{name: np.array(v) for name, v in values["curves"].items()})
            checks = tuple(Check(**check) for check in values["checks"])
            whose = tuple(values["units"])
            return cls(**{**values, "checks": checks, "curves": followed, "cascade": cascade, "units": whose})
        except (KeyError, TypeError) as error:
            raise DataError(f"this is no verdict on attributions: {error}; give what Belief.to_dict wrote") from error


def check_learned(probability: np.ndarray, truth: np.ndarray | None, subject: np.ndarray, seed: int) -> Check:
    """Ask whether the model knows the classes at all: probability of the true class against shuffled classes.

    Windows of one person and class count once, and their classes are shuffled together.

    Args:
        probability: (B, K).
        truth: (B,), -1 where unknown, or None.
        subject: (B,), text.
        seed: Keys the shuffles.
    """
    title = "The model has learned something"
    known = np.zeros(len(probability), dtype=bool) if truth is None else np.asarray(truth) >= 0
    if not known.any():
        return Check(
            "learned", title, NOT_RUN, "No true class is known, so it was not asked whether the model is right at all."
        )
    pairs = np.stack([subject[known].astype(str), np.asarray(truth)[known].astype(str)], axis=1)
    _, unit = np.unique(pairs, axis=0, return_inverse=True)
    count = np.bincount(unit.ravel())
    mean = np.stack([np.bincount(unit.ravel(), weights=p) / count for p in probability[known].T], axis=1)  # (U, K)
    label = np.zeros(len(count), dtype=np.int64)
    label[unit.ravel()] = np.asarray(truth)[known]
    value = float(mean[np.arange(len(label)), label].mean())
    draw, at = numpy_generator("learned", seed), np.arange(len(label))
    null = np.array([mean[at, draw.permutation(label)].mean() for _ in range(SHUFFLES)])
    p = (1 + int((null >= value - 1e-12).sum())) / (SHUFFLES + 1)
    low, high = np.percentile(null, [2.5, 97.5])
    enough = len(label) >= FEWEST_UNITS
    state = PASSED if p <= LEVEL else FAILED if enough else OPEN
    what = f"n = {len(label)} pairs of person and class; with shuffled classes {low:.2f} to {high:.2f}, p = {p:.3f}"
    return Check(
        "learned",
        title,
        state,
        f"True classes get a mean probability of {value:z.2f} ({what}).",
        value,
        float(low),
        float(high),
    )


def check_order(curves: Curves) -> Check:
    """Ask whether what is named first matters first: insertion minus deletion against orders drawn at random."""
    gap, (low, high) = float(curves.gap.mean()), curves.band
    state = PASSED if gap > high else FAILED
    reach = _reach(curves.gap)
    if state == PASSED and gap - reach <= 0:
        state = OPEN
    drawn = f"orders drawn at random {low:.3f} to {high:.3f}, n = {len(curves.gap)} windows"
    sentence = f"The area under insertion less that under deletion is {gap:z.3f}{_within(reach, 3)} ({drawn})."
    return Check("order", "What is named first matters first", state, sentence, gap, low, high)


def check_copies(own: np.ndarray, copies: np.ndarray) -> Check:
    """Ask whether the order matters more than in copies of the model that learned nothing.

    Args:
        own: (B,), gaps of the model.
        copies: (copies,), mean gap of each copy with weights drawn anew, explained by itself.
    """
    value, p = float(own.mean()), (1 + int((copies >= own.mean()).sum())) / (len(copies) + 1)
    high = float(copies.max())
    state = PASSED if p <= 0.05 else FAILED
    found = f"at most {high:.3f} in {len(copies)} copies with random weights"
    sentence = f"The same gap is {found}, and {value:.3f} here (p = {p:.3f})."
    return Check("copies", "More than a random model shows", state, sentence, value, float(copies.min()), high)


def check_kept(kept: np.ndarray) -> Check:
    """Ask whether the attribution changes when the model forgets everything.

    Args:
        kept: (copies,), mean rank correlation with the attribution of each copy with weights drawn anew.
    """
    value, reach = float(kept.mean()), _reach(kept)
    state = PASSED if value + reach < KEPT else FAILED if value - reach > KEPT else OPEN
    what = f"{len(kept)} draws; above {KEPT} it would show the input and not the model"
    sentence = (
        f"With random weights the picture keeps a rank correlation of {value:z.2f}{_within(reach)} with this one ({what})."
    )
    return Check("weights", "It changes when the model forgets", state, sentence, value, None, KEPT)


def check_control(found: tuple[np.ndarray, np.ndarray] | None, own: np.ndarray) -> Check:
    """Ask whether the attribution differs from that of a model that learned shuffled labels, and matters more.

    Args:
        found: (B,) rank correlation with the control's attribution, and (B,) gap of the control; None if there is no control.
        own: (B,), gaps of the model.
    """
    title = "It differs where labels were shuffled"
    if found is None:
        return Check("labels", title, NOT_RUN, "No control that learned shuffled labels was at hand.")
    kept, gap = found
    value, reach = float(kept.mean()), _reach(kept)
    more, more_reach = float((own - gap).mean()), _reach(own - gap)
    alike = value - reach > KEPT
    state = PASSED if value + reach < KEPT and more - more_reach > 0 else FAILED if alike or more + more_reach < 0 else OPEN
    sentence = (
        f"A model that learned shuffled labels gives a picture of rank correlation {value:z.2f}{_within(reach)} with this one "
        f"(above {KEPT} is too alike), and a gap smaller by {more:z.3f}{_within(more_reach, 3)} (n = {len(kept)} windows)."
    )
    return Check("labels", title, state, sentence, value, None, KEPT)


def check_methods(sums: np.ndarray, others: Mapping[str, np.ndarray], seed: int) -> Check:
    """Ask whether other methods name the same cells: rank correlation against windows paired at random.

    Args:
        sums: (B, Q).
        others: By name of the method, (B, Q).
        seed: Keys the pairings.
    """
    title = "Other methods say the same"
    if not others or len(sums) < 2:
        return Check("methods", title, NOT_RUN, "No other method was asked.", decisive=False)
    draw = numpy_generator("methods", seed)
    value = float(np.mean([spearman(sums, other).mean() for other in others.values()]))
    orders = [draw.permutation(len(sums)) for _ in range(200)]
    null = [np.mean([spearman(sums, other[order]).mean() for other in others.values()]) for order in orders]
    low, high = (float(v) for v in np.percentile(null, [2.5, 97.5]))
    state = PASSED if value > high else FAILED
    what = f"windows paired at random {low:.2f} to {high:.2f}, n = {len(sums)} windows"
    sentence = f"The mean rank correlation with {len(others)} other methods is {value:z.2f} ({what})."
    return Check("methods", title, state, sentence, value, low, high, decisive=False)


def judge(checks: Sequence[Check], windows: int) -> tuple[str, str]:
    """Give the verdict of three words, and its reason."""
    failed = [c for c in checks if c.state == FAILED and c.decisive]
    if failed:
        return NO, failed[0].sentence
    if windows < FEWEST_WINDOWS:
        return UNDECIDED, f"{windows} windows are too few to decide; at least {FEWEST_WINDOWS} are needed."
    waiting = [c for c in checks if c.state != PASSED]
    if waiting:
        return UNDECIDED, waiting[0].sentence
    named = {c.name: c for c in checks}
    return YES, (
        f"All {len(checks)} checks passed on {windows} windows: the order beats chance by {named['order'].value:.2f}, "
        f"and with random weights a rank correlation of {named['weights'].value:z.2f} is left."
    )


def _reach(values: np.ndarray) -> float:
    """Give half the length of a 95% interval of a mean."""
    return float(1.96 * np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf")


def _within(reach: float, digits: int = 2) -> str:
    """Give half an interval as text; nothing where a single value gives none."""
    return f" ± {reach:.{digits}f}" if np.isfinite(reach) else ""
