"""Point scores: what scikit-learn says, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics as reference

from rdpd_core.errors import DataError, ShapeError, UnknownNameError
from rdpd_core.evaluation.metrics import score
from rdpd_core.evaluation.predictions import Predictions
from rdpd_core.evaluation.scores import METRICS, PER_CLASS, Interval, Scores, cell, metric, people
from tests.core.evaluation.made import predictions


def test_scores_equal_scikit_learn():
    given = predictions(classes=5)
    called, one_hot = given.probability.argmax(axis=1), np.eye(5)[given.target]
    values = score(given).values
    expected = {
        "roc_auc": reference.roc_auc_score(given.target, given.probability, multi_class="ovr", average="macro"),
        "pr_auc": reference.average_precision_score(one_hot, given.probability, average="macro"),
        "macro_f1": reference.f1_score(given.target, called, average="macro"),
        "macro_f1_threshold": reference.f1_score(one_hot, given.probability >= 0.5, average="macro", zero_division=0),
        "micro_f1": reference.f1_score(given.target, called, average="micro"),
        "accuracy": reference.accuracy_score(given.target, called),
        "nll": reference.log_loss(given.target, given.probability),
        "brier": reference.brier_score_loss(given.target, given.probability, scale_by_half=False),
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, abs=1e-12), name


def test_every_metric_is_scored_and_described():
    scores = score(predictions())
    assert list(scores.values) == list(METRICS)
    assert set(scores.per_class) == set(PER_CLASS)
    assert all(m.title and m.help.endswith(".") for m in METRICS.values())
    with pytest.raises(UnknownNameError, match="did you mean 'roc_auc'"):
        metric("roc_auk")


def test_the_two_f1_differ_when_no_class_reaches_the_threshold():
    probability = np.array([[0.4, 0.3, 0.3], [0.3, 0.4, 0.3], [0.3, 0.3, 0.4]])
    scores = score(Predictions(probability, [0, 1, 2], list("abc"), list("abc"), ("x", "y", "z")))
    assert scores.values["macro_f1"] == 1
    assert scores.values["macro_f1_threshold"] == 0


def test_absent_classes_are_named_and_left_out():
    given = predictions(classes=4, missing=(1,))
    scores = score(given)
    assert scores.absent == ("class 1",)
    assert scores.support["class 1"] == scores.subjects["class 1"] == 0
    assert "class 1" not in scores.per_class["roc_auc"]
    assert scores.values["macro_f1"] == pytest.approx(np.mean(list(scores.per_class["f1"].values())))
    expected = reference.f1_score(given.target, given.probability.argmax(axis=1), labels=[0, 2, 3], average="macro")
    assert scores.values["macro_f1"] == pytest.approx(expected)
    assert "class 1" in scores.basis()


def test_windows_without_label_are_counted_apart():
    given = predictions(n=100)
    target = given.target.copy()
    target[:30] = -1
    partly = Predictions(given.probability, target, given.subject, given.recording, given.classes)
    scores = score(partly)
    assert (scores.n_windows, scores.n_unlabeled) == (70, 30)
    assert scores.values == score(given.select(np.arange(30, 100))).values
    with pytest.raises(DataError, match="none of the 100 windows has a label"):
        score(Predictions(given.probability, np.full(100, -1), given.subject, given.recording, given.classes))


def test_one_class_is_refused_by_name():
    given = predictions(classes=3, missing=(0, 2))
    with pytest.raises(DataError, match=r"one class \(class 1\)"):
        score(given)


def test_counts_of_people():
    scores = score(Predictions(np.eye(2)[[0, 1, 1]], [0, 1, 1], list("aab"), ["1", "2", "1"], ("x", "y")))
    assert (scores.n_windows, scores.n_subjects, scores.n_recordings) == (3, 2, 3)
    assert scores.subjects == {"x": 1, "y": 2}


@pytest.mark.slow
def test_scores_survive_json():
    scores = score(predictions(missing=(2,)))
    assert Scores.from_dict(json.loads(json.dumps(scores.to_dict(), allow_nan=False))) == scores
    with pytest.raises(DataError, match="not scores"):
        Scores.from_dict({"values": {}})


def test_broken_predictions_are_refused():
    good = predictions(n=10)
    with pytest.raises(ShapeError, match=r"probability has shape \(10, 4\)"):
        Predictions(good.probability, good.target, good.subject, good.recording, ("a", "b"))
    with pytest.raises(ShapeError, match="attention"):
        Predictions(good.probability, good.target, good.subject, good.recording, good.classes, np.ones((3, 4)))
    spoiled = good.probability.copy()
    spoiled[3, 1] = np.nan
    with pytest.raises(DataError, match="1 of 10 windows"):
        Predictions(spoiled, good.target, good.subject, good.recording, good.classes)
    with pytest.raises(DataError, match=r"allowed are -1 to 3"):
        Predictions(good.probability, good.target + 4, good.subject, good.recording, good.classes)


def test_cells_read_as_a_person_writes_them():
    interval = Interval(0.774, 0.846, "subjects", 29, 500)
    assert people(1, 1) == "n = 1 window of 1 subject"
    assert people(600, 30) == "n = 600 windows of 30 subjects"
    assert cell(-0.0001, sign=True) == "+0.000"
    assert cell(0.8123) == "0.812"
    assert cell(0.8123, interval, 0.0123) == "0.812 [0.774, 0.846] ± 0.012"
    assert cell(0.01, Interval(-0.02, 0.04, "subjects", 29, 500), sign=True) == "+0.010 [-0.020, +0.040]"
    assert "29 subjects" in interval.sentence()
