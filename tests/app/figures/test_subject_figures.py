"""Pictures of a subject show what was counted."""

import numpy as np
import pytest

from app.figures import subject_words
from app.figures.group_shares import Member, group_figure, group_table
from app.figures.subject_classes import MOST_KEYS, class_fill, class_keys, class_line
from app.figures.subject_heat import heat_figure, heat_table
from app.figures.subject_matrix import agreement_figure, agreement_table, confusion_figure, confusion_table
from app.figures.subject_shares import shares_figure, shares_table
from app.figures.subject_timeline import Timeline, timeline_figure, timeline_table
from rdpd_core.experiments.subjects import agreement, courses, places_of, summarize, units_of, verdicts
from tests.app.made import case
from tests.books import book


def line(klass: str = "rest", chosen: int = 2) -> Timeline:
    whole = book()
    places = places_of(whole, ["ann"])
    w = whole.windows
    true = w.target[places] == w.classes.index(klass)
    return Timeline(
        klass, courses(whole, places, klass), np.arange(1, 5), w.recording[places], w.offset_s[places], true, chosen
    )


def member(name: str) -> Member:
    whole = book()
    units = units_of(whole, name)
    told = verdicts(whole, units[0]) if len(units) == 1 else ()
    return Member(name, units[0].truth if told else None, summarize(whole, places_of(whole, [name])), told)


def test_classes_look_apart_even_where_colors_run_out():
    looks = {(str(class_fill(k)["color"]), class_fill(k)["pattern"]["shape"]) for k in range(20)}
    assert len(looks) == 20
    assert not class_keys(range(MOST_KEYS + 1), [str(k) for k in range(MOST_KEYS + 1)])
    assert class_line([1], ("rest", "walk")) == "Classes: 2 walk."


def test_stacked_bars_fill_the_whole_width():
    whole = book()
    summary = summarize(whole, places_of(whole, ["ann"]))
    bars = [t for t in shares_figure(summary).data if t.orientation == "h"]
    assert np.sum([t.x for t in bars], axis=0) == pytest.approx(np.ones(4)), "the truth and three arms"
    table = shares_table(summary)
    assert table[table["arm"] == "Direct"]["windows"].tolist() == [2, 2, 0]


def test_the_chosen_window_and_the_recordings_are_marked_in_every_strip():
    shapes = timeline_figure(line()).layout.shapes
    assert sum(s.type == "line" and s.x0 == s.x1 == 2 for s in shapes) == 3
    assert sum(s.type == "line" and s.x0 == s.x1 == 2.5 for s in shapes) == 3, "a2 begins after window 2"


def test_points_say_which_window_a_click_asks_for():
    drawn = [t for t in timeline_figure(line()).data if t.mode == "lines+markers"]
    assert [point[0] for point in drawn[0].customdata] == [1, 2, 3, 4]
    assert timeline_table(line())["Direct, mean of 2"].tolist() == pytest.approx([0.75, 0.125, 0.125, 0.75])


def test_matrices_show_counts_and_leave_the_diagonal_of_arms_empty():
    found = agreement(book(), np.arange(8))
    drawn = agreement_figure(found).data[0]
    assert np.isnan(np.diag(np.array(drawn.z, dtype=float))).all()
    assert len(agreement_table(found)) == 3
    summary = summarize(book(), np.arange(8))
    fig = confusion_figure(summary, summary.arms[1])
    assert [list(row) for row in fig.data[0].text] == [["2", "3", ""], ["1", "1", ""], ["", "1", ""]]
    assert len(fig.layout.shapes) == 3, "right ones are framed"
    assert confusion_table(summary, summary.arms[1])["walk"].tolist() == [3, 1, 1]


def test_a_group_has_a_row_per_subject_and_no_sign_where_there_are_several_classes():
    members = [member("ann"), member("cem")]
    fig = group_figure(members)
    signs = [a.text for a in fig.layout.annotations if a.text in ("<b>✓</b>", "<b>✗</b>")]
    assert len(signs) == 3, "one per arm, of the first subject"
    table = group_table(members)
    assert len(table) == 6
    assert set(table[table["subject"] == "cem"]["truth"]) == {"several"}


def test_the_band_of_chance_stands_behind_the_overlap():
    bands = {"rdpd": (0.4, 0.7)}
    fig = heat_figure(case(), bands)
    assert [(s.x0, s.x1) for s in fig.layout.shapes if s.type == "rect"] == [(0.4, 0.7)]
    table = heat_table(case(), bands).set_index("arm")
    assert table.loc["RDPD", "chance, 97.5%"] == 0.7
    assert np.isnan(table.loc["Direct", "chance, 97.5%"])


def test_sentences_are_made_from_the_numbers():
    whole = book()
    summary = summarize(whole, places_of(whole, ["ann"]))
    told = subject_words.shares(summary)
    assert "Teacher 100%, RDPD 75% and Direct 50%" in told
    assert "Direct takes rest for walk (2)" in told
    assert subject_words.basis(summary).startswith("n = 1 subject, 2 recordings, 4 windows: too few, or too much alike")
    (unit,) = units_of(whole, "ann")
    assert "3 of 3 arms are right" in subject_words.decision(unit, verdicts(whole, unit))
    units = units_of(whole, "cem")
    said = subject_words.decisions(units, [verdicts(whole, u) for u in units])
    assert said == "Right, of 2 classes: Teacher 2, RDPD 1 and Direct 0."
    assert "true of all of them" in subject_words.timeline(line())
    assert "RDPD decides most like the teacher" in subject_words.agree(agreement(whole, np.arange(8)))
    assert "kappa says nothing" in subject_words.agree(agreement(whole, np.array([0, 1])))
    assert "Arms disagree" not in subject_words.group([member("ann")])
    assert subject_words.describe_shares(summary, "Subject ann").startswith("Subject ann. Windows given to each class, of 4.")


def test_attention_is_called_more_than_chance_only_above_its_band():
    told = subject_words.heat(case(), {"rdpd": (0.4, 0.7), "direct": (0.5, 0.8)})
    assert "RDPD (0.95; chance 0.40 to 0.70) shares more attention with the teacher than by chance" in told
    assert "Direct (0.66; chance 0.50 to 0.80) shares no more" in told
    assert told.startswith("The teacher looks most at 7.5 to 10 s")
