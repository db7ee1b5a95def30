"""What a picture means, in sentences made from its numbers; they stand in for the picture where it cannot be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.figures.case import case_title
from app.figures.text import listed
from rdpd_core.experiments.cases import ArmCase, Case

ALIKE, MORE = 0.1, 0.03
"""An overlap this far above that of other windows is called alike, or more than chance."""
APART = 0.1
"""A standard deviation over seeds from which on it is said."""
EVEN = 0.97
"""Attention with at least this share of the greatest possible entropy is called even."""


def verdict(case: Case) -> str:
    """Say what the arms predict, how sure they are, and what is true."""
    groups: dict[str, list[ArmCase]] = {}
    for arm in case.arms:
        groups.setdefault(case.classes[int(np.argmax(arm.probability))], []).append(arm)
    said = "; ".join(_said(name, arms) for name, arms in groups.items())
    if case.truth is None:
        return f"{said}. The truth is unknown."
    right = len(groups.get(case.truth, []))
    return f"{said}. The truth is {case.truth}: {right} of {len(case.arms)} are right."


def _said(name: str, arms: Sequence[ArmCase]) -> str:
    titles = listed([arm.title for arm in arms])
    sure = listed([_sure(arm) for arm in arms])
    return f"{titles} {'agree on' if len(arms) > 1 else 'says'} {name} ({sure})"


def _sure(arm: ArmCase) -> str:
    """Give the highest probability, with its spread where seeds disagree."""
    top = int(np.argmax(arm.probability))
    spread = 0.0 if arm.probability_spread is None else arm.probability_spread[top]
    return f"{arm.probability[top]:.2f}" + (f" ± {spread:.2f}" if spread >= APART else "")


def looking(case: Case) -> str:
    """Say where the teacher looks, and who looks there too."""
    arms = {arm.arm: arm for arm in case.arms if arm.attention is not None}
    teacher = arms.get("teacher")
    if teacher is None:
        return "No teacher's attention is at hand, so nothing can be compared with it."
    start, end = _segment(case, teacher)
    told = f"The teacher looks most at {start:g} to {end:g} s ({teacher.attention.max():.2f} of its attention)"
    if evenness(teacher.attention) >= EVEN:
        return f"{told}, but almost evenly everywhere: overlap with it says little here."
    compared = [arm for arm in arms.values() if arm.overlap is not None]
    first = [arm for arm in compared if arm.arm in ("rdpd", "direct")] or compared[:2]
    return f"{told}. {' '.join(_like(arm) for arm in reversed(first))}"


def _like(arm: ArmCase) -> str:
    excess = arm.overlap - (arm.overlap_chance or 0.0)
    more = "looks partly there" if excess >= MORE else "looks there no more than by chance"
    degree = "looks where the teacher looks" if excess >= ALIKE else more
    chance = "" if arm.overlap_chance is None else f", {arm.overlap_chance:.2f} if it looked as it does in other windows"
    return f"{arm.title} {degree}: overlap {arm.overlap:.2f}{chance}."


def evenness(attention: np.ndarray) -> float:
    """Give the entropy of attention (S,) as a share of the greatest possible: 1 where it is the same everywhere."""
    if len(attention) < 2:
        return 1.0
    kept = attention[attention > 0]
    return float(-(kept * np.log(kept)).sum() / math.log(len(attention)))


def _segment(case: Case, arm: ArmCase) -> tuple[float, float]:
    step = case.duration_s / len(arm.attention)
    start = case.offset_s + step * int(np.argmax(arm.attention))
    return start, start + step


def describe_case(case: Case, shown: Sequence[str]) -> str:
    """Give the text alternative of the signals with the attention beneath them."""
    units = {c.name: c.unit for c in case.channels}
    return (
        f"{case_title(case)}. Signals in {units[shown[0]]} over time in s: {listed(list(shown))}; "
        f"students read {listed(list(case.poor))}. {describe_attention(case)}"
    )


def describe_attention(case: Case) -> str:
    """Give the text alternative of the attention."""
    looks = [arm for arm in case.arms if arm.attention is not None]
    strips = "; ".join(f"{arm.title}: {', '.join(f'{share:.2f}' for share in arm.attention)}" for arm in looks)
    return f"Attention from the first to the last segment: {strips}. {looking(case)}"


def describe_distributions(case: Case) -> str:
    """Give the text alternative of the class distributions."""
    rows = "; ".join(f"{arm.title} (n = {arm.models}): {_shares(case.classes, arm.probability)}" for arm in case.arms)
    return f"{case_title(case)}. Probability of each class by arm: {rows}. {verdict(case)}"


def _shares(names: Sequence[str], shares: np.ndarray) -> str:
    return ", ".join(f"{name} {share:.2f}" for name, share in zip(names, shares, strict=True))


def facts(case: Case) -> str:
    """Give one line of what may be said of the window beside its numbers."""
    truth = f"truth: {case.truth}" if case.truth else "truth unknown"
    known = [f"{name}: {value}" for name, value in case.facts.items() if name != "simulated"]
    kind = ["simulated"] if case.simulated else []
    return " · ".join([f"Subject {case.subject}", f"window {case.position} of {case.positions}", truth, *known, *kind])


def marks(case: Case) -> str:
    """Say what the signs in the signals and in the attention mean."""
    looks = any(arm.attention is not None for arm in case.arms)
    told = (
        "Vertical dots part the segments that attention weighs, horizontal dots show even attention. "
        "Overlap: attention in common with the teacher, from 0 to 1."
    )
    taught = any(arm.arm == "teacher" for arm in case.arms)
    read = f"▸ marks what the students read{f'; the teacher reads all {len(case.channels)} channels' if taught else ''}."
    return f"{read} {told}" if looks else read


def basis(case: Case) -> str:
    """Say what stands behind the numbers."""
    several = any(arm.models > 1 for arm in case.arms)
    bars = "Bars: mean over n seeds; whiskers: standard deviation over seeds, cut at 0 and 1. " if several else ""
    told = "No model learned from this subject. One window says little: scores are on the page Models."
    return f"{bars}Recipe: {case.recipe}. {told}"
