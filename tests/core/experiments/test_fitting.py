"""Which data a model can read, and real windows of its own."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.errors import IncompatibleError
from rdpd_core.experiments import Experiment, keep, run
from rdpd_core.experiments.fitting import fits, misfit, real_windows
from rdpd_core.store import Store
from tests.toys import ToyDataset


@pytest.fixture
def kept(toy):
    """A kept student, and the result it comes from."""
    result = run(Experiment(dataset="toy", view="limbs", arms=("direct",), seeds=1, recipe="paper", epochs=1))
    (card,) = keep(result, Store.default(), "2026-01-01T00:00:00+00:00")
    return card, result


def test_a_model_fits_its_own_data_and_says_both_sides_of_others(kept):
    card, _ = kept
    said = fits(card)
    assert list(said) == DATASETS.names()
    assert said["toy"] == ""
    assert "model [wrist, ankle], data [LI" not in said["ptbxl"]
    for part in ("channels: model [wrist, ankle], data [", "sampling rate in Hz: model 20.0, data", "classes: model [rest"):
        assert part in said["ptbxl"]


def test_a_model_of_a_set_in_no_list_is_held_against_its_own(kept):
    card, _ = kept
    name = "challenge2021_atrial_fibrillation"
    assert name not in fits(card)
    assert set(fits(replace(card, dataset=name))) == {*DATASETS.names(), name}


def test_every_difference_is_told(kept):
    card, _ = kept
    assert "units" in misfit(replace(card, channels=tuple(replace(c, unit="g") for c in card.channels)), ToyDataset)
    assert "samples in a window: model 40, data 80" in misfit(replace(card, window_samples=40), ToyDataset)
    assert "other order" in misfit(replace(card, classes=card.classes[::-1]), ToyDataset)
    assert misfit(replace(card, classes=card.classes[:2]), ToyDataset) == "", "a class of too few subjects may be left out"
    assert "classes" in misfit(replace(card, classes=("rest", "fly")), ToyDataset)


def test_real_windows_are_those_the_model_was_scored_on(kept):
    card, result = kept
    windows = real_windows(card, count=1000)
    model, _ = Store.default().open(card.dataset, card.name)
    with torch.inference_mode():
        probability = model(windows).logits.softmax(1).numpy()
    (outcome,) = result.outcomes
    assert np.allclose(probability, outcome.predictions["test"].probability, atol=1e-5)
    few = real_windows(card, count=5)
    assert len(few) == 5
    assert torch.equal(few[0], windows[0])
    assert torch.equal(few[-1], windows[-1])


def test_data_that_do_not_fit_are_refused(kept):
    card, _ = kept
    with pytest.raises(IncompatibleError, match=r"lack|does not fit"):
        real_windows(replace(card, channels=tuple(replace(c, name=f"{c.name}!") for c in card.channels)))
