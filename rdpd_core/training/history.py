"""What happened in training: a plain list of rows, saved as JSON."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def epoch_row(epoch: int, losses: dict[str, float], score: float, own: dict[str, Any] | None = None) -> Row:
    """Give one row.

    Args:
        epoch: Counted from 1.
        losses: Mean of each weighted term over the epoch's batches.
        score: Validation score that chooses the epoch.
        own: The method's own learned numbers at the end of the epoch, such as the weights of RDPD's combined label.
    """
    return {"epoch": epoch, "losses": losses, "score": score, **({"own": own} if own else {})}


def best_row(rows: list[Row]) -> Row:
    """Give the row with the highest score, the earliest of equals."""
    return max(rows, key=lambda row: (row["score"], -row["epoch"]))
