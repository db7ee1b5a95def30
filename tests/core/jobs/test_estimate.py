"""The command that tells before a job is started how long it would take, and the timing that a page starts beside itself."""

import io
import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from rdpd_core.errors import EngineError
from rdpd_core.experiments import prepare
from rdpd_core.jobs import Spec
from rdpd_core.jobs.estimate import REFUSED, STDIN, Timing, main
from rdpd_core.jobs.sealed import sealed_bytes
from tests.core.jobs.made import LIMIT_S, toy_spec


@pytest.fixture
def spec_file(toy, tmp_path):
    """A small job on the toy data set, whose recordings were read."""
    prepare("toy")
    path = tmp_path / "spec.json"
    toy_spec().write(path)
    return path


def answer(capsys, *words) -> dict:
    """Give what the command prints."""
    assert main([str(word) for word in words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


@pytest.mark.slow
def refusal(capsys, *words) -> str:
    """Give the sentence with which the command refuses."""
    assert main([str(word) for word in words]) == REFUSED
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err.strip()


@pytest.mark.slow
def test_it_prints_a_forecast_and_concerns(spec_file, capsys):
    told = answer(capsys, spec_file)
    found = told["forecast"]
    earliest, usual, most = found["seconds"]
    assert 0 < earliest <= usual <= most
    assert found["memory_mb"] > 0
    assert [(s["key"], s["members"], s["most"]) for s in found["stages"]] == [("fixed/teacher", 2, 3), ("fixed/students", 4, 3)]
    assert found["sentence"].startswith("about ")
    assert "(CPU, 1 thread)" in found["sentence"]
    assert "seeds" in {c["about"] for c in told["concerns"]}


@pytest.mark.slow
def test_what_was_timed_once_is_kept(spec_file, capsys, tmp_path):
    first = answer(capsys, spec_file)["forecast"]
    kept = sorted((tmp_path / "cache" / "pace").glob("*.json"))
    before = [path.read_bytes() for path in kept]
    assert len(kept) == 2
    assert answer(capsys, spec_file)["forecast"] == first
    assert [path.read_bytes() for path in sorted((tmp_path / "cache" / "pace").glob("*.json"))] == before


@pytest.mark.slow
def test_a_study_is_forecast_whole(toy, capsys, tmp_path):
    prepare("toy")
    spec = toy_spec("study")
    spec = replace(spec, experiments=(*spec.experiments, {**spec.experiments[0], "view": "limbs"}))
    spec.write(tmp_path / "spec.json")
    found = answer(capsys, tmp_path / "spec.json")["forecast"]
    assert found["shards"] == 2
    assert len(found["stages"]) == 4


def test_recordings_that_were_not_read_are_not_read_for_a_forecast(toy, capsys, tmp_path):
    toy_spec().write(tmp_path / "spec.json")
    told = answer(capsys, tmp_path / "spec.json")
    assert told["forecast"]["seconds"] is None
    assert "have not been read yet" in told["forecast"]["sentence"]
    assert not (tmp_path / "cache" / "recordings").exists()


@pytest.mark.slow
def test_a_spec_may_come_over_standard_input(spec_file, capsys, monkeypatch):
    class Given:
        buffer = io.BytesIO(spec_file.read_bytes())

    monkeypatch.setattr(sys, "stdin", Given())
    assert answer(capsys, STDIN)["forecast"]["stages"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"{", "not valid JSON"),
        (b'{"kind": "experiment"}', "spec"),
        (b"", "spec"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(toy, tmp_path, capsys, content, words):
    path = tmp_path / "spec.json"
    if content is not None:
        path.write_bytes(content)
    assert words in refusal(capsys, path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "party"}, "kind 'party' is none of"),
        ({"experiments": [{"dataset": "nowhere"}]}, "unknown data set 'nowhere'"),
        ({"experiments": [{"dataset": "toy", "seeds": -1}]}, "seeds=-1 is outside"),
        ({"device": "abacus"}, "device 'abacus'"),
    ],
)
def test_a_spec_that_asks_for_what_is_not_is_refused_in_a_sentence(toy, tmp_path, capsys, changes, words):
    path = tmp_path / "spec.json"
    path.write_bytes(sealed_bytes({**toy_spec().to_dict(), **changes}))
    assert words in refusal(capsys, path)


@pytest.mark.slow
def test_the_command_ends_with_its_code(tmp_path):
    words = [sys.executable, "-m", "rdpd_core.jobs.estimate", str(tmp_path / "none.json")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (REFUSED, "")
    assert ended.stderr.count("\n") == 1


def until_done(timing: Timing) -> None:
    """Wait for a timing."""
    last = time.monotonic() + LIMIT_S
    while not timing.done():
        assert time.monotonic() < last, "it did not end in time"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_page_starts_a_timing_and_hears_of_its_end(toy):
    one = {"dataset": "simulated_ecg", "arms": ["direct"], "seeds": 1}
    until_done(Timing(Spec("experiment", "one", "simulated_ecg", (one,), device="cpu", threads=1)))
    bad = Timing(Spec("experiment", "one", "nowhere", ({"dataset": "nowhere"},), device="cpu"))
    with pytest.raises(EngineError, match="could not be timed: unknown data set 'nowhere'"):
        until_done(bad)
    with pytest.raises(EngineError, match="could not be timed"):
        bad.done()
