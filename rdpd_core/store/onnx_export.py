"""A model as ONNX, for programs without PyTorch, and how far its answers differ from ours."""

from __future__ import annotations

import importlib.util
import io
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rdpd_core.errors import IncompatibleError, ParameterError
from rdpd_core.models import Model
from rdpd_core.store.cards import ModelCard
from rdpd_core.store.plain import plain_form

TOLERANCE = 1e-5
OPSET = 17
REQUIREMENTS = Path(__file__).with_name("requirements-onnx.txt")


@dataclass(frozen=True)
class Parity:
    """How far ONNX and PyTorch differ on the same windows.

    Attributes:
        windows: n.
        probability: Largest absolute difference of a class probability.
        attention: Largest absolute difference of an attention weight; None for a model without attention.
        decisions: Windows in which the most probable class differs.
    """

    windows: int
    probability: float
    attention: float | None
    decisions: int

    @property
    def largest(self) -> float:
        """The larger of both differences."""
        return max(self.probability, self.attention or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)


def missing() -> str:
    """Say in a sentence which packages ONNX needs and are not here; empty if all are."""
    lacking = [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
    if not lacking:
        return ""
    where = f"{REQUIREMENTS.parent.parent.name}/{REQUIREMENTS.parent.name}/{REQUIREMENTS.name}"
    return f"ONNX needs {' and '.join(lacking)}, which the program does not bring: python -m pip install -r {where}"


def check_packages() -> None:
    """Raise IncompatibleError, naming what to install, unless the packages that ONNX needs are here."""
    if sentence := missing():
        raise IncompatibleError(sentence)


def to_onnx(model: Model, card: ModelCard) -> bytes:
    """Give a model as ONNX: input `window` (batch, C, T), normalized; outputs `logits` (batch, K) and `attention` (batch, S).

    What the input must be is written into the file: channels, units, mean, standard deviation, rate and classes.

    Raises:
        IncompatibleError: Packages that ONNX needs are not here.
    """
    check_packages()
    import onnx

    outputs = ["logits", "attention"] if model.attends else ["logits"]
    sample, stream = torch.zeros(2, model.channels, model.samples), io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the tracer; what it warns of would show in the parity check
        torch.onnx.export(
            plain_form(model), (sample,), stream, dynamo=False, opset_version=OPSET, input_names=["window"],
            output_names=outputs, dynamic_axes={name: {0: "batch"} for name in ("window", *outputs)},
        )  # fmt: skip
    made = onnx.load_model_from_string(stream.getvalue())
    onnx.helper.set_model_props(made, _about(card))
    onnx.checker.check_model(made)
    return made.SerializeToString()


def parity(data: bytes, model: Model, windows: Tensor) -> Parity:
    """Compare the answers of an ONNX file with those of the model it was made from.

    Args:
        data: The file.
        model: In evaluation mode, on the CPU.
        windows: (N, C, T), normalized.

    Raises:
        IncompatibleError: Packages that ONNX needs are not here.
        ParameterError: No window.
    """
    check_packages()
    if not len(windows):
        raise ParameterError("no window to compare ONNX and PyTorch on; give at least 1")
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
    theirs = [torch.from_numpy(np.asarray(v)) for v in session.run(None, {"window": windows.numpy()})]
    with torch.inference_mode():
        ours = model(windows)
    mine, other = ours.logits.softmax(1), theirs[0].softmax(1)
    looks = None if ours.attention is None else float((theirs[1] - ours.attention).abs().max())
    decisions = int((mine.argmax(1) != other.argmax(1)).sum())
    return Parity(len(windows), float((mine - other).abs().max()), looks, decisions)


def export_onnx(model: Model, card: ModelCard, windows: Tensor) -> tuple[bytes, Parity]:
    """Give a model as ONNX, and how far it differs from PyTorch on some windows.

    Raises:
        IncompatibleError: They differ by more than `TOLERANCE`, or packages are missing.
    """
    data = to_onnx(model, card)
    found = parity(data, model, windows)
    if not found.largest <= TOLERANCE:
        raise IncompatibleError(
            f"{card.key} as ONNX differs from PyTorch by {found.largest:.1e} on {found.windows} windows; allowed are "
            f"{TOLERANCE:g}, so it was not written"
        )
    return data, found


def _about(card: ModelCard) -> dict[str, str]:
    scale = card.normalization
    return {
        "model": card.key,
        "weights_sha256": card.weights_sha256,
        "channels": ", ".join(f"{c.name} ({c.unit})" for c in card.channels),
        "mean": ", ".join(f"{v:.9g}" for v in scale["mean"]),
        "std": ", ".join(f"{v:.9g}" for v in scale["std"]),
        "standardize": str(scale["standardize"]),
        "sampling_rate_hz": f"{card.sampling_rate:g}",
        "classes": ", ".join(card.classes),
        "licence_of_data": card.licence,
        "note": "Research software, not for clinical use",
    }
