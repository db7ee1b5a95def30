"""The course along recordings: strips of one length, whiskers, gray of turned time, and the same in words and numbers."""

import numpy as np
import pytest

from app.figures.about import About
from app.figures.cohort_course import course_figure, course_table, describe_course, spans_of
from app.figures.noted import noted_below
from rdpd_core.evaluation.course import course
from rdpd_core.runtime import numpy_generator

PEOPLE, EACH, PIECES = 8, 12, 4
SUBJECT = np.repeat([f"p{at}" for at in range(PEOPLE)], EACH)
NOTES = ["n = 96 windows of 8 subjects", "95% intervals", "Gray: turned time"]


@pytest.fixture
def found():
    recordings = [np.arange(at * EACH, (at + 1) * EACH) for at in range(PEOPLE)]
    arms = {}
    for arm, level in (("teacher", 0.9), ("rd<pd", 0.4)):
        values = level + 0.05 * numpy_generator("drawn course", arm).normal(size=PEOPLE * EACH)
        arms[arm] = course(values, recordings, SUBJECT, SUBJECT, PIECES, draws=100, turns=100).to_dict()
    return {"titles": {"teacher": "Teacher", "rd<pd": "RD<PD"}, "courses": {"pieces": PIECES, "arms": arms}}


def test_every_arm_has_a_strip_whiskers_and_gray(found):
    fig = course_figure(found, NOTES)
    assert len(fig.data) == 2
    assert [len(trace.x) for trace in fig.data] == [PIECES] * 2
    assert all((np.array(trace.error_y.array) > 0).all() for trace in fig.data)
    assert sum(shape.type == "rect" for shape in fig.layout.shapes) == 2 * PIECES
    texts = " ".join(a.text for a in fig.layout.annotations)
    assert "RD&lt;PD" in texts
    assert "Gray: turned time" in texts
    for (low, high), own in zip(spans_of(found["courses"]["arms"]), found["courses"]["arms"].values(), strict=True):
        assert low <= min(a for a, _ in own["null"])
        assert high >= max(e["interval"]["high"] for e in own["values"])
    lengths = [high - low for low, high in spans_of(found["courses"]["arms"])]
    assert lengths[0] == pytest.approx(lengths[1])


def test_words_and_numbers_say_the_same(found):
    words = describe_course(found, NOTES)
    own = found["courses"]["arms"]["teacher"]["values"][0]
    assert f"{own['value']:.2f} [{own['interval']['low']:.3f}, {own['interval']['high']:.3f}]" in words
    assert "96 windows" in words
    table = course_table(found)
    assert len(table) == 2 * PIECES
    assert table["P(true class)"][0] == own["value"]
    assert table["part of the recording"].tolist()[:2] == ["0–25%", "25–50%"]
    assert (table["turned time, low"] < table["turned time, high"]).all()


def test_lines_below_a_picture_make_their_own_room(found):
    fig = course_figure(found, NOTES)
    more = noted_below(fig, ["n = 1 window", "null: none"])
    assert more.layout.height - fig.layout.height == more.layout.margin.b - fig.layout.margin.b > 20
    assert more.layout.annotations[-1].text == "n = 1 window<br>null: none"
    assert len(fig.layout.annotations) == len(more.layout.annotations) - 1


def test_what_a_picture_is_about_can_be_said_anew():
    about = About().plus(n="5 windows", null="none").instead(null="turned time", unknown="x")
    assert about.record == (("n", "5 windows"), ("null", "turned time"))
