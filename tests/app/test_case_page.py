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


def box(at, label: str):
    """Give the number of a label."""
    (found,) = [one for one in at.number_input if one.label.startswith(label)]
    return found


@pytest.mark.slow
def test_the_viewer_keeps_its_choices_while_another_part_is_looked_at():
    link = {"length": "2.0", "from": "1.0", "on": "I", "channels": "all"}
    at = page(**link)
    assert [str(w.value) for w in at.warning] == []
    assert not at.warning
    for part in ("subject", "group", "window"):
        next(c for c in at.button_group if c.key == "case.part").set_value(part).run()
        assert not at.exception
        assert not at.warning
        told = {key.removeprefix("case."): value for key, value in address(at).items()}
        assert {name: told.get(name) for name in link} == link
    assert (box(at, "From").value, box(at, "Length").value) == (1.0, 2.0)


def test_there_is_one_pair_of_buttons_for_going_on():
    for part in ("window", "subject", "group"):
        labels = [button.label for button in page(part=part).button]
        assert (labels.count("Previous"), labels.count("Next")) == (1, 1)


def test_times_outside_the_next_window_are_given_up_without_a_word():
    at = page(window="1", **{"on": "I", "t0": "0.5", "t1": "1.5", "from": "0.5", "length": "2.0"})
    assert box(at, "First time").value == 0.5
    slider = next(one for one in at.select_slider if one.key == "case.window")
    slider.set_value(slider.options[-1] if isinstance(slider.options[-1], int) else int(slider.options[-1])).run()
    assert not at.exception
    assert not at.warning
    told = address(at)
    assert told["case.on"] == "I"
    assert "case.t0" not in told
    assert "case.from" not in told
    assert told["case.length"] == "2.0"
    begin = box(at, "From").value
    assert begin <= box(at, "First time").value < box(at, "Second time").value <= begin + 2.0


def test_the_whole_recording_of_a_window_can_be_looked_at():
    at = page()
    extent = next(c for c in at.button_group if c.key == "case.extent")
    length = box(at, "Length").value
    extent.set_value("recording").run()
    assert not at.exception
    assert box(at, "Length").value > length
    assert box(at, "From").value == 0.0
    assert address(at) == {"case.extent": "recording"}
    assert "Gray: the window" in texts(at)
