"""What the command `models` does with single models."""

import json

import pytest

from rdpd_core.__main__ import main
from rdpd_core.datasets import leaving
from rdpd_core.experiments import Experiment, keep, run
from rdpd_core.store import Store, exchange
from rdpd_core.store.onnx_export import missing

NAME = "direct-wrist-split_fixed-seed0"


@pytest.fixture
def kept(toy):
    """A kept student."""
    result = run(Experiment(dataset="toy", view="wrist", arms=("direct",), seeds=1, recipe="paper", epochs=1))
    return keep(result, Store.default(), "2026-01-01T00:00:00+00:00")[0]


def told(capsys, *words):
    """Give what a command that must succeed says as JSON."""
    assert main(["models", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_cost_of_a_model(kept, capsys):
    found = told(capsys, "--cost", NAME, "--runs", "3")
    assert found["multiply-adds of a window"] == sum(found["multiply-adds by layer"].values())
    assert found["time of one window"][0]["runs"] == 3
    assert found["bytes on disk"] == Store.default().size_bytes("toy", NAME)
    assert main(["models", "--cost", NAME, "--runs", "3"]) == 0
    assert "convolution" in capsys.readouterr().out


def test_a_model_goes_out_and_comes_in(kept, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange, "check_apart", lambda *_: None)
    folder = told(capsys, "--export", f"toy/{NAME}", str(tmp_path / "out"))["folder"]
    assert main(["models", "--import", folder]) == 1
    assert "already" in capsys.readouterr().err
    Store.default().delete("toy", NAME)
    assert told(capsys, "--import", folder)["model"] == f"toy/{NAME}"
    assert Store.default().verify("toy", NAME) == kept


def test_a_model_of_credentialed_data_goes_out_only_to_who_asks_twice(kept, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(leaving, "is_held", lambda name, root: name == "toy")
    assert main(["models", "--export", f"toy/{NAME}", str(tmp_path / "out")]) == 1
    assert "add --credentialed if its agreement allows that" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert told(capsys, "--export", f"toy/{NAME}", str(tmp_path / "out"), "--credentialed")["folder"]


def test_a_file_that_is_not_there_is_named(toy, capsys, tmp_path):
    assert main(["models", "--import", str(tmp_path / "none.zip")]) == 1
    assert "none.zip cannot be read" in capsys.readouterr().err


@pytest.mark.skipif(bool(missing()), reason="onnx and onnxruntime are an optional part")
def test_onnx_of_a_model(kept, capsys, tmp_path):
    found = told(capsys, "--onnx", NAME, str(tmp_path / "model.onnx"), "--windows", "7")
    assert found["windows compared"] == 7
    assert found["largest difference of a probability"] <= 1e-5
    assert (tmp_path / "model.onnx").stat().st_size == found["bytes"]


def test_without_onnx_the_way_to_it_is_said(kept, capsys, monkeypatch):
    monkeypatch.setattr("rdpd_core.store.onnx_export.missing", lambda: "ONNX needs onnx: pip install it")
    assert main(["models", "--onnx", NAME, "x.onnx"]) == 1
    assert "pip install" in capsys.readouterr().err
