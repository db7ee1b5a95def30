"""Pictures of analyses show what was found, with n, interval and null, and put it into words and tables."""

import numpy as np
import pytest

from app.figures.cohort import (
    accuracy_figure,
    accuracy_table,
    classes_figure,
    classes_table,
    describe_accuracy,
    describe_classes,
)
from app.figures.reliability import (
    abstain_figure,
    abstain_table,
    describe_abstain,
    describe_reliability,
    reliability_figure,
    reliability_table,
)
from rdpd_core.experiments.analyses import ANALYSES
from rdpd_core.runtime import numpy_generator
from tests.core.experiments.analyses.made import arm, nothing, said, source, windows


def given(people: int = 12, models: int = 2):
    own = windows(people)
    looks = numpy_generator("looks").dirichlet(np.ones(6), (models, len(own)))
    other = numpy_generator("other").dirichlet(np.ones(6), (models, len(own)))
    near = 0.6 * looks + 0.4 * other
    truth = own.target
    return source(
        own,
        arm("teacher", said(truth, 0.95, "t", models), looks),
        arm("direct", said(truth, 0.5, "d", models), other),
        arm("rdpd", said(truth, 0.7, "r", models), near),
    )


def values(name, **settings):
    kind = ANALYSES.get(name)
    return kind(kind.Params(draws=100, **settings)).run(given(), nothing).values


def texts(figure) -> str:
    return " ".join([figure.layout.title.text or "", *(a.text for a in figure.layout.annotations)])


@pytest.mark.parametrize("bins", ["mass", "width"])
def test_confidence_stands_beside_accuracy_and_what_calibration_gives(bins):
    found = values("calibration", resplits=20)
    figure = reliability_figure(found, "rdpd", bins)
    rows = found["arms"]["rdpd"]["raw"][bins]
    assert list(figure.data[0].x) == [row["confidence"] for row in rows]
    assert list(figure.data[0].customdata) == [row["windows"] for row in rows]
    bars = [(s.x0, s.y0, s.y1) for s in figure.layout.shapes if s.x0 == s.x1]
    assert [x for x, _, _ in bars] == [row["confidence"] for row in rows]
    assert all(low <= x <= high for x, low, high in bars if 0.1 < x < 0.9), "a calibrated bin lies within its bar"
    for word in ("n = 120 windows of 12 subjects", "ECE", "[", "a calibrated model", "(gray): 95%"):
        assert word in texts(figure)
    assert "RDPD" in describe_reliability(found, "rdpd", bins)
    assert reliability_table(found)["windows"].sum() == 120 * 3 * 2 * 2


def test_deciding_less_is_a_line_per_arm():
    found = values("calibration", resplits=20)
    figure = abstain_figure(found)
    assert [t.name for t in figure.data if t.showlegend] == ["Teacher", "Direct", "RDPD"]
    assert "people resampled" in texts(figure)
    bands = [t.legendgroup for t in abstain_figure(found, "rdpd").data if t.fill == "toself" and len(t.x)]
    assert bands == ["rdpd"]
    assert describe_abstain(found).startswith("Accuracy if only the surest 50%")
    table = abstain_table(found)
    assert (table["at random"][table["arm"] == "Direct"] == found["arms"]["direct"]["abstain"]["accuracy"]["value"]).all()


@pytest.mark.slow
def test_a_cohort_is_seen_by_arm_and_by_class():
    found = values("dashboard")
    figure = accuracy_figure(found)
    assert list(figure.data[0].x) == ["Teacher", "Direct", "RDPD"]
    assert len(figure.data[0].z) == len(figure.data[0].y) == 12
    assert figure.data[0].z[0][1] == found["accuracy"]["direct"][0]
    assert "commonest class is right in 33%" in texts(figure)
    assert "of 12 subjects are misjudged by every arm" in describe_accuracy(found)
    assert len(accuracy_table(found)) == 36
    classes = values("classes")
    heat = classes_figure(classes, "rdpd")
    assert np.sum(heat.data[0].z, axis=1) == pytest.approx(1)
    assert "n = 120 windows of 12 subjects, 2 seeds" in texts(heat)
    assert heat.layout.xaxis.ticktext is None
    long = classes_figure({**classes, "classes": [f"a class with a long name {k}" for k in range(3)]}, "rdpd")
    assert long.layout.xaxis.ticktext == ("1", "2", "3"), "names would not fit"
    assert f"Arms disagree most on {classes['subjects'][0]}" in describe_classes(classes, "rdpd")
    assert len(classes_table(classes)) == 12 * 3 * 3
