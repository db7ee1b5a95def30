"""Our own command, asked about one model in a process of its own."""

import pytest

from app.components.model_task import told_by
from rdpd_core.errors import DataError
from rdpd_core.store import Store, pretrained_root


@pytest.mark.slow
def test_the_command_answers_and_its_refusal_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))
    card = Store([pretrained_root()]).list().cards[0]
    found = told_by(["--cost", card.key, "--runs", "2"])
    assert found["model"] == card.key
    assert found["time of one window"][0]["runs"] == 2
    with pytest.raises(DataError, match=r"^there is no model dsads/nobody; here are"):
        told_by(["--cost", "dsads/nobody"])
    assert not (tmp_path / "work").exists()
