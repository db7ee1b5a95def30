"""Durations and sizes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rdpd_core.experiments.stages import APART

if TYPE_CHECKING:
    from rdpd_core.experiments._forecast_pace import Setup
    from rdpd_core.experiments.forecast import Forecast, Stage

NOT_TIMED = "this kind of training was not timed on this machine yet; a trial of some seconds tells"
BUSY = 0.7  # wanting processes for each core, from which on a job must share
_KINDS = {
    "teacher": "teacher", APART: "teachers that leave out subjects", "search": "choosing settings",
    "students": "students", "oracle": "oracle-size students",
}  # fmt: skip
_UNITS = (("days", 86400.0, 2 * 86400.0), ("h", 3600.0, 5400.0), ("min", 60.0, 90.0), ("s", 1.0, 0.0))


class Span(NamedTuple):
    """How long something takes, in s.

    Attributes:
        earliest: If every model stops as early as it may.
        usual: If they stop when models of this program usually did.
        most: If none stops before its last epoch.
    """

    earliest: float
    usual: float
    most: float


def total(spans: list[Span]) -> Span:
    """Give the sum of what comes one after another."""
    return Span(*map(sum, zip(*spans, strict=True))) if spans else Span(0.0, 0.0, 0.0)


def duration(seconds: float) -> str:
    """Give a duration in its own unit: "40 s", "4 min", "1.5 h", "3 days"."""
    word, size = _unit(seconds)
    return f"{_rounded(seconds / size)} {word}"


def between(span: Span) -> str:
    """Give the earliest and the latest, with one unit where one will do: "4 to 11 min", "50 s to 3 min"."""
    (low_word, low_size), (high_word, high_size) = _unit(span.earliest), _unit(span.most)
    low, high = _rounded(span.earliest / low_size), _rounded(span.most / high_size)
    if low_word != high_word:
        return f"{low} {low_word} to {high} {high_word}"
    return f"{high} {high_word}" if low == high else f"{low} to {high} {high_word}"


def size(mb: float) -> str:
    """Give an amount of memory: "640 MB", "1.3 GB"."""
    return f"{mb / 1e3:.1f} GB" if mb >= 995 else f"{max(10, round(mb, -1)):.0f} MB"


def sentence(forecast: Forecast) -> str:
    """Give what is to be expected in one sentence."""
    parts = f" in {forecast.shards} shards, one after another," if forecast.shards > 1 else ""
    if forecast.seconds is None:
        return f"How long it takes{parts} is not known: {forecast.unknown}."
    memory = "" if forecast.memory_mb is None else f", at most {size(forecast.memory_mb)} of {_whose(forecast.setup)}"
    usual = duration(forecast.seconds.usual)
    stages = ", ".join(f"{name} {between(span)}" for name, span in by_kind(forecast.stages).items())
    told = f"about {between(forecast.seconds)}, usually {usual},{parts} on this machine ({_where(forecast.setup)}){memory}"
    return f"{told}: {stages}" if stages else told


def basis(forecast: Forecast) -> str:
    """Say what a forecast rests on."""
    if forecast.seconds is None:
        return forecast.unknown
    longest = max((s.most for s in forecast.stages), default=0)
    said = (
        "Rests on a few real steps timed on this machine. The shortest time is if every model stops improving after its first "
        f"epoch, the usual one if they stop when models of this program usually did, the longest if all {longest} epochs are "
        "trained; it holds while nothing else keeps the machine busy."
    )
    if forecast.load > BUSY:
        said += f" When it was timed, {forecast.load:.1f} processes wanted each core, so it may take longer."
    return said


def by_kind(stages: tuple[Stage, ...]) -> dict[str, Span]:
    """Give the seconds by kind of stage, over all splits and shards."""
    found: dict[str, list[Span]] = {}
    for stage in stages:
        found.setdefault(_KINDS[stage.key.rpartition("/")[2].partition("-")[0]], []).append(stage.seconds)
    return {name: total(spans) for name, spans in found.items()}


def _where(setup: Setup) -> str:
    if setup.device == "cpu":
        return f"CPU, {setup.threads} thread{'s' if setup.threads > 1 else ''}"
    return setup.machine if setup.device.startswith("cuda") else setup.device


def _whose(setup: Setup) -> str:
    return "the GPU's memory" if setup.device.startswith("cuda") else "memory"


def _unit(seconds: float) -> tuple[str, float]:
    return next((word, length) for word, length, least in _UNITS if seconds >= least)


def _rounded(value: float) -> str:
    if value < 1:
        return "1"
    return f"{value:.1f}".removesuffix(".0") if value < 3 else f"{value:.0f}"
