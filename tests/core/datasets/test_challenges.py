"""The PhysioNet challenges of 2019 and 2021: on simulated files, on faults put into them, and on real ones."""

import shutil
from collections import Counter

import numpy as np
import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.datasets._challenge2019_simulated import HEADER
from rdpd_core.datasets._dividing import divide_elsewhere
from rdpd_core.datasets._wfdb import Header
from rdpd_core.datasets.base import write_simulated
from rdpd_core.datasets.challenge2019 import NO_SEPSIS, SEPSIS, Challenge2019
from rdpd_core.datasets.challenge2021 import SCORED, Challenge2021, classes_of
from rdpd_core.datasets.challenge2021_questions import QUESTIONS
from rdpd_core.errors import DataError, SplitError
from rdpd_core.experiments.data import parts_of
from rdpd_core.preprocessing import fit_statistics, windows_of
from tests.real import real


def stay(hours, onset=None, first=1, **known):
    """Give the lines of a stay in which the heart rate counts the hours and nothing else is measured but what is named."""
    rows = []
    for hour in range(hours):
        row = dict.fromkeys(HEADER, "NaN") | {"HR": f"{60 + hour}", "Age": "67.5", "Gender": "1", "ICULOS": f"{first + hour}"}
        row |= {name: values[hour] for name, values in known.items() if hour in values}
        row["SepsisLabel"] = "1" if onset is not None and hour >= onset else "0"
        rows.append("|".join(row[name] for name in HEADER))
    return ["|".join(HEADER), *rows]


def written(root, name, lines, hospital="training_setA"):
    folder = root / "challenge2019" / hospital
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.psv").write_text("\n".join(lines) + "\n")
    return Challenge2019(root)


def test_a_window_is_septic_if_its_last_hour_is(tmp_path):
    dataset = written(tmp_path, "p000001", stay(40, onset=30))
    before, septic = dataset.recordings()
    assert (before.label, septic.label) == (NO_SEPSIS, SEPSIS)
    assert before.signal[0].tolist() == list(range(60, 90))
    assert septic.signal[0].tolist() == list(range(60 + 30 - 11, 100))
    assert before.facts == {"hospital": "A", "age group": "60 to 69", "sex": "male", "from hour": "1"}
    assert septic.facts["from hour"] == "20"


def test_values_hold_from_before_the_part_and_what_was_never_measured_stays_missing(tmp_path):
    dataset = written(tmp_path, "p000001", stay(40, onset=30, Lactate={2: "1.5", 35: "4"}))
    before, septic = dataset.recordings()
    at = [c.name for c in dataset.channels].index("Lactate")
    assert np.isnan(before.signal[at, :2]).all()
    assert (before.signal[at, 2:] == 1.5).all()
    assert septic.signal[at].tolist() == [1.5] * 16 + [4.0] * 5
    assert np.isnan(septic.signal[at + 1]).all()


def test_models_read_what_is_missing_as_the_training_mean(tmp_path):
    for number in range(1, 7):
        known = {name: {0: f"{number + at}"} for at, name in enumerate(HEADER[1:34])} if number > 1 else {}
        written(tmp_path, f"p00000{number}", stay(20, **known))
    windows = windows_of(Challenge2019(tmp_path), tmp_path / "cache").windows
    raw = windows.gather(slice(None))
    assert np.isnan(raw[windows.subject == "p000001", 1:]).all()
    scaled = fit_statistics(windows, gaps=True).apply(raw)
    assert np.isfinite(scaled).all()
    assert (scaled[windows.subject == "p000001", 1:] == 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: ["x"], "no rows"),
        (lambda lines: [lines[0].replace("HR|", "Pulse|"), *lines[1:]], "line 1: column HR is missing"),
        (lambda lines: [lines[0] + "|more", *lines[1:]], "line 1: 42 different columns, expected 41"),
        (lambda lines: [*lines[:3], lines[3] + "|1", *lines[4:]], "line 4: 42 values, expected 41"),
        (lambda lines: [*lines[:3], lines[3].replace("62|", "high|", 1), *lines[4:]], "line 4: HR is not a number"),
        (lambda lines: [*lines[:4], *lines[5:]], "line 5: ICULOS must count the hours one by one"),
        (lambda lines: [*lines[:3], lines[3][:-1] + "1", *lines[4:]], "SepsisLabel must be 0 in all hours up to some hour"),
        (lambda lines: [*lines[:3], lines[3][:-1] + "2", *lines[4:]], "SepsisLabel must be 0"),
    ],
)
def test_a_malformed_stay_is_named_with_line_and_field(tmp_path, change, words):
    dataset = written(tmp_path, "p000001", change(stay(14)))
    with pytest.raises(DataError, match=rf"training_setA/p000001\.psv.*{words}"):
        list(dataset.recordings())


def test_one_hospital_is_tested_with_models_of_the_other(tmp_path):
    for number in range(1, 8):
        written(tmp_path, f"p00000{number}", stay(20, onset=15 if number < 4 else None))
        dataset = written(tmp_path, f"p10000{number}", stay(20, onset=15 if number < 4 else None), "training_setB")
    subjects = [p.stem for p in dataset.paths]
    assigned = dataset.assign(subjects, "other_hospital")
    assert {s for s, part in assigned.items() if part == "test"} == {s for s in subjects if s.startswith("p1")}
    assert sorted(part for s, part in assigned.items() if s.startswith("p0")) == ["train"] * 5 + ["valid"] * 2
    with pytest.raises(SplitError, match="there are 7 of it and 0 others"):
        dataset.assign([s for s in subjects if s.startswith("p1")], "other_hospital")
    written(tmp_path, "p000001", stay(20), "training_setB")
    with pytest.raises(DataError, match=r"p000001\.psv is in both hospitals' folders"):
        _ = Challenge2019(tmp_path).paths


def test_a_test_elsewhere_needs_both_places():
    with pytest.raises(SplitError, match="there are 0 of it and 2 others"):
        divide_elsewhere({"a": "x", "b": "y"}, set(), ("x", "y"), ("k",))


@pytest.mark.data
@pytest.mark.slow
def test_real_stays(tmp_path):
    (tmp_path / "challenge2019").mkdir()
    shutil.copytree(real("samples", "sepsis2019", "training_setB"), tmp_path / "challenge2019" / "training_setB")
    dataset = Challenge2019(tmp_path)
    found = list(dataset.recordings())
    assert {r.subject for r in found} == {p.stem for p in dataset.paths}
    assert {r.label for r in found} == {NO_SEPSIS, SEPSIS}
    rates = np.concatenate([r.signal[0] for r in found])
    assert 60 < np.nanmedian(rates) < 110


def test_scored_diagnoses_are_26_and_pairs_are_one():
    assert len(SCORED) == 30
    assert len(Challenge2021.classes) == 26
    header = Header(500.0, 1, (), ("Dx: 713427006,59118001, 164873001",))
    assert classes_of(header, "x") == ("right bundle branch block",)
    assert classes_of(Header(500.0, 1, (), ("Dx: 164873001",)), "x") == ()
    for comment in ("Dx: NORM", "Age: 50", "Dx: 1;2"):
        with pytest.raises(DataError, match="Dx must hold SNOMED codes"):
            classes_of(Header(500.0, 1, (), (comment,)), "E1.hea")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """Files of the 2021 challenge as it has them, of simulated hearts; every twentieth record has two scored diagnoses."""
    root = tmp_path_factory.mktemp("clinic")
    write_simulated(Challenge2021, root, 0.0, seed=1)
    return root


def test_every_scored_diagnosis_can_be_asked_for():
    assert len(QUESTIONS) == 26
    assert [kind.diagnosis for kind in QUESTIONS.values()] == list(Challenge2021.classes)
    assert set(QUESTIONS) <= set(DATASETS.registered())


@pytest.mark.slow
def test_a_question_reads_all_records_and_counts_a_diagnosis_beside_others(clinic, tmp_path):
    rhythm = DATASETS.get("challenge2021_sinus_rhythm")(clinic)
    counted = Counter(rhythm.labels().values())
    assert counted["sinus rhythm"] == sum("sinus rhythm" in e.classes for e in rhythm.entries) > 0
    assert counted.total() == rhythm.count() == len(rhythm.entries) > Challenge2021(clinic).count()
    two = next(e for e in rhythm.entries if len(e.classes) == 2)
    found = {r.name: r for r in rhythm.recordings()}
    assert found[two.name].facts["diagnoses"] == ", ".join(two.classes)
    none = next(e for e in rhythm.entries if not e.classes)
    assert found[none.name].facts["diagnoses"] == "none that is scored"
    windows = windows_of(rhythm, tmp_path).windows
    at = {name: windows.classes[k] for name, k in zip(windows.recording, windows.target, strict=True)}
    assert at == rhythm.labels()


@pytest.mark.slow
def test_all_questions_share_what_was_stored_and_are_told_apart(clinic, tmp_path):
    first = windows_of(DATASETS.get("challenge2021_sinus_rhythm")(clinic), tmp_path)
    (stored,) = [path for path in (tmp_path / "recordings").iterdir() if path.is_dir()]
    before = (stored / "signal.npy").stat().st_mtime_ns
    second = windows_of(DATASETS.get("challenge2021_atrial_fibrillation")(clinic), tmp_path)
    assert [path for path in (tmp_path / "recordings").iterdir() if path.is_dir()] == [stored]
    assert (stored / "signal.npy").stat().st_mtime_ns == before
    assert first.windows.digest != second.windows.digest
    assert (first.windows.recording == second.windows.recording).all()
    assert first.windows.classes == ("sinus rhythm", "other")


@pytest.mark.slow
def test_a_question_divides_people_by_its_answer(clinic):
    asked = DATASETS.get("challenge2021_atrial_fibrillation")(clinic)
    labels = asked.labels()
    for split in ("0", "georgia"):
        parts = asked.assign(sorted(labels), split)
        assert {(parts[s], labels[s]) for s in labels} >= {
            (part, label) for part in ("train", "valid", "test") for label in asked.classes
        }
    away = {e.name for e in asked.entries if e.source == "Georgia"}
    assert {s for s, part in parts.items() if part == "test"} == away


@pytest.mark.slow
def test_sources_that_never_name_a_diagnosis_are_named(clinic, tmp_path):
    asked = DATASETS.get("challenge2021_atrial_fibrillation")(clinic)
    assert asked.cautions() == []
    for entry in asked.entries:
        if entry.source == "Georgia" and "atrial fibrillation" in entry.classes:
            asked.entries[asked.entries.index(entry)] = entry._replace(classes=())
    (caution,) = asked.cautions()
    assert caution.startswith("No record of Georgia is called atrial fibrillation: perhaps it was not looked for there")
    assert caution in windows_of(asked, tmp_path).notices


@pytest.mark.slow
def test_a_question_that_nobody_answers_with_yes_is_refused(clinic, tmp_path):
    asked = DATASETS.get("challenge2021_pacing_rhythm")(clinic)
    with pytest.raises(DataError, match=r"only other is left .* fewer than 10 subjects are here, pacing rhythm \(0\)"):
        parts_of(asked, windows_of(asked, tmp_path), "0")


def test_questions_are_listed_where_their_files_are(tmp_path, monkeypatch):
    monkeypatch.setenv("RDPD_DATA", str(tmp_path))
    assert not set(QUESTIONS) & set(DATASETS.names())
    (tmp_path / "challenge2021").mkdir()
    assert set(QUESTIONS) < set(DATASETS.names())


@pytest.mark.data
def test_real_records_with_one_diagnosis_are_read_and_the_others_counted(tmp_path):
    shutil.copytree(real("samples", "cinc2021"), tmp_path / "challenge2021" / "training")
    dataset = Challenge2021(tmp_path)
    found = list(dataset.recordings())
    assert 0 < len(found) == dataset.count() < 40 == len(dataset.entries)
    told = [int(remark.split()[0]) for remark in dataset.remarks]
    assert sum(told) == 40 - len(found)
    first = found[0]
    assert (first.signal.shape, first.sampling_rate) == ((12, 5000), 500.0)
    assert {e.source for e in dataset.entries} == {"Georgia", "Chapman, Ningbo"}
    for recording in found:
        i, ii, iii = recording.signal[:3]
        assert np.abs(ii - i - iii).max() < 0.01


@pytest.mark.data
def test_a_record_twice_or_without_a_lead_is_refused(tmp_path):
    source = real("samples", "cinc2021")
    for folder in ("g1", "g2"):
        (tmp_path / "challenge2021" / folder).mkdir(parents=True)
        for ending in (".hea", ".mat"):
            shutil.copy(source / f"E07500{ending}", tmp_path / "challenge2021" / folder)
    with pytest.raises(DataError, match=r"g2/E07500\.hea: a record of this name lies in g1 too"):
        list(Challenge2021(tmp_path).recordings())
    shutil.rmtree(tmp_path / "challenge2021" / "g2")
    path = tmp_path / "challenge2021" / "g1" / "E07500.hea"
    path.chmod(0o644)
    path.write_text(path.read_text().replace(" V6", " VX"))
    with pytest.raises(DataError, match="no lead V6"):
        list(Challenge2021(tmp_path).recordings())
