"""The lab on a small data set: who is trained, that it equals what an experiment trains, that it goes on, and what it finds."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import DataError, ParameterError, StoppedError
from rdpd_core.evaluation import Predictions
from rdpd_core.experiments import Experiment, run
from rdpd_core.experiments.lab import Answers, Lab, answer, run_lab, subset_of, training
from tests.core.training.made import Drawer
from tests.toys import ToyDataset


def small(**changes):
    """Give a short lab on the toy data set."""
    base = Experiment(dataset="toy", seeds=2, recipe="paper", epochs=3)
    return Lab(**{"base": base, **changes})


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A finished lab; the toy data set stays in the registry as long as this file is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._entries, "toy", ToyDataset)
        for name in ("CACHE", "WORK"):
            patch.setenv(f"RDPD_{name}", str(tmp_path_factory.mktemp(name)))
        lab = small()
        yield lab, run_lab(lab)


def test_every_subset_arm_and_seed_is_there(found):
    lab, result = found
    students = {(subset_of(lab, o), o.arm, o.seed) for o in result.outcomes if o.arm != "teacher"}
    assert len(students) == lab.students == 7 * 2 * 2
    for outcome in result.outcomes:
        if outcome.arm != "teacher":
            subset = subset_of(lab, outcome)
            assert outcome.rows == subset  # one row is one unit here
            assert (outcome.teacher is None) == (outcome.arm == "direct")


def test_a_student_of_the_lab_is_the_student_of_an_experiment(found):
    lab, result = found
    alone = run(replace(lab.base, view=result.loaded["fixed"].prepared.windows.channels[1].name, arms=("direct", "rdpd")))
    for outcome in alone.outcomes:
        twin = next(o for o in result.outcomes if (o.rows, o.arm, o.seed) == ((1,), outcome.arm, outcome.seed))
        assert max(float((twin.weights[n] - outcome.weights[n]).abs().max()) for n in twin.weights) < 1e-4


@pytest.mark.slow
def test_a_lab_that_was_stopped_goes_on_to_the_same_end(found, monkeypatch):
    lab, whole = found
    monkeypatch.setattr(training, "MOST_STUDENTS", 8)
    keeper, seen = Drawer(lambda stage, epoch_ended: False), []

    def stop():
        return len(seen) > 1

    first = run_lab(lab, report=lambda e: seen.append(e) if e["kind"] == "points" else None, should_stop=stop, keeper=keeper)
    assert 0 < len(first.outcomes) < len(whole.outcomes)
    rest = run_lab(lab, keeper=keeper)
    assert {(o.rows, o.arm, o.seed) for o in rest.outcomes} == {(o.rows, o.arm, o.seed) for o in whole.outcomes}
    undisturbed = run_lab(lab)
    for a, b in zip(rest.outcomes, undisturbed.outcomes, strict=True):
        assert all(torch.equal(a.weights[n], b.weights[n]) for n in a.weights)


def test_a_stop_before_anything_was_trained_keeps_nothing(found):
    with pytest.raises(StoppedError):
        run_lab(small(), should_stop=lambda: True)


def test_a_beam_trains_fewer(found):
    lab = small(search="beam", beam=1, base=Experiment(dataset="toy", seeds=1, recipe="paper", epochs=2))
    result = run_lab(lab)
    subsets = {subset_of(lab, o) for o in result.outcomes} - {None}
    assert len(subsets) == lab.subsets == 3 + 2 + 1
    assert not answer(lab, result, draws=100).whole


def test_answers(found):
    lab, result = found
    told = answer(lab, result, draws=100)
    assert told.whole
    assert len(told.points) == 14
    assert told.n_windows == len(result.loaded["fixed"].splits.test)
    everything = next(p for p in told.points if p.arm == "rdpd" and p.subset == (0, 1, 2))
    worth = [estimate.value for estimate in told.worth["rdpd"]]
    assert sum(worth) == pytest.approx(everything.score.value - told.chance)  # Shapley values share out the whole gain
    direct = {p.subset: p.score.value for p in told.of("direct")}
    for point in told.of("rdpd"):
        assert point.gain.value == pytest.approx(point.score.value - direct[point.subset])
    assert all(p.gain is None and p.closed is None for p in told.of("direct"))
    assert Answers.from_dict(json.loads(json.dumps(told.to_dict()))) == told


def known(lab, result, scores):
    """Give the result with predictions whose accuracy is known: `scores` by (arm, subset)."""
    outcomes = []
    for outcome in result.outcomes:
        like = outcome.predictions["test"].labeled()
        right = round(scores(outcome.arm, subset_of(lab, outcome)) * len(like))
        said = np.where(np.arange(len(like)) < right, like.target, (like.target + 1) % len(like.classes))
        made = Predictions(np.eye(len(like.classes))[said], like.target, like.subject, like.recording, like.classes)
        outcomes.append(replace(outcome, predictions={"valid": made, "test": made}))
    return replace(result, outcomes=tuple(outcomes))


def test_the_cheapest_set_and_the_front_follow_the_costs(found):
    lab, result = found
    by_size = {1: 0.4, 2: 0.7, 3: 0.8}
    planted = known(lab, result, lambda arm, s: 1.0 if s is None else by_size[len(s)] + (0.15 if s == (1,) else 0))
    told = answer(lab, planted, metric="accuracy", draws=100)
    n = told.n_windows
    costs = told.costs()
    assert told.cheapest("rdpd", costs, 0.35 + 1 / n).subset in {(0, 1), (0, 2), (1, 2)}
    assert told.cheapest("rdpd", costs, 0.47 + 1 / n).subset == (1,)
    assert told.cheapest("rdpd", costs, 0.05) is None
    assert told.front("rdpd", costs)[0].subset == (1,)
    dear = told.costs({told.units[0]: 1, told.units[1]: 50, told.units[2]: 1})
    assert told.cheapest("rdpd", dear, 0.35 + 1 / n).subset == (0, 2)


@pytest.mark.parametrize(
    ("costs", "words"),
    [({"wrist": 1.0}, "no cost for"), ({"moon": 2.0}, "moon is not among"), ("minus", "is no cost"), ("nan", "is no cost")],
)
def test_costs_must_be_whole(found, costs, words):
    lab, result = found
    told = answer(lab, result, draws=100)
    given = {name: {"minus": -1.0, "nan": float("nan")}[costs] for name in told.units} if isinstance(costs, str) else costs
    with pytest.raises(ParameterError, match=words):
        told.costs(given)


def test_nothing_finished_is_said(found):
    lab, result = found
    with pytest.raises(DataError, match="no subset was finished"):
        answer(lab, replace(result, outcomes=tuple(o for o in result.outcomes if o.arm == "teacher")))
