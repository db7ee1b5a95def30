"""A figure that is sent unchecked is the figure that plotly would have sent."""

import base64
import copy
import json

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from app.figures.case import case_figure
from app.figures.distributions import distribution_figure
from app.figures.drawing import Drawing
from app.figures.whatif_classes import classes_figure
from app.figures.whatif_record import WhatIf
from app.figures.whatif_signals import whatif_figure
from rdpd_core.evaluation.edits import Ground, Noise
from tests.app import made


def edited():
    case = made.case()
    ground = Ground(case.channels, np.zeros(12), np.ones(12), case.sampling_rate)
    return WhatIf(case, case, (Noise("I", 0.5),), ground, 0)


FIGURES = {
    "case": lambda: case_figure(made.case(), ("I", "II")),
    "distributions": lambda: distribution_figure(made.case()),
    "what-if": lambda: whatif_figure(edited()),
    "classes": lambda: classes_figure(edited()),
}


def sent(fig):
    return json.loads(pio.to_json(fig.to_dict(), validate=False))


def unpacked(value):
    """Give arrays of bytes as lists: plotly may choose another size of whole numbers."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=f"<{value['dtype']}")
        return array.reshape([int(n) for n in str(value.get("shape", len(array))).split(",")]).tolist()
    if isinstance(value, dict):
        return {key: unpacked(v) for key, v in value.items()}
    return [unpacked(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_what_is_sent_is_what_plotly_would_send(draw):
    unchecked, checked = draw(), draw()
    assert len(checked.data), "looked into, so checked"
    first, second = (json.dumps(unpacked(sent(fig)), sort_keys=True) for fig in (unchecked, checked))  # NaN equals itself
    assert first == second


def test_a_mistake_is_found_as_soon_as_the_figure_is_looked_into():
    fig = Drawing({"data": [{"type": "scatter", "x": [1], "why": 2}], "layout": {}})
    with pytest.raises(ValueError, match="why"):
        _ = fig.data


def test_it_is_a_figure_like_any_other():
    fig = Drawing({"data": [{"type": "scatter", "x": np.arange(3), "y": np.ones(3)}], "layout": {"height": 200}})
    again = copy.deepcopy(fig)
    assert isinstance(fig, go.Figure)
    assert fig.update_layout(height=300).layout.height == 300
    assert again.layout.height == 200
    assert go.Figure(fig).data[0].x.tolist() == [0, 1, 2]
    with pytest.raises(AttributeError):
        _ = fig.nothing


@pytest.mark.parametrize("array", [[-1, 300], [0, 200], [2**40, 1], [0.5, np.nan], ["a", "b"], [[1, 2], [3, 4]], []], ids=repr)
def test_arrays_arrive_whole(array):
    fig = Drawing({"data": [{"type": "scatter", "customdata": np.array(array)}], "layout": {}})
    found = unpacked(sent(fig))["data"][0]["customdata"]
    assert json.dumps(found).replace("NaN", "null") == json.dumps(np.array(array).tolist()).replace("NaN", "null")
