"""Specs: what was asked, or a sentence that says which field is wrong."""

import json

import pytest

from rdpd_core.errors import JobFileError, RdpdError, UnknownNameError
from rdpd_core.jobs import Spec
from rdpd_core.jobs.sealed import write_sealed
from tests.core.jobs.byhand import a_spec


def test_a_spec_comes_back_as_it_was(tmp_path):
    spec = a_spec(
        kind="shard", title="Zoë's", engine="slurm", device="cuda:1", threads=3, gpus=0.5, data_root="data", watch="ann",
        keep_models=False, checkpoint_s=2.5, parent="0" * 16, whole="ab", versions={"torch": "2"},
    )  # fmt: skip
    spec.write(tmp_path / "spec.json")
    assert Spec.read(tmp_path / "spec.json") == spec
    assert set(json.loads((tmp_path / "spec.json").read_text())) == {*spec.to_dict(), "sha256"}


def test_every_job_has_an_id_of_its_own():
    ids = {a_spec().id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) == 16 and set(one) <= set("0123456789abcdef") for one in ids)


def test_the_same_work_has_the_same_key():
    key = a_spec().key
    assert a_spec(title="other", checkpoint_s=1.0, versions={"torch": "3"}).key == key
    for change in (
        {"experiments": ({"dataset": "toy", "view": "limbs"},)}, {"device": "cpu"}, {"engine": "ray"}, {"watch": "bob"},
        {"data_root": "elsewhere"}, {"parent": "0" * 16}, {"keep_models": False}, {"threads": 1},
    ):  # fmt: skip
        assert a_spec(**change).key != key, change


def test_experiments_are_those_that_were_asked(toy):
    (experiment,) = a_spec().asked()
    assert (experiment.dataset, experiment.view) == ("toy", "wrist")
    with pytest.raises(UnknownNameError, match="did you mean 'toy'"):
        a_spec(experiments=({"dataset": "tyo"},)).asked()
    with pytest.raises(UnknownNameError, match="did you mean 'seeds'"):
        a_spec(experiments=({"dataset": "toy", "seds": 3},)).asked()
    with pytest.raises(RdpdError, match="outside"):
        a_spec(experiments=({"dataset": "toy", "seeds": -3},)).asked()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": "red"}, "unknown fields colour; known: checkpoint_s"),
        ({"format": 2}, "has format 2, this version reads up to 1; get a newer version"),
        ({"format": 0}, "format must be a number from 1 to 1"),
        ({"format": "1"}, "format must be a number"),
        ({"format": None}, "format must be a number"),
        ({"id": "../../etc/passwd"}, "id must be 16 hexadecimal digits"),
        ({"id": "0123456789ABCDEF"}, "id must be 16 hexadecimal digits"),
        ({"id": 7}, "id must be text"),
        ({"parent": "../x"}, "parent must be 16 hexadecimal digits"),
        ({"kind": "dance"}, "kind 'dance' is none of experiment, study, shard"),
        ({"experiments": []}, "experiments is empty"),
        ({"experiments": ["toy"]}, "cannot be read"),
        ({"experiments": None}, "cannot be read"),
        ({"title": None}, "title must be text"),
        ({"data_root": 3}, "data_root must be text"),
        ({"threads": -1}, "threads must be a number from 0 to 4096"),
        ({"threads": True}, "threads must be a number"),
        ({"gpus": "1"}, "gpus must be a number"),
        ({"checkpoint_s": 1e9}, "checkpoint_s must be a number"),
        ({"created": "today"}, "created must be a number"),
        ({"keep_models": "yes"}, "keep_models must be true or false"),
        ({"versions": [1]}, "versions must be names"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_field_is_named(tmp_path, change, reason):
    write_sealed(tmp_path / "spec.json", {**a_spec().to_dict(), **change})
    with pytest.raises(JobFileError, match=f"spec.json.*{reason}"):
        Spec.read(tmp_path / "spec.json")


def test_a_missing_field_is_named(tmp_path):
    values = a_spec().to_dict()
    del values["dataset"]
    write_sealed(tmp_path / "spec.json", values)
    with pytest.raises(JobFileError, match=r"cannot be read: .*dataset"):
        Spec.read(tmp_path / "spec.json")


def test_an_edit_by_hand_is_refused(tmp_path):
    path = tmp_path / "spec.json"
    a_spec().write(path)
    path.write_text(path.read_text().replace('"device": "auto"', '"device": "cuda"'))
    with pytest.raises(JobFileError, match="damaged or edited"):
        Spec.read(path)
