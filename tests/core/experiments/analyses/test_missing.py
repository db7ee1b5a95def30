"""Which sets of channels are taken away, and what an arm that needs one of them is said to lose."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rdpd_core.experiments.analyses import missing
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN
from rdpd_core.experiments.analyses.missing import STEPS, Missing, plan
from rdpd_core.experiments.cases import CaseBook
from rdpd_core.experiments.source import Asked, Source
from rdpd_core.preprocessing import Splits
from tests.core.experiments.analyses import made


def test_few_channels_are_taken_away_in_every_way():
    assert plan(1, 6) == [(), (0,)]
    assert plan(3, 6) == [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]


def test_many_channels_are_sampled_and_every_single_one_is_tried():
    found = plan(45, 4)
    sizes = [len(subset) for subset in found]
    assert len(set(found)) == len(found)
    assert sizes.count(1) == 45
    assert sizes[0] == 0
    assert sizes[-1] == 45
    assert len(set(sizes)) <= STEPS + 1
    assert all(sizes.count(k) == min(4, math.comb(45, k)) for k in set(sizes) - {1})
    assert found == plan(45, 4), "the same sets every time"


class ReadsOne:
    """Says the class that the mean of one channel tells: -1, 0 or 1."""

    def __init__(self, row: int) -> None:
        self.row = row

    def ask(self, x):
        """Give what a model says about windows (B, C, T)."""
        named = np.clip(np.round(x[:, self.row].mean(axis=1)).astype(int) + 1, 0, 2)
        return [SimpleNamespace(probability=np.full((len(x), 3), 0.1) + 0.7 * np.eye(3)[named])]


def source(people: int, monkeypatch) -> Source:
    """Give a source of two arms over the same two channels: "rdpd" goes by the first of them alone, "direct" by the second."""
    windows = made.windows(people)
    signal = np.repeat(np.stack([windows.target - 1, windows.target - 1]), 4, axis=1).astype(np.float32)
    windows = replace(windows, signal=signal)
    arms = [replace(made.arm(name, np.zeros((1, len(windows), 3))), channels=("x", "y")) for name in ("direct", "rdpd")]
    prepared = SimpleNamespace(facts={}, windows=windows)
    statistics = SimpleNamespace(mean=np.zeros(2))
    loaded = SimpleNamespace(splits=Splits(windows, windows, windows), prepared=prepared, split="fixed", statistics=statistics)

    class Both:
        def ask(self, x):
            """Ask both arms."""
            return [*ReadsOne(1).ask(x), *ReadsOne(0).ask(x)]

    monkeypatch.setattr(missing, "_asker", lambda ground, books, reads: Both())
    return Source(Asked("hand"), lambda part: CaseBook(loaded, "arm", "tuned", tuple(arms)))


def test_an_arm_loses_what_it_needs_and_nothing_else(monkeypatch):
    found = Missing(Missing.Params(draws=100)).run(source(12, monkeypatch), made.nothing)
    single = {(row["arm"], row["channel"]): row["loss"] for row in found.tables["Single channels"]}
    assert single[("rdpd", "x")] == pytest.approx(1 - 0.5 / 3)  # then all are called the middle class: F1 of 1/2, 0 and 0
    assert single[("rdpd", "y")] == pytest.approx(0)
    assert single[("direct", "y")] == pytest.approx(1 - 0.5 / 3)
    course = [(row["missing"], row["sets"]) for row in found.tables["Channels missing"] if row["arm"] == "rdpd"]
    assert course == [(0, 1), (1, 2), (2, 1)]
    about = {s.about["arm"]: s for s in found.sentences}
    assert about["rdpd"].claim == SHOWN
    assert "loses most without x" in about["rdpd"].text
    assert about["rdpd"].value == pytest.approx((1 - 0.5 / 3) / 2)


def test_too_few_people_have_no_interval(monkeypatch):
    monkeypatch.setattr("rdpd_core.evaluation.intervals.MINIMUM_UNITS", 99)
    found = Missing(Missing.Params(draws=100)).run(source(3, monkeypatch), made.nothing)
    assert {s.claim for s in found.sentences} == {UNKNOWN}
    assert any("too few to resample" in said for said in found.notices)


def test_a_channel_that_nobody_needs_costs_nothing_that_is_shown(monkeypatch):
    given = source(12, monkeypatch)

    class Even:
        def ask(self, x):
            """Say the same of every window, whatever it shows."""
            return [SimpleNamespace(probability=np.tile([0.2, 0.5, 0.3], (len(x), 1)))] * 2

    monkeypatch.setattr(missing, "_asker", lambda ground, books, reads: Even())
    found = Missing(Missing.Params(draws=100)).run(given, made.nothing)
    assert {s.claim for s in found.sentences} == {NOT_SHOWN}
    assert all("is not shown" in s.text for s in found.sentences)
