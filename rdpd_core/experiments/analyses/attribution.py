"""Which channels and moments speak for a decision, and whether such pictures may be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rdpd_core.errors import DataError, IncompatibleError, ParameterError
from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES
from rdpd_core.evaluation.believe import Effort
from rdpd_core.evaluation.believed import Belief
from rdpd_core.evaluation.estimates import mean_of
from rdpd_core.evaluation.intervals import resampling_units
from rdpd_core.experiments.analyses._attribution_said import notices, said, tables
from rdpd_core.experiments.analyses.base import ANALYSES, Analysis, OnProgress, Result
from rdpd_core.experiments.data import parts_of
from rdpd_core.experiments.explain import (
    Explained,
    How,
    baselines_alike,
    belief_of,
    checked_places,
    explain,
    methods_alike,
    scaled,
    shared,
)
from rdpd_core.experiments.source import Source
from rdpd_core.models import Model
from rdpd_core.params import Params, choice, flag, number
from rdpd_core.runtime import numpy_generator
from rdpd_core.store import ModelCard
from rdpd_core.types import Windows

COLUMNS = 100
"""Pieces of time in a picture."""
PREFERRED = ("rdpd", "distill", "direct")
PAIRINGS = 200


@ANALYSES.register
class AttributionAnalysis(Analysis):
    """Evidence by channel, group and time for a teacher and a student, with the checks behind "Believe it?"."""

    name = "attribution"
    title = "Which channels and moments decide"
    help = "Which channels and moments speak for a decision, and whether such pictures may be believed."
    version = 2

    @dataclass(frozen=True)
    class Params(Params):
        """Settings."""

        method: str = choice("integrated_gradients", ATTRIBUTORS.names(), "what gives the evidence of each value")
        baseline: str = choice("zero", tuple(BASELINES), "what stands for nothing there")
        target: str = choice("predicted", ("predicted", "true"), "the class explained")
        steps: int = number(64, 8, 512, "points on the way from the baseline, for methods that walk or draw")
        windows: int = number(24, 1, 500, "windows explained, spread over people and classes")
        window: int = number(0, 0, 100_000, "only this one of the chosen subjects' windows, from 1; 0 takes many")
        pictures: int = number(4, 0, 50, "windows whose heat map is kept")
        checks: bool = flag(True, "check whether the pictures may be believed; takes seconds to minutes the first time")
        checked: int = number(32, 12, 500, "windows that the checks look at, of all test subjects")
        copies: int = number(20, 19, 500, "copies with random weights that the checks ask")

    def run(self, source: Source, on_progress: OnProgress) -> Result:
        """Explain and check every model.

        Raises:
            IncompatibleError: The method can explain none of the models.
            ParameterError: There is no such window.
        """
        windows = source.book().windows
        places = self._places(windows)
        opened = self._fitting(source)
        explained: dict[str, Explained] = {}
        found: dict[str, Any] = {}
        for at, (card, model) in enumerate(opened):
            on_progress("explaining windows", at, len(opened))
            one = explain(model, card, source.loaded, windows, places, self._how, self.params.target)
            explained[card.name] = one
            found[card.name] = self._record(source, model, one, places, on_progress)
        first = next(iter(explained.values()))
        values = {
            "settings": self.params.to_dict(),
            "classes": windows.classes,
            "channels": [{"name": c.name, "unit": c.unit, "group": c.group} for c in windows.channels],
            "window_s": windows.samples / windows.sampling_rate,
            "places": places,
            "n_windows": len(places),
            "n_subjects": len(np.unique(windows.subject[places])),
            "signed": first.attribution.signed,
            "additive": first.attribution.additive,
            "models": found,
            "pairs": list(_pairs(explained, windows, places)),
            "left_out": self._left_out(source),
        }
        return Result(values, tables(values), tuple(said(values)), tuple(notices(values)))

    @property
    def _how(self) -> How:
        return How(self.params.method, self.params.baseline, self.params.steps)

    def _places(self, windows: Windows) -> np.ndarray:
        if not len(windows):
            raise DataError("there are no windows to explain; choose subjects that have some")
        if self.params.window > len(windows):
            raise ParameterError(f"window {self.params.window}: the chosen subjects have {len(windows)} windows, from 1")
        if self.params.window:
            return np.array([self.params.window - 1])
        return checked_places(windows, self.params.windows)

    def _fitting(self, source: Source) -> list[tuple[ModelCard, Model]]:
        opened = [(card, source.model(card)) for card in chosen(source)]
        kind = ATTRIBUTORS.get(self.params.method)
        fitting = [(card, model) for card, model in opened if not kind.fits(model)]
        if not fitting:
            card, model = opened[0]
            raise IncompatibleError(f"{kind.title} cannot explain {card.name}: {kind.fits(model)}; choose another method")
        return fitting

    def _left_out(self, source: Source) -> list[dict[str, str]]:
        kind = ATTRIBUTORS.get(self.params.method)
        reasons = [(card.title, kind.fits(source.model(card))) for card in chosen(source)]
        return [{"model": title, "reason": reason} for title, reason in reasons if reason]

    def _record(
        self, source: Source, model: Model, one: Explained, places: np.ndarray, on_progress: OnProgress
    ) -> dict[str, Any]:
        windows, loaded, p = source.book().windows, source.loaded, self.params
        x, asked = scaled(one.card, loaded, windows, places), one.attribution.target
        on_progress("asking other methods and baselines", 0, 1)
        belief = None
        if p.checks:
            effort = Effort(copies=p.copies)
            belief = belief_of(model, one.card, loaded, self._how, effort, p.checked, on_progress)
        return {
            **_about(one),
            **_evidence(one, windows, places),
            "windows": list(_windows(one, windows, places)),
            "heat": np.round(one.heat(min(COLUMNS, windows.samples))[: p.pictures], 5),
            "methods": methods_alike(model, x, asked, self._how),
            "baselines": baselines_alike(model, x, asked, self._how),
            "belief": None if belief is None else _belief(belief, source, p.checked),
        }


def chosen(source: Source) -> list[ModelCard]:
    """Give the models that are asked: those named, else the first seed of the teacher and of the best-known student arm."""
    if source.asked.models:
        return [source.card(name) for name in source.asked.models]
    arms = {arm.arm: arm.cards[0] for arm in source.book().arms}
    students = [name for name in (*PREFERRED, *arms) if name in arms and name != "teacher"]
    return [arms[name] for name in ("teacher", *students[:1]) if name in arms]


def _about(one: Explained) -> dict[str, Any]:
    card = one.card
    return {"name": card.name, "title": card.title, "arm": card.arm, "role": card.role, "read": one.read.tolist()}


def _evidence(one: Explained, windows: Windows, places: np.ndarray) -> dict[str, Any]:
    """Give mean sums by channel, group and time, and how complete they are; shares are of the absolute sums."""
    found = one.attribution
    units = resampling_units(windows.subject[places], windows.recording[places])
    by_channel, sums = found.by_channel(), np.abs(one.sums()).sum(axis=2)  # (n, C)
    share = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)
    groups, by_group = found.by_group([c.group for c in one.channels])
    heard = {c.group for c, read in zip(one.channels, one.read, strict=True) if read}
    return {
        "by_channel": by_channel.mean(axis=0),
        "share": [mean_of(share[:, c], units, key="share").to_dict() for c in range(share.shape[1])],
        "by_group": {g: v for g, v in zip(groups, by_group.mean(axis=0).tolist(), strict=True) if g in heard},
        "over_time": found.over_time(one.segments).mean(axis=0),
        "completeness": None if found.completeness is None else found.completeness,
    }


def _windows(one: Explained, windows: Windows, places: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield what is told of each window."""
    found, segments = one.attribution, one.attribution.over_time(one.segments)
    by_channel, classes = found.by_channel(), windows.classes
    for at, place in enumerate(places):
        truth = int(windows.target[place])
        yield {
            "place": int(place),
            "subject": str(windows.subject[place]),
            "recording": str(windows.recording[place]),
            "offset_s": float(windows.offset_s[place]),
            "truth": classes[truth] if truth >= 0 else None,
            "predicted": classes[int(one.probability[at].argmax())],
            "explained": classes[int(found.target[at])],
            "probability": float(one.probability[at, found.target[at]]),
            "evidence": float(found.score[at]),
            "baseline_evidence": float(found.reference[at]),
            "completeness": None if found.completeness is None else float(found.completeness[at]),
            "by_channel": np.round(by_channel[at], 5),
            "over_time": np.round(segments[at], 5),
        }


def _belief(belief: Belief, source: Source, count: int) -> dict[str, Any]:
    loaded = source.loaded
    windows = parts_of(loaded.dataset, loaded.prepared, loaded.split).test
    places = checked_places(windows, count)
    units = resampling_units(windows.subject[places], windows.recording[places])
    return belief.to_dict() | {"gap": mean_of(belief.curves.gap, units, key="gap").to_dict(), "band": belief.curves.band}


def _pairs(explained: Mapping[str, Explained], windows: Windows, places: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield how alike each student and the teacher find the windows, on the channels that both read."""
    teacher = next((e for e in explained.values() if e.card.role == "teacher"), None)
    units = resampling_units(windows.subject[places], windows.recording[places])
    for student in explained.values():
        if teacher is None or student.card.role == "teacher" or not (teacher.read & student.read).any():
            continue
        alike = shared(teacher, student)
        draw = numpy_generator("shared", student.card.name)
        orders = (draw.permutation(len(alike)) for _ in range(PAIRINGS))
        drawn = [shared(teacher, student.taken(order)).mean() for order in orders] if len(alike) > 1 else []
        yield {
            "teacher": teacher.card.title,
            "student": student.card.title,
            "name": student.card.name,
            "channels": int((teacher.read & student.read).sum()),
            "alike": mean_of(alike, units, key="shared").to_dict(),
            "band": [float(v) for v in np.percentile(drawn, [2.5, 97.5])] if drawn else None,
        }
