"""The case study, run without a browser on a small data set that stands in for the simulated one."""

import pytest

from app.components import case_find, case_subject
from rdpd_core.experiments.subjects import DISAGREE, EVERY, NOT_SURE, STUDENT_WRONG, TEACHER_WRONG, masks
from tests.app import test_views
from tests.app.test_views import opened

QUESTIONS = (EVERY, STUDENT_WRONG, TEACHER_WRONG, DISAGREE, NOT_SURE)
models, here = test_views.models, test_views.here
pytestmark = pytest.mark.usefixtures("here")


def page(**link: str):
    return opened("case", **{f"case.{name}": value for name, value in link.items()})


def texts(at) -> str:
    return " ".join(str(m.value) for m in [*at.markdown, *at.caption, *at.info, *at.warning])


def address(at) -> dict[str, str]:
    told = {key: [value] if isinstance(value, str) else value for key, value in at.query_params.items()}
    return {key: value[-1] for key, value in told.items() if key.startswith("case.")}


def test_a_window_is_shown_with_its_card_and_what_is_chance():
    at = page()
    told = texts(at)
    assert "No model learned from this subject" in told
    assert "The teacher looks most at" in told
    assert "Window 1 of" in told
    assert not address(at), "nothing was chosen"


def test_only_the_part_that_is_asked_for_is_computed(monkeypatch):
    asked = []
    monkeypatch.setattr(case_subject, "summarize", lambda *args: asked.append(args))
    page()
    assert not asked


def test_a_subject_as_a_whole_says_what_n_is():
    at = page(part="subject")
    told = texts(at)
    assert "n = 1 subject" in told
    assert "Probability of" in told
    assert not at.warning
    assert len(at.dataframe) == 1


def test_several_subjects_stand_side_by_side_and_in_the_link():
    at = page(part="group")
    every = at.multiselect[0].options
    assert "The subjects were chosen, not drawn at random" in texts(at)
    at.multiselect[0].set_value([]).run()
    assert not at.exception
    assert address(at)["case.group"] == "none"
    assert "Choose at least one subject" in texts(at)
    again = page(part="group", group=every[0])
    assert again.multiselect[0].value == every[:1]
    assert not again.warning


def test_a_group_found_by_a_question_is_said_to_be_no_fair_sample():
    at = page(part="group", show="all")
    assert "by choice, not by chance" not in texts(at)
    show = next(box for box in at.selectbox if box.key == "case.show")
    asked = next(name for name, title in zip(QUESTIONS, show.options, strict=True) if "(n = 0)" not in title and name != "all")
    show.set_value(asked).run()
    assert not at.exception
    assert "by choice, not by chance" in texts(at)


def test_choices_of_another_part_outlive_a_look_at_this_one():
    at = page(part="subject")
    follow = next(box for box in at.selectbox if box.key == "case.follow")
    klass = follow.options[1]
    follow.set_value(klass).run()
    assert address(at)["case.follow"] == klass
    for part in ("window", "subject"):
        next(c for c in at.button_group if c.key == "case.part").set_value(part).run()
        assert not at.exception
    assert next(box for box in at.selectbox if box.key == "case.follow").value == klass


def test_a_link_says_what_it_could_not_restore():
    at = page(subject="nobody", group="nobody", part="group")
    told = " ".join(str(w.value) for w in at.warning)
    assert told.count("nobody") == 2


def test_a_question_that_no_window_answers_says_so(monkeypatch):
    def none_unsure(*args):
        return masks(*args) | {NOT_SURE: masks(*args)[NOT_SURE] & False}

    monkeypatch.setattr(case_find, "masks", none_unsure)
    at = page()
    show = next(box for box in at.selectbox if box.key == "case.show")
    assert all("(n = " in option for option in show.options)
    assert show.options[-1].endswith("not sure, below 0.5 (n = 0)")
    show.set_value(NOT_SURE).run()
    assert not at.exception
    assert "No window fits" in texts(at)


def test_a_click_on_a_point_chooses_its_window(monkeypatch):
    state = {"course": {"selection": {"points": [{"customdata": [3, "r", "0"]}]}}, "case.show": "unsure"}
    monkeypatch.setattr(case_subject.st, "session_state", state)
    case_subject._clicked("case", "course")
    assert (state["case.window"], state["case.show"], state["case.class"]) == (3, "all", "all")


def test_next_goes_to_the_next_window():
    at = page()
    next(b for b in at.button if b.label == "Next").click().run()
    assert not at.exception
    assert address(at)["case.window"] == "2"
