"""Pictures of attributions: what is read is drawn, signs stand beside colors, numbers stand behind."""

import numpy as np
import pytest

from app.figures.attribution import Picture, describe_heat, heat_figure, heat_table, strongest
from app.figures.attribution_beside import beside_figure, beside_table, describe_beside
from app.figures.attribution_checks import (
    cascade_figure,
    cascade_table,
    checks_table,
    curves_figure,
    curves_table,
    describe_cascade,
    describe_curves,
)
from app.figures.attribution_sums import (
    band,
    by_group,
    describe_sums,
    describe_time,
    outside,
    sums_figure,
    sums_table,
    time_figure,
    time_table,
)
from rdpd_core.evaluation.believed import PASSED, YES, Belief, Check
from rdpd_core.evaluation.faithful import Curves
from rdpd_core.evaluation.sanity import Cascade
from rdpd_core.experiments.beside import Beside
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
    return Belief(
        "occlusion",
        "zero",
        YES,
        "All passed.",
        checks,
        curves,
        Cascade(("dense", "rnn"), np.array([[0.6, 0.8], [0.1, -0.1]])),
        3,
        2,
    )


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
    names = plain(heat_figure(picture()))["layout"]["yaxis"]["ticktext"]
    assert names[0] == "<b>&lt;I&gt;</b><br>mV", "names are shown as they are written"
    unsigned = plain(heat_figure(picture(heat=np.abs(HEAT), signed=False)))
    assert unsigned["data"][0]["zmin"] == 0
    assert not any("nat" in str(a["text"]) for a in unsigned["layout"]["annotations"])


def test_room_for_names_grows_with_them_and_is_the_same_for_pictures_above_each_other():
    narrow, wide = (plain(heat_figure(made))["layout"]["margin"] for made in (picture(), picture(left=90)))
    long = plain(heat_figure(picture(channels=(CHANNELS[0], Channel("right_arm_x", "mV", "arm")))))["layout"]["margin"]
    assert narrow["l"] < long["l"]
    assert wide["l"] == 90
    longest = plain(heat_figure(picture(channels=(CHANNELS[0], Channel("x" * 200, "mV", "arm")))))["layout"]
    assert longest["margin"]["l"] < 130
    assert longest["yaxis"]["ticktext"][1] == f"<b>{'x' * 15}…</b><br>mV"
    assert narrow["r"] == wide["r"]


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
    lines = [trace for trace in figure["data"] if "random" not in trace["name"]]
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


def test_what_leaves_with_a_picture_is_written_above_it():
    said = ("n = 1 window of 1 subject", "Not checked yet: do not conclude from it.")
    texts = " ".join(str(a["text"]) for a in plain(heat_figure(picture(notes=said)))["layout"]["annotations"])
    assert all(line in texts for line in said)
    for made in (sums_figure([picture()], said), time_figure(picture(), said)):
        assert said[0] in str(plain(made)["layout"]["annotations"])


def test_sums_stand_before_the_band_of_random_weights():
    drawn = np.stack([HEAT * 0 + d for d in (-0.01, 0.0, 0.01)])
    made = picture(drawn=drawn)
    low, high = band(made, 1)
    assert (low >= -0.04).all()
    assert (high <= 0.04).all()
    assert outside(made) == ["<I>", "II"]
    assert outside(picture(drawn=np.stack([HEAT - 9, HEAT, HEAT + 9]))) == []
    assert len(plain(sums_figure([made]))["layout"]["shapes"]) == 2
    assert not plain(sums_figure([picture()]))["layout"]["shapes"]
    assert "outside of what random weights give: <I> and II" in describe_sums([made])
    assert sums_table([made])["random weights, 97.5%"].max() <= 0.04
    assert sums_table([picture()])["random weights, 97.5%"].isna().all()


def test_groups_add_up_their_channels():
    grouped = by_group(picture(drawn=np.stack([HEAT, HEAT])))
    assert [c.name for c in grouped.channels] == ["limb"]
    np.testing.assert_allclose(grouped.heat, HEAT.sum(axis=0, keepdims=True))
    np.testing.assert_allclose(grouped.drawn[0], HEAT.sum(axis=0, keepdims=True))


def test_the_course_in_time_stands_above_its_band():
    made = picture(drawn=np.zeros((3, *HEAT.shape)))
    data = plain(time_figure(made))["data"]
    assert len(data) == 2
    np.testing.assert_allclose(data[-1]["y"], HEAT.sum(axis=0))
    assert len(plain(time_figure(picture()))["data"]) == 1
    assert "100% of the pieces" in describe_time(made)
    assert time_table(made)["evidence (nat)"].sum() == pytest.approx(HEAT.sum())
    assert time_table(made)["from (s)"].iloc[0] == 10


def test_the_cascade_begins_as_trained_and_names_its_null(belief):
    figure = plain(cascade_figure(belief))
    (line,) = figure["data"]
    assert line["y"][0] == "as trained"
    assert list(line["x"]) == pytest.approx([1.0, 0.7, 0.0])
    assert "below 0.5 (dotted)" in str(figure["layout"]["annotations"])
    assert "0.00 is left once all 2 have forgotten" in describe_cascade(belief)
    assert cascade_table(belief)["draws"].tolist() == [2, 2]


def test_what_is_more_than_chance_is_filled():
    found = (Beside("a", "<A>", "method", 0.9, -0.2, 0.3, 19), Beside("b", "B", "baseline", 0.1, -0.2, 0.3, 19))
    figure = plain(beside_figure(found, ("n = 1 window",)))
    assert list(figure["data"][0]["marker"]["symbol"]) == ["circle", "square-open"]
    assert len(figure["layout"]["shapes"]) == 2
    assert "&lt;A&gt;" in figure["layout"]["yaxis"]["ticktext"][0]
    told = describe_beside(found)
    assert "more alike than in every other window: <A>" in told
    assert "no more alike than chance: B" in told
    alone = (Beside("a", "A", "method", 0.9, None, None, 0),)
    assert "chance is not known" in describe_beside(alone)
    assert not plain(beside_figure(alone))["layout"]["shapes"]
    assert beside_table(found)["n (other windows)"].tolist() == [19, 19]
