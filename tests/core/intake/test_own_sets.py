"""An added data set is a data set like any other: listed, windowed, trained on, read by stored students, verified, deleted."""

import json

import numpy as np
import pytest

from rdpd_core.__main__ import main
from rdpd_core.datasets import DATASETS, own
from rdpd_core.errors import DataError, IncompatibleError, JobFileError, ParameterError, SplitError
from rdpd_core.experiments import Experiment, keep, load, run
from rdpd_core.experiments.cases import open_book
from rdpd_core.experiments.own_cases import plan_for, readers
from rdpd_core.files import cache_root
from rdpd_core.intake import keeping
from rdpd_core.intake.sources import given_paths
from rdpd_core.jobs import Desk, forgetting
from rdpd_core.store import Store
from tests.core.intake.bad_inputs import own_csv
from tests.core.jobs.made import toy_spec, until_ended

pytestmark = pytest.mark.slow

OPTIONS = ["--label", "label", "--subject", "who", "--window", "2"]


@pytest.fixture
def added(toy, tmp_path):
    """Three people in two classes, added from a CSV file."""
    path = tmp_path / "three people.csv"
    path.write_bytes(own_csv())
    assert main(["data", "add", str(path), "--name", "three", "--title", "Three people", *OPTIONS]) == 0
    return own.found()["three"]


def test_it_is_listed_and_found_by_its_name(added, capsys):
    capsys.readouterr()
    assert "three" in DATASETS
    assert DATASETS.get("three") is DATASETS.get("three")  # pages use the class as a key
    assert "three" not in DATASETS.registered()
    assert main(["datasets", "--json"]) == 0
    row = next(r for r in json.loads(capsys.readouterr().out) if r["name"] == "three")
    assert (row["here"], row["classes"], row["channels"]) == ("yes", 2, 1)
    assert main(["data", "list", "--json"]) == 0
    assert [r["title"] for r in json.loads(capsys.readouterr().out)] == ["Three people"]


def test_its_windows_are_what_the_file_holds_and_no_person_is_in_two_parts(added):
    loaded = load("three")
    windows = loaded.prepared.windows
    assert (windows.sampling_rate, windows.samples, windows.classes) == (50.0, 100, ("rest", "walk"))
    assert loaded.prepared.counts["walk"].subjects == 3
    np.testing.assert_allclose(windows.gather([0])[0, 0, :5], np.sin(np.arange(5) / 5), atol=1e-4)
    parts = [set(part.subject.tolist()) for part in loaded.splits]
    assert all(len(part) == 1 for part in parts)
    assert len(set.union(*parts)) == 3


@pytest.mark.slow
def test_students_are_trained_on_it(added):
    result = run(Experiment(dataset="three", arms=("teacher", "direct"), seeds=1, recipe="paper", epochs=1))
    assert {outcome.arm for outcome in result.outcomes} == {"teacher", "direct"}


def test_a_flipped_bit_in_its_samples_or_its_record_is_seen(added, capsys):
    assert main(["data", "verify", "three"]) == 0
    path = own.own_root() / "three" / own.SIGNALS
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert main(["data", "verify", "three"]) == 1
    assert "its samples were changed or damaged" in capsys.readouterr().err
    record = own.own_root() / "three" / own.RECORD
    record.write_text(record.read_text().replace('"walk"', '"run"'))
    assert "three" not in DATASETS
    (problem,) = own.problems()
    assert "set.json is damaged, edited or of another version" in problem.reason


def test_fewer_than_three_people_are_not_divided(added):
    with pytest.raises(SplitError, match="three has 2 subjects; train, valid and test need one each"):
        added().assign(["0", "1"], "0")


def test_a_name_is_taken_once_and_never_from_the_program(added, tmp_path):
    for name, why in (
        ("three", "is there already"),
        ("simulated_ecg", "belongs to a data set of the program"),
        ("challenge2021_atrial_fibrillation", "belongs to a data set of the program"),
        ("challenge2021_all", "belongs to a data set of the program"),
        ("../x", "small letters"),
    ):
        with pytest.raises(ParameterError, match=why):
            keeping.check_name(name)


def test_deleting_takes_everything_that_came_of_it(added, capsys):
    load("three")
    Desk().submit(toy_spec())
    (cache_root() / "analyses").mkdir(parents=True)
    (cache_root() / "analyses" / "of-it.json").write_text("{}")
    assert list((cache_root() / "recordings").glob("three-*"))
    assert main(["data", "delete", "three"]) == 1  # only says what would go
    assert "would be deleted" in capsys.readouterr().err
    assert "three" in DATASETS
    assert main(["data", "delete", "three", "--yes"]) == 0
    assert "three" not in DATASETS
    assert not (own.own_root() / "three").exists()
    assert not list((cache_root() / "recordings").glob("three-*"))
    assert not (cache_root() / "analyses").exists()
    assert main(["data", "delete", "three", "--yes"]) == 1
    assert "unknown added data set 'three'" in capsys.readouterr().err


@pytest.mark.slow
def test_jobs_and_models_of_it_go_too_unless_they_run(added, monkeypatch):
    asked = Experiment(dataset="three", arms=("teacher", "direct"), seeds=1, recipe="paper", epochs=1)
    keep(run(asked), Store.default(), "2026-01-01T00:00:00+00:00")
    spec = toy_spec()
    changed = type(spec)(**{**spec.to_dict(), "dataset": "three", "experiments": (asked.to_dict(),)})
    with monkeypatch.context() as still:
        still.setattr(Desk, "tick", lambda self: None)
        job, _ = Desk().submit(changed)
    traces = forgetting.traces_of("three")
    assert (len(traces.jobs), len(traces.models), len(traces.running)) == (1, 2, 1)
    with pytest.raises(JobFileError, match="works with three; stop it"):
        forgetting.forget("three")
    desk = Desk()
    desk.stop(job.id)
    until_ended(desk, job.id)
    forgetting.forget("three")
    assert Desk().jobs() == []
    assert Store.default().list("three").cards == ()


@pytest.fixture
def read_by_toy(toy, tmp_path):
    """Stored students of the toy data set, and a plan by which they read a file without its pulse."""
    asked = Experiment(dataset="toy", view="limbs", arms=("teacher", "direct", "rdpd"), seeds=1, recipe="paper", epochs=1)
    keep(run(asked), Store.default(), "2026-01-01T00:00:00+00:00")
    path = tmp_path / "walk.csv"
    path.write_bytes(own_csv())
    return given_paths([str(path)]), readers()["toy/limbs"], {"time": "t", "time_unit": "ms"}


def test_missing_channels_are_refused_or_masked_and_marked(read_by_toy):
    files, reader, said = read_by_toy
    with pytest.raises(IncompatibleError, match=r"nothing was given for ankle.*or say that they may be masked"):
        plan_for("mine", reader, {"wrist": "x"}, {"x": "g"}, said)
    with pytest.raises(IncompatibleError, match="nothing was given for wrist, ankle"):
        plan_for("mine", reader, {}, {}, said, mask=True)  # nothing at all cannot be masked
    kind = keeping.keep(keeping.take(plan_for("mine", reader, {"wrist": "x"}, {"x": "g"}, said, mask=True), files))
    assert kind.masked == ("ankle",)
    assert "1 channels not measured" in kind.title
    assert [c.group for c in kind.channels] == ["arm", "not measured"]
    (recording,) = kind().recordings()
    assert np.ptp(recording.signal[1]) == 0
    assert recording.signal[1, 0] == pytest.approx(reader.means[1], rel=1e-6)
    assert np.ptp(recording.signal[0]) == pytest.approx(2 * 9.80665, rel=0.02)  # from g to m/s^2
    assert recording.facts == {"not measured, held at the training mean": "ankle"}


def test_a_recording_without_labels_is_a_case_for_stored_students(read_by_toy):
    files, reader, said = read_by_toy
    keeping.keep(keeping.take(plan_for("mine", reader, {"wrist": "x", "ankle": "x"}, {"x": "m/s^2"}, said), files))
    loaded = load("mine")
    assert (len(loaded.splits.train), loaded.split) == (0, "fixed")
    book = open_book(loaded, "limbs")
    assert [arm.arm for arm in book.arms] == ["direct", "rdpd"]  # their teacher reads a channel that is not there
    case = book.case("s1", 1)
    assert case.truth is None
    assert case.arms[0].probability.sum() == pytest.approx(1)
    with pytest.raises(IncompatibleError, match="added to be read by stored models of toy; nothing can be trained on it"):
        Experiment(dataset="mine")


def test_a_label_that_is_no_class_of_the_students_is_refused(read_by_toy):
    files, reader, said = read_by_toy
    plan = plan_for("mine", reader, {"wrist": "x", "ankle": "x"}, {"x": "g"}, said | {"label": "who"})
    with pytest.raises(DataError, match=r"label '0' is no class of the models of toy.*known: rest, walk, run"):
        keeping.take(plan, files)
    assert [p for p in own.own_root().iterdir() if p.name != ".lock"] == []
