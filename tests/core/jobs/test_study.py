"""Studies: cut into shards, run as jobs of their own, merged; a shard that fails is tried again alone."""

import pytest

from rdpd_core.experiments import Experiment
from rdpd_core.experiments.cases import jobs_of
from rdpd_core.experiments.study import cut, grid, needs_cutting
from rdpd_core.jobs import Spec, states
from rdpd_core.jobs.locks import hold
from rdpd_core.store import Store
from tests.core.jobs.made import desk, models_of, toy_spec, until, until_ended, until_trained

EXPERIMENT = Experiment(dataset="simulated_ecg", seeds=100)


def test_more_students_than_a_cohort_holds_are_cut_by_seeds():
    parts = cut([EXPERIMENT])
    assert [p.experiment.seeds for p in parts] == [12] * 8 + [4]
    seeds = [seed for part in parts for seed in part.experiment.seed_list]
    assert seeds == list(range(100))
    assert needs_cutting(EXPERIMENT)
    assert not needs_cutting(Experiment(dataset="simulated_ecg", seeds=5))


def test_all_splits_are_parts_of_one_experiment():
    parts = cut([Experiment(dataset="dsads", split="all", seeds=2), Experiment(dataset="dsads", seeds=1)])
    assert [part.whole for part in parts] == [0] * 8 + [1]
    assert len({part.experiment.split for part in parts}) == 8


def test_a_grid_has_every_combination_and_reads_text():
    found = grid(Experiment(dataset="simulated_ecg"), {"noise": ["0", "1.5"], "recipe": ["paper", "tuned"]})
    assert [(e.noise, e.recipe) for e in found] == [(0.0, "paper"), (0.0, "tuned"), (1.5, "paper"), (1.5, "tuned")]


def study_spec(**changes) -> Spec:
    """Give a study of two experiments with a shard each."""
    experiments = grid(Experiment(**toy_spec(**changes).asked()[0].to_dict()), {"noise": [0.0, 0.5]})
    return Spec(
        kind="study", title="toys", dataset="toy", experiments=[e.to_dict() for e in experiments], threads=1, checkpoint_s=0.0
    )


@pytest.mark.slow
def test_shards_run_by_themselves_and_are_merged(toy, tmp_path):
    office = desk(tmp_path)
    study, new = office.submit(study_spec())
    assert new
    assert not office.submit(study_spec())[1]
    assert len(office.jobs()) == 1
    done = until_ended(office, study.id)
    result = done.folder.record("result")
    assert (done.state.name, result["reason"]) == (states.DONE, "")
    assert [t["experiment"]["noise"] for t in result["tables"]] == [0.0, 0.5]
    assert len(set(result["models"])) == 12
    cards = [card for card in Store.default().list("toy").cards if card.role == "student"]
    assert len(cards) == 8, "experiments of one study do not overwrite each other's models"
    assert sorted("noise 0.5" in title for title in jobs_of(cards).values()) == [False, True]
    alone, _ = office.submit(toy_spec())
    lone = until_ended(office, alone.id).folder.record("result")
    assert lone["tables"][0]["comparison"]["rows"] == result["tables"][0]["comparison"]["rows"]


@pytest.mark.slow
def test_a_shard_that_fails_is_tried_again_alone_and_then_resumed(toy, tmp_path):
    office = desk(tmp_path)
    with hold(tmp_path / "slots" / "cpu-0"):  # nothing starts meanwhile
        study, _ = office.submit(study_spec())
        shards = office.shards(study.id)
        shards[1].folder.events.mkdir()  # no worker can write there
    ended = until_ended(office, study.id)
    result = ended.folder.record("result")
    assert ended.state.name == states.FAILED
    assert "shard 2 of 2" in result["reason"]
    assert len(result["tables"]) == 1, "what the other shard has is kept"
    assert shards[1].folder.record("launch")["attempt"] == 2
    assert shards[0].folder.record("launch")["attempt"] == 1
    shards[1].folder.events.rmdir()
    office.resume(study.id)
    assert until_ended(office, study.id).state.name == states.DONE
    assert len(ended.folder.record("result")["tables"]) == 2
    assert shards[0].folder.record("launch")["attempt"] == 1, "what was done is not done again"


@pytest.mark.slow
def test_stopping_a_study_keeps_what_its_shards_have(toy, tmp_path):
    office = desk(tmp_path)
    study, _ = office.submit(study_spec(epochs=4000, patience=4000))
    first = office.shards(study.id)[0]
    until_trained(office, first.id)
    until(lambda: office.job(study.id).state.name == states.RUNNING, office)
    office.stop(study.id)
    ended = until_ended(office, study.id)
    assert ended.state.name == states.STOPPED
    assert models_of(first.folder.path)
