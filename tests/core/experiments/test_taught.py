"""A training that was done once is taken from the cache, and only if it is the very same and undamaged."""

import pytest
import torch

from rdpd_core.experiments import run, taught
from rdpd_core.files import cache_root
from rdpd_core.training import State
from tests.core.experiments.test_run import brief, weights


def kept():
    return sorted((cache_root() / "taught").glob("*.state"))


def epochs_of(experiment):
    """Run; give the weights of the teacher, and the keys of the stages in which an epoch was trained."""
    stages = set()
    result = run(experiment, report=lambda e: stages.add(e["stage"]) if e["kind"] == "epoch" else None)
    return weights(result, "teacher"), stages


def test_another_view_takes_the_teacher_that_is_there(toy):
    first, stages = epochs_of(brief(arms=("teacher", "distill")))
    assert stages == {"fixed/teacher", "fixed/students"}
    again, stages = epochs_of(brief(arms=("teacher", "distill"), view="limbs"))
    assert stages == {"fixed/students"}
    for a, b in zip(first, again, strict=True):
        assert all(torch.equal(a[n], b[n]) for n in a)


@pytest.mark.parametrize(
    "change", [{"seeds": 1}, {"epochs": 4}, {"share": 0.5}, {"temperature": 2.0}, {"architecture": {"teacher": {"filters": 5}}}]
)
def test_what_a_teacher_depends_on_makes_another_one(toy, change):
    epochs_of(brief(arms=("teacher",)))
    _, stages = epochs_of(brief(arms=("teacher",), **change))
    assert stages == {"fixed/teacher"}


def test_one_changed_byte_is_seen_and_the_teacher_trained_again(toy):
    first, _ = epochs_of(brief(arms=("teacher",)))
    (path,) = kept()
    data = bytearray(path.read_bytes())
    for at in (3, taught.DIGEST + 20, len(data) - 1):
        path.write_bytes(bytes(data[:at]) + bytes([data[at] ^ 1]) + bytes(data[at + 1 :]))
        assert taught.read_state(path) is None
    again, stages = epochs_of(brief(arms=("teacher",)))
    assert stages == {"fixed/teacher"}
    for a, b in zip(first, again, strict=True):
        assert all(torch.equal(a[n], b[n]) for n in a)


def test_a_training_that_was_stopped_is_not_kept(toy):
    count = []
    run(
        brief(arms=("teacher",)),
        report=lambda e: count.append(e) if e["kind"] == "epoch" else None,
        should_stop=lambda: bool(count),
    )
    assert kept() == []


def test_a_state_is_read_back_as_it_was_written(tmp_path):
    state = State({"a.b": torch.arange(6.0).reshape(2, 3), "n": torch.tensor([1, 2])}, {"epoch": 3, "names": ["x", "y"]})
    taught.write_state(tmp_path / "one.state", state)
    found = taught.read_state(tmp_path / "one.state")
    assert found.facts == state.facts
    assert all(torch.equal(found.tensors[n], t) for n, t in state.tensors.items())
    assert taught.read_state(tmp_path / "none.state") is None
