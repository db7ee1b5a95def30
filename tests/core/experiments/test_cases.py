"""One window as every stored model sees it."""

import numpy as np
import pytest

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.evaluation.overlap import overlaps
from rdpd_core.experiments import Experiment, keep, load, run
from rdpd_core.experiments import cases as cases_module
from rdpd_core.experiments.cases import open_book, views_of
from rdpd_core.files import cache_root
from rdpd_core.store import Store

pytestmark = pytest.mark.slow

CREATED = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def kept(toy):
    """A store with teachers and students of two seeds, and the result they come from."""
    store = Store.default()
    arms = ("teacher", "direct", "rdpd")
    result = run(Experiment(dataset="toy", view="wrist", arms=arms, seeds=2, recipe="paper", epochs=2), store=store)
    keep(result, store, CREATED)
    return store, result


def test_a_case_holds_the_signal_in_units_and_says_where_it_comes_from(kept):
    loaded = load("toy")
    book = open_book(loaded, "wrist", kept[0])
    case = book.case("fay", 4)
    at = np.flatnonzero(book.windows.subject == "fay")[3]
    assert np.array_equal(case.signal, book.windows.gather([at])[0])
    assert (case.subject, case.position, case.positions) == ("fay", 4, book.count("fay"))
    assert case.recording == book.windows.recording[at]
    assert case.offset_s == book.windows.offset_s[at]
    assert case.truth == book.windows.classes[book.windows.target[at]]
    assert case.poor == ("wrist",)
    assert case.simulated
    assert case.facts == {"place": "lab"}


def test_arms_say_what_the_experiment_predicted(kept):
    store, result = kept
    book = open_book(load("toy"), "wrist", store)
    assert [arm.arm for arm in book.arms] == ["teacher", "direct", "rdpd"]
    for arm in book.arms:
        predicted = [o.predictions["test"] for o in result.outcomes if o.arm == arm.arm]
        assert np.allclose(arm.probability, [p.probability for p in predicted], atol=1e-5)
        assert np.allclose(arm.attention, [p.attention for p in predicted], atol=1e-5)


def test_a_case_is_the_mean_over_seeds_with_its_spread(kept):
    book = open_book(load("toy"), "wrist", kept[0])
    case = book.case("fay", 1)
    for arm, whole in zip(case.arms, book.arms, strict=True):
        assert arm.models == 2
        assert np.allclose(arm.probability, whole.probability[:, 0].mean(axis=0))
        assert np.allclose(arm.probability_spread, whole.probability[:, 0].std(axis=0, ddof=1))
        assert arm.probability.sum() == pytest.approx(1)
        assert arm.attention.sum() == pytest.approx(1, abs=1e-5)


def test_overlap_is_taken_with_the_own_teacher(kept):
    book = open_book(load("toy"), "wrist", kept[0])
    teacher, direct, rdpd = book.arms
    assert teacher.overlap is None
    for arm in (direct, rdpd):
        own = [overlaps(a, b)["overlap"] for a, b in zip(arm.attention, teacher.attention, strict=True)]  # ordered by seed
        assert np.allclose(arm.overlap, own, atol=1e-5)
        every = np.minimum(arm.attention[:, None], teacher.attention[:, :, None]).sum(axis=3)  # (M, teacher's, arm's window)
        assert np.allclose(arm.overlap_chance, every.mean(axis=(0, 2)), atol=1e-5)


def test_outputs_are_kept_and_made_again_when_damaged(kept, monkeypatch):
    first = open_book(load("toy"), "wrist", kept[0])
    asked = []
    whole = cases_module._predicted
    monkeypatch.setattr(cases_module, "_predicted", lambda *args: asked.append(1) or whole(*args))
    again = open_book(load("toy"), "wrist", kept[0])
    assert not asked
    assert np.array_equal(first.arms[2].probability, again.arms[2].probability)
    damaged = next((cache_root() / "case_outputs").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:20])
    once_more = open_book(load("toy"), "wrist", kept[0])
    assert len(asked) == 1
    assert np.array_equal(first.arms[2].probability, once_more.arms[2].probability)


def test_students_do_not_look_at_rich_channels(kept):
    loaded = load("toy")
    student = next(c for c in kept[0].list("toy").cards if c.arm == "rdpd")
    model, _ = kept[0].open("toy", student.name)
    assert model.channels == 1
    book = open_book(loaded, "wrist", kept[0])
    assert book.arms[2].channels == ("wrist",)
    assert book.arms[0].channels == ("wrist", "ankle", "pulse")


def test_unknown_subject_window_or_view_is_named(kept):
    book = open_book(load("toy"), "wrist", kept[0])
    with pytest.raises(UnknownNameError, match="test subject"):
        book.case("ann", 1)
    with pytest.raises(UnknownNameError, match="window of fay"):
        book.case("fay", 10_000)
    with pytest.raises(UnknownNameError):
        open_book(load("toy"), "nose", kept[0])


def test_a_view_without_students_is_said(kept):
    with pytest.raises(DataError, match="limbs"):
        open_book(load("toy"), "limbs", kept[0])
    assert views_of(kept[0].list("toy").cards) == ["wrist"]


def test_one_recipe_at_a_time(kept):
    store, _ = kept
    card = next(c for c in store.list("toy").cards if c.arm == "direct" and c.seed == 0)
    state, _ = store.load("toy", card.name)
    store.save(type(card)(**{**vars(card), "name": "other", "recipe": "tuned", "weights_sha256": ""}), state)
    book = open_book(load("toy"), "wrist", store)
    assert book.recipe == "paper"  # two arms against one
    assert len(next(a for a in book.arms if a.arm == "direct").cards) == 2
