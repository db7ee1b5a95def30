"""The channel lab as a job: by a real worker, resumed after a kill, its models in the case study, asked again for nothing."""

import json

import pytest

from rdpd_core.errors import JobFileError, ParameterError
from rdpd_core.experiments import Experiment
from rdpd_core.experiments.cases import jobs_of, views_of
from rdpd_core.experiments.data import load
from rdpd_core.experiments.lab import Lab, answer, run_lab
from rdpd_core.jobs import Spec, states, study_commands
from rdpd_core.jobs.asking import spec_of_lab
from rdpd_core.jobs.lab_work import ANSWERS, read_answers
from rdpd_core.store import Store
from tests.core.jobs.made import desk, until, until_ended


def lab(**changes):
    """Give a short lab on the toy data set."""
    base = Experiment(**{"dataset": "toy", "seeds": 1, "recipe": "paper", "epochs": 3, "patience": 3, **changes})
    return Lab(base, names=("wrist", "ankle"))


def test_a_spec_of_a_lab_is_the_same_after_json(toy):
    spec = spec_of_lab(lab())
    again = Spec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again.asked_lab() == lab()
    assert again.key == spec.key
    assert spec.title == "channel lab, 3 subsets of 2 channels, 1 seed, toy"
    assert spec_of_lab(lab(noise=1.0)).key != spec.key
    with pytest.raises(JobFileError, match="lab must hold"):
        Spec.from_dict({**spec.to_dict(), "lab": None})
    plain = {**spec.to_dict(), "kind": "experiment", "lab": None}
    with pytest.raises(ParameterError, match="is no channel lab"):
        Spec.from_dict(plain).asked_lab()


@pytest.mark.slow
def test_a_worker_does_the_lab_and_a_kill_costs_nothing(toy, tmp_path):
    office = desk(tmp_path)
    spec = spec_of_lab(lab(), device="cpu", threads=1, checkpoint_s=0.0)
    job, _ = office.submit(spec)
    until(lambda: any(job.folder.checkpoints.glob("*lab-0/[0-9]*")), office)
    office.force(job.id)
    until(lambda: office.job(job.id).state.ended, office)
    if office.job(job.id).state.name != states.DONE:
        office.resume(job.id)
    done = until_ended(office, job.id)
    assert done.state.name == states.DONE, done.folder.record("result")
    asked, found = read_answers(done.folder)
    assert asked == lab()
    assert found.points == answer(lab(), run_lab(lab(), device="cpu")).points
    cards = [card for card in Store.default().list("toy").cards if card.training.get("job") == job.id]
    assert len(jobs_of(cards)) == 1
    assert set(views_of(cards)) == {"wrist", "ankle", "limbs"}
    assert office.finished(spec).id == job.id
    assert office.finished(spec_of_lab(lab(noise=1.0), device="cpu", threads=1, checkpoint_s=0.0)) is None


@pytest.mark.slow
def test_what_was_not_found_yet_is_said(toy, tmp_path):
    office = desk(tmp_path)
    job, _ = office.submit(spec_of_lab(lab(epochs=2000, patience=2000), device="cpu", threads=1))
    with pytest.raises(JobFileError, match="has found nothing yet"):
        read_answers(job.folder)
    office.force(job.id)
    assert not (job.folder.outcomes / ANSWERS).exists()


@pytest.mark.parametrize("text", ["I", "I=", "I=x", "I=1,=,"])
def test_costs_that_cannot_be_read(text):
    with pytest.raises(ParameterError, match="--costs"):
        study_commands.read_costs(text)


def test_costs_are_read():
    assert study_commands.read_costs(" I=1, II=2.5") == {"I": 1.0, "II": 2.5}
    assert study_commands.read_costs("") is None


@pytest.mark.slow
def test_other_recordings_are_told(toy, tmp_path, monkeypatch, capsys):
    office = desk(tmp_path)
    monkeypatch.setattr(office, "finished", lambda spec: office.jobs()[0])
    spec = spec_of_lab(lab(epochs=2000, patience=2000), device="cpu", threads=1)
    job, _ = office.submit(spec)
    office.force(job.id)
    digest = load("toy").prepared.windows.digest
    for before, wanted in ((digest, job.id), ("0" * 64, None)):
        monkeypatch.setattr(
            "rdpd_core.jobs.work.open_outcomes", lambda folder, before=before: ({}, {"windows": {"fixed": before}})
        )
        found = study_commands._done_before(office, spec)
        assert (found and found.id) == wanted
    assert "have changed since" in capsys.readouterr().err
