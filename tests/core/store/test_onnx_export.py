"""ONNX gives PyTorch's answers, and says in a sentence what it needs."""

import importlib.util
from dataclasses import replace

import pytest
import torch

from rdpd_core.errors import IncompatibleError, ParameterError
from rdpd_core.runtime import torch_generator
from rdpd_core.store import onnx_export
from rdpd_core.store.onnx_export import REQUIREMENTS, TOLERANCE, export_onnx, missing, parity, to_onnx
from tests.core.store.rcnn_made import rcnn, rcnn_card

HERE = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime"))
needs_onnx = pytest.mark.skipif(not HERE, reason="onnx and onnxruntime are an optional part")


def windows(count: int = 9) -> torch.Tensor:
    """Give windows for the small RCNN."""
    return torch.randn(count, 2, 20, generator=torch_generator("onnx"))


@needs_onnx
@pytest.mark.parametrize("pooling", ["mean", "statistics"])
@pytest.mark.parametrize("second_conv", [False, True])
def test_answers_are_those_of_pytorch(second_conv, pooling):
    model = rcnn(second_conv, pooling=pooling)
    data, found = export_onnx(model, rcnn_card(weights_sha256="a" * 64), windows())
    assert found.windows == 9
    assert found.largest <= TOLERANCE
    assert found.decisions == 0
    assert parity(data, model, windows(1)).largest <= TOLERANCE, "any number of windows"


@needs_onnx
def test_the_file_says_what_it_reads():
    import onnx

    made = onnx.load_model_from_string(to_onnx(rcnn(), rcnn_card(weights_sha256="a" * 64)))
    said = {p.key: p.value for p in made.metadata_props}
    assert said["channels"] == "i (mV), ii (µV)"
    assert said["mean"] == "0.1, -0.2"
    assert said["classes"].split(", ") == list(rcnn_card().classes)
    assert [i.name for i in made.graph.input] == ["window"]
    assert [o.name for o in made.graph.output] == ["logits", "attention"]


@needs_onnx
def test_other_weights_do_not_pass():
    model = rcnn()
    data = to_onnx(model, rcnn_card())
    with torch.no_grad():
        model.dense_bias[0] += 0.01
    assert parity(data, model, windows()).largest > TOLERANCE
    with pytest.raises(ParameterError, match="at least 1"):
        parity(data, model, windows(0))


def test_a_difference_is_refused(monkeypatch):
    apart = onnx_export.Parity(9, 0.5, 0.1, 2)
    monkeypatch.setattr(onnx_export, "to_onnx", lambda model, card: b"")
    monkeypatch.setattr(onnx_export, "parity", lambda data, model, windows: apart)
    with pytest.raises(IncompatibleError, match=r"differs from PyTorch by 5\.0e-01 on 9 windows"):
        export_onnx(rcnn(), rcnn_card(), windows())
    monkeypatch.setattr(onnx_export, "parity", lambda *_: replace(apart, probability=float("nan")))
    with pytest.raises(IncompatibleError, match="differs"):
        export_onnx(rcnn(), rcnn_card(), windows())


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "onnx and onnxruntime" in missing()
    assert "rdpd_core/store/requirements-onnx.txt" in missing()
    with pytest.raises(IncompatibleError, match="pip install"):
        to_onnx(rcnn(), rcnn_card())


def test_what_it_needs_is_pinned():
    assert REQUIREMENTS.is_file()
    lines = REQUIREMENTS.read_text().split()
    assert [line.partition("==")[0] for line in lines] == ["onnx", "onnxruntime"]
    assert all(line.partition("==")[2] for line in lines)
