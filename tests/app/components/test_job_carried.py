"""Models of a finished job that are still on their way into the store: the page waits for them, and misses none."""

import pytest

from app import cached
from rdpd_core.jobs import states
from rdpd_core.jobs.filing import FILED, is_filed
from tests.app.components.test_job_detail import here, model, shown
from tests.app.jobs_made import Course, alive, end, spec, submit, texts

__all__ = ["here"]


@pytest.fixture
def folder(here):
    """A finished job, whose model is not in the store yet."""
    made = submit(here.desk, spec(), Course(stage="tables", epochs=3))
    alive(made)
    end(made, states.DONE, models=["simulated_ecg/one"])
    return made


def carry(folder):
    """Put the model of a job where it is to be kept, as the desk does."""
    model("one", folder.path.name)
    (folder.path / FILED).touch()


def test_models_that_are_still_carried_are_waited_for(folder, tmp_path):
    at = shown(folder, tmp_path)
    assert "0 of 1 models are in the store" in texts(at)
    assert "case" not in {link.proto.page for link in at.get("page_link")}
    carry(folder)
    at.run()
    assert "models are in the store" not in texts(at)
    assert "case" in {link.proto.page for link in at.get("page_link")}


def test_models_that_arrive_while_the_store_is_looked_at_are_not_missed(folder, tmp_path, monkeypatch):
    look = cached.cards

    def late(*asked):
        found = look(*asked)
        if not is_filed(folder):
            carry(folder)
        return found

    monkeypatch.setattr(cached, "cards", late)
    at = shown(folder, tmp_path)
    assert "case" in {link.proto.page for link in at.get("page_link")}, "the page was made anew once they were there"
