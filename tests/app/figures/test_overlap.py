"""Pictures of overlap show people, intervals and what chance gives; a square can be clicked."""

import numpy as np
import pytest

from app import theme
from app.figures.cell_choice import clickable
from app.figures.overlap import (
    Compared,
    agreement_table,
    describe_entropy,
    describe_overlap,
    describe_truth,
    entropy_figure,
    overlap_figure,
    people_table,
    titled,
    truth_figure,
    truth_table,
)
from app.figures.subject_matrix import _squares
from rdpd_core.experiments.analyses import ANALYSES
from rdpd_core.runtime import numpy_generator
from tests.core.experiments.analyses.made import arm, nothing, said, source, windows

ARMS = ("direct", "rdpd")


def given(people: int, models: int):
    own = windows(people)
    looks = numpy_generator("looks").dirichlet(np.ones(6), (models, len(own)))
    other = numpy_generator("other").dirichlet(np.ones(6), (models, len(own)))
    taught = 0.6 * looks + 0.4 * other
    return source(
        own,
        arm("teacher", said(own.target, 0.95, "t", models), looks),
        arm("direct", said(own.target, 0.5, "d", models), other),
        arm("rdpd", said(own.target, 0.7, "r", models), taught),
    )


def compared(measure: str = "overlap", people: int = 12, models: int = 2, arms: tuple[str, ...] = ARMS) -> Compared:
    kind = ANALYSES.get("overlap")
    result = kind(kind.Params(measure=measure, draws=100, shuffles=20)).run(given(people, models), nothing)
    return Compared(result, arms, dict.fromkeys(arms, models))


@pytest.fixture(scope="module")
def found() -> Compared:
    return compared()


def texts(fig) -> str:
    return " ".join(a.text for a in fig.layout.annotations)


def test_every_arm_stands_on_its_own_band_with_its_people_and_its_verdict(found):
    fig = overlap_figure(found)
    bands = [(s.x0, s.x1) for s in fig.layout.shapes if s.fillcolor == theme.BAND]
    assert bands == [tuple(found.of(a)["band"]) for a in ARMS]
    people = [t for t in fig.data if t.customdata is not None]
    assert [len(t.x) for t in people] == [12, 12]
    (means,) = [t for t in fig.data if t.error_x.array is not None]
    assert list(means.x) == [found.of(a)["mean"] for a in ARMS]
    said = texts(fig)
    assert "n = 120 windows of 12 subjects, mean over 2 seeds" in said
    assert "95% intervals: subjects resampled" in said
    assert "null: windows paired at random 20 times" in said
    assert "no more than chance" in said
    assert ": more than chance" in said
    assert any("two teachers of different seeds" in (t.name or "") for t in fig.data)


def test_one_teacher_gives_no_third_control():
    lone = compared(models=1)
    assert lone.teachers is None
    assert not any("two teachers" in (t.name or "") for t in overlap_figure(lone).data)
    assert "Two teachers" not in describe_overlap(lone)


def test_too_few_people_leave_points_without_an_interval():
    few = compared(people=2)
    fig = overlap_figure(few)
    assert "(no interval)" in texts(fig)
    assert "no intervals: too few people" in texts(fig)
    assert "too few people to say" in texts(fig)
    (means,) = [t for t in fig.data if t.error_x.array is not None]
    assert not any(means.error_x.array)


@pytest.mark.parametrize("measure", ["overlap", "js", "top1", "kl_ab"])
def test_people_who_are_seen_most_differently_come_first(measure):
    own = compared(measure)
    table = people_table(own, "rdpd")
    values = table[titled(measure)].tolist()
    assert values == sorted(values, reverse=measure in ("js", "kl_ab"))
    assert set(table["arm"]) == {"RDPD"}
    assert len(people_table(own)) == 2 * len(table)
    title = overlap_figure(own).layout.xaxis.title.text
    assert title.endswith("0: the same" if measure in ("js", "kl_ab") else "1: the same")
    assert measure != "kl_ab" or title.startswith("KL(student||teacher) (nat)")


def test_entropy_stands_beside_what_even_attention_has(found):
    fig = entropy_figure(found)
    assert [s.x0 for s in fig.layout.shapes] == [pytest.approx(np.log(6))] * 2
    assert "ln 6 = 1.79" in texts(fig)
    student, teacher = (next(t for t in fig.data if t.name == name) for name in ("student", "its teacher"))
    assert list(student.x) == [found.of(a, "entropy_a")["mean"] for a in ARMS]
    assert list(teacher.x) == [found.of(a, "entropy_b")["mean"] for a in ARMS]
    assert "even 1.79" in describe_entropy(found)


def test_right_less_wrong_stands_beside_zero(found):
    fig = truth_figure(found)
    gaps = found.result.values["right_less_wrong"]
    assert list(fig.data[0].x) == [gaps[a]["value"] for a in ARMS]
    low, high = fig.layout.xaxis.range
    assert low == -high
    assert "null, dotted: 0" in texts(fig)
    assert len(truth_table(found)) == 2
    assert "0 by chance" in describe_truth(found)


def test_only_arms_that_are_asked_for_are_drawn(found):
    one = found._replace(arms=("rdpd",))
    assert "Direct" not in texts(overlap_figure(one)) + describe_overlap(one)
    assert set(agreement_table(one)["arm"]) == {"RDPD"}
    assert len(agreement_table(found)) == 20


def test_a_square_can_be_clicked_and_the_chosen_one_is_framed():
    grid = [["a", "b"], ["c", "d"], ["e", "f"]]
    fig = _squares(np.zeros((3, 2)), grid, ["x", "y"], ["p", "q", "r"], "#123456", 40, customdata=grid)
    made = clickable(fig, ("q", "y"))
    points = made.data[-1]
    assert [tuple(c) for c in points.customdata][3] == (1, 1, "d")
    assert (points.x[3], points.y[3]) == ("y", "q")
    (frame,) = made.layout.shapes
    assert (frame.x0 < 1 < frame.x1, frame.y0 < 1 < frame.y1) == (True, True)
    assert not clickable(fig, ("q", "nowhere")).layout.shapes
