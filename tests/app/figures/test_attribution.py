"""Pictures of attributions: what is read is drawn, signs stand beside colors, numbers stand behind."""

import numpy as np
import pytest

from app.figures.attribution import (
    Picture,
    checks_table,
    curves_figure,
    curves_table,
    describe_curves,
    describe_heat,
    describe_sums,
    heat_figure,
    heat_table,
    strongest,
    sums_figure,
    sums_table,
)
from rdpd_core.evaluation.believed import PASSED, YES, Belief, Check
from rdpd_core.evaluation.faithful import Curves
from rdpd_core.evaluation.sanity import Cascade
from rdpd_core.types import Channel

CHANNELS = (Channel("<I>", "mV", "limb"), Channel("II", "mV", "limb"))
HEAT = np.array([[0.1, 2.0, 0.0, -0.2], [0.0, -1.5, 0.3, 0.0]])


def picture(**changes):
    signal = np.stack([np.sin(np.arange(80) / 5), np.full(80, 3.0)])  # the second channel has no variance
    made = Picture("Teacher, seed 0", "teacher", "healthy", "Integrated gradients", CHANNELS, signal, HEAT, 10.0, 4.0)
    return made._replace(**changes)


@pytest.fixture
def belief():
    share = np.linspace(0, 1, 5)
    falling, rising = np.linspace(0.9, 0.1, 5) ** 2, np.sqrt(np.linspace(0.1, 0.9, 5))
    drawn = np.stack([np.linspace(0.9, 0.1, 5) + d for d in (-0.02, 0.0, 0.02)])
    curves = Curves(share, np.stack([falling] * 3), np.stack([rising] * 3), drawn, drawn[:, ::-1])
    checks = (Check("order", "What is named first", PASSED, "It does.", 0.4, -0.1, 0.1),)
    return Belief("occlusion", "zero", YES, "All passed.", checks, curves, Cascade(("dense",), np.zeros((1, 1))), 3, 2)


def plain(figure):
    return {"data": figure.data, "layout": figure.layout}


def test_heat_lies_on_the_time_of_the_signal():
    data = plain(heat_figure(picture()))["data"]
    heat, *lines = data
    np.testing.assert_allclose(heat["x"], [10, 11, 12, 13, 14])
    assert (heat["zmin"], heat["zmax"]) == (-2.0, 2.0)
    assert "nat" in heat["colorbar"]["title"]["text"]
    assert len(lines) == len(CHANNELS)
    for at, line in enumerate(lines):
        assert 10 <= min(line["x"]) <= max(line["x"]) < 14
        assert np.isfinite(np.asarray(line["y"], dtype=float)).all()
        assert abs(np.asarray(line["y"], dtype=float) - at).max() <= 0.5


def test_signs_stand_beside_colors():
    texts = [a["text"] for a in plain(heat_figure(picture()))["layout"]["annotations"]]
    assert texts.count("<b>+</b>") == 2
    assert texts.count("<b>−</b>") == 1
    assert any("&lt;I&gt;" in text for text in texts), "names are shown as they are written"
    unsigned = plain(heat_figure(picture(heat=np.abs(HEAT), signed=False)))
    assert unsigned["data"][0]["zmin"] == 0
    assert not any("nat" in str(a["text"]) for a in unsigned["layout"]["annotations"])


def test_no_evidence_is_said_and_not_marked():
    empty = picture(heat=np.zeros((2, 4)))
    assert strongest(empty.heat) == []
    assert "no value of this window" in describe_heat(empty)
    assert plain(heat_figure(empty))["data"][0]["zmax"] == 1.0


def test_a_channel_that_a_model_does_not_read_has_no_bar():
    student = picture(title="RDPD", arm="rdpd", channels=CHANNELS[1:], heat=HEAT[1:], signal=np.zeros((1, 80)))
    teacher, poor = plain(sums_figure([picture(), student]))["data"]
    assert list(poor["x"]) == [None, pytest.approx(-1.2)]
    assert list(teacher["x"]) == pytest.approx([1.9, -1.2])
    assert len(sums_table([picture(), student])) == 3
    assert teacher["marker"]["pattern"] != poor["marker"]["pattern"]


def test_curves_stand_above_their_band(belief):
    figure = plain(curves_figure(belief))
    names = [trace["name"] for trace in figure["data"]]
    assert sum("random" in name for name in names) == 2
    lines = [trace for trace in figure["data"] if "strongest" in trace["name"]]
    assert lines[0]["line"]["dash"] != lines[1]["line"]["dash"]
    table = curves_table(belief)
    assert list(table["taken away"]) == pytest.approx(list(belief.curves.deletion[0]))
    assert (table["taken away, at random, 2.5%"] <= table["taken away, at random, 97.5%"]).all()


def test_tables_hold_every_number(belief):
    table = heat_table(picture())
    assert len(table) == HEAT.size
    assert table["evidence (nat)"].sum() == pytest.approx(HEAT.sum())
    assert table["from (s)"].min() == 10
    assert table["to (s)"].max() == 14
    assert checks_table(belief)["state"].tolist() == [PASSED]


def test_words_name_channel_time_sign_and_verdict(belief):
    told = describe_heat(picture())
    assert "<I> at 11 to 12 s (for, 2)" in told
    assert "II at 11 to 12 s (against, 1.5)" in told
    assert "Teacher, seed 0: most from <I> (+1.9)" in describe_sums([picture()])
    told = describe_curves(belief)
    assert "3 windows of 2 subjects" in told
    assert "Yes, believe it" in told
    assert "at random" in told
