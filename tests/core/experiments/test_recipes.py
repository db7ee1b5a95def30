"""Recipes: as published, and chosen from a grid."""

import itertools

import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.recipes import RECIPES, pick_recipe
from rdpd_core.methods import METHODS
from rdpd_core.models import MODELS
from rdpd_core.training import TrainingParams


def test_the_paper_s_recipe_is_what_was_published():
    paper = pick_recipe("paper")
    assert paper.temperature_of("dsads") == paper.teacher_temperature_of("dsads") == 5
    assert paper.temperature_of("mimic3") == paper.teacher_temperature_of("mimic3") == 2.5
    training = TrainingParams.from_dict(paper.training)
    assert (training.epochs, training.patience, training.batch_size) == (200, 20, 128)
    assert (training.learning_rate, training.selection, training.shuffle) == (1e-3, "roc_auc", "each_epoch")
    for arm in ARMS.values():
        assert paper.candidates(arm, "dsads") == [paper.settings(arm, "dsads")]
    assert paper.settings(ARMS["rdpd"], "dsads") == {**dict.fromkeys(ARMS["rdpd"].weights, 1.0), "temperature": 5.0}


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_made_of_allowed_settings(name):
    recipe, kind = pick_recipe(name), METHODS.get("rdpd").Params
    assert (recipe.name, bool(recipe.title)) == (name, True)
    for dataset in ("any set", *DATASETS.names()):
        TrainingParams.from_dict(recipe.training_of(dataset))
        for role in ("teacher", "student"):
            MODELS.get("rcnn").Params.from_dict(recipe.network_of(dataset, role))
    METHODS.get("direct").Params(temperature=recipe.teacher_temperature_of("any set"))
    for arm in ARMS.values():
        for settings in recipe.candidates(arm, "any set"):
            kind.from_dict(settings)
            assert set(settings) <= set(kind.numbers())


def test_tuned_tries_every_combination_of_the_terms_an_arm_has():
    recipe = pick_recipe("tuned")
    grid = {name: set(values) for name, values in recipe.grid.items()}
    assert recipe.candidates(ARMS["direct"], "dsads") == [recipe.settings(ARMS["direct"], "dsads")]
    for name in ("distill", "rdpd_r1", "rdpd_r2", "rdpd"):
        arm, found = ARMS[name], recipe.candidates(ARMS[name], "dsads")
        free = [t for t in ("soft_weight", "attention_weight", "combined_weight") if arm.weights[t]]
        expected = set(itertools.product(*(grid[t] for t in ("temperature", *free))))
        assert {tuple(s[t] for t in ("temperature", *free)) for s in found} == expected
        assert len(found) == len(expected)
        assert all(s[t] == 0 for s in found for t in grid if t != "temperature" and t not in free)
        assert all(s["hard_weight"] == 1 for s in found)


def test_strong_weighs_whether_to_believe_labels_at_all():
    recipe = pick_recipe("strong")
    for name, most in (("distill", 2), ("rdpd_r1", 2), ("rdpd", 2)):
        found = recipe.candidates(ARMS[name], "dsads")
        assert len(found) == most
        assert [s["hard_weight"] for s in found] == [0.0, 1.0]
        assert [s["combined_weight"] > 0 for s in found] == [False, bool(ARMS[name].weights["combined_weight"])]
    assert recipe.candidates(ARMS["direct"], "dsads") == [recipe.settings(ARMS["direct"], "dsads")]


def test_what_a_recipe_says_of_a_data_set_goes_before_what_it_says_of_any():
    recipe = pick_recipe("strong")
    assert recipe.training_of("dsads")["augment"] == "motion"
    assert "augment" not in recipe.training_of("ptbxl")
    assert recipe.network_of("dsads", "student") != recipe.network_of("ptbxl", "student")
    assert pick_recipe("tuned").network_of("dsads", "student") == {}


def test_quick_is_a_fraction_of_the_other_recipes_for_every_data_set():
    quick, tuned, rdpd = pick_recipe("quick"), pick_recipe("tuned"), ARMS["rdpd"]
    assert len(quick.candidates(rdpd, "simulated_ecg")) < len(tuned.candidates(rdpd, "simulated_ecg"))
    for dataset in DATASETS.names():
        least = min(pick_recipe(name).training_of(dataset)["epochs"] for name in ("paper", "tuned", "strong"))
        assert quick.training_of(dataset)["epochs"] < least
        assert set(quick.network_of(dataset, "student")) == {"dropout"}, "networks are as wide as the data set's own"


def test_statistics_trains_as_strong_does_and_differs_in_its_networks():
    strong, statistics = pick_recipe("strong"), pick_recipe("statistics")
    for dataset in DATASETS.names():
        one, other = strong.about(dataset), statistics.about(dataset)
        assert one.pop("networks") != (networks := other.pop("networks"))
        assert one == other
        assert {network["pooling"] for network in networks.values()} == {"statistics"}


@pytest.mark.parametrize("recipe", RECIPES)
def test_its_networks_fit_the_windows_of_every_data_set(recipe):
    kind = MODELS.get("rcnn")
    for dataset in map(DATASETS.get, DATASETS.names()):
        samples = round(dataset.preparation.rate_hz * dataset.preparation.window_s)
        for role in ("teacher", "student"):
            params = kind.Params.from_dict({**dataset.architecture[role], **pick_recipe(recipe).network_of(dataset.name, role)})
            assert kind(2, 3, samples, params).count_parameters() > 0


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'paper'"):
        pick_recipe("papre")
