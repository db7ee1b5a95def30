"""Which lead suffices: what the narrowest view of students gets right, what the widest adds, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rdpd_core.evaluation.edits import Drop, to_text
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.guided._closing import beside, scored
from rdpd_core.experiments.guided._scores import difference, judged, labeled, share_words
from rdpd_core.experiments.guided._spot import Spot, of_truth, reads, right_by, wrong_by
from rdpd_core.experiments.guided.base import GUIDED, Claim, Guided, Stage, Step, claim, one_of
from rdpd_core.experiments.subjects import EVERY, STUDENT_WRONG
from rdpd_core.experiments.whatif import Bench

CHUNK = 64


class Pair(NamedTuple):
    """The same windows through few channels and through more.

    Attributes:
        few: Answers of the view with the fewest channels.
        more: Answers of the view with the most; the same book if there is one view only.
    """

    few: CaseBook
    more: CaseBook


def pair_of(stage: Stage) -> Pair:
    """Give the narrowest and the widest view."""
    by_width = sorted((stage.book(view) for view in stage.views), key=lambda book: len(book.loaded.dataset.view(book.view)))
    return Pair(by_width[0], by_width[-1])


def recall(book: CaseBook, k: int) -> float:
    """Give the share of windows of a class that RDPD gets right."""
    return float(right_by(book, "rdpd")[book.windows.target == k].mean())


def present(book: CaseBook) -> list[int]:
    """Give the classes that have windows."""
    return [k for k in range(len(book.windows.classes)) if (book.windows.target == k).any()]


def of_class(book: CaseBook, k: int, name: str, text: str) -> Step:
    """Give the step that shows a class through the students of a view."""
    places, klass = np.flatnonzero(book.windows.target == k), book.windows.classes[k]
    said = claim(name, text, len(places) > 0, c=klass, r=reads(book), words=share_words(book, "rdpd", places))
    at = int(places[of_truth(book, "rdpd")[places].argmax()])
    return Step("case", Spot(book, at).here(**{"class": klass, "student": "rdpd", "show": EVERY}), (said,))


def gained(pair: Pair, k: int) -> Spot | None:
    """Give the window of a class that RDPD gets wrong with few channels and right with more, with the greatest gain."""
    teacher = right_by(pair.few, "teacher")
    fits = wrong_by(pair.few, "rdpd") & right_by(pair.more, "rdpd") & (pair.few.windows.target == k) & teacher
    if not fits.any():
        return None
    gain = np.where(fits, of_truth(pair.more, "rdpd") - of_truth(pair.few, "rdpd"), -np.inf)
    return Spot(pair.few, int(gain.argmax()))


def without(bench: Bench, channel: str) -> np.ndarray:
    """Give which windows (N,) the one arm of a bench gets right when a channel is dropped."""
    n, target = len(bench.windows), bench.windows.target
    decided = []
    for at in range(0, n, CHUNK):
        (said,) = bench.books(bench.edited(range(at, min(at + CHUNK, n)), (Drop(channel),)))
        decided.append(said.probability.mean(axis=0).argmax(axis=1))
    return (np.concatenate(decided) == target) & (target >= 0)


def leaned_on(pair: Pair) -> Step:
    """Give the step that drops each channel of the wider view in turn, and says which one costs most."""
    book = pair.more
    names = book.loaded.dataset.view(book.view)
    alone = Bench(
        replace(book, arms=tuple(arm for arm in book.arms if arm.arm == "rdpd"))
    )  # asking all arms takes six times as long
    kept = {name: without(alone, name) for name in names}
    worst = min(names, key=lambda name: int(kept[name].sum()))
    lost = difference(book.windows, labeled(book), kept[worst], right_by(book, "rdpd"))
    fewest = all(kept[worst].sum() <= kept[name].sum() for name in names)
    start = claim(
        "costs most", "Of {k} channels dropped one by one, {c} costs RDPD most.", fewest, c=worst, k=len(names)
    )  # fmt: skip
    verdict = judged(lost, f"RDPD without {worst}", "RDPD with all")
    flips = right_by(book, "rdpd") & ~kept[worst]
    at = int(np.where(flips if flips.any() else True, of_truth(book, "rdpd"), -1.0).argmax())
    seen = one_of(
        claim("seen here", "In the window shown, RDPD is right with it and wrong without.", flips[at]),
        claim("no window", "No window is right with it and wrong without.", not flips.any()),
    )
    return Step("whatif", Spot(book, at).here(edits=to_text([Drop(worst)])), (start, verdict, seen))


@GUIDED.register
class Leads(Guided):
    """How few channels are enough, as far as the stored models can tell."""

    name, order = "leads", 5
    title = "Which lead suffices?"
    question = "For whom is one lead enough, for whom are more needed, and on which lead does the student lean?"

    def steps(self, stage: Stage) -> Sequence[Step]:
        """Give the stops of the tour."""
        pair = pair_of(stage)
        few, more = pair
        classes = present(few)
        best = max(classes, key=lambda k: recall(few, k))
        most = max(classes, key=lambda k: recall(more, k) - recall(few, k))
        enough = "With {r}, of {c} RDPD gets {words}: no class here does better with so little."
        lacking = "Of {c}, with {r}, RDPD gets {words}."
        found = difference(few.windows, labeled(few), right_by(more, "rdpd"), right_by(few, "rdpd"))
        steps = [
            Step("models", beside(few, "rdpd", "teacher"), (only(stage), scored(few, "rdpd"), scored(few, "teacher"))),
            of_class(few, best, "easiest class", enough),
            of_class(few, most, "class that gains", lacking),
        ]
        if few.view == more.view:
            return [*steps, leaned_on(pair)]
        spot = gained(pair, most)
        if spot is not None:
            wide = Spot(more, spot.at)
            steps += [
                Step("case", spot.here(student="rdpd", show=STUDENT_WRONG), (where(spot), spot.says("rdpd"))),
                Step("case", wide.here(student="rdpd", show=EVERY), (same_window(wide), wide.says("rdpd"))),
            ]
        words = judged(found, f"RDPD with {more.view.replace('_', ' ')}", f"RDPD with {few.view.replace('_', ' ')}")
        gain = of_class(more, most, "class gained", "With {r}, of {c} RDPD gets {words}.")
        return [*steps, gain, Step("models", beside(more, "rdpd", "direct"), (words,)), leaned_on(pair)]


def only(stage: Stage) -> Claim:
    """Give the claim which views can be compared at all."""
    names = ", ".join(view.replace("_", " ") for view in stage.views)
    told = {"n": len(stage.views), "names": names}
    return one_of(
        claim("views", "Students are stored for {n} views: {names}; no other lead was tried.", len(stage.views) > 1, **told),
        claim("one view", "Students are stored for one view only: {names}.", len(stage.views) == 1, **told),
    )


def where(spot: Spot) -> Claim:
    """Give the claim that names a window and what is read of it."""
    told = {"s": spot.subject, "w": spot.position, "t": spot.truth, "r": reads(spot.book)}
    return claim("few channels", "Subject {s}, window {w}, {t}. From {r}:", True, **told)


def same_window(spot: Spot) -> Claim:
    """Give the claim that the same window is read through more channels."""
    return claim("more channels", "The same window, read from {r}:", True, r=reads(spot.book))
