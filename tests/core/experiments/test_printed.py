"""A finished comparison as kept values, and as text."""

import json

import pytest

from rdpd_core.errors import DataError
from rdpd_core.evaluation import Run, compare
from rdpd_core.experiments.printed import text_of
from rdpd_core.files import to_json
from tests.core.evaluation.made import predictions


@pytest.fixture(scope="module")
def record():
    """What is kept of a small comparison."""
    arms = {"teacher": 2.0, "direct": 1.0, "rdpd": 1.2}
    runs = [Run(arm, seed, "0", predictions(60, skill=s, seed=(arm, seed))) for arm, s in arms.items() for seed in range(2)]
    settings = {"hard_weight": 1.0, "temperature": 2.0, "soft_weight": 0.3, "combined_weight": 0.0, "attention_weight": 3.0}
    chosen = {"settings": settings, "score": 0.5, "candidates": 9, "source": None}
    return {
        "experiment": {"dataset": "simulated_ecg", "view": "lead_I", "recipe": "tuned"},
        "command": "python -m rdpd_core compare simulated_ecg",
        "comparison": compare(runs, draws=100).to_dict(),
        "chosen": {"0": {"rdpd": chosen, "distill": {**chosen, "candidates": 1}, "alike": {**chosen, "source": "a/b"}}},
        "notices": ["2 windows were left out"],
    }


def test_text_says_what_was_compared_and_how_to_repeat_it(record):
    lines = text_of(record).splitlines()
    assert lines[0] == "Simulated ECG (simulated), view lead_I, recipe tuned"
    assert lines[2] == "ROC-AUC (higher is better)"
    assert "2 windows were left out" in lines
    assert lines[-1] == "repeat: python -m rdpd_core compare simulated_ecg"
    how = "soft_weight 0.3, attention_weight 3, temperature 2"
    assert lines[-3:-1] == [
        f"chosen on validation subjects (0), alike: {how}, as for a/b",
        f"chosen on validation subjects (0), rdpd: {how}, best of 9",
    ]


def test_text_is_the_same_after_it_was_kept(record):
    assert text_of(json.loads(to_json(record))) == text_of(record)


def test_a_data_set_that_is_not_here_is_called_by_its_name(record):
    elsewhere = {**record, "experiment": {**record["experiment"], "dataset": "theirs"}}
    assert text_of(elsewhere).startswith("theirs, view lead_I")


def test_what_is_no_comparison_is_refused(record):
    with pytest.raises(DataError, match="not a comparison"):
        text_of({**record, "comparison": {"rows": {}}})
