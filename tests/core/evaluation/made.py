"""Predictions made by hand for the tests of this room."""

from __future__ import annotations

import numpy as np

from rdpd_core.evaluation.predictions import Predictions, softmax
from rdpd_core.runtime import numpy_generator


def predictions(
    n: int = 300,
    *,
    classes: int = 4,
    subjects: int = 12,
    skill: float = 1.0,
    seed: object = 0,
    digits: int | None = None,
    missing: tuple[int, ...] = (),
    attention: int | None = None,
) -> Predictions:
    """Give random predictions of a given skill; equal arguments share windows, `skill` and `seed` change only the answers.

    Args:
        n: Windows.
        classes: K.
        subjects: People, each with two recordings.
        skill: Added to the logit of the true class.
        seed: Of the answers, not of the windows.
        digits: Round probabilities, which makes ties.
        missing: Classes that no window has.
        attention: S, or None.
    """
    windows = numpy_generator("windows", n, classes, subjects)
    there = np.array([k for k in range(classes) if k not in missing])
    target = there[windows.integers(0, len(there), n)]
    subject = windows.integers(0, subjects, n)
    recording = subject * 2 + windows.integers(0, 2, n)
    answers = numpy_generator("answers", seed, n, classes)
    logits = answers.normal(size=(n, classes))
    logits[np.arange(n), target] += skill
    probability = softmax(logits)
    if digits is not None:
        probability = np.round(probability, digits)
    weights = None if attention is None else answers.dirichlet(np.ones(attention), n)
    names = tuple(f"class {k}" for k in range(classes))
    return Predictions(probability, target, subject.astype(str), recording.astype(str), names, weights)
