"""Resampling people: every weighted score equals scikit-learn's, and the intervals behave as intervals should."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from rdpd_core.errors import DataError, ParameterError, UnknownNameError
from rdpd_core.evaluation import intervals
from rdpd_core.evaluation.intervals import check_draws, draw_weights, evaluate, percentile_interval, resampling_units
from rdpd_core.evaluation.metrics import score
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import METRICS, Scores
from rdpd_core.evaluation.weighted import WeightedScores, quick_scores
from rdpd_core.runtime import numpy_generator
from tests.core.evaluation.made import predictions


def by_scikit_learn(given: Predictions, weight: np.ndarray) -> dict[str, float]:
    """Give the scores of weighted windows, averaged over the classes that weigh anything."""
    kept = [k for k in range(len(given.classes)) if weight[given.target == k].sum() > 0]
    called = given.probability.argmax(axis=1)
    roc, pr, threshold = [], [], []
    for k in kept:
        true, p = given.target == k, given.probability[:, k]
        roc.append(reference.roc_auc_score(true, p, sample_weight=weight))
        pr.append(reference.average_precision_score(true, p, sample_weight=weight))
        threshold.append(reference.f1_score(true, p >= 0.5, sample_weight=weight, zero_division=0))
    own = np.clip(given.probability[np.arange(len(given)), given.target], np.finfo(float).tiny, None)
    away = np.square(given.probability - np.eye(len(given.classes))[given.target]).sum(axis=1)
    micro = reference.f1_score(given.target, called, average="micro", sample_weight=weight)
    return {
        "roc_auc": np.mean(roc),
        "pr_auc": np.mean(pr),
        "macro_f1": reference.f1_score(
            given.target, called, labels=kept, average="macro", sample_weight=weight, zero_division=0
        ),
        "macro_f1_threshold": np.mean(threshold),
        "micro_f1": micro,
        "accuracy": reference.accuracy_score(given.target, called, sample_weight=weight),
        "nll": np.average(-np.log(own), weights=weight),
        "brier": np.average(away, weights=weight),
    }


@pytest.mark.parametrize(("digits", "subjects", "missing"), [(None, 12, ()), (1, 12, ()), (1, 6, (3,)), (0, 40, ())])
@pytest.mark.slow
def test_weighted_scores_equal_scikit_learn(digits, subjects, missing):
    given = predictions(n=120, subjects=subjects, digits=digits, missing=missing)
    units = resampling_units(given.subject, given.recording)
    weights = draw_weights(units.n, 10, numpy_generator("test", digits))
    found = WeightedScores(given, units.index, units.n)(weights)
    for draw in range(10):
        for name, value in by_scikit_learn(given, weights[units.index, draw]).items():
            assert found[name][draw] == pytest.approx(value, abs=1e-10), (name, draw)


def test_weights_of_one_give_the_point_scores_of_every_kind():
    given = predictions(n=200, digits=2, missing=(1,))
    units = resampling_units(given.subject, given.recording)
    values, per_class = WeightedScores(given, units.index, units.n).with_classes(np.ones((units.n, 1)))
    scores = score(given)
    assert {m: v[0] for m, v in values.items()} == pytest.approx(scores.values, abs=1e-12)
    for name, by in scores.per_class.items():
        assert per_class[name][[0, 2, 3], 0] == pytest.approx(list(by.values()), abs=1e-12)
        assert np.isnan(per_class[name][1, 0])


@pytest.mark.parametrize("change", [{}, {"digits": 1}, {"missing": (1, 3)}, {"n": 60, "classes": 3, "subjects": 2}], ids=str)
def test_quick_scores_are_the_scores(change):
    given = predictions(**change)
    given.target[::7] = -1
    slow, quick = score(given).to_dict(), quick_scores(given).to_dict()
    for part in ("values", "per_class"):
        assert set(quick[part]) == set(slow[part])
    assert quick["values"] == pytest.approx(slow["values"], abs=1e-12)
    for name, by_class in slow["per_class"].items():
        assert quick["per_class"][name] == pytest.approx(by_class, abs=1e-12), name
    assert {n: v for n, v in quick.items() if n not in ("values", "per_class")} == {
        n: v for n, v in slow.items() if n not in ("values", "per_class")
    }


def test_quick_scores_refuse_what_scores_refuse():
    given = predictions()
    given.target[:] = 1
    with pytest.raises(DataError, match="all 300 windows are of one class"):
        quick_scores(given)


def test_a_draw_without_a_class_averages_the_others_and_is_counted():
    probability = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.1, 0.2, 0.7]])
    given = Predictions(probability, [0, 0, 1, 1, 2], list("abcde"), list("abcde"), ("x", "y", "z"))
    kernel = WeightedScores(given, np.arange(5), 5)
    weights = np.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1], [1, 2, 0, 0, 0]], dtype=float).T
    assert kernel.missing(weights).tolist() == [True, False, True]
    without = score(given.select(np.arange(4))).values
    found = kernel(weights)
    assert found["pr_auc"][0] == pytest.approx(without["pr_auc"])
    assert found["macro_f1"][0] == pytest.approx(without["macro_f1"])
    assert np.isnan(found["roc_auc"][2]), "one class alone cannot be ranked"


def test_a_class_that_nobody_has_is_not_missing_from_draws():
    scores = evaluate(predictions(n=400, subjects=20, missing=(1,)), draws=100)
    assert scores.intervals["roc_auc"].partial == 0
    assert "class 1" not in scores.per_class_intervals["roc_auc"]


def test_chunks_of_draws_do_not_change_a_number(monkeypatch):
    given = predictions(n=150)
    whole = evaluate(given, draws=100).intervals
    monkeypatch.setattr("rdpd_core.evaluation.weighted._CELLS", 70)
    monkeypatch.setattr(intervals, "_CELLS", 90)
    for name, interval in evaluate(given, draws=100).intervals.items():
        assert (interval.low, interval.high) == pytest.approx((whole[name].low, whole[name].high), abs=1e-12)


def test_units_are_subjects_or_the_recordings_of_a_few():
    many = resampling_units(np.array(list("abcde")), np.array(list("11111")))
    assert (many.kind, many.n) == ("subjects", 5)
    few = resampling_units(np.array(list("aabb")), np.array(list("1212")))
    assert (few.kind, few.n) == ("recordings", 4)
    assert len(set(few.index)) == 4, "recordings of equal name belong to different people"


def test_weights_are_resamples():
    weights = draw_weights(7, 200, numpy_generator("weights"))
    assert weights.shape == (7, 200)
    assert (weights.sum(axis=0) == 7).all()
    assert weights.mean(axis=1) == pytest.approx(np.ones(7), abs=0.3)
    assert (draw_weights(7, 200, numpy_generator("weights")) == weights).all()


def test_intervals_hold_the_score_and_say_what_they_rest_on():
    scores = evaluate(predictions(n=600, subjects=30), draws=200)
    for name in ("roc_auc", "pr_auc", "macro_f1", "accuracy", "nll", "brier"):
        interval = scores.intervals[name]
        assert interval.low < scores.values[name] < interval.high
        assert (interval.unit, interval.n, interval.draws) == ("subjects", 30, 200)
    assert scores.per_class_intervals["roc_auc"]["class 1"].low < scores.per_class["roc_auc"]["class 1"]
    assert Scores.from_dict(scores.to_dict()) == scores
    assert evaluate(predictions(n=600, subjects=30), draws=200) == scores, "equal seeds give equal intervals"
    assert evaluate(predictions(n=600, subjects=30), draws=200, seed=1).intervals != scores.intervals


def test_windows_of_one_person_are_not_counted_as_many_people():
    base = predictions(n=60, subjects=10)
    copies = np.tile(np.arange(60), 20)
    once = evaluate(base, draws=300).intervals["accuracy"]
    often = evaluate(base.select(copies), draws=300).intervals["accuracy"]
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.15)


@pytest.mark.slow
def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    generator, hits = numpy_generator("coverage"), 0
    for trial in range(60):
        right = generator.random(40) < 0.7
        target = np.arange(40) % 2
        probability = np.eye(2)[np.where(right, target, 1 - target)]
        people = np.arange(40).astype(str)
        given = Predictions(probability, target, people, people, ("x", "y"))
        hits += not evaluate(given, ["accuracy"], 200, trial).intervals["accuracy"].excludes(0.7)
    assert 52 <= hits <= 60


def test_too_few_units_give_no_interval():
    given = predictions(n=60, subjects=2)
    units = resampling_units(given.subject, given.recording)
    assert units.n == 4
    scores = evaluate(given, draws=100)
    assert set(scores.intervals) == set(METRICS)
    assert not any(scores.intervals.values())
    nine = np.arange(9).astype(str)
    assert percentile_interval(np.full(100, np.nan), resampling_units(nine, nine)) is None, "nothing could be scored"


def test_settings_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="give 100 or more"):
        check_draws(10)
    with pytest.raises(UnknownNameError):
        evaluate(predictions(), metrics=["auc"])
