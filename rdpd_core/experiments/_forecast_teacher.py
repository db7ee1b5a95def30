"""Whether a stored teacher fits an experiment, told from its card, without opening its weights."""

from __future__ import annotations

import numpy as np

from rdpd_core.experiments._forecast_facts import Facts
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.teachers import check_stored
from rdpd_core.preprocessing import Statistics
from rdpd_core.store import ModelCard, Store


def check_teacher(experiment: Experiment, facts: Facts, store: Store) -> ModelCard:
    """Give the card of the teacher that an experiment names, or raise as the run would because it cannot teach here.

    Raises:
        IncompatibleError: It was made for other channels, classes, rate, window, split or training data, or is no teacher.
        ModelFileError: There is no such model, or its card was refused.
    """
    card = store.card(experiment.dataset, experiment.teacher)
    here = Statistics(np.array(facts.mean), np.array(facts.std), "facts")
    check_stored(card, experiment, facts.offers, facts.split, here)
    return card
