"""Arms side by side: numbers by hand, claims only where they are due."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rdpd_core.errors import DataError, IncompatibleError, ParameterError, StoppedError, UnknownNameError
from rdpd_core.evaluation.arms import Comparison, Row, Run
from rdpd_core.evaluation.comparison import compare
from rdpd_core.evaluation.intervals import draw_weights, evaluate
from rdpd_core.evaluation.metrics import score
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import HEADLINE
from rdpd_core.runtime import numpy_generator
from tests.core.evaluation.made import predictions


def runs(skills: dict[str, float], seeds: int = 10, folds: int = 1, n: int = 120, subjects: int = 15) -> list[Run]:
    """Give runs of arms of given skill; folds hold different people."""
    found = []
    for fold in range(folds):
        for seed in range(seeds):
            for arm, skill in skills.items():
                given = predictions(n, subjects=subjects, skill=skill, seed=(fold, seed, skill))
                people = np.char.add(f"fold {fold}, ", given.subject)
                found.append(Run(arm, seed, f"fold {fold}", replace(given, subject=people)))
    return found


def row(comparison: Comparison, arm: str, metric: str = "accuracy") -> Row:
    """Give one arm's row."""
    return next(r for r in comparison.rows[metric] if r.arm == arm)


@pytest.mark.slow
def test_means_spreads_and_differences_are_those_of_the_runs():
    given = runs({"direct": 1.0, "rdpd": 1.5}, seeds=6)
    found = compare(given, draws=100)
    own = {(r.arm, r.seed): score(r.predictions).values for r in given}
    for metric, rows in found.rows.items():
        direct, rdpd = (np.array([own[arm, s][metric] for s in range(6)]) for arm in ("direct", "rdpd"))
        assert rows[0].mean == pytest.approx(direct.mean())
        assert rows[1].spread == pytest.approx(rdpd.std(ddof=1))
        assert dict(rows[1].seeds) == pytest.approx(dict(enumerate(rdpd)))
        assert rows[1].difference.mean == pytest.approx((rdpd - direct).mean())
        assert rows[0].difference is None
    assert [r.title for r in found.rows["roc_auc"]] == ["Direct", "RDPD"]
    assert (found.n_windows, found.n_subjects, found.unit, found.n_units) == (120, 15, "subjects", 15)


@pytest.mark.slow
def test_a_clear_gain_a_clear_loss_and_no_difference():
    found = compare(runs({"direct": 1.0, "rdpd": 2.0, "distill": 0.2, "rdpd_r1": 1.00001}), draws=200)
    for metric in HEADLINE:
        assert row(found, "rdpd", metric).difference.claim == "better"
        assert row(found, "distill", metric).difference.claim == "worse"
        same = row(found, "rdpd_r1", metric).difference
        assert same.claim == "none"
        assert same.verdict.startswith("no difference shown (n=10 seeds, p=")
    better = row(found, "rdpd").difference
    assert better.interval.low > 0
    assert better.p == pytest.approx(2 / 2**10)
    assert better.p_holm >= better.p
    assert better.verdict.startswith("better than Direct (n=10 seeds")


def test_for_calibration_lower_is_better():
    given = runs({"direct": 1.0, "rdpd": 2.5})
    assert row(compare(given, metrics=["nll"], draws=100), "rdpd", "nll").difference.claim == "better"
    assert row(compare(given, "rdpd", ["nll"], draws=100), "direct", "nll").difference.verdict.startswith("worse than RDPD")


@pytest.mark.slow
def test_few_seeds_claim_nothing_and_five_cannot():
    three = row(compare(runs({"direct": 0.0, "rdpd": 4.0}, seeds=3), draws=100), "rdpd").difference
    assert (three.claim, three.verdict, three.p_holm) == ("none", "too few seeds to say (n=3)", None)
    five = row(compare(runs({"direct": 0.0, "rdpd": 4.0}, seeds=5), draws=100), "rdpd").difference
    assert five.p == 0.0625
    assert five.claim == "none"
    assert "n=5 seeds cannot reach p < 0.05 (smallest possible 0.0625)" in five.verdict
    six = compare(runs({"direct": 0.0, "rdpd": 4.0, "distill": 4.1}, seeds=6), draws=100)
    assert "smallest possible 0.0625" in row(six, "rdpd").difference.verdict, "0.03125 twice"
    alone = compare(runs({"direct": 0.0, "rdpd": 4.0}, seeds=6), draws=100)
    assert row(alone, "rdpd").difference.claim == "better"


def test_arms_with_too_few_seeds_do_not_count_in_the_correction():
    given = runs({"direct": 1.0, "rdpd": 2.0}, seeds=6)
    teacher = Run("teacher", 0, "fold 0", predictions(120, subjects=15, skill=4.0))
    teacher = replace(teacher, predictions=replace(teacher.predictions, subject=given[0].predictions.subject))
    found = compare([teacher, *given], draws=100)
    assert row(found, "teacher").difference.verdict == "too few seeds to say (n=1)"
    assert row(found, "teacher").spread is None
    assert row(found, "rdpd").difference.p_holm == row(found, "rdpd").difference.p


@pytest.mark.slow
def test_six_folds_are_the_pairs_and_fewer_are_averaged():
    folds = row(compare(runs({"direct": 0.5, "rdpd": 2.0}, seeds=5, folds=6, n=60, subjects=2), draws=100), "rdpd")
    assert (folds.difference.pairs, folds.difference.n_pairs, folds.n_folds) == ("folds", 6, 6)
    assert folds.difference.p == pytest.approx(2 / 2**6)
    assert folds.difference.verdict.startswith("better than Direct (n=6 folds")
    fewer = row(compare(runs({"direct": 0.5, "rdpd": 2.0}, seeds=6, folds=2, n=60, subjects=5), draws=100), "rdpd")
    assert (fewer.difference.pairs, fewer.difference.n_pairs) == ("seeds", 6)


@pytest.mark.slow
def test_leave_one_subject_out_resamples_the_subjects():
    given = runs({"direct": 1.0}, seeds=1, folds=8, n=60, subjects=1)
    found = compare(given, metrics=["accuracy"], draws=2000)
    assert (found.unit, found.n_units) == ("subjects", 8)
    by_hand = np.array([score(r.predictions).values["accuracy"] for r in given])
    drawn = draw_weights(8, 2000, numpy_generator("compare", 0, "subjects", 8))  # a fold drawn twice counts twice
    interval = row(found, "direct").interval
    assert [interval.low, interval.high] == pytest.approx(np.percentile(by_hand @ drawn / 8, [2.5, 97.5]), abs=1e-9)


def test_seeds_are_resampled_too():
    given = [Run("direct", s, "0", predictions(600, subjects=60, skill=3.0 * (s % 2), seed=s)) for s in range(6)]
    found = row(compare(given, metrics=["accuracy"], draws=500), "direct")
    alone = row(compare(given[:1], metrics=["accuracy"], draws=500), "direct")
    width = found.interval.high - found.interval.low
    assert width > 4 * (alone.interval.high - alone.interval.low), "seeds differ far more than people"
    assert width == pytest.approx(2 * 1.96 * found.spread * np.sqrt(5 / 6) / np.sqrt(6), rel=0.2)


def test_one_run_has_the_interval_of_its_subjects():
    given = runs({"direct": 1.0}, seeds=1, n=400, subjects=40)
    interval = row(compare(given, draws=1000), "direct").interval
    alone = evaluate(given[0].predictions, draws=1000).intervals["accuracy"]
    assert [interval.low, interval.high] == pytest.approx([alone.low, alone.high], abs=0.015)


def test_pairing_makes_the_interval_of_a_difference_narrow():
    shared, again = runs({"direct": 1.0}, n=300, subjects=30, seeds=6), []
    for run in shared:  # the same answers, a little sharper: people differ more than arms do
        p = run.predictions.probability**1.3
        again.append(replace(run, arm="rdpd", predictions=replace(run.predictions, probability=p / p.sum(1, keepdims=True))))
    found = row(compare([*shared, *again], metrics=["roc_auc", "accuracy"], draws=300), "rdpd")
    width = found.difference.interval.high - found.difference.interval.low
    assert width == 0, "the most probable class is the same"
    assert found.interval.high > found.interval.low


@pytest.mark.slow
def test_no_gain_is_rarely_claimed():
    claims = 0
    for trial in range(10):
        given = [
            Run(arm, s, "0", predictions(60, subjects=12, skill=1.0, seed=(arm, s, trial)))
            for s in range(6)
            for arm in ("direct", "rdpd")
        ]
        claims += row(compare(given, metrics=["accuracy"], draws=100), "rdpd").difference.claim != "none"
    assert claims <= 2


def test_few_people_fall_back_to_recordings_or_to_no_interval():
    few = compare(runs({"direct": 1.0, "rdpd": 2.0}, seeds=6, subjects=3), draws=100)
    assert (few.unit, few.n_units) == ("recordings", 6)
    assert row(few, "rdpd").interval.unit == "recordings"
    none = compare(runs({"direct": 0.0, "rdpd": 4.0}, seeds=6, subjects=1), draws=100)
    assert row(none, "rdpd").interval is None
    assert "too few people for an interval" in row(none, "rdpd").difference.verdict


def test_draws_without_a_class_are_counted():
    given = runs({"direct": 1.0}, seeds=1, n=14, subjects=7)
    assert row(compare(given, draws=100), "direct").interval.partial > 0


def test_absent_classes_are_named():
    given = predictions(missing=(2,))
    found = compare([Run("direct", 0, "0", given), Run("rdpd", 0, "0", given)], draws=100)
    assert found.absent == ("class 2",)


def test_a_comparison_survives_json_and_repeats_itself():
    given = runs({"direct": 1.0, "rdpd": 1.5}, seeds=3)
    found = compare(given, draws=100)
    assert Comparison.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found
    assert compare(given, draws=100) == found
    assert compare(given, draws=100, seed=1) != found
    with pytest.raises(DataError, match="not a comparison"):
        Comparison.from_dict({"rows": {}})


@pytest.mark.parametrize("subjects", [12, 1])
def test_progress_is_told_to_the_end_and_may_stop_it(subjects):
    runs = [
        Run(arm, seed, "f", predictions(subjects=subjects, seed=(arm, seed))) for arm in ("direct", "rdpd") for seed in (0, 1)
    ]
    told = []
    compare(runs, on_progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] == {t for _, t in told}.pop() == 18
    assert len(told) == (18 if subjects == 12 else 14)

    def stop(done, total):
        if done == 3:
            raise StoppedError("enough")

    with pytest.raises(StoppedError, match="enough"):
        compare(runs, on_progress=stop)


def test_bad_input_is_refused():
    given = runs({"direct": 1.0, "rdpd": 1.5}, seeds=1)
    with pytest.raises(DataError, match="no runs"):
        compare([])
    with pytest.raises(UnknownNameError, match=r"reference arm 'dirct' \(did you mean 'direct'"):
        compare(given, "dirct")
    with pytest.raises(UnknownNameError, match="metric"):
        compare(given, metrics=["f2"])
    with pytest.raises(DataError, match="'direct', seed 0, fold 'fold 0' was given twice"):
        compare([*given, given[0]])
    with pytest.raises(ParameterError, match="draws=5"):
        compare(given, draws=5)
    with pytest.raises(IncompatibleError, match="arms 'rdpd' and 'direct' of fold 'fold 0' answer different windows"):
        compare([given[0], replace(given[1], predictions=given[1].predictions.select(np.arange(100)))])
    p = given[1].predictions
    renamed = Predictions(p.probability, p.target, p.subject, p.recording, p.classes[::-1])
    with pytest.raises(IncompatibleError, match="classes"):
        compare([given[0], replace(given[1], predictions=renamed)])
