"""An experiment's result as a comparison of arms, with the words that belong beside it."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from rdpd_core.evaluation import Run, compare
from rdpd_core.evaluation.arms import Comparison
from rdpd_core.experiments.arms import ARMS
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.networks import words_of_setting
from rdpd_core.experiments.run import Result


def comparison_of(result: Result, part: str = "test", on_progress: Callable[[int, int], None] | None = None) -> Comparison:
    """Compare the arms of a result on one part.

    A stored teacher has one run for all seeds: it is shown with that one and compared with Direct where seeds agree.

    Args:
        result: Of an experiment.
        part: "valid" or "test".
        on_progress: Told how much of the work is done, of how much; may raise to end it.
    """
    runs = [Run(o.arm, o.seed, o.split, o.predictions[part]) for o in result.outcomes]
    titles = {name: arm.title for name, arm in ARMS.items()}
    reference = "direct" if any(o.arm == "direct" for o in result.outcomes) else result.outcomes[0].arm
    return compare(runs, reference, titles=titles, on_progress=on_progress)


def command_of(experiment: Experiment) -> str:
    """Give the command line that repeats an experiment."""
    words = [f"python -m rdpd_core compare {experiment.dataset}"]
    defaults = Experiment(dataset=experiment.dataset).to_dict()
    asked = {name: value for name, value in experiment.to_dict().items() if name != "dataset" and value != defaults[name]}
    asked["view"] = experiment.view
    for name, value in sorted(asked.items()):
        words.append(f"--{name.replace('_', '-')} {shlex.join(words_of_setting(name, value))}")
    return " ".join(words)
