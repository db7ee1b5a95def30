"""Pictures, words and tables of one edited window."""

from dataclasses import replace

import numpy as np
import pytest

from app.figures import whatif_words as words
from app.figures.whatif_classes import classes_figure
from app.figures.whatif_curve import curve_figure, curve_words, describe_curve
from app.figures.whatif_record import MOST_ROWS, WhatIf
from app.figures.whatif_signals import MOST_PIXELS, whatif_figure
from app.figures.whatif_tables import classes_table, looks_table, robustness_table, signals_table
from rdpd_core.evaluation.edits import EDITS, Cut, Drop, Ground, Noise, Scale, Swap, apply
from rdpd_core.experiments.whatif_curve import ArmCurve, Robustness
from rdpd_core.types import Channel
from tests.app.made import CLASSES, arm, case


def shown(*edits, arms=None, **changes) -> WhatIf:
    """Give the made case after some edits; arms answer as told."""
    before = case(**changes)
    c = len(before.channels)
    ground = Ground(before.channels, np.zeros(c), np.full(c, 0.5), before.sampling_rate)
    signal = apply(edits, before.signal[None], ground, [0])[0]
    return WhatIf(before, replace(before, signal=signal, arms=arms or before.arms), edits, ground, 0)


def turned() -> tuple:
    """Give arms of which Direct has changed its mind, and no other."""
    direct = arm("direct", [0.30, 0.61, 0.09], [0.1, 0.4, 0.3, 0.2], 0.70)
    return tuple(direct if a.arm == "direct" else a for a in case().arms)


def test_students_and_edited_channels_are_drawn_before_and_after():
    fig = whatif_figure(shown(Noise("I", 1.0), Cut("V2", 2.0, 1.0)))
    names = [t.name for t in fig.data if t.type == "scatter" and t.name]
    assert names == ["I before", "I after", "V2 before", "V2 after"]
    after = next(t for t in fig.data if t.name == "V2 after")
    told = shown(Cut("V2", 2.0, 1.0)).after.signal[7]
    assert np.allclose(after.customdata, told[: len(after.customdata)], atol=1e-5)
    bands = [s for s in fig.layout.shapes if s.type == "rect"]
    assert [(b.x0, b.x1) for b in bands] == [(5.0, 15.0), (7.0, 8.0)]
    labels = [a.text for a in fig.layout.annotations if "edited" in a.text]
    assert labels == ['<b>▸I</b><br><span style="font-size:10px">edited</span>', labels[1]]


def test_without_edits_each_signal_is_drawn_once():
    fig = whatif_figure(shown())
    assert [t.name for t in fig.data if t.type == "scatter" and t.name] == ["I "]
    assert not [s for s in fig.layout.shapes if s.type == "rect"]


def test_many_edited_channels_are_not_all_drawn_and_that_is_said():
    many = shown(Drop("*"))
    assert len(many.drawn()) == MOST_ROWS
    wide = shown(Drop("V6"), poor=tuple(c.name for c in case().channels[:9]))
    assert wide.drawn() == [*range(9), 11]
    assert "4 more edited channels are not drawn" in words.legend(many)


def test_channels_of_several_units_stand_in_one_picture():
    channels = tuple(Channel(c.name, "1/min" if at == 1 else "mV", c.group) for at, c in enumerate(case().channels))
    two = shown(Drop("II"), channels=channels)
    assert " 1/min apart" in words.legend(two)
    assert len([t for t in whatif_figure(two).data if t.name and t.name.startswith("II")]) == 2


def test_a_wild_edit_does_not_grow_the_picture():
    tall, usual = (whatif_figure(shown(Noise("I", size))).layout.height for size in (10.0, 0.1))
    assert usual < tall <= MOST_PIXELS + 400


def test_attention_is_drawn_for_every_arm_that_has_it():
    fig = whatif_figure(shown(Drop("I"), arms=turned()))
    assert [t.name for t in fig.data if t.type == "bar"] == ["Teacher", "Direct", "Distill", "RDPD"]
    blind = tuple(replace(a, attention=None, attention_spread=None, overlap=None) for a in case().arms)
    plain = whatif_figure(shown(Drop("I"), arms=blind))
    assert not [t for t in plain.data if t.type == "bar"]
    assert any("0.66 → 0.70" in a.text for a in fig.layout.annotations)


def test_class_bars_stand_before_and_after():
    fig = classes_figure(shown(Drop("I"), arms=turned()))
    bars = {t.name: t for t in fig.data if t.type == "bar"}
    assert list(bars["Direct before"].x) == [0.44, 0.30, 0.26]
    assert list(bars["Direct after"].x) == [0.30, 0.61, 0.09]
    assert len(bars) == 8
    assert "(truth)" in " ".join(a.text for a in fig.layout.annotations)


def test_sentences_say_what_changed_and_who_did_not():
    told = shown(Noise("I"), arms=turned())
    said = words.changes(told)
    assert said[1] == "Direct changes from healthy control 0.44 to bundle branch block 0.61."
    assert said[0] == "Teacher does not see it: bundle branch block 0.83, as before."
    assert words.verdict(told) == (
        "Direct changes the decision; Teacher, Distill and RDPD do not. The truth is bundle branch block: "
        "3 of 4 were right before, 4 after."
    )
    assert words.verdict(shown()).startswith("Nothing is edited")
    assert "No arm changes" in words.verdict(shown(Drop("I")))
    assert "truth is unknown" in words.verdict(shown(Drop("I"), truth=None))


def test_a_change_within_a_decision_is_told():
    old = arm("rdpd", [0.2, 0.7, 0.1], None)
    assert words.change(old, arm("rdpd", [0.2, 0.6, 0.2], None), CLASSES).endswith("0.70 before and 0.60 after.")
    assert words.change(old, arm("rdpd", [0.199, 0.701, 0.1], None), CLASSES) == "RDPD stays at bundle branch block 0.70."


@pytest.mark.parametrize("kind", list(EDITS), ids=lambda kind: kind.name)
def test_every_edit_has_words(kind):
    made = Swap("V1", "V2") if kind is Swap else kind("V1")
    assert "V1" in words.edit_words(made)
    if kind is not Swap:
        assert "all channels" in words.edit_words(kind("*"))


def test_noise_is_told_in_decibel_beside_the_signal_it_falls_on():
    loud, quiet = (float(words.noise_words(shown(Noise("I", a)), 0).split()[-2]) for a in (1.0, 0.1))
    assert quiet - loud == pytest.approx(20, abs=0.2)
    assert "over 12 channels" in words.noise_words(shown(Noise("*")), 0)
    assert "no signal left" in words.noise_words(shown(Drop("I"), Noise("I")), 1)
    assert words.noise_words(shown(Scale("I")), 0) == words.noise_words(shown(Noise("I", 0.0)), 0) == ""


def test_tables_hold_both_sides():
    told = shown(Scale("I", 2.0), arms=turned())
    table = signals_table(told)
    assert list(table.columns) == ["time (s)", "I before (mV)", "I after (mV)"]
    assert not np.array_equal(table["I before (mV)"], table["I after (mV)"])
    assert sorted(set(classes_table(told)["edits"])) == sorted(set(looks_table(told)["edits"])) == ["after", "before"]


def test_text_alternatives_name_window_edits_and_answers():
    told = shown(Noise("I"), arms=turned())
    assert "uniform noise of 0.5 SD on I" in words.describe_signals(told)
    assert "healthy control 0.44 to 0.30" in words.describe_classes(told)
    assert all("s012" in text for text in (words.describe_signals(told), words.describe_classes(told)))


def test_names_of_channels_are_shown_as_text():
    channels = tuple(Channel("<b>x</b>" if at == 0 else c.name, c.unit, c.group) for at, c in enumerate(case().channels))
    fig = whatif_figure(shown(Drop("<b>x</b>"), channels=channels, poor=("<b>x</b>",)))
    assert any("&lt;b&gt;x" in a.text for a in fig.layout.annotations)


def curve(name: str, score: list[float], ask: float | None) -> ArmCurve:
    """Give a curve of three sizes and two windows."""
    values = np.array(score)
    said = np.tile([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]], (3, 1, 1))
    return ArmCurve(name, name.title(), 3, values, values - 0.1, values + 0.1, np.array([False, False, True]), ask, said)


def found() -> Robustness:
    """Give a teacher that stands and a student that falls."""
    return Robustness(
        (0.0, 0.5, 1.0), (curve("teacher", [0.8, 0.8, 0.7], None), curve("direct", [0.6, 0.5, 0.2], 1.0)), 40, "9 subjects"
    )


def test_the_curve_shows_scores_intervals_and_decisions():
    fig = curve_figure(found(), CLASSES, 0, "noise: amplitude (SD)", "bundle branch block")
    lines = [t for t in fig.data if t.mode == "lines+markers"]
    assert np.allclose(lines[1].error_y.array, 0.1)
    decided = [t for t in fig.data if t.mode == "text"]
    assert list(decided[0].text) == ["✓ 0.70"] * 3
    assert list(curve_figure(found(), CLASSES, 1, "", "hypertrophy").data[1].text) == ["✗ 0.60"] * 3
    assert list(lines[1].marker.size) == [8, 8, 12]


def test_the_curve_says_from_where_the_teacher_should_be_asked():
    assert curve_words(found(), " SD") == "Ask the teacher instead of Direct from 1 SD."
    alone = Robustness((0.0, 1.0), (curve("direct", [0.6, 0.5], None),), 40, "9 subjects")
    assert "No teacher" in curve_words(alone, " SD")
    steady = replace(found(), arms=(found().arms[0], curve("rdpd", [1.0] * 3, None)))
    assert "For Rdpd no size tried" in curve_words(steady, " SD")
    assert "0.60, 0.50, 0.20" in describe_curve(found(), "noise", " SD")
    assert "9 subjects" in describe_curve(found(), "noise", " SD")


def test_the_curve_as_a_table():
    table = robustness_table(found(), CLASSES, 1)
    assert len(table) == 6
    assert set(table["decision about this window"]) == {"healthy control"}


@pytest.mark.parametrize("samples", [2000, 9000])
def test_every_sample_stands_at_its_time(samples):
    edited = shown(signal=np.tile(case().signal, (1, 5))[:, :samples])
    line = next(t for t in whatif_figure(edited).data if t.name == "I ")
    rate, start = edited.before.sampling_rate, edited.before.offset_s
    times = np.array(line.x) if line.x is not None else line.x0 + line.dx * np.arange(len(line.y))
    assert times[0] == pytest.approx(start, abs=2 / rate)
    assert times[-1] == pytest.approx(start + (samples - 1) / rate, abs=2 / rate)
    assert len(times) == len(line.y) <= 4800
