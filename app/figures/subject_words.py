"""What the pictures of a subject or of a group mean, in sentences made from their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.figures.group_shares import Member
from app.figures.subject_timeline import Timeline
from app.figures.text import listed
from app.figures.words import EVEN, evenness
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.cases import ArmCase, Case
from rdpd_core.experiments.subjects import Agreement, ArmSummary, Summary, Unit, Verdict

STRENGTH = ((0.0, "no better than chance"), (0.2, "slight"), (0.4, "fair"), (0.6, "moderate"), (0.8, "substantial"))
"""Upper ends of kappa, and the words of Landis and Koch (Biometrics 33, 1977); above the last it is almost perfect."""


def counted(n: int, what: str) -> str:
    """Give "1 window" or "3 windows"."""
    return f"{n} {what}" if n == 1 else f"{n} {what}{'es' if what.endswith('s') else 's'}"


def interval(found: Interval | None) -> str:
    """Give an interval in brackets, as shares in percent; empty if there is none."""
    return "" if found is None else f" [{found.low:.0%}, {found.high:.0%}]"


def basis(summary: Summary) -> str:
    """Say how sure one may be of the shares: what was resampled, or that n is too small for it."""
    people, n = counted(summary.subjects, "subject"), counted(summary.windows, "window")
    found = next((arm.interval for arm in summary.arms if arm.interval is not None), None)
    if found is None:
        why = (
            "no window has a known class"
            if not summary.labeled
            else "too few, or too much alike, to say how much others would differ"
        )
        return f"n = {people}, {counted(summary.recordings, 'recording')}, {n}: {why}, so there is no interval."
    told = f"n = {people}, {n}. Brackets: {found.level:.0%} interval, {found.n} {found.unit} resampled {found.draws} times"
    alike = ". No bracket: all alike" if any(arm.interval is None for arm in summary.arms) else ""
    one = alike if found.unit == "subjects" else f"; it says nothing about other people{alike}"
    return f"{told}{one}."


def shares(summary: Summary) -> str:
    """Say which share of windows each arm decides right, the best first, or what it mostly decides where no truth is known."""
    if not summary.labeled:
        return " ".join(f"{arm.title}: mostly {_most(summary, arm)}." for arm in summary.arms)
    ranked = sorted(summary.arms, key=lambda arm: -arm.right)
    told = listed([f"{arm.title} {arm.right / summary.labeled:.0%}{interval(arm.interval)}" for arm in ranked])
    wrong = [_mistake(summary, arm) for arm in ranked if arm.right < summary.labeled]
    often = f" Most frequent mistakes: {'; '.join(wrong)}." if wrong else " No arm makes a mistake here."
    return f"Right, of {counted(summary.labeled, 'window')} of known class: {told}.{often}"


def _most(summary: Summary, arm: ArmSummary) -> str:
    top = int(arm.decided.argmax())
    return f"{summary.classes[top]} ({int(arm.decided[top])} of {summary.windows})"


def _mistake(summary: Summary, arm: ArmSummary) -> str:
    off = arm.confusion - np.diag(np.diag(arm.confusion))
    truth, said = np.unravel_index(int(off.argmax()), off.shape)
    return f"{arm.title} takes {summary.classes[truth]} for {summary.classes[said]} ({off[truth, said]})"


def decision(unit: Unit, verdicts: Sequence[Verdict]) -> str:
    """Say what the arms decide for a whole subject, and whether that is true."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.decision, []).append(verdict)
    said = "; ".join(
        f"{listed([v.title for v in same])} {'decide' if len(same) > 1 else 'decides'} for {name}"
        for name, same in groups.items()
    )
    if unit.truth is None:
        return f"{said}. The truth is unknown."
    right = len(groups.get(unit.truth, []))
    return f"{said}. The truth is {unit.truth}: {right} of {len(verdicts)} arms are right."


def decisions(units: Sequence[Unit], told: Sequence[Sequence[Verdict]]) -> str:
    """Say how many of several classes of one subject each arm decides right."""
    known = [verdicts for unit, verdicts in zip(units, told, strict=True) if unit.truth is not None]
    if not known:
        return "The truth is unknown."
    right = {v.title: sum(bool(verdicts[at].right) for verdicts in known) for at, v in enumerate(known[0])}
    ranked = sorted(right.items(), key=lambda item: -item[1])
    return f"Right, of {len(known)} classes: {listed([f'{title} {n}' for title, n in ranked])}."


def timeline(line: Timeline) -> str:
    """Say how probable each arm finds the class, and where it is most and least sure of it."""
    told = []
    for course in line.courses:
        low, high = int(course.mean.argmin()), int(course.mean.argmax())
        ends = f"from {course.mean[low]:.2f} (window {line.position[low]}) to {course.mean[high]:.2f} ({line.position[high]})"
        told.append(f"{course.title} {course.mean.mean():.2f} on average, {ends}")
    true = int(line.true.sum())
    share = "all of them" if true == len(line.true) else f"{true} of them"
    return f"Probability of {line.klass} over {counted(len(line.true), 'window')}, true of {share}: {'; '.join(told)}."


def agree(found: Agreement) -> str:
    """Say which arm decides most like the teacher, and which pair is most apart."""
    pairs = [(i, j) for i in range(len(found.arms)) for j in range(i + 1, len(found.arms))]
    if not pairs:
        return "There is only one arm, so there is nothing to compare."
    apart = min(pairs, key=lambda pair: found.share[pair])
    told = f"Furthest apart: {found.titles[apart[0]]} and {found.titles[apart[1]]}, alike on {found.share[apart]:.0%}."
    if "teacher" in found.arms:
        at = found.arms.index("teacher")
        near = max((k for k in range(len(found.arms)) if k != at), key=lambda k: found.share[at, k])
        told = f"{found.titles[near]} decides most like the teacher: {_alike(found, at, near)}. {told}"
    return f"{told} n = {counted(found.windows, 'window')}."


def _alike(found: Agreement, i: int, j: int) -> str:
    kappa, single = found.kappa[i, j], [found.titles[k] for k in (i, j) if found.single[k]]
    if single:
        give = "give" if len(single) > 1 else "gives"
        return (
            f"alike on {found.share[i, j]:.0%}; {listed(single)} {give} every window to one class, so kappa says nothing here"
        )
    word = next((word for end, word in STRENGTH if kappa <= end), "almost perfect")
    return f"alike on {found.share[i, j]:.0%}, kappa {kappa:.2f} ({word})"


def heat(case: Case, bands: Mapping[str, tuple[float, float] | None]) -> str:
    """Say which arms share more attention with the teacher than they would by chance."""
    above, within, below = [], [], []
    for arm in case.arms:
        band = bands.get(arm.arm)
        if arm.overlap is None or band is None:
            continue
        (above if arm.overlap > band[1] else below if arm.overlap < band[0] else within).append(arm)
    said = [
        (above, "more attention with the teacher than by chance"),
        (within, "no more attention with the teacher than by chance"),
        (below, "less attention with the teacher than by chance"),
    ]
    told = [_peak(case)] + [
        f"{listed([_overlap(a, bands) for a in arms])} {_share(arms)} {words}." for arms, words in said if arms
    ]
    return " ".join(told)


def _peak(case: Case) -> str:
    """Say where the teacher looks most."""
    teacher = next((arm for arm in case.arms if arm.arm == "teacher" and arm.attention is not None), None)
    if teacher is None:
        return "There is no teacher's attention to compare with."
    step, top = case.duration_s / len(teacher.attention), int(teacher.attention.argmax())
    start = case.offset_s + top * step
    told = f"The teacher looks most at {start:g} to {start + step:g} s, with {teacher.attention[top]:.2f} of its attention"
    return f"{told}, but almost evenly everywhere." if evenness(teacher.attention) >= EVEN else f"{told}."


def _share(arms: Sequence[ArmCase]) -> str:
    return "shares" if len(arms) == 1 else "share"


def _overlap(arm: ArmCase, bands: Mapping[str, tuple[float, float] | None]) -> str:
    low, high = bands[arm.arm]
    return f"{arm.title} ({arm.overlap:.2f}; chance {low:.2f} to {high:.2f})"


def group(members: Sequence[Member]) -> str:
    """Say for how many subjects each arm decides right, and on whom the arms differ."""
    known = [member for member in members if member.verdicts and member.truth is not None]
    if not known:
        return "No subject of the group has one known class, so no decision for a whole subject can be checked."
    right = {v.title: sum(bool(m.verdicts[at].right) for m in known) for at, v in enumerate(known[0].verdicts)}
    ranked = sorted(right.items(), key=lambda item: -item[1])
    told = f"Right, of {counted(len(known), 'subject')}: {listed([f'{title} {n}' for title, n in ranked])}."
    split = [m.subject for m in known if len({v.decision for v in m.verdicts}) > 1]
    return f"{told} {f'Arms disagree on {listed(split)}.' if split else 'All arms agree on each of them.'}"


def describe_shares(summary: Summary, name: str) -> str:
    """Give the text alternative of the stacked bars."""
    rows = "; ".join(f"{arm.title} (n = {arm.models}): {_counts(summary, arm.decided)}" for arm in summary.arms)
    truth = f"Truth: {_counts(summary, summary.truth)}. " if summary.labeled else ""
    return f"{name}. Windows given to each class, of {summary.windows}. {truth}{rows}. {shares(summary)}"


def _counts(summary: Summary, counts: np.ndarray) -> str:
    return ", ".join(f"{summary.classes[k]} {int(counts[k])}" for k in np.flatnonzero(counts))
