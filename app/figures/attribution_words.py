"""What is said beside and above pictures of attributions, and what leaves with them."""

from __future__ import annotations

import numpy as np

from app.figures.attribution import Picture
from app.figures.attribution_sums import outside
from app.figures.text import listed
from rdpd_core.evaluation.attributed import UNIT, Attribution
from rdpd_core.evaluation.believed import Belief
from rdpd_core.evaluation.scores import people
from rdpd_core.experiments.beside import Beside

UNCHECKED = "Not checked yet: do not conclude from it."
ONE = people(1, 1)


def notes(base: str, compares: bool, belief: Belief | None, copies: int) -> tuple[str, ...]:
    """Give n, null, baseline and verdict, as they stand above a picture of one window.

    Args:
        base: Title of the baseline.
        compares: Whether the method compares with one.
        belief: On the model and the method; None if it was not checked.
        copies: How many copies with random weights were asked.
    """
    against = f"baseline: {base}" if compares else "no baseline"
    null = f"null: {copies} copies with random weights, scaled to the same total"
    return (f"{ONE}; no interval; {against}", null, verdict_line(belief))


def verdict_line(belief: Belief | None) -> str:
    """Give the verdict with its n in a line."""
    if belief is None:
        return UNCHECKED
    return f"Believe it? {belief.verdict} ({people(belief.n_windows, belief.n_subjects)})"


def told(base: str, belief: Belief | None, copies: int) -> dict[str, str]:
    """Give what the files of a picture say of it: n, interval, null, baseline and verdict."""
    null = f"{copies} copies with random weights"
    verdict = "not checked" if belief is None else belief.verdict
    return {"n": "1 window of 1 subject", "interval": "none, one window", "null": null, "baseline": base, "verdict": verdict}


def of_belief(belief: Belief) -> dict[str, str]:
    """Give what the files of the checks' pictures say."""
    n = people(belief.n_windows, belief.n_subjects).removeprefix("n = ")
    drawn = len(belief.curves.random_deletion)
    null = f"{drawn} orders drawn at random"
    known = belief.mean(belief.curves.gap).interval
    ends = "none: too few people" if known is None else f"95%, {known.n} subjects resampled"
    about = {"method": belief.method, "baseline": belief.baseline, "n": n, "interval": ends}
    return {**about, "null": null, "verdict": belief.verdict}


def of_heat(picture: Picture, found: Attribution) -> str:
    """Say how far the marks can be trusted to add up, and what copies with random weights reach."""
    marks = "+ and − mark the three strongest pieces" if picture.signed else "• marks the three strongest pieces"
    unit = f" {UNIT}" if picture.signed else ""
    top = float(np.abs(picture.heat).max())
    said = [f"{marks} of time (at most {top:.3g}{unit})."]
    if picture.drawn is not None and len(picture.drawn):
        low, high = np.percentile(np.abs(picture.drawn).max(axis=(1, 2)), [2.5, 97.5])
        more = "more than" if top > high else "no more than"
        said.append(f"That is {more} random weights pile up in one piece: {low:.3g} to {high:.3g}.")
    return " ".join([*said, completeness(found)])


def completeness(found: Attribution) -> str:
    """Say what is missing of the evidence that the values should add up to."""
    if found.completeness is None:
        return "The values of this method are not meant to add up."
    score, reference = float(found.score[0]), float(found.reference[0])
    return (
        f"Completeness: the values should add up to {score - reference:.2f} {UNIT} ({score:.2f} here, {reference:.2f} for the "
        f"baseline) and miss {float(found.gap[0]):.2g} ({float(found.completeness[0]):.1%})."
    )


def of_sums(picture: Picture) -> str:
    """Say which sums leave the gray bands."""
    far = outside(picture)
    if len(picture.channels) == 1:
        return "One row has all of the evidence, whatever the model learned."
    what = f"Outside of its gray band: {listed(far)}." if far else "No sum lies outside of its gray band: nothing stands out."
    return f"{what} Gray: the middle 95% of copies with random weights; by chance 1 of 20 rows lies outside."


def of_pair(found: Beside, teacher: str, student: str) -> str:
    """Say whether a student finds its evidence where its teacher does."""
    value = f"rank correlation {found.value:.2f} over the cells of the channels both read"
    if found.high is None:
        return f"Whether {student} finds its evidence where {teacher} does cannot be said: there is no other window ({value})."
    null = f"{value}; {found.n} other windows of the student {found.low:.2f} to {found.high:.2f}"
    if found.more:
        return f"{student} finds its evidence in this window where {teacher} does, more than chance ({null})."
    return f"{student} and {teacher} are no more alike in this window than chance ({null})."


def of_methods(found: tuple[Beside, ...]) -> str:
    """Say how many methods and baselines agree more than chance."""
    parts = []
    for kind, word in (("method", "methods"), ("baseline", "baselines")):
        own = [o for o in found if o.kind == kind]
        if own:
            parts.append(f"{sum(o.more for o in own) or 'none'} of {len(own)} other {word}")
    if not parts:
        return "There is no other method or baseline that fits this model."
    if not any(o.n for o in found):
        return "Whether others agree more than chance cannot be said: there is no other window."
    told = listed(parts)
    return f"{told[:1].upper()}{told[1:]} name the same cells, more than in every other window."
