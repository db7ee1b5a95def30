"""A confident mistake: the wrong answer that RDPD is surest of, and whether anything on the page would have warned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdpd_core.evaluation.edits import EVERY as ALL
from rdpd_core.evaluation.edits import Noise, to_text
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.guided._closing import whole_subject
from rdpd_core.experiments.guided._scores import share_words
from rdpd_core.experiments.guided._spot import Spot, arm_of, books, percent, probability, reads, right_by, seeds, wrong_by
from rdpd_core.experiments.guided.attention import look
from rdpd_core.experiments.guided.base import GUIDED, Claim, Guided, Stage, Step, claim, one_of
from rdpd_core.experiments.subjects import DISAGREE, EVERY, STUDENT_WRONG, title_of

NOISE = Noise("*", 0.5, "normal")


def find(stage: Stage) -> Spot | None:
    """Give the wrong answer of RDPD with the highest probability."""
    best, found = 0.0, None
    for book in books(stage):
        sure = probability(book, "rdpd").max(axis=1) * wrong_by(book, "rdpd")
        if len(sure) and sure.max() > best:
            best, found = float(sure.max()), Spot(book, int(sure.argmax()))
    return found


def as_sure(book: CaseBook, level: float) -> np.ndarray:
    """Give the positions of windows of known class to which RDPD gives some class at least this probability."""
    return np.flatnonzero((probability(book, "rdpd").max(axis=1) >= level) & (book.windows.target >= 0))


def level_below(sure: float) -> float:
    """Give the tenth at or below a probability."""
    return np.floor(sure * 10 + 1e-9) / 10


def by_seed(spot: Spot) -> Claim:
    """Give the claim whether all seeds make the mistake."""
    own = arm_of(spot.book, "rdpd").probability[:, spot.at].argmax(axis=1)
    alike, models = int((own == spot.decided("rdpd")).sum()), len(own)
    text = "{k} of {m} seeds, taken alone, say the same: {word}."
    told = {"k": alike, "m": models}
    return one_of(
        claim("one seed", "There is only one seed, so nothing tells how much chance is in it.", models == 1),
        claim("all seeds alike", text, alike == models, word="training again would not have warned", **told),
        claim("seeds differ", text, alike < models, word="the spread over seeds is a warning", **told),
    )


def others(spot: Spot) -> Claim:
    """Give the claim which other arms are wrong too."""
    wrong = [title_of(arm) for arm in spot.arms if arm != "rdpd" and not spot.right(arm)]
    told = {"k": len(wrong), "n": len(spot.arms) - 1, "names": ", ".join(wrong)}
    return one_of(
        claim("nobody else", "None of the other {n} arms is wrong here: their disagreement is the warning.", not wrong, **told),
        claim("all wrong", "All other {n} arms are wrong too, so agreement is no proof.", told["k"] == told["n"], **told),
        claim("some wrong", "Of the other {n} arms, {k} are wrong too: {names}.", 0 < told["k"] < told["n"], **told),
    )


def looks(spot: Spot) -> Claim:
    """Give the claim whether the attention would have warned."""
    seen = look(spot)
    if seen.own is None:
        return claim("nothing to compare", "These models give no attention that could be compared.", True)
    told = {"own": f"{seen.own:.3f}", "low": f"{seen.low:.3f}", "high": f"{seen.high:.3f}"}
    text = "Its attention has {own} of 1 in common with the teacher's; {low} to {high} would be chance (95%): {word}."
    return one_of(
        claim("looks elsewhere", text, seen.own < seen.low, word="less than chance, which is a warning", **told),
        claim("looks as ever", text, seen.low <= seen.own <= seen.high, word="nothing unusual, so no warning", **told),
        claim("looks alike", text, seen.own > seen.high, word="it looks where the teacher looks and is still wrong", **told),
    )


@GUIDED.register
class Confident(Guided):
    """A high probability is no promise."""

    name, order = "confident", 4
    title = "A confident mistake"
    question = (
        "RDPD is surer of this wrong answer than of any other. Would the seeds, the teacher or the attention have warned?"
    )

    def steps(self, stage: Stage) -> Sequence[Step]:
        """Give the stops of the tour."""
        spot = find(stage)
        if spot is None:
            book = stage.book(stage.views[0])
            none = claim("no mistake", "RDPD makes no mistake on these windows.", not wrong_by(book, "rdpd").any())
            return [Step("case", {"view": book.view}, (none,))]
        book, level = spot.book, level_below(spot.sure("rdpd"))
        fits = STUDENT_WRONG if spot.right("teacher") else EVERY
        here = spot.here(student="rdpd", show=fits)
        start = claim(
            "the window", "Subject {s}, window {w}, is of class {t}.", True, s=spot.subject, w=spot.position, t=spot.truth
        )
        how = claim("how it reads", "It reads {r}; the probability is the {m}.", True, r=reads(book), m=seeds(book, "rdpd"))
        places = as_sure(book, level)
        rate = claim(
            "when so sure", "When RDPD gives a class at least {level}, it gets {words}: a probability is no promise.",
            not right_by(book, "rdpd")[places].all(), level=percent(level), words=share_words(book, "rdpd", places),
        )  # fmt: skip
        same_class = spot.here(**{"class": spot.truth, "student": "rdpd", "show": DISAGREE if disagree(spot) else EVERY})
        return [
            Step("case", here, (start, spot.says("rdpd"), how)),
            Step("case", here, (by_seed(spot),)),
            Step("case", same_class, (spot.says("teacher"), others(spot))),
            Step("case", here, (looks(spot),)),
            whole_subject(spot),
            disturbed(spot, stage),
            Step("case", here, (rate,)),
        ]


def disagree(spot: Spot) -> bool:
    """Say whether the arms differ about a window."""
    return len({spot.decided(arm) for arm in spot.arms}) > 1


def disturbed(spot: Spot, stage: Stage) -> Step:
    """Give the step that adds noise and sees whether the mistake stays."""
    after = Spot(spot.book, spot.at, stage.bench(spot.book.view).arms(spot.at, (NOISE,)))
    same = after.decided("rdpd") == spot.decided("rdpd")
    how = claim(
        "the noise",
        "Now with {k} noise of {a:g} SD on every channel.",
        NOISE.channel == ALL,
        k=NOISE.distribution,
        a=NOISE.amplitude,
    )
    stays = one_of(
        claim("it stays", "So the mistake is not a matter of a few samples.", same),
        claim("it goes", "So a little noise turns this confident answer: it was not as solid as it looked.", not same),
    )
    return Step("whatif", spot.here(edits=to_text([NOISE])), (how, after.says("rdpd", "still" if same else "now"), stays))
