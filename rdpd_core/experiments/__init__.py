"""One experiment as a record, run from recordings to an honest comparison, and kept."""

from rdpd_core.experiments.arms import ARMS, PAPER_ARMS, Arm, pick_arms
from rdpd_core.experiments.compare import command_of, comparison_of
from rdpd_core.experiments.data import Loaded, divide, load, prepare
from rdpd_core.experiments.experiment import ALL_SPLITS, Experiment
from rdpd_core.experiments.keep import card_of, keep, model_name
from rdpd_core.experiments.recipes import RECIPES, Recipe, pick_recipe
from rdpd_core.experiments.run import Result, run

__all__ = [
    "ALL_SPLITS",
    "ARMS",
    "PAPER_ARMS",
    "RECIPES",
    "Arm",
    "Experiment",
    "Loaded",
    "Recipe",
    "Result",
    "card_of",
    "command_of",
    "comparison_of",
    "divide",
    "keep",
    "load",
    "model_name",
    "pick_arms",
    "pick_recipe",
    "prepare",
    "run",
]
