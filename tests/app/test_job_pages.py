"""The pages that set up and follow jobs, run without a browser on the small data set."""

import pytest

from rdpd_core.errors import DataError
from rdpd_core.experiments import Experiment
from rdpd_core.jobs import states
from rdpd_core.jobs.filing import file_models
from rdpd_core.store import Store
from tests.app.jobs_made import alive, end, spec
from tests.app.test_views import here, models, opened, own_store, words
from tests.core.jobs.made import Dying, until_ended

__all__ = ["here", "models", "own_store"]


@pytest.fixture
def office(own_store, still_watch, tmp_path):
    """The desk of the pages; its workers end at once."""
    still_watch.desk._engines["local"] = Dying(tmp_path / "slots")
    return still_watch.desk


def press(at, label):
    """Press the button with a label."""
    return next(button for button in at.button if button.label == label).click().run()


def links(at):
    """Give the labels of the links to other pages."""
    return [element.proto.label for element in at.get("page_link")]


def test_the_form_asks_for_everything_and_says_what_to_expect(office):
    at = opened("distill")
    labels = [w.label for kind in (at.selectbox, at.number_input, at.checkbox) for w in kind]
    for wanted in ("Data set", "Teacher", "Runs on", "Device", "Noise amplitude", "Number of seeds", "RDPD", "Oracle-size"):
        assert wanted in labels, wanted
    told = words(at) + "".join(w.value for w in at.warning)
    assert "Students read 1 of 3 channels" in told
    assert "no arm can be called better or worse than Direct" in told
    assert at.code[-1].value == "python -m rdpd_core jobs start simulated_ecg --view lead_I"


@pytest.mark.slow
def test_start_hands_in_what_the_form_says(office):
    at = opened("distill", distill__seeds="2", distill__recipe="paper", distill__noise="0.5", distill__arm_oracle="True")
    press(at, "Start")
    assert not at.exception
    (job,) = office.jobs()
    (experiment,) = job.folder.spec().asked()
    wanted = Experiment(
        dataset="simulated_ecg", view="lead_I", seeds=2, recipe="paper", noise=0.5, arms=(*Experiment.arms, "oracle")
    )
    assert experiment == wanted


@pytest.mark.slow
def test_networks_are_set_in_words(office):
    words = "segments=2 student.filters=9"
    at = opened("distill", distill__architecture=words)
    every = " ".join(f"{role}.segments=2" for role in ("teacher", "student", "oracle"))
    assert f"--architecture {every.replace('student.segments', 'student.filters=9 student.segments')}" in at.code[-1].value
    press(at, "Start")
    (job,) = office.jobs()
    (experiment,) = job.folder.spec().asked()
    assert experiment.architecture["student"] == {"segments": 2, "filters": 9}


@pytest.mark.parametrize(
    ("words", "told"), [("student.filter=9", "did you mean 'filters'"), ("student.filters", "sets nothing of a network")]
)
def test_networks_that_cannot_be_are_told(office, words, told):
    at = opened("distill", distill__architecture=words)
    assert told in at.error[0].value.replace("\\", "")
    assert "Start" not in [button.label for button in at.button]


@pytest.mark.slow
def test_pressing_start_twice_hands_in_one_job(office):
    for _ in range(2):
        press(opened("distill"), "Start")
    assert len(office.jobs()) == 1


def test_nothing_can_be_started_that_would_be_refused(office):
    arms = {f"distill__arm_{name}": "False" for name in Experiment.arms}
    at = opened("distill", **arms)
    assert "Choose at least one arm" in at.warning[0].value
    assert "Start" not in [button.label for button in at.button]


@pytest.mark.slow
def test_a_desk_that_refuses_says_so_and_the_form_stays(office, monkeypatch):
    def refuse(spec):
        raise DataError("disk full: spec.json needs 0.1 MB")

    monkeypatch.setattr(office, "submit", refuse)
    at = press(opened("distill"), "Start")
    assert "disk full" in at.error[0].value
    assert at.number_input
    at.run()
    assert "disk full" in at.error[0].value, "a page that is made anew says it too"
    at.number_input[0].increment().run()
    assert not at.error, "something else is asked for"


@pytest.mark.slow
def test_a_cluster_that_is_not_set_up_says_so_where_start_was_pressed(office, monkeypatch):
    monkeypatch.delenv("RDPD_RAY_ADDRESS", raising=False)
    at = press(opened("distill", distill__engine="ray"), "Start")
    assert not at.exception
    assert "no Ray cluster is set up" in at.error[-1].value.replace("\\", "")
    assert office.jobs() == []
    assert at.number_input, "the form stays"


@pytest.mark.slow
def test_a_failed_job_says_why_and_can_be_resumed(office):
    press(opened("distill"), "Start")
    (job,) = office.jobs()
    until_ended(office, job.id)
    at = opened("jobs", jobs__job=job.id)
    assert "died 3 times" in at.error[0].value
    press(at, "Resume")
    assert office.job(job.id).state.name != states.FAILED or office.job(job.id).folder.record("launch")["attempt"] > 3


def test_without_jobs_the_page_says_so(office):
    at = opened("jobs")
    assert "No job was handed in yet" in at.info[0].value


@pytest.mark.slow
def test_models_that_are_still_carried_home_are_awaited_and_told(office, own_store):
    store = Store.default()
    teacher, student = [next(card for card in store.list().cards if card.role == role) for role in ("teacher", "student")]
    job, _ = office.submit(spec())
    made = Store([job.folder.models])
    for card in (teacher, student):
        weights, checked = store.load(card.dataset, card.name)
        made.save(checked, weights)
    alive(job.folder)
    end(job.folder, states.DONE, models=[teacher.key, student.key])
    store.delete(teacher.dataset, teacher.name)
    at = opened("jobs", jobs__job=job.id)
    assert "1 of 2 models are in the store" in "".join(w.value for w in at.info)
    assert "In the case study" not in links(at), "some of its models would look like all of them"
    office.trouble[job.id] = "disk full"
    assert "disk full" in opened("jobs", jobs__job=job.id).error[-1].value
    file_models(job.folder)
    at = opened("jobs", jobs__job=job.id)
    assert not [w.value for w in at.info if "in the store" in w.value]
    assert "In the case study" in links(at)
