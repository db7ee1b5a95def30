"""Whether a stored teacher fits an experiment, told from its card, without opening its weights."""

from __future__ import annotations

import numpy as np

from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments._forecast_facts import Facts
from rdpd_core.experiments.experiment import Experiment
from rdpd_core.experiments.teachers import card_interface
from rdpd_core.preprocessing import Statistics, check_fit
from rdpd_core.store import ModelCard, Store


def check_teacher(experiment: Experiment, facts: Facts, store: Store) -> ModelCard:
    """Give the card of the teacher that an experiment names, or raise as the run would because it cannot teach here.

    Raises:
        IncompatibleError: It was made for other channels, classes, rate, window, split or training data, or is no teacher.
        ModelFileError: There is no such model, or its card was refused.
    """
    card = store.card(experiment.dataset, experiment.teacher)
    if card.role != "teacher":
        raise IncompatibleError(
            f"{card.key} is a {card.role}; name a teacher of {experiment.dataset} (models --dataset {experiment.dataset})"
        )
    check_fit(card_interface(card), facts.offers, "teacher")
    if card.split != facts.split:
        raise IncompatibleError(
            f"the teacher {card.key} was trained under split {card.split!r}, the experiment uses {facts.split!r}: its "
            "training subjects may be among the test subjects. Choose the same split, or train a teacher"
        )
    if experiment.teacher_targets == "train_pass":
        raise IncompatibleError(
            "outputs of the training pass exist only while a teacher is trained; leave out the stored teacher"
        )
    own, mean, std = Statistics.from_dict(card.normalization), np.array(facts.mean), np.array(facts.std)
    if not (np.allclose(own.mean, mean, atol=1e-4 * std.min()) and np.allclose(own.std, std, rtol=1e-4)):
        raise IncompatibleError(f"the teacher {card.key} was scaled by other training data than these; train a teacher")
    return card
