"""Steps that close several guided cases: the subject as a whole, and all subjects together, since one window is no result."""

from __future__ import annotations

from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.guided._scores import compared, labeled, share_words
from rdpd_core.experiments.guided._spot import Spot, arm_of, percent
from rdpd_core.experiments.guided.base import NEEDED, Claim, Step, claim, one_of
from rdpd_core.experiments.subjects import Verdict, title_of, units_of, verdicts


def whole_subject(spot: Spot) -> Step:
    """Give the step that shows what each arm decides for all windows of a subject together."""
    unit = next(u for u in units_of(spot.book, spot.subject) if spot.at in u.places)
    found = {v.arm: v for v in verdicts(spot.book, unit) if v.arm in NEEDED}
    first = claim("averaged", "Averaged over {n} windows of {s}:", True, n=len(unit.places), s=spot.subject)
    return Step("case", spot.here(student="rdpd", part="subject"), (first, *(_verdict(found[arm]) for arm in NEEDED)))


def _verdict(verdict: Verdict) -> Claim:
    told = {"title": title_of(verdict.arm), "class_": verdict.decision, "sure": percent(verdict.probability)}
    text = "{title} decides for {class_} with {sure}, {word}."
    return one_of(
        claim(f"{verdict.arm} decides right", text, verdict.right is True, word="right", **told),
        claim(f"{verdict.arm} decides wrong", text, verdict.right is False, word="wrong", **told),
        claim(f"{verdict.arm} decides", "{title} decides for {class_} with {sure}.", verdict.right is None, **told),
    )


def overall(book: CaseBook) -> Step:
    """Give the step that compares RDPD with the direct student over all test windows."""
    return Step("models", beside(book, "rdpd", "direct"), (scored(book, "rdpd"), compared(book, "rdpd", "direct")))


def scored(book: CaseBook, arm: str) -> Claim:
    """Give the claim how many test windows an arm gets right."""
    words = share_words(book, arm, labeled(book))
    return claim(f"score of {arm}", "{title} gets {words}.", True, title=title_of(arm), words=words)


def beside(book: CaseBook, first: str, second: str) -> dict[str, str]:
    """Give the choices of the page of models that put one model of each of two arms beside each other."""
    return {
        "set": book.loaded.dataset.name,
        "model": arm_of(book, first).cards[0].key,
        "part": "pair",
        "other": arm_of(book, second).cards[0].key,
    }
