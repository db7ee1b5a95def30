"""Explaining stored models: channels find their place, verdicts are kept, controls stay out of the store."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from rdpd_core.errors import DataError, IncompatibleError, ParameterError, UnknownNameError
from rdpd_core.evaluation import predict
from rdpd_core.evaluation.attributions import attribute
from rdpd_core.evaluation.believe import Effort
from rdpd_core.evaluation.believed import Belief
from rdpd_core.experiments import Experiment, controls, keep, load, run
from rdpd_core.experiments import explain as explaining
from rdpd_core.experiments.analyze import analyze
from rdpd_core.experiments.controls import control_of, shuffled
from rdpd_core.experiments.explain import How, belief_of, checked_places, explain, scaled, shared
from rdpd_core.experiments.source import Asked
from rdpd_core.files import digest_json
from rdpd_core.store import Store
from tests.toys import toy_windows

BRIEF = Effort(steps=8, shares=4, orders=5, copies=19, cascades=1)
HOW = How(steps=8)
TEACHER, STUDENT = "teacher-split_fixed-seed0", "direct-wrist-split_fixed-seed0"


@pytest.fixture
def kept(toy, monkeypatch):
    """A teacher and a student of the toy data in the store of the test."""
    asked = Experiment(dataset="toy", view="wrist", arms=("teacher", "direct"), seeds=1, recipe="paper", epochs=2)
    keep(run(asked, store=Store.default()), Store.default(), "2026-01-01T00:00:00+00:00")
    monkeypatch.setattr(controls, "EPOCHS", 2)
    return load("toy")


def opened(name):
    return Store.default().open("toy", name)


def test_a_student_s_evidence_lies_on_the_channels_it_reads(kept):
    model, card = opened(STUDENT)
    test = kept.splits.test
    found = explain(model, card, kept, test, [0, 3, 5], HOW)
    assert found.read.tolist() == [True, False, False]
    assert found.attribution.values.shape == (3, 3, test.samples)
    assert not found.attribution.values[:, 1:].any()
    x = scaled(card, kept, test, [0, 3, 5])
    logits, _ = predict(model, torch.from_numpy(x))
    np.testing.assert_array_equal(found.attribution.target, logits.argmax(1).numpy())
    np.testing.assert_allclose(found.probability, logits.double().softmax(1).numpy(), atol=1e-6)
    for sums in (found.heat(7), found.heat(test.samples), found.sums()):
        np.testing.assert_allclose(sums.sum((1, 2)), found.attribution.values.sum((1, 2)), atol=1e-5)


def test_any_class_may_be_explained(kept):
    model, card = opened(TEACHER)
    test = kept.splits.test
    assert explain(model, card, kept, test, [0, 1], HOW, "run").attribution.target.tolist() == [2, 2]
    assert explain(model, card, kept, test, [0, 1], HOW, "true").attribution.target.tolist() == test.target[:2].tolist()
    unknown = dataclasses.replace(test, target=np.full(len(test), -1))
    predicted = explain(model, card, kept, test, [0, 1], HOW).attribution.target
    np.testing.assert_array_equal(explain(model, card, kept, unknown, [0, 1], HOW, "true").attribution.target, predicted)
    with pytest.raises(UnknownNameError, match="class to explain"):
        explain(model, card, kept, test, [0], HOW, "swim")
    with pytest.raises(IncompatibleError, match="DeepLIFT"):
        explain(model, card, kept, test, [0], How("deep_lift"))


def test_teacher_and_student_are_compared_on_what_both_read(kept):
    test = kept.splits.test
    teacher, student = (explain(*opened(name), kept, test, range(6), HOW) for name in (TEACHER, STUDENT))
    np.testing.assert_allclose(shared(teacher, teacher), 1)
    alike = shared(teacher, student)
    assert alike.shape == (6,)
    assert np.abs(alike).max() < 1
    np.testing.assert_allclose(shared(teacher.taken(np.array([4])), student.taken(np.array([4]))), alike[4:5])
    blind = dataclasses.replace(student, read=~student.read)
    with pytest.raises(DataError, match="no channel in common"):
        shared(student, blind)


@pytest.mark.slow
def test_a_verdict_is_kept_and_made_again_when_damaged(kept, monkeypatch):
    model, card = opened(STUDENT)
    told = []
    first = belief_of(model, card, kept, HOW, BRIEF, 12, lambda *what: told.append(what))
    assert any("control" in what for what, _, _ in told)
    assert isinstance(first, Belief)
    runs = []
    monkeypatch.setattr(explaining, "believe", lambda *args, **named: runs.append(1) or first)
    again = belief_of(model, card, kept, HOW, BRIEF, 12)
    assert (again.verdict, again.checks, runs) == (first.verdict, first.checks, [])
    np.testing.assert_allclose(again.curves.deletion, first.curves.deletion, atol=1e-6)
    assert again.cascade.stages == first.cascade.stages
    belief_of(model, card, kept, HOW, BRIEF.with_values({"orders": 6}), 12)
    assert runs == [1]
    for text in ("{", json.dumps({"sha256": "0", "belief": {}}), json.dumps({"sha256": digest_json({}), "belief": {}})):
        for path in explaining.cache_root().glob("beliefs/*.json"):
            path.write_text(text)
        belief_of(model, card, kept, HOW, BRIEF, 12)
    assert len(runs) == 4


@pytest.mark.slow
def test_a_control_is_trained_once_and_never_an_arm(kept, monkeypatch):
    model, card = opened(STUDENT)
    before = [c.key for c in Store.default().list().cards]
    epochs = []
    first = control_of(card, kept, on_progress=lambda done, total: epochs.append((done, total)))
    assert epochs[-1] == (controls.EPOCHS, controls.EPOCHS)
    monkeypatch.setattr(controls, "train_alone", lambda *args: pytest.fail("trained again"))
    again = control_of(card, kept)
    state = first.state_dict()
    assert all(torch.equal(state[n], w) for n, w in again.state_dict().items())
    assert any(not torch.equal(state[n], w) for n, w in model.state_dict().items())
    assert [c.key for c in Store.default().list().cards] == before
    assert (first.channels, first.params) == (model.channels, model.params)


def test_a_damaged_control_is_trained_again(kept):
    _, card = opened(STUDENT)
    first = control_of(card, kept).state_dict()
    (path,) = explaining.cache_root().glob("controls/*")
    path.write_bytes(path.read_bytes()[:50])
    again = control_of(card, kept).state_dict()
    assert all(torch.equal(first[n], w) for n, w in again.items())


def test_shuffled_labels_are_the_same_labels_in_another_order():
    windows = toy_windows([0, 1, 2, -1] * 30, ["ann"] * 120)
    found = shuffled(windows, 0)
    assert len(found) == 90
    assert np.bincount(found.target).tolist() == [30, 30, 30]
    own = windows.target[windows.target >= 0]
    assert 0.1 < (found.target == own).mean() < 0.6
    assert not np.array_equal(found.target, shuffled(windows, 1).target)
    with pytest.raises(DataError, match="nothing to shuffle"):
        shuffled(toy_windows([-1, -1], ["ann", "bob"]), 0)


def test_checks_look_at_as_many_people_and_classes_as_there_are():
    subjects = [f"p{at // 6}" for at in range(60)]
    windows = toy_windows([at % 3 for at in range(60)], subjects)
    few = checked_places(windows, 10)
    assert len(few) == len(set(few.tolist())) == 10
    pairs = {(str(windows.subject[at]), int(windows.target[at])) for at in few}
    assert len(pairs) == 10
    assert len({subject for subject, _ in pairs}) > 7
    assert {label for _, label in pairs} == {0, 1, 2}
    many = checked_places(windows, 40)
    assert len({(str(windows.subject[at]), int(windows.target[at])) for at in many}) == 30
    assert checked_places(windows, 500).tolist() == list(range(60))
    unknown = toy_windows([-1] * 8, ["ann"] * 8)
    assert len(checked_places(unknown, 4)) == 4


@pytest.mark.slow
def test_the_analysis_answers_for_one_window_of_one_person(kept):
    someone = str(kept.splits.test.subject[0])
    settings = {"window": 2, "checks": False, "steps": 8}
    found = analyze("attribution", Asked("toy", "wrist", subjects=(someone,)), settings)
    assert set(found.values["models"]) == {TEACHER, STUDENT}
    own = found.values["models"][STUDENT]
    assert own["belief"] is None
    (window,) = own["windows"]
    assert window["subject"] == someone
    model, card = opened(STUDENT)
    place = np.flatnonzero(kept.splits.test.subject == someone)[1]
    x = scaled(card, kept, kept.splits.test, [place])
    evidence = attribute(model, x, [kept.splits.test.classes.index(window["explained"])])
    assert window["evidence"] == pytest.approx(float(evidence.score[0]), abs=1e-5)
    assert any("not checked" in s.text and s.claim == "unknown" for s in found.sentences)
    assert len(own["heat"]) == 1
    with pytest.raises(ParameterError, match="window 999"):
        analyze("attribution", Asked("toy", "wrist"), {"window": 999, "checks": False})


@pytest.mark.slow
def test_models_may_be_named_and_unfit_methods_are_said(kept):
    settings = {"checks": False, "steps": 8, "windows": 6}
    found = analyze("attribution", Asked("toy", "wrist", models=(TEACHER,)), settings)
    assert set(found.values["models"]) == {TEACHER}
    assert found.values["pairs"] == []
    with pytest.raises(UnknownNameError, match="model of this view"):
        analyze("attribution", Asked("toy", "wrist", models=("nobody",)), settings)
    with pytest.raises(IncompatibleError, match="no rule"):
        analyze("attribution", Asked("toy", "wrist"), {**settings, "method": "deep_lift"})
