"""Pages in tests look at jobs and keep things in a folder of the test, and nothing runs behind their back."""

from types import SimpleNamespace

import pytest

from rdpd_core.jobs import Desk


@pytest.fixture(autouse=True)
def still_watch(monkeypatch, tmp_path):
    """A watch that makes no rounds; its desk is in an empty folder."""
    given = SimpleNamespace(desk=Desk(tmp_path / "watched" / "jobs"), trouble="")
    monkeypatch.setattr("app.watch.watch", lambda: given)
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))  # where pages keep what was looked at last
    return given
