"""Models of a job in the store: checked on the way, and in nobody's place who was not asked."""

import pytest

from rdpd_core.errors import EngineError, ModelFileError
from rdpd_core.files import remove_folder
from rdpd_core.jobs import Desk, states
from rdpd_core.jobs.engines import Seen
from rdpd_core.jobs.filing import file_models, is_filed
from rdpd_core.store import Store
from tests.core.jobs.byhand import Puppet, a_folder
from tests.core.store.made import card, registered, state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A job that made two models; nothing is in the user's store."""
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    made = a_folder(tmp_path / ("0" * 16), id="0" * 16)
    with registered():
        for seed in range(2):
            Store([made.models]).save(card(name=f"direct-{seed}"), state(seed))
        yield made


def mine():
    """Give the digests of the user's models, by name."""
    return {c.name: c.weights_sha256 for c in Store.default().list("made_ecg").cards}


def test_models_are_copied_and_that_is_noted(folder):
    assert not is_filed(folder)
    assert file_models(folder) == ["made_ecg/direct-0", "made_ecg/direct-1"]
    assert is_filed(folder)
    assert mine() == {c.name: c.weights_sha256 for c in Store([folder.models]).list().cards}


@pytest.mark.slow
def test_a_job_that_went_on_replaces_what_it_made_before(folder):
    file_models(folder)
    Store([folder.models]).save(card(name="direct-0"), state(7), overwrite=True)
    before = mine()
    file_models(folder)
    assert (mine()["direct-0"] != before["direct-0"], mine()["direct-1"] == before["direct-1"]) == (True, True)


@pytest.mark.slow
def test_a_job_from_elsewhere_replaces_nothing(folder):
    Store.default().save(card(name="direct-1"), state(7))
    before = mine()
    with pytest.raises(ModelFileError, match="there is a model made_ecg/direct-1 already"):
        file_models(folder, overwrite=False)
    assert mine()["direct-1"] == before["direct-1"]
    assert not is_filed(folder)


@pytest.mark.slow
def test_a_model_that_is_there_already_is_left_alone(folder):
    file_models(folder)
    assert file_models(folder, overwrite=False) == ["made_ecg/direct-0", "made_ecg/direct-1"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["card.json", "model.safetensors"])
def test_a_damaged_model_is_refused(folder, name):
    path = folder.models / "made_ecg" / "direct-1" / name
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match="direct-1"):
        file_models(folder, overwrite=False)
    assert "direct-1" not in mine()


class Away(Puppet):
    """A cluster that cannot be reached any more."""

    def bring(self, folder, handle):
        raise EngineError("the cluster cannot be reached")


@pytest.fixture
def away(folder):
    """The desk of that job, done on a cluster that is gone since."""
    result = {"status": states.DONE, "reason": "", "ended": 2.0, "models": [c.key for c in Store([folder.models]).list().cards]}
    folder.write_record("launch", {"attempt": 1, "engine": "local", "idle": 0, "mark": [], "at": 1.0, "handle": {"number": 1}})
    folder.write_record("result", {**result, "tables": []})
    return Desk(folder.path.parent, {"local": Away(Seen("ended", "its cluster is gone"))})


def test_a_cluster_that_is_gone_hinders_nothing_once_all_is_here(away, folder):
    away.tick()
    assert away.trouble == {}
    assert sorted(mine()) == ["direct-0", "direct-1"]
    assert away.job(folder.path.name).entry.state == states.DONE


def test_as_long_as_a_model_is_not_here_the_cluster_is_waited_for(away, folder):
    remove_folder(folder.models / "made_ecg" / "direct-1")
    away.tick()
    assert "cannot be reached" in away.trouble[folder.path.name]
    assert not is_filed(folder)
    assert away.job(folder.path.name).entry.state is None
