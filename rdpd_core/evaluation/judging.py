"""What may be claimed of differences that are looked at together: corrected for their number, each with its sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rdpd_core.evaluation.arms import Comparison, Difference, Row
from rdpd_core.evaluation.paired import are_enough, holm, smallest_p, verdict
from rdpd_core.evaluation.scores import metric


def has_enough(difference: Difference) -> bool:
    """Say whether there are trainings enough behind it for a test to mean anything."""
    return difference.p is not None and are_enough(difference.n_seeds, difference.n_pairs, difference.pairs)


def judge(differences: Sequence[Difference], references: Sequence[str], higher_is_better: bool) -> list[Difference]:
    """Give the differences with corrected p, claim and sentence, whatever these were before.

    Args:
        differences: All that are looked at; those with too few trainings are not counted in the correction.
        references: Title of the arm that each is held against.
        higher_is_better: Direction of the metric.
    """
    tested = [at for at, d in enumerate(differences) if has_enough(d)]
    corrected = dict(zip(tested, holm([differences[at].p for at in tested]), strict=True))
    reachable = dict(zip(tested, holm([smallest_p(differences[at].n_pairs) for at in tested]), strict=True))
    found = []
    for at, d in enumerate(differences):
        claim, sentence = verdict(
            reference=references[at],
            n_seeds=d.n_seeds,
            n_pairs=d.n_pairs,
            pairs=d.pairs,
            mean=d.mean,
            interval=d.interval,
            p_holm=corrected.get(at),
            reachable=reachable.get(at, 1.0),
            higher_is_better=higher_is_better,
        )
        found.append(replace(d, p_holm=corrected.get(at), claim=claim, verdict=sentence))
    return found


def judged(rows: Sequence[Row], name: str, reference: str) -> tuple[Row, ...]:
    """Give the rows of one metric with their differences judged together.

    Args:
        rows: Of a comparison.
        name: Of the metric.
        reference: Title of the arm that the others are held against.
    """
    own = [row.difference for row in rows if row.difference is not None]
    found = iter(judge(own, [reference] * len(own), metric(name).higher_is_better))
    return tuple(row if row.difference is None else replace(row, difference=next(found)) for row in rows)


def stored(values: Mapping[str, Any]) -> Comparison:
    """Read a comparison that was kept, judged by the rules of this version: its numbers stay, its words may be others.

    Args:
        values: What `Comparison.to_dict` gave.

    Raises:
        DataError: It is no comparison.
    """
    kept = Comparison.from_dict(values)
    rows = {name: judged(own, name, _reference(kept, own)) for name, own in kept.rows.items()}
    return replace(kept, rows=rows)


def _reference(comparison: Comparison, rows: Sequence[Row]) -> str:
    return next((row.title for row in rows if row.arm == comparison.reference), comparison.reference)
