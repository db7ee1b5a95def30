"""What one window is held against: chance is told by other people's windows, and shares by weights drawn anew."""

import numpy as np
import pytest

from rdpd_core.experiments import Experiment, keep, load, run
from rdpd_core.experiments.beside import Beside, methods_beside, others_of, random_heat, teacher_beside
from rdpd_core.experiments.explain import How, belief_of, comparable, explain, kept_belief
from rdpd_core.store import Store
from tests.core.experiments.test_explain import BRIEF

HOW = How(steps=8)
TEACHER, STUDENT = "teacher-split_fixed-seed0", "direct-wrist-split_fixed-seed0"


@pytest.fixture
def kept(toy):
    """A teacher and a student of the toy data."""
    asked = Experiment(dataset="toy", view="wrist", arms=("teacher", "direct"), seeds=1, recipe="paper", epochs=1)
    keep(run(asked, store=Store.default()), Store.default(), "2026-01-01T00:00:00+00:00")
    return load("toy")


def asked(kept, name, place=2):
    model, card = Store.default().open("toy", name)
    return model, explain(model, card, kept, kept.splits.test, [place], HOW)


def test_chance_comes_from_other_people(kept):
    test = kept.splits.train  # of several people
    others = others_of(test, 2)
    assert len(others)
    assert test.subject[2] not in test.subject[others]
    one = test.select(test.subject == test.subject[2])
    assert 2 not in others_of(one, 2), "of the same person where there is nobody else"
    assert len(others_of(one, 2))
    assert not len(others_of(test.select(np.array([2])), 0))


def test_copies_have_the_size_of_the_model_on_the_channels_it_reads(kept):
    for name in (TEACHER, STUDENT):
        model, one = asked(kept, name)
        drawn = random_heat(model, one, kept, kept.splits.test, 2, HOW, 10, copies=3)
        assert drawn.shape == (3, len(one.channels), 10)
        assert not drawn[:, ~one.read].any()
        np.testing.assert_allclose(np.abs(drawn).sum((1, 2)), np.abs(one.heat(10)).sum(), rtol=1e-6)
        assert np.abs(drawn[0] - drawn[1]).max() > 0


@pytest.mark.slow
def test_other_methods_and_baselines_stand_beside_other_windows(kept):
    model, one = asked(kept, TEACHER)
    told = []
    found = methods_beside(model, one, kept, kept.splits.test, 2, HOW, lambda what, done, total: told.append((done, total)))
    kinds = {b.name: b.kind for b in found}
    assert {kinds["mean"], kinds["noise"]} == {"baseline"}
    assert kinds["occlusion"] == "method"
    assert "deep_lift" not in kinds, "it does not fit"
    assert "integrated_gradients" not in kinds
    assert all(-1 <= b.low <= b.high <= 1 and -1 <= b.value <= 1 and b.n for b in found)
    assert told[0] == (0, len(found))
    unaware = methods_beside(model, one, kept, kept.splits.test, 2, How("saliency", steps=8), lambda *told: None)
    assert "baseline" not in {b.kind for b in unaware}, "saliency compares with no baseline"


def test_a_student_stands_beside_its_teacher(kept):
    _, teacher = asked(kept, TEACHER)
    model, student = asked(kept, STUDENT)
    found = teacher_beside(teacher, model, student, kept, kept.splits.test, 2, HOW)
    assert found.kind == "model"
    assert found.low <= found.high
    assert found.n == len(others_of(kept.splits.test, 2))


def test_more_than_chance_is_more_than_all_others():
    assert Beside("a", "A", "method", 0.5, -0.1, 0.4, 19).more
    assert not Beside("a", "A", "method", 0.4, -0.1, 0.4, 19).more
    assert not Beside("a", "A", "method", 0.9, None, None, 0).more, "without others nothing is known"


def test_sizes_are_compared_where_a_sign_is_missing():
    own, other = np.array([[-2.0, 1.0]]), np.array([[3.0, 1.0]])
    assert comparable(own, other, "occlusion", "saliency")[0].tolist() == [[2.0, 1.0]]
    assert comparable(own, other, "occlusion", "integrated_gradients")[0].tolist() == [[-2.0, 1.0]]


@pytest.mark.slow
def test_a_verdict_is_there_only_once_it_was_asked_for(kept):
    model, one = asked(kept, STUDENT)
    assert kept_belief(one.card, kept, HOW, BRIEF, 12) is None
    found = belief_of(model, one.card, kept, HOW, BRIEF, 12)
    assert kept_belief(one.card, kept, HOW, BRIEF, 12).to_dict() == found.to_dict()
    assert kept_belief(one.card, kept, How("occlusion"), BRIEF, 12) is None
