"""From an experiment to cohorts: every switch lands where it says."""

import numpy as np
import pytest
import torch

from rdpd_core.experiments import Experiment, load, pick_arms
from rdpd_core.experiments.build import (
    label_cohort,
    member_name,
    model_params,
    poor_rows,
    rdpd_params,
    student_cohort,
    teacher_cohort,
    training_params,
    training_windows,
)
from rdpd_core.experiments.recipes import pick_recipe

CPU = torch.device("cpu")


@pytest.fixture
def loaded(toy):
    return load("toy")


def asked(**changes):
    return Experiment(**{"dataset": "toy", "recipe": "paper", "seeds": 2, **changes})


def test_networks_have_the_data_set_s_widths_by_role(loaded):
    teacher, student, oracle = (model_params(asked(), loaded, role) for role in ("teacher", "student", "oracle"))
    assert (teacher.filters, teacher.hidden) == (oracle.filters, oracle.hidden) == (8, 4)
    assert (student.filters, student.hidden) == (4, 2)


@pytest.mark.parametrize(("view", "filters", "hidden"), [("wrist", 3, 1), ("limbs", 5, 3)])
def test_students_as_narrow_as_the_ratio_of_channels(loaded, view, filters, hidden):
    experiment = asked(view=view, width="channels")
    student, oracle = (model_params(experiment, loaded, role) for role in ("student", "oracle"))
    assert (student.filters, student.hidden) == (filters, hidden)
    assert (oracle.filters, oracle.hidden) == (8, 4)


def test_the_place_of_dropout_and_own_settings_reach_the_networks(loaded):
    experiment = asked(dropout_place="after_pooling", architecture={"student": {"filters": 9, "dropout": 0.25}})
    assert model_params(experiment, loaded, "teacher").dropout_place == "after_pooling"
    student = model_params(experiment, loaded, "student")
    assert (student.filters, student.dropout, student.dropout_place) == (9, 0.25, "after_pooling")
    assert model_params(experiment, loaded, "teacher").dropout == 0.5


def test_training_follows_the_recipe_and_what_the_experiment_says_otherwise(toy):
    plain = training_params(asked(), pick_recipe("paper"))
    assert (plain.epochs, plain.patience, plain.shuffle, plain.augment) == (200, 20, "each_epoch", "none")
    said = {
        "epochs": 7, "patience": 2, "shuffle": "once", "augment": "jitter", "augment_strength": 0.5, "precision": "bfloat16",
        "noise_kind": "normal", "schedule": "cosine", "averaging": 0.9, "learning_rate": 0.01,
        "mixing": 0.5, "imitation": "rising", "balance": "subjects",
    }  # fmt: skip
    other = training_params(asked(**said), pick_recipe("paper"))
    assert {name: getattr(other, name) for name in said} == said
    assert other.selection == plain.selection == "roc_auc"
    assert [training_params(asked(offsets=o), pick_recipe("paper")).offsets for o in ("recipe", "off", "on")] == [
        False,
        False,
        True,
    ]
    tuned = pick_recipe("tuned")
    assert training_params(asked(recipe="tuned"), tuned).epochs == tuned.training["epochs"]


def test_switches_of_rdpd_reach_the_method(toy):
    plain = rdpd_params(asked())
    assert (plain.attention_form, plain.combined_bias, plain.batch_divisor) == ("student_teacher", "scalar", 0)
    other = rdpd_params(asked(attention_form="js", combined_bias="per_class", last_batch="configured"))
    assert (other.attention_form, other.combined_bias, other.batch_divisor) == ("js", "per_class", 128)


def test_training_windows_are_all_with_their_own_labels_unless_asked(loaded):
    train, target = training_windows(asked(), loaded)
    assert len(train) == len(loaded.splits.train)
    assert np.array_equal(target.numpy(), loaded.splits.train.target)


@pytest.mark.parametrize("by", ["windows", "subjects"])
def test_a_share_of_the_windows_or_of_the_subjects(loaded, by):
    whole = loaded.splits.train
    train, target = training_windows(asked(share=0.5, share_by=by), loaded)
    assert len(train) == len(target) == pytest.approx(0.5 * len(whole), rel=0.1)
    assert set(train.start) < set(whole.start)
    assert len(set(train.subject)) == (len(set(whole.subject)) if by == "windows" else len(set(whole.subject)) / 2)
    assert np.array_equal(target.numpy(), train.target)


def test_some_labels_wrong_and_some_missing(loaded):
    whole = loaded.splits.train.target
    _, wrong = training_windows(asked(wrong_labels=0.25), loaded)
    assert (wrong.numpy() != whole).mean() == pytest.approx(0.25, abs=0.02)
    assert wrong.min() >= 0
    _, missing = training_windows(asked(unlabeled=0.5), loaded)
    used, some = training_windows(asked(unlabeled=0.5, unlabeled_by="subjects"), loaded)
    lost = [bool((some[torch.from_numpy(used.subject == s)] < 0).all()) for s in np.unique(used.subject)]
    assert lost.count(True) == len(lost) / 2
    assert (missing.numpy() == -1).mean() == pytest.approx(0.5, abs=0.02)
    assert np.array_equal(missing.numpy()[missing >= 0], whole[missing >= 0])
    _, both = training_windows(asked(wrong_labels=0.25, unlabeled=0.5), loaded)
    assert np.array_equal(both.numpy()[both >= 0], wrong.numpy()[both >= 0])
    assert np.array_equal(loaded.splits.train.target, whole)


def test_teachers_read_everything_and_learn_at_the_recipe_s_temperature(loaded):
    cohort = teacher_cohort(asked(first_seed=5, noise=1.0), loaded, CPU)
    assert [(m.seed, m.channels, m.noise) for m in cohort.members] == [(5, (0, 1, 2), 0.0), (6, (0, 1, 2), 0.0)]
    assert (cohort.method.name, cohort.method.params.temperature) == ("direct", 5.0)
    assert teacher_cohort(asked(recipe="tuned"), loaded, CPU).method.params.temperature == 1.0


@pytest.mark.parametrize(("role", "filters"), [("student", 4), ("oracle", 8)])
def test_students_of_labels_only_read_the_view(loaded, role, filters):
    (arm,) = pick_arms(["oracle" if role == "oracle" else "direct"])
    cohort = label_cohort(asked(view="limbs", noise=0.5), loaded, arm, role, CPU)
    assert [(m.channels, m.noise) for m in cohort.members] == [((0, 1), 0.5), ((0, 1), 0.5)]
    assert (cohort.method.name, cohort.method.params.temperature, cohort.params.filters) == ("direct", 1.0, filters)
    assert [m.name for m in cohort.members] == [member_name(arm, s) for s in (0, 1)]


def test_students_differ_in_seed_settings_and_teacher(loaded):
    entries = [("a", 0, {"temperature": 2.0}), ("b", 1, {"attention_weight": 0.0}), ("c", 9, {})]
    cohort = student_cohort(asked(noise=0.5, attention_form="js"), loaded, entries, {0: 0, 1: 1}, CPU)
    members = [(m.name, m.seed, m.teacher, m.noise) for m in cohort.members]
    assert members == [("a", 0, 0, 0.5), ("b", 1, 1, 0.5), ("c", 9, 0, 0.5)]
    assert cohort.settings["temperature"].tolist() == [2.0, 5.0, 5.0]
    assert cohort.settings["attention_weight"].tolist() == [1.0, 0.0, 1.0]
    assert cohort.method.params.attention_form == "js"
    assert cohort.union == poor_rows(asked(), loaded) == (0,)
