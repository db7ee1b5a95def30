"""How often a comparison calls two arms different that differ in their seeds only: what its verdicts are worth.

References:
    Kohavi, Longbotham, Sommerfield and Henne, Data Mining and Knowledge Discovery 18, 2009 (the A/A test).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rdpd_core.errors import ParameterError
from rdpd_core.evaluation.arms import Run
from rdpd_core.evaluation.comparison import compare
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import HEADLINE
from rdpd_core.runtime import numpy_generator


@dataclass(frozen=True)
class FalseAlarms:
    """What repeats of an A/A test gave.

    Attributes:
        repeats: How many comparisons.
        seeds: Models of each arm.
        by_metric: How many of them claimed a difference, by metric.
        any_metric: How many claimed one under any metric.
    """

    repeats: int
    seeds: int
    by_metric: dict[str, int]
    any_metric: int

    def line(self) -> str:
        """Give the result as a sentence."""
        parts = ", ".join(f"{name} {n / self.repeats:.1%}" for name, n in self.by_metric.items())
        return (
            f"arms that differ in their seeds only were called different: {parts} "
            f"(n = {self.repeats} repeats of {self.seeds} seeds; under any of these {self.any_metric / self.repeats:.1%})"
        )


def false_alarms(
    drawn: Callable[[int], tuple[Sequence[Predictions], Sequence[Predictions]]],
    repeats: int = 200,
    metrics: Sequence[str] = HEADLINE,
    draws: int = 200,
) -> FalseAlarms:
    """Count how often two arms of the same kind are called different by `compare`.

    Args:
        drawn: Gives, for a repeat, the predictions of as many models for each arm, all on the same windows.
        repeats: Comparisons.
        metrics: Scores compared.
        draws: Resamples of people and seeds in each.
    """
    found, some, seeds = dict.fromkeys(metrics, 0), 0, 0
    for repeat in range(repeats):
        first, second = drawn(repeat)
        seeds = len(first)
        runs = [Run(arm, seed, "0", p) for arm, own in (("a", first), ("b", second)) for seed, p in enumerate(own)]
        rows = compare(runs, "a", metrics, draws=draws, seed=repeat, titles={}).rows
        claims = {name: rows[name][1].difference.claim != "none" for name in metrics}
        found = {name: n + claims[name] for name, n in found.items()}
        some += any(claims.values())
    return FalseAlarms(repeats, seeds, found, some)


def halves(models: Sequence[Predictions], seeds: int) -> Callable[[int], tuple[list[Predictions], list[Predictions]]]:
    """Give what deals models of one arm at random into two arms of `seeds` each.

    Raises:
        ParameterError: There are fewer than twice as many.
    """
    if len(models) < 2 * seeds:
        raise ParameterError(f"{len(models)} models cannot make two arms of {seeds}; train {2 * seeds} or more")

    def dealt(repeat: int) -> tuple[list[Predictions], list[Predictions]]:
        order: Iterator[int] = iter(numpy_generator("halves", repeat).permutation(len(models)).tolist())
        return tuple([models[next(order)] for _ in range(seeds)] for _ in range(2))

    return dealt
