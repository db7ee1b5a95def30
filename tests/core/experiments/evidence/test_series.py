"""Experiments one after another: teachers are shared, records come one by one, and what was interrupted goes on."""

from dataclasses import replace

import pytest

from rdpd_core.experiments import Experiment, run
from rdpd_core.experiments.evidence import Room, Shelf, cell_of, key_of, run_series
from rdpd_core.experiments.evidence.series import teacher_key, titles_of
from tests.core.training.made import Drawer

pytestmark = pytest.mark.slow


def base():
    return Experiment(dataset="toy", arms=("teacher", "direct", "rdpd"), seeds=2, recipe="paper", epochs=2, patience=2)


def three():
    return [base(), replace(base(), noise=1.0), replace(base(), view="limbs", unlabeled=0.5)]


def done(shelf, experiments=None, **how):
    """Run a series to the shelf; gives whether all are done, and the events."""
    events = []
    experiments = three() if experiments is None else experiments
    return run_series(experiments, shelf.match, shelf.put, Room(report=events.append, **how)), events


def test_a_record_is_what_the_experiment_alone_gives(toy, tmp_path):
    shelf = Shelf([tmp_path])
    whole, events = done(shelf)
    assert whole
    for experiment in three():
        (found,) = shelf.find(key_of(experiment))
        alone = cell_of(run(experiment))
        assert [run[:3] for run in found.runs] == [run[:3] for run in alone.runs]
        assert found.mean("rdpd", "pr_auc") == pytest.approx(alone.mean("rdpd", "pr_auc"), abs=1e-4)
    taught = [e for e in events if e["kind"] == "training" and e["stage"].endswith("/teacher")]
    assert len(taught) == 1, "three experiments share their teachers"
    assert [e["kind"] for e in events].count("plan") == 1


def test_the_plan_names_every_stage_that_is_trained(toy, tmp_path):
    _, events = done(Shelf([tmp_path]))
    plan = next(e for e in events if e["kind"] == "plan")["stages"]
    trained = [e["stage"] for e in events if e["kind"] == "training"]
    assert [stage["key"] for stage in plan if not stage["optional"]] == trained
    assert any("noise 1" in stage["title"] for stage in plan)
    assert len({e["stage"] for e in events if e["kind"] == "epoch"}) == len(trained)


def test_asked_again_nothing_is_trained(toy, tmp_path):
    shelf = Shelf([tmp_path])
    done(shelf)
    whole, events = done(shelf)
    assert whole
    assert not [e for e in events if e["kind"] == "training"]
    assert done(shelf, [*three(), base()])[0], "the same experiment twice is one"


def test_what_was_stopped_goes_on_to_the_same_end(toy, tmp_path):
    keeper, seen = Drawer(lambda stage, epoch_ended: epoch_ended), []
    shelf, undisturbed = Shelf([tmp_path / "one"]), Shelf([tmp_path / "two"])

    def tell(event):
        seen.append(event)

    def stop():
        return sum(e["kind"] == "epoch" for e in seen) >= 5

    assert not run_series(three(), shelf.match, shelf.put, Room(report=tell, should_stop=stop, keeper=keeper))
    before = [shelf.find(key_of(e)) for e in three()]
    assert [len(found) for found in before] == [1, 0, 0], "what was finished is there already"
    whole, events = done(shelf, keeper=keeper)
    assert whole
    assert not [e for e in events if e["kind"] == "epoch" and e["stage"].endswith("/teacher")], "teachers were kept"
    done(undisturbed)
    for experiment in three():
        one, two = shelf.find(key_of(experiment))[0], undisturbed.find(key_of(experiment))[0]
        assert one.runs == two.runs


def test_other_recordings_are_trained_on_again(toy, tmp_path):
    shelf = Shelf([tmp_path])
    done(shelf, [base()])
    (old,) = shelf.find(key_of(base()))
    for path in tmp_path.glob("*.json"):
        path.unlink()
    shelf.put(replace(old, windows=dict.fromkeys(old.windows, "0" * 64)))
    done(shelf, [base()])
    assert len(shelf.find(key_of(base()))) == 2, "the old one is kept"


def test_teachers_are_shared_only_where_they_are_the_same():
    same = ({"view": "limb"}, {"wrong_labels": 0.2}, {"noise": 1.0}, {"arms": ("rdpd",)}, {"width": "channels"})
    other = ({"seeds": 4}, {"share": 0.5}, {"epochs": 3}, {"noise": 1.0, "noise_on": "all"}, {"temperature": 2.0})
    tuned = Experiment(dataset="simulated_ecg", recipe="tuned")
    paper = Experiment(dataset="simulated_ecg", recipe="paper")
    for change in same:
        assert teacher_key(replace(paper, **change)) == teacher_key(paper), change
    for change in other:
        assert teacher_key(replace(paper, **change)) != teacher_key(paper), change
    assert teacher_key(replace(tuned, temperature=2.0)) == teacher_key(tuned), "tuned teachers have a temperature of their own"


def test_titles_say_what_differs(toy):
    assert titles_of(three()) == [
        "wrist, noise 0, unlabeled 0", "wrist, noise 1, unlabeled 0", "limbs, noise 0, unlabeled 0.5",
    ]  # fmt: skip
    assert titles_of([base()]) == ["wrist"]
