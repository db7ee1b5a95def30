"""The channel lab's page: what is asked, started once, and what is shown of a lab that has ended."""

import json

import pandas as pd
import pytest

from rdpd_core.experiments.lab import Lab, answer, run_lab
from rdpd_core.files import write_json
from rdpd_core.jobs.asking import spec_of_lab
from rdpd_core.jobs.lab_work import ANSWERS
from rdpd_core.jobs.sealed import write_sealed
from tests.app.test_job_pages import office, press
from tests.app.test_views import here, models, opened, own_store, words

__all__ = ["here", "models", "office", "own_store"]


def test_the_form_counts_what_it_would_train(office):
    at = opened("lab", lab__job="new", lab__seeds="5")
    told = words(at)
    assert "**3 subsets** × Direct and RDPD × 5 seeds = **30 students**" in told
    assert at.code[-1].value == 'python -m rdpd_core study channels simulated_ecg --seeds 5 --names "I,II"'


@pytest.mark.parametrize(("recipe", "told"), [("tuned", True), ("quick", False)])
def test_the_quick_recipe_is_offered_to_who_has_not_chosen_it(office, recipe, told):
    at = opened("lab", lab__job="new", lab__recipe=recipe)
    assert ("recipe *quick*" in words(at)) == told


@pytest.mark.slow
def test_start_hands_in_one_lab_even_when_pressed_twice(office):
    for _ in range(2):
        press(opened("lab", lab__job="new", lab__largest="1", lab__recipe="paper"), "Start")
    (job,) = office.jobs()
    lab = job.folder.spec().asked_lab()
    assert (job.entry.kind, lab.largest, lab.base.recipe, lab.subsets) == ("lab", 1, "paper", 2)


def test_one_channel_is_no_choice(office):
    at = opened("lab", lab__job="new", lab__names_simulated_ecg_channels="I")
    assert "Choose at least two" in at.warning[0].value
    assert "Start" not in [button.label for button in at.button]


def test_channels_that_are_not_there_are_told(office):
    at = opened("lab", lab__job="new", lab__names_simulated_ecg_channels="I,V9")
    assert any("V9" in warning.value for warning in at.warning)


@pytest.fixture
def ended(office, here):
    """A lab that has ended: trained for real, filed as a worker would."""
    base = {"dataset": "simulated_ecg", "seeds": 1, "recipe": "paper", "epochs": 2}
    lab = Lab.from_dict({"base": base, "names": ("I", "II")})
    job, _ = office.submit(spec_of_lab(lab))
    found = answer(lab, run_lab(lab), draws=100)
    job.folder.outcomes.mkdir(exist_ok=True)
    write_sealed(job.folder.outcomes / ANSWERS, {"lab": lab.to_dict(), "answers": found.to_dict()})
    job.folder.write_record("result", {"status": "done", "reason": "", "models": [], "tables": [], "ended": 1.0})
    return job, found


@pytest.mark.slow
def test_a_lab_that_ended_says_which_set_is_enough(ended):
    job, found = ended
    at = opened("lab", lab__job=job.id)
    assert not at.exception
    told = words(at)
    assert "RDPD lies above Direct" in told.replace("\\", "")
    assert f"n = {found.n_windows} windows" in told.replace("\\", "")
    figures = [json.loads(element.proto.spec) for element in at.get("plotly_chart")]
    clouds = [trace for trace in figures[0]["data"] if trace["mode"] == "markers" and trace.get("customdata")]
    assert sorted(trace["name"] for trace in clouds) == ["Direct", "RDPD"]
    assert all(len(trace["customdata"]) == 3 for trace in clouds)
    tables = [frame.value for frame in at.dataframe if isinstance(frame.value, pd.DataFrame) and "arm" in frame.value]
    assert set(tables[0]["arm"]) == {"Direct", "RDPD"}


@pytest.mark.slow
def test_a_damaged_file_of_answers_is_told(ended):
    job, _ = ended
    write_json(job.folder.outcomes / ANSWERS, {"lab": 1})
    at = opened("lab", lab__job=job.id)
    assert not at.exception
    assert at.error
