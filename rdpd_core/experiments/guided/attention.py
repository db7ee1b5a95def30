"""Teacher right, direct wrong, RDPD right: is it because RDPD looks where the teacher looks?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.guided._closing import overall, whole_subject
from rdpd_core.experiments.guided._spot import Spot, all_channels, books, few_channels, of_truth, right_by, seeds, wrong_by
from rdpd_core.experiments.guided.base import GUIDED, Claim, Guided, Stage, Step, claim, one_of
from rdpd_core.experiments.subjects import EVERY, STUDENT_WRONG, chance_band


class Look(NamedTuple):
    """Overlap of RDPD with its teacher in a window.

    Attributes:
        own: Of RDPD, 0 to 1; None if there is nothing to compare.
        direct: Of the direct student, likewise.
        low: Lower end of what RDPD would have by chance.
        high: Upper end.
    """

    own: float | None
    direct: float | None
    low: float
    high: float

    @property
    def beyond(self) -> bool:
        """Whether RDPD's overlap lies above what is chance."""
        return self.own is not None and self.own > self.high


def look(spot: Spot) -> Look:
    """Give the overlaps of a window."""
    band = chance_band(spot.book, "rdpd", spot.at) or (0.0, 1.0)
    return Look(spot.arms["rdpd"].overlap, spot.arms["direct"].overlap, *band)


def fitting(book: CaseBook) -> np.ndarray:
    """Give the windows where the teacher and RDPD are right and the direct student is wrong."""
    return np.flatnonzero(right_by(book, "teacher") & wrong_by(book, "direct") & right_by(book, "rdpd"))


def find(stage: Stage) -> Spot | None:
    """Give the window that shows it best: beyond chance if any is, then by how much surer of the truth RDPD is than Direct."""
    best, found = None, None
    for book in books(stage):
        margin = of_truth(book, "rdpd") - of_truth(book, "direct")
        for at in fitting(book):
            spot = Spot(book, at)
            seen = look(spot)
            rank = (seen.beyond, (seen.own or 0.0) > (seen.direct or 0.0), float(margin[at]))
            if best is None or rank > best:
                best, found = rank, spot
    return found


def closer(seen: Look) -> Claim:
    """Give the claim who looks more where the teacher looks."""
    if seen.own is None or seen.direct is None:
        return claim("nothing to compare", "These models give no attention that could be compared.", True)
    told = {"own": f"{seen.own:.2f}", "direct": f"{seen.direct:.2f}"}
    shares = (
        "Attention in common with the teacher's: RDPD {own}, Direct {direct} (1.00 is all). RDPD looks {more} like the teacher."
    )
    return one_of(
        claim("RDPD looks more alike", shares, seen.own > seen.direct, more="more", **told),
        claim("RDPD looks less alike", shares, seen.own <= seen.direct, more="no more", **told),
    )


def by_chance(seen: Look) -> Claim:
    """Give the claim whether RDPD's overlap is more than it has anyway."""
    told = {"own": f"{seen.own or 0:.3f}", "low": f"{seen.low:.3f}", "high": f"{seen.high:.3f}"}
    band = "If RDPD looked as it does in other windows, 95% of the overlaps would lie between {low} and {high}. "
    inside = "At {own} this one is no more than habit, and so no proof that looking alike made RDPD right."
    above = "At {own} this one lies above: RDPD follows the teacher in this very window."
    return one_of(
        claim("beyond chance", band + above, seen.beyond, **told),
        claim("within chance", band + inside, not seen.beyond, **told),
    )


@GUIDED.register
class Attention(Guided):
    """The paper's hope, and what of it these models bear out."""

    name, order = "attention", 1
    title = "Right because it looks alike?"
    question = (
        "RDPD gets a window right that the student taught by labels alone gets wrong. Did looking like the teacher do it?"
    )

    def steps(self, stage: Stage) -> Sequence[Step]:
        """Give the stops of the tour."""
        spot = find(stage)
        if spot is None:
            book = stage.book(stage.views[0])
            none = claim("no such window", "No window here has teacher and RDPD right and Direct wrong.", True)
            return [Step("case", {"view": book.view}, (none,)), overall(book)]
        book, seen = spot.book, look(spot)
        mistakes = right_by(book, "teacher") & wrong_by(book, "direct")
        like = fitting(book)
        beyond = sum(look(Spot(book, at)).beyond for at in like)
        on_direct = spot.here(student="direct", show=STUDENT_WRONG)
        on_rdpd = spot.here(student="rdpd", show=EVERY)
        start = claim("the window", "Subject {s}, window {w}.", True, s=spot.subject, w=spot.position)
        channels = all_channels(spot)
        few = few_channels(spot)
        missed = claim(
            "how often",
            "So it goes in {k} of {n} windows: teacher right, Direct wrong.",
            mistakes[spot.at],
            k=int(mistakes.sum()),
            n=len(mistakes),
        )
        mean = claim("seeds", "(Probabilities are the {m}.)", True, m=seeds(book, "rdpd"))
        rescued = claim(
            "rescued",
            "RDPD rescues {r} of these {k}; in {b} of the {r} its overlap is beyond chance.",
            len(like) <= mistakes.sum(),
            r=len(like),
            k=int(mistakes.sum()),
            b=beyond,
        )
        return [
            Step("case", on_direct, (start, spot.says("teacher"), channels, mean)),
            Step("case", on_direct, (spot.says("direct"), few, missed)),
            Step("case", on_rdpd, (spot.says("rdpd"),)),
            Step("case", on_rdpd, (closer(seen),)),
            Step("case", on_rdpd, (by_chance(seen),)),
            Step("case", on_direct, (rescued,)),
            whole_subject(spot),
            overall(book),
        ]
