"""What the lab found, in tables and sentences: plain rows for terminals, files and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdpd_core.evaluation import METRICS, scores
from rdpd_core.evaluation.scores import Interval
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.lab.answers import Answers, Estimate, Point, price

REDUNDANT, TOGETHER = "say the same", "worth more together"


def interval_words(interval: Interval | None, signed: bool = False) -> str:
    """Give the ends in brackets; empty if there is no interval."""
    sign = "+" if signed else ""
    return "" if interval is None else f"[{interval.low:{sign}.3f}, {interval.high:{sign}.3f}]"


def cell(estimate: Estimate | None, signed: bool = False) -> str:
    """Give a number with its interval."""
    if estimate is None or estimate.value is None:
        return ""
    return scores.cell(estimate.value, estimate.interval, sign=signed)


def percent(estimate: Estimate | None) -> str:
    """Give a share with its interval, in percent."""
    if estimate is None or estimate.value is None:
        return ""
    own = estimate.interval
    return f"{estimate.value:.0%}" + ("" if own is None else f" [{own.low:.0%}, {own.high:.0%}]")


def point_rows(answers: Answers, points: Sequence[Point], costs: Sequence[float]) -> list[dict[str, Any]]:
    """Give a row for each point, for people."""
    return [
        {
            "channels": answers.names(p.subset),
            "cost": f"{price(p.subset, costs):g}",
            "arm": ARMS[p.arm].title,
            "score [95%]": cell(p.score),
            "sd over seeds": "" if p.spread is None else f"{p.spread:.3f}",
            "over Direct [95%]": cell(p.gain, signed=True),
            "of the gap closed [95%]": percent(p.closed),
        }
        for p in points
    ]


def plain_rows(answers: Answers, costs: Sequence[float]) -> list[dict[str, Any]]:
    """Give a row for each subset and arm with numbers in columns of their own, for files."""
    found = []
    for p in answers.points:
        row: dict[str, Any] = {
            "channels": answers.names(p.subset), "units": len(p.subset), "cost": price(p.subset, costs), "arm": p.arm,
            "metric": answers.metric, "validation": p.valid, "seeds": p.seeds, "sd_over_seeds": p.spread,
        }  # fmt: skip
        for name, estimate in (("score", p.score), ("gain", p.gain), ("closed", p.closed)):
            interval = None if estimate is None else estimate.interval
            row |= {name: None if estimate is None else estimate.value}
            row |= {f"{name}_{end}": None if interval is None else getattr(interval, end) for end in ("low", "high")}
        found.append(row)
    return found


def worth_rows(answers: Answers) -> list[dict[str, Any]]:
    """Give a row for each unit: what it is worth to each arm."""
    arms = list(answers.worth)
    return [
        {"channel": name} | {f"worth to {ARMS[arm].title} [95%]": cell(answers.worth[arm][at], signed=True) for arm in arms}
        for at, name in enumerate(answers.units)
    ]


def pair_rows(answers: Answers, arm: str) -> list[dict[str, Any]]:
    """Give a row for each pair of units whose interval lies off 0, the most redundant first."""
    found = [(i, j, e) for i, j, e in answers.together[arm] if e.interval is not None and e.interval.excludes(0)]
    return [
        {
            "channels": f"{answers.units[i]} and {answers.units[j]}",
            "together minus apart [95%]": cell(e, signed=True),
            "": REDUNDANT if e.value < 0 else TOGETHER,
        }
        for i, j, e in sorted(found, key=lambda pair: pair[2].value)
    ]


def sentences(answers: Answers, costs: Sequence[float], within: float, arm: str = "rdpd") -> list[str]:
    """Say which set is enough, what imitation adds, and on what this rests."""
    title, score = ARMS[arm].title, METRICS[answers.metric].title
    told = []
    best = answers.cheapest(arm, costs, within)
    if best is None:
        told.append(f"No set of {title} comes within {within:g} of the teacher's {score} on the validation subjects.")
    else:
        told.append(
            f"The cheapest set whose {title} comes within {within:g} of the teacher's {score} on the validation subjects is "
            f"{answers.names(best.subset)} (cost {price(best.subset, costs):g}): on the test subjects {cell(best.score)}, "
            f"the teacher {cell(answers.teacher)}."
        )
    told.append(_gain(answers, arm))
    told.append(basis(answers))
    return told


def _gain(answers: Answers, arm: str) -> str:
    points = answers.of(arm)
    above = [p for p in points if p.gain is not None and p.gain.interval is not None and p.gain.interval.low > 0]
    below = [p for p in points if p.gain is not None and p.gain.interval is not None and p.gain.interval.high < 0]
    seeds = min(p.seeds for p in points)
    by_chance = len(points) * 0.025
    told = (
        f"{ARMS[arm].title} lies above Direct, by its 95% interval, on {len(above)} of {len(points)} sets, and below on "
        f"{len(below)}; {by_chance:.1f} each way are expected by chance alone, as intervals are not corrected for their number."
    )
    return told + (f" {seeds} seeds are too few to claim a difference." if seeds < 5 else "")


def basis(answers: Answers) -> str:
    """Say on what the numbers rest."""
    how = "exact Shapley values" if answers.whole else "mean gains over the subsets that were trained, not Shapley values"
    return (
        f"n = {answers.n_windows} windows of {answers.n_subjects} test subjects; brackets: 95% interval from resampling "
        f"subjects and seeds {answers.draws} times. Sets are chosen on the validation subjects, numbers are of the test. "
        f"Worth: {how}; without any channel the score is {answers.chance:.3f}."
    )
