"""Reading at full size is measured by a command; here it runs on little, and its figures are not judged."""

import contextlib
import io
import json

import pytest

from rdpd_core.experiments import reading

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "share", "told"),
    [
        ("pamap2", 0.003, ("time, times the plain way", "memory (MB), ours", "reopened, times faster")),
        ("mimic3", 2e-5, ("time, times the plain way", "memory (MB), ours", "minutes for all, extrapolated")),
        ("stream", 0.01, ("1 students, times the time", "15 students, times the time")),
    ],
)
def test_a_measurement_gives_ratios(tmp_path, monkeypatch, name, share, told):
    monkeypatch.setattr(reading, "in_a_process", in_this_process)
    row = reading.MEASURED[name](tmp_path, share, 1)
    assert row["n"] == 1
    assert all(row[key] >= 0 for key in told)


def in_this_process(way, root):
    """Run one way without loading PyTorch once more; that processes are started is seen below."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        reading._one_way(way, root)
    return json.loads(said.getvalue())


def test_an_unknown_measurement_is_told(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["reading", "ptbxl"])
    assert reading.main() == 1
    assert "unknown measurement 'ptbxl'" in capsys.readouterr().err


def test_a_way_that_fails_is_told_in_its_words(tmp_path):
    with pytest.raises(reading.DataError, match=r"loadtxt failed: .*subject101\.dat"):
        reading.in_a_process("loadtxt", tmp_path)
