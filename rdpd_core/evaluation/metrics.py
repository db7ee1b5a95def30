"""Point scores of predictions, computed by scikit-learn one class against the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rdpd_core.errors import DataError
from rdpd_core.evaluation.calibration import calibration
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import Scores

THRESHOLD = 0.5


def score(predictions: Predictions) -> Scores:
    """Give every score, overall and per class, without intervals.

    Windows without a label are left out. Averages run over the classes that have windows; the others are named in `absent`.
    The scores are those of RDPD (Hong et al., IJCAI 2019, and its published code), which averages one class against the
    others without weights.

    Raises:
        DataError: No window has a label, or all windows are of one class.
    """
    known = predictions.labeled()
    present = present_classes(known)
    ranking = _ranking(known, present)
    decisions, values = _decisions(known, present)
    per_class = ranking | decisions
    values = {
        "roc_auc": float(np.mean(ranking["roc_auc"])),
        "pr_auc": float(np.mean(ranking["pr_auc"])),
        "macro_f1": float(np.mean(decisions["f1"])),
        "macro_f1_threshold": float(np.mean(decisions["f1_threshold"])),
        **values,
        **calibration(known.probability, known.target),
    }
    return with_counts(predictions, values, per_class)


def with_counts(predictions: Predictions, values: Mapping[str, float], per_class: Mapping[str, Sequence[float]]) -> Scores:
    """Give scores together with the numbers of windows and people behind them.

    Args:
        predictions: What was scored.
        values: By metric.
        per_class: By per-class metric, one for each class that has windows.
    """
    known = predictions.labeled()
    support = np.bincount(known.target, minlength=len(known.classes))
    names = [c for c, n in zip(known.classes, support, strict=True) if n]
    return Scores(
        values=dict(values),
        per_class={m: dict(zip(names, map(float, v), strict=True)) for m, v in per_class.items()},
        support={name: int(n) for name, n in zip(known.classes, support, strict=True)},
        subjects={c: len(np.unique(known.subject[known.target == k])) for k, c in enumerate(known.classes)},
        n_windows=len(known),
        n_subjects=len(np.unique(known.subject)),
        n_recordings=len(set(zip(known.subject.tolist(), known.recording.tolist(), strict=True))),
        n_unlabeled=len(predictions) - len(known),
        absent=tuple(c for k, c in enumerate(known.classes) if not support[k]),
    )


def present_classes(known: Predictions) -> np.ndarray:
    """Give the positions of the classes that labeled predictions have windows of; see `check_classes`."""
    return check_classes(np.bincount(known.target, minlength=len(known.classes)), known.classes)


def check_classes(support: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Give the positions of the classes that have windows.

    Args:
        support: (K,), windows of each class.
        classes: Their names.

    Raises:
        DataError: There is only one.
    """
    present = np.flatnonzero(support)
    if len(present) < 2:
        only = classes[present[0]] if len(present) else "none"
        raise DataError(
            f"all {int(support.sum())} windows are of one class ({only}); "
            "scores compare classes, so give windows of two or more"
        )
    return present


def _ranking(known: Predictions, present: np.ndarray) -> dict[str, list[float]]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    pairs = [(known.target == k, known.probability[:, k]) for k in present]
    return {
        "roc_auc": [roc_auc_score(true, p) for true, p in pairs],
        "pr_auc": [average_precision_score(true, p) for true, p in pairs],
    }


def _decisions(known: Predictions, present: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    from sklearn.metrics import precision_recall_fscore_support

    called = known.probability.argmax(axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(known.target, called, labels=present, zero_division=0)
    _, _, threshold, _ = precision_recall_fscore_support(
        known.target[:, None] == present, known.probability[:, present] >= THRESHOLD, zero_division=0
    )
    right = float(np.mean(called == known.target))
    per_class = {"f1": f1, "f1_threshold": threshold, "precision": precision, "recall": recall}
    return per_class, {"micro_f1": right, "accuracy": right}
