"""An experiment as a record: checked, stored, and told as a command line."""

import dataclasses
import json
import shlex

import pytest

from rdpd_core.__main__ import build_parser
from rdpd_core.datasets import DATASETS
from rdpd_core.errors import IncompatibleError, ParameterError, RdpdError, UnknownNameError
from rdpd_core.experiments import Experiment, command_of
from rdpd_core.experiments.options import experiment_of

OTHER = {
    "dataset": "dsads",
    "view": "limbs",
    "arms": ("direct", "rdpd"),
    "seeds": 5,
    "first_seed": 7,
    "recipe": "paper",
    "split": "all",
    "teacher": "some_teacher",
    "noise": 0.5,
    "noise_kind": "normal",
    "wrong_labels": 0.25,
    "unlabeled": 0.5,
    "rich_share": 0.4,
    "rich_by": "windows",
    "unlabeled_by": "subjects",
    "teacher_labels": "same",
    "taught_by": "all",
    "offsets": "on",
    "teacher_sees": "changed",
    "mixing": 0.5,
    "imitation": "falling",
    "balance": "subjects",
    "schedule": "cosine",
    "averaging": 0.9,
    "learning_rate": 0.01,
    "share": 0.1,
    "share_by": "subjects",
    "teacher_targets": "train_pass",
    "noise_on": "all",
    "temperature": 2.0,
    "width": "channels",
    "attention_form": "js",
    "combined_bias": "per_class",
    "last_batch": "configured",
    "shuffle": "once",
    "dropout_place": "after_pooling",
    "augment": "shift",
    "augment_strength": 0.3,
    "epochs": 11,
    "patience": 3,
    "precision": "bfloat16",
    "architecture": {"student": {"filters": 9}},
}
FIELDS = [f.name for f in dataclasses.fields(Experiment)]


def toy_experiment(**changes):
    return Experiment(**{"dataset": "toy", **changes})


def read(command):
    """Give the experiment that a command line asks for."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "rdpd_core"]
    given = build_parser().parse_args(words[3:])
    return experiment_of(given)


def test_what_is_not_said_is_filled_in(toy):
    made = toy_experiment()
    assert (made.view, made.split, made.splits) == ("wrist", "fixed", ("fixed",))
    assert made.arms == ("teacher", "direct", "distill", "rdpd_r1", "rdpd_r2", "rdpd")
    assert made.seed_list == (0, 1, 2)
    assert toy_experiment(first_seed=4, seeds=2).seed_list == (4, 5)
    assert toy_experiment(split="all").splits == toy.splits
    assert Experiment(dataset="dsads", split="all").splits == DATASETS.get("dsads").splits


def test_defaults_are_the_paper_s_where_paper_and_code_differ():
    made = Experiment()
    assert (made.attention_form, made.noise_kind, made.teacher_targets) == ("student_teacher", "uniform", "evaluation")
    assert (made.shuffle, made.last_batch, made.width) == ("each_epoch", "true", "quarter")
    assert (made.combined_bias, made.dropout_place) == ("scalar", "before_pooling")


def test_the_list_of_other_values_is_complete():
    assert set(OTHER) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_survives_json_and_identifies_the_experiment(toy, name):
    plain = toy_experiment()
    other = Experiment(dataset="dsads") if name == "dataset" else toy_experiment(**{name: OTHER[name]})
    assert getattr(other, name) != getattr(plain, name)
    assert Experiment.from_dict(json.loads(json.dumps(other.to_dict()))) == other
    assert other.digest() != plain.digest()
    assert Experiment.from_dict(json.loads(json.dumps(other.to_dict()))).digest() == other.digest()


@pytest.mark.parametrize("name", FIELDS)
def test_the_command_line_repeats_the_experiment(toy, name):
    made = Experiment(dataset="dsads") if name == "dataset" else toy_experiment(**{name: OTHER[name]})
    assert read(command_of(made)) == made


def test_the_command_line_repeats_everything_at_once(toy):
    # A stored teacher learned from everybody, and answers of a training pass are there for all windows only.
    left = ("dataset", "rich_share", "balance")
    made = toy_experiment(**{n: v for n, v in OTHER.items() if n not in left})
    assert read(command_of(made)) == made
    assert read(command_of(toy_experiment())) == toy_experiment()


@pytest.mark.parametrize("view", ["wrist,ankle", "ankle, wrist", "wrist"])
def test_channels_by_name_survive_the_command_line(toy, view):
    made = toy_experiment(view=view)
    assert read(command_of(made)) == made


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"dataset": "toi"}, "unknown data set 'toi'.*did you mean 'toy'"),
        ({"view": "rist"}, "did you mean 'wrist'"),
        ({"view": "wrist,nkle"}, "did you mean 'ankle'"),
        ({"arms": ("direct", "rpdp")}, "unknown arm 'rpdp'"),
        ({"split": "fixt"}, "did you mean 'fixed'"),
        ({"architecture": {"pupil": {}}}, "unknown role in architecture 'pupil'; known: teacher, student, oracle"),
        ({"architecture": {"student": {"filter": 3}}}, "did you mean 'filters'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(toy, wrong, told):
    with pytest.raises(UnknownNameError, match=told):
        toy_experiment(**wrong)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"seeds": 0, "noise": -1.0, "share": 0.0}, "seeds=0 .* noise=-1.0 .* share=0.0"),
        ({"recipe": "best"}, "recipe='best' is not one of paper, tuned"),
        ({"unlabeled": 1.5}, r"unlabeled=1.5 is outside \[0.0, 1.0\]"),
        ({"arms": ()}, "name at least one arm"),
        ({"augment": "flip"}, "augment='flip' is not one of recipe, none, jitter"),
        ({"architecture": {"student": {"filters": 0}}}, "filters=0"),
    ],
)
def test_settings_out_of_range_are_all_named_at_once(toy, wrong, told):
    with pytest.raises(ParameterError, match=told):
        toy_experiment(**wrong)


def test_unknown_settings_name_the_nearest(toy):
    with pytest.raises(RdpdError, match="did you mean 'seeds'"):
        Experiment.from_dict({"dataset": "toy", "seed": 3})


def test_every_setting_explains_itself():
    silent = [f.name for f in dataclasses.fields(Experiment) if f.metadata and not f.metadata.get("help")]
    assert not silent


@pytest.mark.parametrize(
    ("change", "told"), [({"teacher": "some"}, "a stored teacher"), ({"teacher_targets": "train_pass"}, "training pass")]
)
def test_teachers_of_a_rich_share_are_trained_for_it(change, told):
    with pytest.raises(IncompatibleError, match=rf"rich_share 0.5 does not go with .*{told}"):
        Experiment(rich_share=0.5, **change)
    assert Experiment(**change).rich_share == 1


def test_a_training_pass_that_leaves_out_windows_has_no_answers_for_them():
    with pytest.raises(IncompatibleError, match="there for some only; balance windows"):
        Experiment(teacher_targets="train_pass", balance="subjects")
    assert Experiment(balance="subjects").teacher_targets == "evaluation"


@pytest.mark.parametrize(
    ("change", "told"), [({"teacher": "some"}, "cannot answer out of fold"), ({"mixing": 0.5}, "of two subjects")]
)
def test_out_of_fold_takes_teachers_of_its_own_and_windows_of_one_subject(change, told):
    with pytest.raises(IncompatibleError, match=told):
        Experiment(teacher_targets="out_of_fold", **change)
    assert Experiment(**change).teacher_targets == "evaluation"
