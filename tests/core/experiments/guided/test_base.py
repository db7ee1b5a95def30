"""Claims are said only if they hold, and cases say so where nothing fits."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.experiments.guided import GUIDED, Stage, Step, claim, no_help, one_of, told
from rdpd_core.experiments.guided._scores import difference
from rdpd_core.experiments.guided._spot import Spot
from tests import books

TRUE, FALSE = claim("yes", "It is {a}.", True, a="so"), claim("no", "It is {a}.", np.bool_(False), a="not so")


def stage(**said) -> Stage:
    """Give a stage with one view, answered by hand."""
    dataset = SimpleNamespace(name="hand", title="Hand", simulated=True, view=lambda name: ("x",))
    made = books.book(**said)
    arms = tuple(
        replace(arm, cards=tuple(SimpleNamespace(**vars(c), key=f"hand/{arm.arm}") for c in arm.cards)) for arm in made.arms
    )
    made.loaded.dataset, made.loaded.prepared = dataset, SimpleNamespace(facts={})
    book = replace(made, arms=tuple(replace(arm, channels=("x", "y")) if arm.arm == "teacher" else arm for arm in arms))
    return Stage("hand", ("arm",), lambda view: book, lambda view: pytest.fail("no model is asked here"))


def test_a_claim_that_holds_is_said_with_its_values():
    assert TRUE.said() == "It is so."
    assert Step("case", {}, (TRUE, TRUE)).sentence == "It is so. It is so."


def test_a_claim_that_does_not_hold_is_refused_by_name():
    with pytest.raises(DataError, match=r"the claim 'no' does not hold.*It is not so\."):
        FALSE.said()


def test_a_step_cannot_be_made_of_a_false_claim():
    with pytest.raises(DataError, match="'no' does not hold"):
        Step("case", {}, (TRUE, FALSE))


def test_the_first_claim_that_holds_is_taken():
    assert one_of(FALSE, TRUE, FALSE) is TRUE
    with pytest.raises(DataError, match="none of the claims 'no', 'no' holds"):
        one_of(FALSE, FALSE)


def test_a_case_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UnknownNameError, match="attention, confident, leads, no_help, noise"):
        told("nothing", stage())


def test_a_store_without_an_arm_that_is_spoken_of_is_refused():
    with pytest.raises(DataError, match="view arm has no rdpd"):
        told("attention", stage(teacher=books.TEACHER, direct=books.DIRECT))
    with pytest.raises(DataError, match="no students of hand are stored"):
        told("attention", replace(stage(), views=()))


def test_where_no_window_fits_the_case_says_so():
    same = {"teacher": books.TEACHER, "direct": books.TEACHER, "rdpd": books.TEACHER}
    for name, words in (
        ("attention", "No window here has"),
        ("no_help", "No window here has"),
        ("confident", "makes no mistake"),
    ):
        assert words in told(name, stage(**same))[0].sentence


def test_counts_are_those_of_the_book():
    steps = told("no_help", stage(teacher=books.TEACHER, direct=books.TEACHER, rdpd=books.RDPD))
    wrong = sum(a != b for a, b in zip(books.RDPD, books.TARGET, strict=True))
    assert (
        f"Direct is right and RDPD wrong in {wrong}; the other way round in 0: here imitation costs more" in steps[-2].sentence
    )
    assert "Subject ann, window 4." in steps[0].sentence


def test_a_window_that_does_not_show_what_is_said_stops_the_case(monkeypatch):
    given = stage()
    book = given.book("arm")
    right = next(at for at, (a, b) in enumerate(zip(books.DIRECT, books.TARGET, strict=True)) if a == b)
    monkeypatch.setattr("rdpd_core.experiments.guided.attention.find", lambda stage: Spot(book, right))
    with pytest.raises(DataError, match="'how often' does not hold"):
        told("attention", given)


def test_the_copied_mistake_is_told_from_an_own_one():
    wrong = tuple((k + 1) % 3 for k in books.TARGET)
    other = tuple((k + 2) % 3 for k in books.TARGET)
    for rdpd, teacher, name in (
        (wrong, wrong, "copied"),
        (wrong, other, "own mistake"),
        (wrong, books.TARGET, "not the teacher's"),
    ):
        book = stage(teacher=teacher, direct=books.TARGET, rdpd=rdpd).book("arm")
        assert no_help.why(Spot(book, 0)).name == name


def test_a_difference_is_counted_in_windows_and_resampled_by_people():
    windows = books.book().windows
    first, second = np.arange(8) < 6, np.arange(8) < 4
    found = difference(windows, np.arange(8), first, second)
    assert (found.share, found.windows) == (0.25, 8)
    assert found.interval is None, "three people are too few"
    assert "too few people" in found.words


def test_every_case_says_what_it_is_about():
    orders = [case.order for case in GUIDED]
    assert len(GUIDED) >= 5
    assert len(set(orders)) == len(orders)
    for case in GUIDED:
        assert 5 < len(case.title) < 40
        assert case.question.endswith("?")
