"""Does noise break the direct student first, as the paper says? Asked of every stored view, whatever comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rdpd_core.evaluation.edits import Noise, to_text
from rdpd_core.experiments.guided._courses import Course, course_of
from rdpd_core.experiments.guided._spot import Spot, arm_of, reads, seeds
from rdpd_core.experiments.guided.base import GUIDED, NEEDED, Claim, Guided, Stage, Step, claim, one_of
from rdpd_core.experiments.subjects import title_of

KIND = Noise("*", 0.5, "normal")
ORDERS = ("first", "together", "later", "never")


class Broken(NamedTuple):
    """From which amplitude on each arm surely loses, in one view.

    Attributes:
        view: Name.
        course: Scores at every amplitude.
        direct: Amplitude in SD; None if it never surely loses.
        rdpd: Likewise.
    """

    view: str
    course: Course
    direct: float | None
    rdpd: float | None

    @property
    def order(self) -> str:
        """Whether Direct breaks first, together with RDPD, or later; "never" if neither breaks."""
        direct, rdpd = (np.inf if at is None else at for at in (self.direct, self.rdpd))
        if np.isinf(direct) and np.isinf(rdpd):
            return "never"
        return "first" if direct < rdpd else "together" if direct == rdpd else "later"

    @property
    def size(self) -> float:
        """The amplitude to look at: where the first of the two breaks, else the largest tried."""
        return min((at for at in (self.direct, self.rdpd) if at is not None), default=self.course.sizes[-1])


def broken(stage: Stage) -> list[Broken]:
    """Give for every view who breaks when; a view where Direct breaks first comes first."""
    found = []
    for view in stage.views:
        course = course_of(stage.bench(view), KIND, NEEDED)
        found.append(Broken(view, course, course.loses_from("direct"), course.loses_from("rdpd")))
    return sorted(found, key=lambda one: ORDERS.index(one.order))


def find(stage: Stage, view: str, size: float) -> tuple[Spot, Spot]:
    """Give a window before and after the noise: Direct and RDPD right before, if there is one Direct alone wrong after."""
    bench = stage.bench(view)
    book, target = bench.book, bench.windows.target
    edit = replace(KIND, amplitude=size)
    books = bench.books(bench.edited(range(len(target)), (edit,)))
    noisy = {own.arm: own.probability.mean(axis=0) for own in books}
    own = {arm: arm_of(book, arm).probability.mean(axis=0) for arm in NEEDED}
    ranks = []
    for at, k in enumerate(target):
        before = all(own[arm][at].argmax() == k for arm in ("direct", "rdpd"))
        after = [bool(noisy[arm][at].argmax() == k) for arm in ("direct", "rdpd")]
        ranks.append(
            (
                before,
                before and after == [False, True],
                before and after[1],
                float(noisy["rdpd"][at, k] - noisy["direct"][at, k]),
            )
        )
    at = max(range(len(ranks)), key=lambda one: ranks[one])
    return Spot(book, at, bench.arms(at, ())), Spot(book, at, bench.arms(at, (edit,)))


def amplitude(size: float | None) -> str:
    """Give an amplitude in words."""
    return "no amplitude tried" if size is None else f"{size:g} SD"


def who_first(one: Broken, name: str) -> Claim:
    """Give the claim who breaks first in a view."""
    told = {"v": one.view.replace("_", " "), "d": amplitude(one.direct), "r": amplitude(one.rdpd)}
    both = "In view {v}, macro-F1 is surely lower than without noise from {d} on for Direct and from {r} on for RDPD: {word}."
    return one_of(
        claim(f"{name}: direct first", both, one.order == "first", word="Direct breaks first", **told),
        claim(f"{name}: together", both, one.order == "together", word="both break together", **told),
        claim(f"{name}: rdpd first", both, one.order == "later", word="RDPD breaks first", **told),
        claim(f"{name}: none", "In view {v}, neither surely loses at any amplitude tried.", one.order == "never", **told),
    )


def score_there(one: Broken) -> Claim:
    """Give the claim who scores higher at the amplitude that is looked at."""
    direct, rdpd = (one.course.at(arm, one.size) for arm in ("direct", "rdpd"))
    told = {"a": amplitude(one.size), "d": direct.words, "r": rdpd.words, "n": one.course.n}
    text = "At {a}, macro-F1 is {d} for Direct and {r} for RDPD ({n}): {word}."
    return one_of(
        claim("RDPD higher", text, rdpd.score > direct.score, word="RDPD has the higher score under noise", **told),
        claim(
            "Direct higher", text, rdpd.score < direct.score, word="losing surely is not yet scoring lower than RDPD", **told
        ),
        claim("as high", text, rdpd.score == direct.score, word="both score alike", **told),
    )


def count(found: list[Broken]) -> Claim:
    """Give the claim in how many views Direct breaks first."""
    orders = [one.order for one in found]
    told = {"k": orders.count("first"), "n": len(orders)}
    return one_of(
        claim("in all", "So the paper's order is seen in all {n} views tried.", told["k"] == told["n"], **told),
        claim(
            "in some",
            "So the paper's order is seen in {k} of {n} views: a hint, not a rule.",
            0 < told["k"] < told["n"],
            **told,
        ),
        claim("in none", "So the paper's order is not seen in any of the {n} views here.", told["k"] == 0, **told),
    )


@GUIDED.register
class NoiseFirst(Guided):
    """The paper's statement on robustness, put to the stored models."""

    name, order = "noise", 2
    title = "Who breaks first under noise?"
    question = "The paper finds that noise hurts the student taught by labels alone first. Does it here?"

    def steps(self, stage: Stage) -> Sequence[Step]:
        """Give the stops of the tour."""
        first, *others = broken(stage)
        before, after = find(stage, first.view, first.size)
        text = to_text([replace(KIND, amplitude=first.size)])
        start = claim(
            "before", "Before any noise, subject {s}, window {w}, {t}; students read {r} (probabilities: {m}).", True,
            s=before.subject, w=before.position, t=before.truth, r=reads(before.book), m=seeds(before.book, "rdpd"),
        )  # fmt: skip
        added = claim("the noise", "Now normal noise of {a} on every channel.", True, a=amplitude(first.size))
        noisy = before.here(edits=text)
        return [
            Step("whatif", before.here(), (start, before.says("direct"), before.says("rdpd"))),
            Step("whatif", noisy, (added, after.says("direct", moved(before, after, "direct")))),
            Step("whatif", noisy, (after.says("rdpd", moved(before, after, "rdpd")), example(after))),
            Step("whatif", noisy, (after.says("teacher", moved(before, after, "teacher")), teacher_too(first))),
            Step("whatif", before.here(edits=text, curve="1"), (who_first(first, "first view"),)),
            Step("whatif", before.here(edits=text, curve="1"), (score_there(first),)),
            *(other_view(stage, one) for one in others[:1]),
            Step("models", models(before), (count([first, *others]), never_alone(first))),
        ][:8]


def moved(before: Spot, after: Spot, arm: str) -> str:
    """Say whether an arm kept its answer."""
    return "still" if before.decided(arm) == after.decided(arm) else "now"


def example(after: Spot) -> Claim:
    """Give the claim what this window is an example of."""
    direct, rdpd = after.right("direct"), after.right("rdpd")
    return one_of(
        claim("direct lost", "A window as the paper tells it.", not direct and rdpd),
        claim("not as told", "This is not what the paper tells; no window here shows it.", direct or not rdpd),
    )


def teacher_too(one: Broken) -> Claim:
    """Give the claim from when the teacher surely loses."""
    at = one.course.loses_from("teacher")
    return one_of(
        claim(
            "teacher loses",
            "It reads more channels; over all windows it surely loses from {a} on.",
            at is not None,
            a=amplitude(at),
        ),
        claim("teacher holds", "It reads more channels; over all windows it never surely loses.", at is None),
    )


def other_view(stage: Stage, one: Broken) -> Step:
    """Give the step that looks at the same in another view."""
    before, _ = find(stage, one.view, one.size)
    text = to_text([replace(KIND, amplitude=one.size)])
    return Step("whatif", before.here(edits=text), (who_first(one, "other view"),))


def models(spot: Spot) -> dict[str, str]:
    """Give the choices that list RDPD's models beside the direct ones."""
    from rdpd_core.experiments.guided._closing import beside

    return beside(spot.book, "rdpd", "direct")


def never_alone(one: Broken) -> Claim:
    """Give the claim how the two lose against each other, as the resamples of people tell it."""
    gap = one.course.gaps[one.course.sizes.index(one.size)]
    told = {"words": gap.words, "title": title_of("direct"), "other": title_of("rdpd"), "a": amplitude(one.size)}
    text = "Paired over people, {title} loses {words} more macro-F1 than {other} at {a}: {word}."
    return one_of(
        claim("surely more", text, gap.low > 0, word="surely more", **told),
        claim("surely less", text, gap.high < 0, word="surely less", **told),
        claim(
            "cannot tell",
            text,
            not (gap.low > 0 or gap.high < 0),
            word="the interval holds 0, so the order may be chance",
            **told,
        ),
    )
