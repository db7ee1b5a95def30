"""The cohort's dashboard: counts by hand, groups that matter and groups that do not, and errors that fall together."""

import numpy as np
import pytest

from rdpd_core.errors import DataError
from rdpd_core.experiments.analyses.dashboard import Dashboard
from rdpd_core.runtime import numpy_generator
from tests.core.experiments.analyses.made import CLASSES, arm, nothing, said, source, windows

PARAMS = Dashboard.Params(draws=100)


def answer(given, *arms, facts=None, params=PARAMS):
    return Dashboard(params).run(source(given, *arms, facts=facts), nothing)


def deciding(decided: np.ndarray) -> np.ndarray:
    """Give class distributions (2, N, 3) that decide as told."""
    return np.tile(0.1 + 0.7 * np.eye(len(CLASSES))[decided], (2, 1, 1))


def people_of(given) -> np.ndarray:
    return np.unique(given.subject, return_inverse=True)[1]


def facts_of(given, group):
    return {name: {"sex": group(int(name[1:3]))} for name in np.unique(given.recording).tolist()}


def test_counts_by_hand():
    given = windows(6, 9)
    decided = np.where(people_of(given) == 2, (given.target + 1) % 3, given.target)
    found = answer(given, arm("direct", deciding(decided)))
    assert found.values["accuracy"]["direct"] == [0, 1, 1, 1, 1, 1]
    assert found.values["subjects"][0] == "p02"
    assert found.values["windows"] == [9] * 6
    (row,) = found.tables["Accuracy by arm"]
    assert (row["accuracy"], row["windows"], row["people"]) == (pytest.approx(5 / 6), 54, 6)
    assert [r["recall"] for r in found.tables["Recall by class"]] == pytest.approx([5 / 6] * 3)
    assert found.values["constant"] == pytest.approx(1 / 3)
    assert any("Nothing that tells groups" in text for text in found.notices)
    assert found.sentences[0].claim == "shown"


def test_a_group_that_fares_worse_is_found_and_others_are_not():
    given = windows(20, 9)
    person = people_of(given)
    luck = numpy_generator("luck").random(len(given))
    decided = np.where(luck < np.where(person < 8, 0.3, 0.9), given.target, (given.target + 1) % 3)
    found = answer(given, arm("rdpd", deciding(decided)), facts=facts_of(given, lambda p: "f" if p < 8 else "m"))
    said_of = [s for s in found.sentences if s.about.get("attribute") == "sex"]
    assert {(s.claim, s.about["group"]) for s in said_of} == {("shown", "f"), ("shown", "m")}
    assert {r["people"] for r in found.tables["Accuracy by group"]} == {8, 12}
    calm = answer(given, arm("rdpd", deciding(decided)), facts=facts_of(given, lambda p: "fm"[p % 2]))
    assert [s.claim for s in calm.sentences if s.about.get("attribute") == "sex"] == ["not shown"]


def test_what_only_names_the_class_is_no_group():
    given = windows(20, 9, target=people_of(windows(20, 9)) % 2)
    found = answer(given, arm("rdpd", deciding(given.target)), facts=facts_of(given, lambda p: ("NORM", "CD")[p % 2]))
    assert found.values["attributes"] == {}


def test_small_groups_and_classes_are_hidden():
    given = windows(20, 9, target=np.where(people_of(windows(20, 9)) < 3, 2, 0))
    decided = deciding(given.target)
    found = answer(given, arm("rdpd", decided), facts=facts_of(given, lambda p: "other" if p < 2 else "fm"[p % 2]))
    assert found.values["attributes"]["sex"]["hidden"] == ["other", "f"]
    assert {r["group"] for r in found.tables["Accuracy by group"]} == {"m"}
    recall = {r["class"]: r["recall"] for r in found.tables["Recall by class"]}
    assert recall == {"rest": 1, "walk": None, "run": None}
    assert any("Recall is hidden" in text and text.endswith("have: run.") for text in found.notices)
    every = answer(given, arm("rdpd", decided), params=Dashboard.Params(draws=100, least=3))
    assert {r["class"]: r["recall"] for r in every.tables["Recall by class"]}["run"] == 1
    alone = answer(given, arm("rdpd", decided), facts=facts_of(given, lambda p: "fm"[p % 2]), params=Dashboard.Params(least=50))
    assert any("no group has 50 subjects" in s.text and s.claim == "unknown" for s in alone.sentences)


def test_errors_that_fall_together_are_told_from_those_that_do_not():
    given = windows(30, 10)
    person = people_of(given)
    hard = person < 8

    def arms(masks):
        return [arm(n, deciding(np.where(mask, (given.target + 1) % 3, given.target))) for n, mask in masks.items()]

    same = answer(given, *arms({"teacher": hard, "direct": hard & (np.arange(300) % 10 < 8)}))
    assert same.values["all_wrong"]["count"] == 8
    assert same.sentences[-1].claim == "shown"
    assert any("errs more often where the teacher errs" in s.text and s.claim == "shown" for s in same.sentences)
    draw = numpy_generator("apart")
    far = answer(
        given, *arms({"teacher": np.isin(person, draw.permutation(30)[:9]), "direct": np.isin(person, np.arange(0, 30, 4))})
    )
    assert far.sentences[-1].claim == "not shown"


def test_few_people_one_class_and_no_labels_end_in_words():
    few = windows(2, 9)
    found = answer(few, arm("rdpd", said(few.target, 0.7, 1)))
    assert found.sentences[0].claim == "unknown"
    assert "2 arms and 5 subjects" in found.sentences[-1].text
    alike = windows(12, 9, target=np.zeros(108, dtype=int))
    one = answer(alike, arm("rdpd", deciding(alike.target)))
    assert any("All windows are of one class" in text for text in one.notices)
    bare = windows(12, 9, target=np.full(108, -1))
    with pytest.raises(DataError, match="none of the test windows has a label"):
        answer(bare, arm("rdpd", deciding(np.zeros(108, dtype=int))))
