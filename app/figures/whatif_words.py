"""What edits are and what they changed, in sentences made from numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.figures.case import case_title
from app.figures.text import listed
from app.figures.whatif_record import WhatIf
from app.figures.whatif_signals import steps
from rdpd_core.evaluation.edits import EVERY, Burst, Cut, Edit, Noise, Scale, Shift, Swap, apply
from rdpd_core.experiments.cases import ArmCase

FELT = 0.005
"""A probability that moves by less is said to stay."""


def edit_words(edit: Edit) -> str:
    """Say what an edit does, in a few words."""
    where = "all channels" if edit.channel == EVERY else edit.channel
    said: dict[type[Edit], Callable[[], str]] = {
        Noise: lambda: f"{edit.distribution} noise of {edit.amplitude:g} SD on {where}, draw {edit.seed}",
        Scale: lambda: f"{where} times {edit.factor:g}",
        Swap: lambda: f"{edit.channel} and {edit.other} swapped",
        Shift: lambda: f"{where} {abs(edit.seconds):g} s {'later' if edit.seconds >= 0 else 'earlier'}",
        Burst: lambda: f"motion burst of {edit.amplitude:g} SD on {where}, {_from(edit)}, draw {edit.seed}",
        Cut: lambda: f"{where} cut {_from(edit)}",
    }
    return said.get(type(edit), lambda: f"{where} {'dropped' if edit.name == 'drop' else 'flattened'}")()


def _from(edit: Burst | Cut) -> str:
    return f"{edit.start_s:g} to {edit.start_s + edit.length_s:g} s of the window"


def noise_words(shown: WhatIf, at: int) -> str:
    """Say how loud a noise is beside the signal it falls on; empty for other edits, and where there is no noise."""
    edit = shown.edits[at]
    if not isinstance(edit, Noise) or edit.idle():
        return ""
    signal = apply(shown.edits[:at], shown.before.signal[None], shown.ground, [shown.start])[0]
    found = [edit.snr(signal[row], row, shown.ground) for row in edit.rows(shown.ground)]
    if not all(np.isfinite(found)):
        return "no signal left to compare the noise with"
    told = f"{found[0]:.1f} dB" if len(found) == 1 else f"{min(found):.1f} to {max(found):.1f} dB over {len(found)} channels"
    return f"signal to noise in this window: {told}"


def change(before: ArmCase, after: ArmCase, classes: tuple[str, ...]) -> str:
    """Say what an arm says now that it did not say before."""
    old, new = int(np.argmax(before.probability)), int(np.argmax(after.probability))
    if np.array_equal(before.probability, after.probability):
        return f"{after.title} does not see it: {classes[old]} {before.probability[old]:.2f}, as before."
    if old != new:
        said = f"{classes[old]} {before.probability[old]:.2f} to {classes[new]} {after.probability[new]:.2f}"
        return f"{after.title} changes from {said}."
    if abs(after.probability[new] - before.probability[old]) < FELT:
        return f"{after.title} stays at {classes[old]} {after.probability[new]:.2f}."
    return (
        f"{after.title} stays with {classes[old]}, {before.probability[old]:.2f} before and {after.probability[new]:.2f} after."
    )


def changes(shown: WhatIf) -> list[str]:
    """Give a sentence per arm."""
    pairs = zip(shown.before.arms, shown.after.arms, strict=True)
    return [change(before, after, shown.after.classes) for before, after in pairs]


def verdict(shown: WhatIf) -> str:
    """Say who changed the decision, and who is right after it."""
    if not shown.edits:
        return "Nothing is edited yet: before and after are the same."
    pairs = list(zip(shown.before.arms, shown.after.arms, strict=True))
    moved = [a.title for b, a in pairs if np.argmax(b.probability) != np.argmax(a.probability)]
    kept = [a.title for b, a in pairs if np.argmax(b.probability) == np.argmax(a.probability)]
    said = _decided(moved, kept)
    if shown.after.truth is None:
        return f"{said} The truth is unknown."
    true = shown.after.classes.index(shown.after.truth)
    right = [sum(int(np.argmax(arm.probability)) == true for arm in case.arms) for case in (shown.before, shown.after)]
    return f"{said} The truth is {shown.after.truth}: {right[0]} of {len(pairs)} were right before, {right[1]} after."


def _decided(moved: list[str], kept: list[str]) -> str:
    if not moved:
        return "No arm changes its decision."
    if not kept:
        return "Every arm changes its decision."
    return f"{listed(moved)} {_s(moved, 'change')} the decision; {listed(kept)} {_s(kept, 'do', 'does')} not."


def _s(names: list[str], many: str, one: str = "") -> str:
    return many if len(names) > 1 else one or f"{many}s"


def legend(shown: WhatIf) -> str:
    """Say how signals and attention are drawn, and which edited channels are not."""
    grid = ", ".join(f"{paper.major_y:g} {unit}" for unit, paper in steps(shown).items())
    hidden = len(shown.touched() - set(shown.drawn()))
    left = f" {hidden} more edited channels are not drawn." if hidden else ""
    return (
        f"Gray before, strong after; a band marks what was edited. ▸ marks what the students read.{left} "
        f"Strong grid lines are {grid} apart. Each signal stands around its median. Attention: bars after, dots before."
    )


def basis() -> str:
    """Say what stands behind the numbers."""
    return (
        "Bars: mean over n seeds; whiskers: standard deviation over seeds, cut at 0 and 1. 1 SD of a channel is its standard "
        "deviation over the training subjects. No model learned from this subject."
    )


def describe_signals(shown: WhatIf) -> str:
    """Give the text alternative of signals and attention."""
    names = [shown.before.channels[row].name for row in shown.drawn()]
    edits = "; ".join(map(edit_words, shown.edits)) or "none"
    looks = [
        f"{a.title} {_numbers(b.attention)} before, {_numbers(a.attention)} after"
        for b, a in zip(shown.before.arms, shown.after.arms, strict=True)
        if a.attention is not None
    ]
    return (
        f"{case_title(shown.before)}. Signals over time in s, before and after: {listed(names)}; edits in order: {edits}. "
        f"Attention from the first to the last segment: {'; '.join(looks) or 'none'}."
    )


def describe_classes(shown: WhatIf) -> str:
    """Give the text alternative of the class distributions."""
    rows = [
        f"{a.title} (n = {a.models}): {_moves(shown.after.classes, b, a)}"
        for b, a in zip(shown.before.arms, shown.after.arms, strict=True)
    ]
    return f"{case_title(shown.before)}. Probability of each class before and after: {'; '.join(rows)}. {verdict(shown)}"


def _moves(classes: tuple[str, ...], before: ArmCase, after: ArmCase) -> str:
    pairs = zip(classes, before.probability, after.probability, strict=True)
    return ", ".join(f"{name} {old:.2f} to {new:.2f}" for name, old, new in pairs)


def _numbers(shares: np.ndarray) -> str:
    return ", ".join(f"{share:.2f}" for share in shares)
