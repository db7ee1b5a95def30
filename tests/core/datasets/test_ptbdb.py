"""The PTB Diagnostic ECG Database: on simulated files, on faults put into them, and on real records."""

import json
import shutil
from collections import Counter

import numpy as np
import pytest

from rdpd_core.datasets._wfdb import Header
from rdpd_core.datasets.base import MARK, check_assignment, write_simulated
from rdpd_core.datasets.ptbdb import PTBDB, PTBDB12, facts_of, group_of
from rdpd_core.datasets.simulated_ecg import SimulatedECG
from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.preprocessing import split, windows_of
from tests.real import real


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three people of each group."""
    root = tmp_path_factory.mktemp("ptbdb")
    write_simulated(PTBDB, root, 0.0)
    return root


@pytest.fixture
def own(made, tmp_path):
    """A copy that a test may spoil: the first patient of each group."""
    first = {}
    for entry in PTBDB(made).entries:
        first.setdefault(entry.label, entry.subject)
    for subject in first.values():
        shutil.copytree(made / "ptbdb" / subject, tmp_path / "ptbdb" / subject)
    return tmp_path


def header(*comments):
    return Header(1000.0, 1, (), tuple(comments))


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ("Myocardial infarction", "myocardial infarction"),
        ("Cardiomyopathy", "heart failure"),
        ("Heart failure (NYHA 4)", "heart failure"),
        ("Bundle branch block", "bundle branch block"),
        ("Healthy control", "healthy control"),
        ("Dysrhythmia", "dysrhythmia"),
        ("Hypertrophy", "hypertrophy"),
        ("Valvular heart disease", None),
        ("Palpitation", None),
        ("n/a", None),
        ("", None),
    ],
)
def test_groups_come_from_the_reason_for_admission(said, group):
    assert group_of(header(f"Reason for admission: {said}")) == group
    assert group_of(header("age: 50")) is None


def test_of_the_comments_only_age_group_and_sex_are_told():
    assert facts_of(header("age: 81", "sex: female", "Smoker: no", "ECG date: 01/10/1990")) == {
        "age group": "80 to 89",
        "sex": "female",
    }
    assert facts_of(header("age: 97", "sex: n/a"))["age group"] == "90 or more"
    assert facts_of(header("age: n/a", "sex:")) == facts_of(header("age: ²")) == facts_of(header("age: " + "9" * 5000)) == {}


@pytest.mark.slow
def test_simulated_records_are_read_and_said_to_be_simulated(made):
    dataset = PTBDB(made)
    assert dataset.simulated
    assert not PTBDB.simulated
    assert "no person was measured" in (made / "ptbdb" / MARK).read_text()
    people = {e.subject: e.label for e in dataset.entries}
    assert Counter(people.values()) == dict.fromkeys(PTBDB.classes, 3)
    first = next(dataset.recordings())
    assert (first.signal.shape, first.sampling_rate, first.signal.dtype) == ((15, 32000), 1000.0, np.float32)
    heart = SimulatedECG(sampling_rate=1000).measured(f"s{first.subject[-3:]}_1")
    assert np.abs(first.signal - heart).max() < 0.00026  # half a step of the converter


@pytest.mark.slow
def test_windows_and_splits(made):
    dataset = PTBDB(made)
    prepared = windows_of(dataset, made / "cache")
    assert (prepared.windows.samples, prepared.windows.sampling_rate) == (2000, 200.0)
    assert prepared.notices[0] == "The files of ptbdb were simulated; no person was measured."
    subjects = sorted(set(prepared.windows.subject.tolist()))
    for name in dataset.splits:
        assigned = dataset.assign(subjects, name)
        check_assignment(assigned, subjects)
        split(prepared.windows, assigned)
    with pytest.raises(UnknownNameError, match="subject of ptbdb"):
        dataset.assign(["patient999"], "0")


@pytest.mark.slow
def test_records_without_frank_leads_are_counted_and_their_twelve_leads_can_be_read(own):
    gone = sorted((own / "ptbdb").glob("*/*.xyz"))[0]
    gone.unlink()
    full, twelve = PTBDB(own), PTBDB12(own)
    assert len(list(full.recordings())) == full.count() == twelve.count() - 1
    assert full.remarks[0].startswith("1 records were left out for want of a sample file")
    found = [r for r in twelve.recordings() if r.name == f"{gone.parent.name}_{gone.stem}"]
    assert found[0].signal.shape == (12, 32000)
    assert twelve.remarks == []
    assert full.source_digest() != twelve.source_digest()


def test_other_diagnoses_are_counted(own):
    path = sorted((own / "ptbdb").glob("*/*.hea"))[0]
    edit(path, "Reason for admission: ", "Reason for admission: Myocarditis, not ")
    dataset = PTBDB(own)
    assert dataset.figures()["samples"] == len(dataset.entries) * 32000
    assert len(list(dataset.recordings())) == len(dataset.entries) - 1
    assert dataset.remarks == ["1 records of 1 patients with another or no diagnosis were left out."]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (" 15 1000 ", " 15 500 ", "mV at 500 Hz; expected mV at 1000 Hz"),
        (".dat 16 2000 ", ".dat 16 2000/uV ", "mV, uV at 1000 Hz"),
        (" 0 vz", " 0 w", "expected I, II, III"),
        (" 0 ii\n", " 0 I\n", "expected I, II, III"),
        ("s0001_re.dat 16 2000", "../x 16 2000", "line 2: the samples must lie in a file beside the header"),
    ],
)
def test_a_header_of_another_set_is_refused(own, old, new, words):
    path = sorted((own / "ptbdb").glob("*/*.hea"))[0]
    edit(path, old.replace("s0001_re", path.stem), new)
    with pytest.raises(DataError, match=rf"{path.parent.name}/{path.stem}\.hea.*{words}"):
        list(PTBDB(own).recordings())


def test_short_samples_are_refused(own):
    path = sorted((own / "ptbdb").glob("*/*.dat"))[0]
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError, match="has 767998 bytes, 768000 are expected"):
        list(PTBDB(own).recordings())


@pytest.mark.data
def test_real_records(tmp_path):
    source = real("samples", "ptbdb")
    folder = tmp_path / "ptbdb"
    shutil.copytree(source / "patient001", folder / "patient001")
    where = {
        hea: p for p, found in json.loads((source / "meta" / "patient_heas.json").read_text()).items() for hea in found["heas"]
    }
    for path in (source / "no_xyz").iterdir():
        place = folder / where[path.with_suffix(".hea").name]
        place.mkdir(exist_ok=True)
        shutil.copy(path, place)
    full, twelve = PTBDB(tmp_path), PTBDB12(tmp_path)
    (only,) = full.recordings()
    assert (only.label, only.subject, only.signal.shape) == ("myocardial infarction", "patient001", (15, 38400))
    assert only.facts == {"age group": "80 to 89", "sex": "female"}
    assert full.remarks[0].startswith(
        "3 records were left out for want of a sample file, .dat or .xyz (myocardial infarction 3)"
    )
    found = list(twelve.recordings())
    assert [r.signal.shape[1] for r in found] == [38400, 115200, 115200, 115200]
    for recording in found:
        i, ii, iii = recording.signal[:3]
        assert np.abs(ii - i - iii).max() < 0.01
