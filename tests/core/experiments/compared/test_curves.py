"""Curves over a setting: which experiments belong together, noise as a ratio, and what has no place on an axis."""

import math

import pytest

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.compared import Selection
from rdpd_core.experiments.compared.curves import axes_of, courses, curve_chart, curve_sentences, snr_db
from rdpd_core.experiments.compared.table import corrected
from tests.core.experiments.compared.made import entry

JOB = ("abcd1234abcd1234",)


@pytest.fixture(scope="module")
def noisy():
    return [
        entry(1, noise=1.0, noise_kind="uniform"),
        entry(2, noise=0.0, noise_kind="uniform"),
        entry(3, noise=0.5, noise_kind="uniform"),
        entry(4, noise=0.0, noise_kind="uniform", view="lead_II"),
        entry(5, noise=1.0, noise_kind="uniform", view="lead_II"),
    ]


@pytest.mark.parametrize(
    ("amplitude", "kind", "db"),
    [(1.0, "normal", 0.0), (2.0, "normal", -6.0206), (1.0, "uniform", 4.7712), (0.5, "uniform", 10.7918)],
)
def test_noise_as_a_ratio(amplitude, kind, db):
    assert snr_db(amplitude, kind) == pytest.approx(db, abs=1e-4)


def test_no_noise_is_an_endless_ratio_and_an_unknown_kind_is_refused():
    assert snr_db(0.0, "uniform") == math.inf
    with pytest.raises(UnknownNameError):
        snr_db(1.0, "pink")


@pytest.mark.slow
def test_experiments_that_differ_in_one_number_make_a_course(noisy):
    assert axes_of(noisy) == ["noise"]
    first, second = courses(noisy, "noise")
    assert (first.label, first.values, [e.key[-1] for e in first.entries]) == ("lead_I", (0.0, 0.5, 1.0), ["2", "3", "1"])
    assert second.values == (0.0, 1.0)


def test_a_curve_has_a_band_for_every_arm_and_every_value(noisy):
    course = courses(noisy, "noise")[0]
    chart = curve_chart(course, Selection(JOB, score="accuracy", against="noise"))
    assert [s.name for s in chart.series] == ["Teacher", "Direct", "Distill", "RDPD"]
    assert all(
        s.x == (0.0, 0.5, 1.0) and all(e[0] <= y <= e[1] for y, e in zip(s.y, s.ends, strict=True)) for s in chart.series
    )
    assert len(chart.rows) == 12
    assert "n = 6 seeds" in chart.note
    spread = curve_chart(course, Selection(JOB, score="accuracy", against="noise", band="seeds")).series[1]
    row = next(r for r in course.entries[0].comparison.rows["accuracy"] if r.arm == "direct")
    assert spread.ends[0] == pytest.approx((row.mean - row.spread, row.mean + row.spread))


def test_noise_can_be_drawn_as_a_ratio(noisy):
    chart = curve_chart(courses(noisy, "noise")[0], Selection(JOB, score="accuracy", against="noise", snr=True))
    assert chart.series[0].x == pytest.approx((10.7918 + 6, 10.7918, 4.7712), abs=1e-4)
    assert [text for _, text in chart.x.ticks] == ["4.8", "10.8", "no noise"]
    assert "dB" in chart.x.title


def test_sentences_say_where_arms_differ(noisy):
    selection = Selection(JOB, score="accuracy", against="noise")
    rows, _ = corrected(noisy, "accuracy")
    told = curve_sentences(courses(noisy, "noise")[0], selection, rows)
    assert any(said.startswith("Distill: no difference shown at 0, 0.5, 1") for said in told)
    few = [entry(1, seeds=2), entry(2, seeds=2, noise=1.0)]
    told = curve_sentences(courses(few, "noise")[0], selection, corrected(few, "accuracy")[0])
    assert all("too few seeds to say at 0, 1" in said for said in told)


@pytest.mark.slow
def test_what_is_left_to_the_recipe_or_asked_for_twice_is_said():
    given = [
        entry(1, temperature=0.0),
        entry(2, temperature=2.0),
        entry(3, temperature=5.0),
        entry(4, temperature=5.0, seeds=5),
    ]
    (course,) = courses(given, "temperature")
    assert course.values == (2.0, 5.0)
    assert len(course.left_out) == 2
    assert "leaves the temperature to its recipe" in course.left_out[0]
    assert "abcd1234.4 asks for the same as abcd1234.3" in course.left_out[1]


@pytest.mark.slow
def test_a_rich_share_says_of_what_it_is_taken():
    given = [
        entry(at, rich_share=share, rich_by=by)
        for at, (share, by) in enumerate([(0.5, "windows"), (1.0, "windows"), (0.5, "subjects"), (1.0, "subjects")], 1)
    ]
    both = courses(given, "rich_share")
    titles = [curve_chart(course, Selection(JOB, against="rich_share")).x.title for course in both]
    assert titles == ["training windows recorded richly (%)", "training subjects recorded richly (%)"]


@pytest.mark.slow
def test_a_share_of_subjects_is_no_share_of_windows():
    given = [
        entry(at, share=share, share_by=by)
        for at, (share, by) in enumerate([(0.5, "windows"), (1.0, "windows"), (0.5, "subjects"), (1.0, "subjects")], 1)
    ]
    both = courses(given, "share")
    assert len(both) == 2
    titles = [curve_chart(course, Selection(JOB, against="share")).x.title for course in both]
    assert titles == ["share of the training windows (%)", "share of the training subjects (%)"]
    assert curve_chart(both[0], Selection(JOB, against="share")).series[0].x == (50.0, 100.0)


@pytest.mark.slow
def test_one_experiment_makes_no_curve():
    assert axes_of([entry(1)]) == []
    with pytest.raises(ParameterError, match="--grid noise"):
        curve_chart(courses([entry(1)], "noise")[0], Selection(JOB, against="noise"))
    with pytest.raises(UnknownNameError):
        courses([entry(1)], "view")
