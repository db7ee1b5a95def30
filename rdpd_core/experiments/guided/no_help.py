"""Where imitation does not help: the direct student is right and RDPD is wrong, at best with the teacher's own mistake."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.guided._closing import overall, whole_subject
from rdpd_core.experiments.guided._spot import Spot, arm_of, books, of_truth, reads, right_by, seeds, wrong_by
from rdpd_core.experiments.guided.base import GUIDED, Claim, Guided, Stage, Step, claim, one_of
from rdpd_core.experiments.subjects import DISAGREE, TEACHER_WRONG, decisions


def spoiled(book: CaseBook) -> np.ndarray:
    """Give which windows (N,) the direct student gets right and RDPD wrong."""
    return right_by(book, "direct") & wrong_by(book, "rdpd")


def copied(book: CaseBook) -> np.ndarray:
    """Give which of them (N,) RDPD gets wrong with the very class that the teacher wrongly says."""
    alike = decisions(arm_of(book, "rdpd")) == decisions(arm_of(book, "teacher"))
    return spoiled(book) & wrong_by(book, "teacher") & alike


def find(stage: Stage) -> Spot | None:
    """Give the window that shows it best: a copied mistake if there is one, then by how much surer of the truth Direct is."""
    best, found = None, None
    for book in books(stage):
        margin, same = of_truth(book, "direct") - of_truth(book, "rdpd"), copied(book)
        for at in np.flatnonzero(spoiled(book)):
            rank = (bool(same[at]), float(margin[at]))
            if best is None or rank > best:
                best, found = rank, Spot(book, at)
    return found


def why(spot: Spot) -> Claim:
    """Give the claim how RDPD's mistake relates to what the teacher says."""
    same, wrong = spot.decided("rdpd") == spot.decided("teacher"), not spot.right("teacher")
    return one_of(
        claim(
            "copied",
            "RDPD makes the teacher's mistake: it learned to answer like a teacher that is wrong here.",
            same and wrong,
        ),
        claim(
            "own mistake", "Teacher and RDPD are both wrong, but not alike: this mistake was not copied.", wrong and not same
        ),
        claim("not the teacher's", "The teacher is right here: RDPD did not get this mistake from it.", not wrong),
    )


def balance(book: CaseBook) -> Claim:
    """Give the claim how often imitation spoils and how often it rescues a window, with nothing else said."""
    worse, better = int(spoiled(book).sum()), int((wrong_by(book, "direct") & right_by(book, "rdpd")).sum())
    told = {"worse": worse, "better": better, "n": int((book.windows.target >= 0).sum())}
    text = "Of {n} windows, Direct is right and RDPD wrong in {worse}; the other way round in {better}: {word}."
    return one_of(
        claim("more spoiled", text, worse > better, word="here imitation costs more windows than it wins", **told),
        claim("more rescued", text, worse < better, word="imitation wins more windows than it costs", **told),
        claim("as many", text, worse == better, word="it costs as many as it wins", **told),
    )


@GUIDED.register
class NoHelp(Guided):
    """The other side of the paper's hope."""

    name, order = "no_help", 3
    title = "When imitation does not help"
    question = (
        "The student taught by labels alone is right, the one that imitates is wrong. Whose mistake is it, and how common?"
    )

    def steps(self, stage: Stage) -> Sequence[Step]:
        """Give the stops of the tour."""
        spot = find(stage)
        if spot is None:
            book = stage.book(stage.views[0])
            none = claim("no such window", "No window here has Direct right and RDPD wrong.", not spoiled(book).any())
            return [Step("case", {"view": book.view}, (none,)), overall(book)]
        book = spot.book
        wrong_teacher = not spot.right("teacher")
        on_direct = spot.here(student="direct", show=TEACHER_WRONG if wrong_teacher else DISAGREE)
        on_rdpd = spot.here(student="rdpd", show=DISAGREE)
        start = claim("the window", "Subject {s}, window {w}.", True, s=spot.subject, w=spot.position)
        few = claim("untaught", "It reads {r} and learned from labels alone.", not ARMS["direct"].imitates, r=reads(book))
        mean = claim("seeds", "(Probabilities are the {m}.)", True, m=seeds(book, "rdpd"))
        copies = claim(
            "how often copied", "RDPD repeats a mistake of the teacher in {c} of the {k} windows that only Direct gets right.",
            copied(book).sum() <= spoiled(book).sum(), c=int(copied(book).sum()), k=int(spoiled(book).sum()),
        )  # fmt: skip
        return [
            Step("case", on_direct, (start, spot.says("direct"), few, mean)),
            Step("case", on_rdpd, (spot.says("rdpd"),)),
            Step("case", on_rdpd, (spot.says("teacher"), why(spot))),
            Step("case", on_direct, (copies,)),
            whole_subject(spot),
            Step("models", overall(book).choices, (balance(book),)),
            overall(book),
        ]
