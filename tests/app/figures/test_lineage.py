"""Who taught whom, as a picture, in words and in numbers."""

from dataclasses import replace

import pytest

from app import theme
from app.figures.lineage import MOST_HEADINGS, family_of, lineage_figure, lineage_table, lineage_words
from tests.core.store.made import card

DIGEST = "a" * 64
TEACHER = card(name="teacher-0", role="teacher", arm="teacher", weights_sha256=DIGEST, view="all")


def student(arm: str, seed: int, view: str = "lead_i", **training: object):
    """Give the card of a student of the teacher."""
    told = {"epochs": 1, "best_epoch": 1, **training}
    name, digest = f"{arm}-{view}-{seed}-{training.get('job', '')}".strip("-"), f"{seed:064x}"
    return card(name=name, arm=arm, seed=seed, view=view, teacher=DIGEST, weights_sha256=digest, training=told)


def thirty():
    """Give thirty students: five arms, three seeds, two views."""
    arms = ("rdpd", "distill", "rdpd_r1", "rdpd_r2", "new_arm")
    return [student(arm, seed, view) for arm in arms for seed in range(3) for view in ("lead_i", "limb")]


def points(fig, symbol):
    """Give the places of the marks of one kind."""
    return [
        (x, y) for t in fig.data if t.mode == "markers" and t.marker.symbol == symbol for x, y in zip(t.x, t.y, strict=True)
    ]


def test_thirty_students_stand_in_rows_of_their_arms():
    family = family_of(TEACHER, [TEACHER, *thirty(), card(name="stranger", weights_sha256="b" * 64)])
    assert family.arms == ["distill", "rdpd_r1", "rdpd_r2", "rdpd", "new_arm"]
    fig = lineage_figure(family)
    seen = [(arm, points(fig, theme.mark_of(arm).symbol)) for arm in family.arms]
    for row, (arm, places) in enumerate(seen):
        assert len(places) == 6, arm
        assert {y for _, y in places} == {row}
        assert len({x for x, _ in places}) == 6, "no two on one spot"
    assert len({tuple(sorted(x for x, _ in places)) for _, places in seen}) == 1, "views stand below each other"
    texts = " ".join(a.text for a in fig.layout.annotations)
    assert "RDPD_r1</span>" not in texts
    assert "RDPD (n = 6)" in texts
    assert "lead i" in texts


@pytest.mark.parametrize("at", [0, 1])
def test_the_chosen_model_has_the_ring(at):
    cards = [TEACHER, student("rdpd", 0)]
    fig = lineage_figure(family_of(cards[at], cards))
    ((ring, mark),) = [(points(fig, "circle-open")[0], points(fig, theme.mark_of(cards[at].arm).symbol)[0])]
    assert ring == mark
    assert family_of(cards[at], cards).students == (cards[1],)


def test_jobs_stand_apart():
    cards = [TEACHER, *(student("rdpd", 0, job=job * 12, job_title=f"Study {job}") for job in "ab")]
    family = family_of(TEACHER, cards)
    headings = [a.text for a in lineage_figure(family).layout.annotations if "Study" in a.text]
    assert len(headings) == 2
    assert "Made by 2 jobs: Study a (aaaaaa), Study b (bbbbbb)." in lineage_words(family)
    assert list(lineage_table(family)["made by job"]) == ["", "Study a (aaaaaa)", "Study b (bbbbbb)"]


def test_many_columns_have_no_headings_that_run_into_each_other():
    cards = [TEACHER, *(student("rdpd", 0, f"view_{n}") for n in range(MOST_HEADINGS + 1))]
    texts = [a.text for a in lineage_figure(family_of(TEACHER, cards)).layout.annotations]
    assert not any("view" in text for text in texts)


def test_words_say_who_taught_whom():
    cards = [TEACHER, *thirty()]
    told = "teacher-0 taught 30 students on 2 views: 6 Distill, 6 RDPD_r1, 6 RDPD_r2, 6 RDPD, 6 new_arm."
    assert lineage_words(family_of(TEACHER, cards)) == told
    assert lineage_words(family_of(cards[5], cards)) == told
    assert "taught none" in lineage_words(family_of(TEACHER, [TEACHER]))
    alone = card(weights_sha256="c" * 64)
    assert lineage_words(family_of(alone, cards)) == "Nobody taught this model: it learned from labels alone."


def test_a_teacher_that_is_not_here_is_said_and_drawn_hollow():
    family = family_of(student("rdpd", 0), [student("rdpd", 0)])
    fig = lineage_figure(family)
    assert "not here" in lineage_words(family)
    assert points(fig, "square-open")
    assert list(lineage_table(family)["taught by"]) == ["a teacher that is not here"]


def test_names_are_shown_as_they_are():
    odd = replace(student("rdpd", 0, job="a" * 12, job_title="<b>x</b>"), view="<i>v</i>")
    fig = lineage_figure(family_of(TEACHER, [TEACHER, odd]))
    drawn = " ".join([*(a.text for a in fig.layout.annotations), *(str(t.customdata) for t in fig.data)])
    assert "<b>x" not in drawn
    assert "<i>" not in drawn
