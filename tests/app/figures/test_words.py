"""Sentences made from numbers."""

from dataclasses import replace

import numpy as np

from app.figures import words
from tests.app.made import arm, case


def test_verdict_groups_arms_that_agree():
    told = words.verdict(case())
    assert "Teacher, Distill and RDPD agree on bundle branch block (0.83, 0.45 and 0.71)" in told
    assert "Direct says healthy control (0.44)" in told
    assert told.endswith("The truth is bundle branch block: 3 of 4 are right.")


def test_verdict_says_where_seeds_disagree():
    torn = replace(case().arms[3], probability_spread=np.full(3, 0.31))
    assert words.verdict(case(arms=(torn,))).startswith("RDPD says bundle branch block (0.71 ± 0.31)")


def test_verdict_without_truth_counts_nothing():
    assert words.verdict(case(truth=None)).endswith("The truth is unknown.")


def test_looking_says_where_and_who_looks_there():
    told = words.looking(case())
    assert "The teacher looks most at 7.5 to 10 s (0.50 of its attention)" in told
    assert "RDPD looks where the teacher looks: overlap 0.95, 0.60 if it looked as it does in other windows." in told
    assert "Direct looks partly there: overlap 0.66" in told


def test_agreement_no_better_than_chance_is_called_so():
    arms = (case().arms[0], arm("rdpd", [1.0, 0.0, 0.0], [0.25] * 4, overlap=0.61))
    assert "RDPD looks there no more than by chance: overlap 0.61" in words.looking(case(arms=arms))
    partly = (case().arms[0], arm("rdpd", [1.0, 0.0, 0.0], [0.25] * 4, overlap=0.65))
    assert "RDPD looks partly there" in words.looking(case(arms=partly))


def test_an_even_teacher_makes_overlap_worthless_and_this_is_said():
    teacher = replace(case().arms[0], attention=np.array([0.26, 0.25, 0.25, 0.24]))
    told = words.looking(case(arms=(teacher, *case().arms[1:])))
    assert "almost evenly" in told
    assert "looks where the teacher looks" not in told


def test_evenness_runs_from_one_peak_to_even():
    assert words.evenness(np.array([1.0, 0.0, 0.0, 0.0])) == 0.0
    assert abs(words.evenness(np.full(4, 0.25)) - 1.0) < 1e-12


def test_without_a_teacher_nothing_is_compared():
    assert "nothing can be compared" in words.looking(case(arms=case().arms[1:]))


def test_text_alternatives_hold_what_the_picture_shows():
    made = case()
    told = words.describe_case(made, ("I", "II"))
    for part in ("s012", "5 to 15 s", "simulated", "mV", "I and II", "students read I", "RDPD: 0.12, 0.45, 0.31, 0.12"):
        assert part in told
    said = words.describe_distributions(made)
    assert "Direct (n = 3): healthy control 0.44, bundle branch block 0.30, hypertrophy 0.26" in said
    assert words.verdict(made) in said


def test_facts_say_simulated_and_the_truth():
    told = words.facts(case(facts={"heart rate": "71 /min", "simulated": "yes"}))
    assert "Subject s012 · window 2 of 10 · truth: bundle branch block · heart rate: 71 /min" in told
    assert told.endswith("· simulated")


def test_spread_is_explained_only_where_there_is_one():
    assert "standard deviation over seeds" in words.basis(case())
    assert "standard deviation" not in words.basis(case(arms=case().arms[:1]))
