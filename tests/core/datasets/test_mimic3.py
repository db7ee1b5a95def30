"""MIMIC-III: on tables written here by hand, on simulated ones, and on the openly licensed demonstration tables."""

import gzip

import numpy as np
import pandas as pd
import pytest

from rdpd_core.datasets import _mimic3_vitals as vitals
from rdpd_core.datasets._mimic3_vitals import HOURS, VITAL_OF, VITALS, read_hourly
from rdpd_core.datasets.base import check_assignment, write_simulated
from rdpd_core.datasets.mimic3 import DISEASES, MIMIC3
from rdpd_core.errors import DataError, MissingDataError, UnknownNameError
from rdpd_core.preprocessing import split, windows_of
from tests.real import real

HEAD = (
    "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,ITEMID,CHARTTIME,STORETIME,CGID,VALUE,VALUENUM,VALUEUOM,"
    "WARNING,ERROR,RESULTSTATUS,STOPPED"
)
START = "2150-03-01 10:30:00"
BEGINS = {7: np.datetime64("2150-03-01T10:30:00", "s")}
ITEMS = {"HR": 211, "RR": 618, "BP_mean": 456, "BP_systolic": 455, "BP_diastolic": 8441, "SpO2": 646}


def event(item, after_h, value, unit="", subject=7, error=""):
    at = pd.Timestamp(START) + pd.Timedelta(hours=after_h)
    return f"1,{subject},70,700,{item},{at:%Y-%m-%d %H:%M:%S},,,{value},{value},{unit},,{error},,"


def charted(folder, *events, head=HEAD, packed=False):
    text = "\n".join([head, *events]) + "\n"
    path = folder / ("CHARTEVENTS.csv.gz" if packed else "CHARTEVENTS.csv")
    if packed:
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def all_six(after_h=0.0, subject=7):
    return [event(item, after_h, 80 + at, subject=subject) for at, item in enumerate([211, 456, 455, 8441, 646])] + [
        event(618, after_h, 18, subject=subject)
    ]


def tables(folder, **changed):
    """Write the four small tables: subject 7 with two stays, 8 with a short one, 9 with another disease."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "ADMISSIONS": "row_id,subject_id,hadm_id,has_chartevents_data\n1,7,70,1\n2,7,71,1\n3,8,80,1\n4,9,90,1\n5,6,60,0\n",
        "DIAGNOSES_ICD": (
            "row_id,subject_id,hadm_id,seq_num,icd9_code\n1,7,70,1,0389\n2,7,70,2,41401\n3,7,71,1,431\n4,8,80,1,4280\n"
            "5,9,90,1,V3000\n6,9,90,2,0389\n7,6,60,1,431\n"
        ),
        "ICUSTAYS": (
            "row_id,subject_id,hadm_id,icustay_id,dbsource,intime,outtime\n"
            "1,7,71,701,metavision,2151-01-01 00:00:00,2151-01-09 00:00:00\n"
            f"2,7,70,700,carevue,{START},2150-03-03 10:30:00\n"
            "3,8,80,800,carevue,2150-01-01 00:00:00,2150-01-02 23:59:59\n"
            "4,9,90,900,carevue,2150-01-01 00:00:00,2150-02-01 00:00:00\n"
            "5,6,60,600,carevue,2150-01-01 00:00:00,2150-02-01 00:00:00\n"
        ),
        "D_ITEMS": "row_id,itemid,label,linksto\n1,211,Heart Rate,chartevents\n2,1435,Other,chartevents\n",
        **changed,
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Ten people of each disease, and some who are not to be read."""
    root = tmp_path_factory.mktemp("mimic3")
    write_simulated(MIMIC3, root, 0.0)
    return root


def test_items_of_both_systems_belong_to_one_vital_each():
    assert len(VITAL_OF) == sum(len(v.carevue) + len(v.metavision) for v in VITALS)
    assert all(max(v.carevue) < 220_000 <= min(v.metavision) for v in VITALS)
    assert [c.name for c in MIMIC3.channels] == ["HR", "RR", "BP_mean", "BP_systolic", "BP_diastolic", "SpO2"]
    assert MIMIC3.views["BP"] == ("BP_systolic", "BP_diastolic")
    assert len(DISEASES) == 8


@pytest.mark.parametrize("packed", [False, True])
def test_values_of_an_hour_are_averaged_and_gaps_stay_gaps(tmp_path, packed):
    path = charted(
        tmp_path,
        event(211, 0, 80),
        event(220045, 0.99, 90),
        event(211, 1, 100),
        event(211, 47.99, 60),
        event(211, 48, 200),
        event(211, -0.01, 200),
        event(211, 5, 200, subject=8),
        event(1435, 2, 5),
        packed=packed,
    )
    hourly = read_hourly(path, BEGINS)
    heart = hourly.mean(0)[0]
    assert (heart[0], heart[1], heart[47]) == (85, 100, 60)
    assert np.isnan(heart[2:47]).all()
    assert np.isnan(hourly.mean(0)[1:]).all()
    assert (hourly.lines, hourly.dropped) == (8, {})


@pytest.mark.slow
def test_units_are_converted_and_what_cannot_be_is_counted(tmp_path):
    path = charted(
        tmp_path,
        event(455, 0, 16, "kPa"),
        event(455, 1, 120, "mmHg"),
        event(646, 0, 0.97, "fraction"),
        event(646, 1, 98, "%"),
        event(211, 0, 80, "furlongs"),
        event(211, 1, 9999, "bpm"),
        event(211, 2, 0, "BPM"),
        event(646, 2, 400, "%"),
        event(646, 3, 100, "%"),
        event(618, 0, ""),
        event(220210, 1, 20, "insp/min", error="1"),
        event(220210, 2, 22, "insp/min", error="0"),
    )
    hourly = read_hourly(path, BEGINS)
    mean = hourly.mean(0)
    assert mean[3, 0] == pytest.approx(120.0, abs=0.05)
    assert mean[3, 1] == 120
    assert np.allclose(mean[5, [0, 1, 3]], [97, 98, 100])
    assert np.isnan(mean[0]).all()
    assert np.isnan(mean[5, 2])
    assert np.isnan(mean[1, :2]).all()
    assert mean[1, 2] == 22
    assert hourly.dropped == {
        "in another unit": 1,
        "outside what a living person can have": 3,
        "without a number": 1,
        "marked as an error": 1,
    }


@pytest.mark.slow
def test_pieces_give_what_the_whole_gives(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    events = [event(draw.choice([211, 618, 455, 99]), draw.uniform(-3, 60), draw.integers(50, 90)) for _ in range(500)]
    whole = read_hourly(charted(tmp_path, *events), BEGINS)
    seen = []
    monkeypatch.setattr(vitals, "PIECE", 7)
    path = charted(tmp_path, *events, packed=True)
    pieces = read_hourly(path, BEGINS, lambda done, total: seen.append((done, total)))
    assert np.array_equal(whole.mean(0), pieces.mean(0), equal_nan=True)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_who_listens_to_progress_can_stop_it(tmp_path):
    class Stopped(Exception):
        pass

    def stop(done, total):
        raise Stopped

    with pytest.raises(Stopped):
        read_hourly(charted(tmp_path, event(211, 0, 80)), BEGINS, stop)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (event(211, 0, 80).replace(",7,", ",x,", 1), "line 4: SUBJECT_ID is not as it should be"),
        (event(211, 0, 80).replace(",7,", ",,", 1), "line 4: SUBJECT_ID is not as it should be"),
        (event(211, 0, 80).replace(",7,", ",99999999999,", 1), "line 4: SUBJECT_ID is not as it should be"),
        (event("2.5", 0, 80), "line 4: ITEMID is not as it should be"),
        (event(211, 0, "high"), "line 4: VALUENUM is not as it should be"),
        (event(211, 0, 80).replace("2150-03-01", "yesterday"), "line 4: CHARTTIME is not as it should be"),
        (event(211, 0, 80) + ",1", "line 4: 16 fields, 15 are expected"),
        ("1,7", "line 4: 2 fields, 15 are expected"),
    ],
)
def test_a_malformed_row_is_named_with_line_and_column(tmp_path, monkeypatch, bad, words):
    monkeypatch.setattr(vitals, "PIECE", 2)
    path = charted(tmp_path, event(211, 0, 80), event(211, 1, 80), bad, event(211, 2, 80))
    with pytest.raises(DataError, match=rf"CHARTEVENTS\.csv, {words}"):
        read_hourly(path, BEGINS)


def test_tables_that_fight_back(tmp_path):
    path = charted(tmp_path, *[event(211, h, 80) for h in range(40)], packed=True)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-6], b"\x1f\x8b" + b"x" * 100, b"plain text"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"CHARTEVENTS\.csv\.gz"):
            read_hourly(path, BEGINS)
    path.write_bytes(gzip.compress(HEAD.encode() + b"\n" + b"0" * (40 << 20), compresslevel=9))
    with pytest.raises(DataError, match="a line of more than 1 MB"):
        read_hourly(path, BEGINS)
    for head in (HEAD.replace("ITEMID", "ITEM"), HEAD.replace("CGID", "ITEMID")):
        with pytest.raises(DataError, match=r"CHARTEVENTS\.csv, line 1: (column ITEMID is missing|a column name stands twice)"):
            read_hourly(charted(tmp_path, head=head), BEGINS)
    with pytest.raises(DataError, match="no rows"):
        read_hourly(charted(tmp_path), BEGINS)


def test_the_first_long_stay_whose_first_diagnosis_is_one_of_eight(tmp_path):
    folder = tables(tmp_path / "mimic3")
    charted(folder, *all_six(), *all_six(subject=8), *all_six(subject=9))
    dataset = MIMIC3(tmp_path)
    (only,) = dataset.recordings()
    assert (only.subject, only.label, only.facts) == ("7", "septicaemia", {"system": "carevue"})
    assert only.signal.shape == (6, HOURS)
    assert only.signal[:, 0].tolist() == [80, 18, 81, 82, 83, 84]
    assert dataset.figures() == {"subjects": 1, "samples": 48}


def test_a_stay_without_a_vital_is_left_out_and_counted(tmp_path):
    folder = tables(tmp_path / "mimic3")
    charted(folder, *all_six()[:-1])
    dataset = MIMIC3(tmp_path)
    assert list(dataset.recordings()) == []
    assert dataset.remarks == ["1 of 1 stays in which a vital sign was never charted were left out (RR in 1)."]


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        ("ADMISSIONS", "subject_id,hadm_id\n", r"ADMISSIONS\.csv, line 1: column HAS_CHARTEVENTS_DATA is missing"),
        ("ADMISSIONS", "subject_id,hadm_id,has_chartevents_data\n7,x,1\n", r"ADMISSIONS\.csv, line 2: HADM_ID must be a whole"),
        ("DIAGNOSES_ICD", "hadm_id,seq_num,icd9_code\n7,1\n", r"DIAGNOSES_ICD\.csv, line 2: 2 fields, 3 are expected"),
        ("DIAGNOSES_ICD", 'hadm_id,seq_num,icd9_code\n7,1,"0\n', r"DIAGNOSES_ICD\.csv is not a table in UTF-8"),
        (
            "ICUSTAYS",
            "subject_id,hadm_id,dbsource,intime,outtime\n7,70,carevue,soon,late\n",
            r"ICUSTAYS\.csv, line 2: INTIME must look like",
        ),
        (
            "ICUSTAYS",
            f"subject_id,hadm_id,dbsource,intime,outtime\n8,70,carevue,{START},{START}\n",
            r"ICUSTAYS\.csv, line 2: HADM_ID belongs to another subject",
        ),
        (
            "ICUSTAYS",
            f"subject_id,hadm_id,dbsource,intime,outtime\n7,70,x,{START},{START}\n",
            r"ICUSTAYS\.csv, line 2: DBSOURCE must be one of carevue",
        ),
        ("D_ITEMS", "itemid,linksto\n211,labevents\n", r"D_ITEMS\.csv, line 2: item 211 is a vital sign"),
    ],
)
def test_a_malformed_table_is_named_with_line_and_column(tmp_path, table, text, words):
    folder = tables(tmp_path / "mimic3", **{table: text})
    charted(folder, *all_six())
    with pytest.raises(DataError, match=words):
        list(MIMIC3(tmp_path).recordings())


def test_a_missing_table_is_told(tmp_path):
    tables(tmp_path / "mimic3")
    with pytest.raises(MissingDataError, match=r"CHARTEVENTS\.csv\*"):
        list(MIMIC3(tmp_path).recordings())


@pytest.mark.slow
def test_simulated_tables_become_windows_and_splits(made):
    dataset = MIMIC3(made)
    prepared = windows_of(dataset, made / "cache")
    assert prepared.windows.gather(slice(None)).shape == (80, 6, HOURS)
    assert {c.subjects for c in prepared.counts.values()} == {10}
    assert "simulated" in prepared.notices[0]
    assert "outside what a living person can have" in prepared.notices[1]
    assert "never charted were left out (SpO2 in " in prepared.notices[2]
    subjects = sorted(set(prepared.windows.subject.tolist()))
    for name in dataset.splits:
        assigned = dataset.assign(subjects, name)
        check_assignment(assigned, subjects)
        split(prepared.windows, assigned)
    with pytest.raises(UnknownNameError, match="subject of mimic3"):
        dataset.assign(["1"], "0")
    quality = {q.name: q for q in prepared.quality}
    assert 0.05 < quality["HR"].missing / quality["HR"].samples < 0.2
    assert quality["SpO2"].high <= 100


@pytest.mark.slow
@pytest.mark.data
def test_demonstration_tables_give_the_hourly_values_that_others_found(tmp_path):
    demo, reference = real("samples", "mimic3demo"), np.load(real("compact", "mimic3demo_vitals48h.npz"))
    events = pd.read_csv(real("compact", "mimic3demo_events_89subj.csv.gz"), dtype={"value": str, "valueuom": str})
    events["valuenum"] = pd.to_numeric(events["value"], errors="coerce")
    events["error"] = ""
    events = events[events["itemid"].isin(VITAL_OF) | (np.arange(len(events)) % 50 == 0)]
    path = tmp_path / "CHARTEVENTS.csv"
    events.to_csv(path, index=False)
    stays = pd.read_csv(demo / "ICUSTAYS.csv").drop_duplicates("subject_id", keep=False)
    stays = stays[stays.subject_id.isin(events.subject_id) & stays.icustay_id.isin(reference["icustay_id"])]
    begins = {s: np.datetime64(t.replace(" ", "T"), "s") for s, t in zip(stays.subject_id, stays.intime, strict=True)}
    hourly = read_hourly(path, begins)
    at = {stay: n for n, stay in enumerate(reference["icustay_id"].tolist())}
    theirs = np.stack([reference["X"][at[stay]].T for stay in stays.icustay_id])  # (N, 6, 48)
    ours = np.stack([hourly.mean(n) for n in range(len(stays))])
    both = np.isfinite(ours) & np.isfinite(theirs)
    assert len(stays) > 60
    assert (np.isfinite(ours) == np.isfinite(theirs)).mean() > 0.999
    assert (np.abs(ours - theirs)[both] < 0.01).mean() > 0.99


@pytest.mark.data
def test_the_demonstration_dictionary_names_every_item(tmp_path):
    items = pd.read_csv(real("samples", "mimic3demo", "D_ITEMS.csv")).set_index("itemid")
    for vital in VITALS:
        for ids, system in ((vital.carevue, "carevue"), (vital.metavision, "metavision")):
            found = items.loc[list(ids)]
            assert set(found.linksto) == {"chartevents"}
            assert set(found.dbsource) == {system}
            word = {"HR": "heart rate", "RR": "resp", "SpO2": "o2", "BP_mean": "mean|map"}.get(
                vital.name, vital.name.split("_")[-1]
            )
            assert found.label.str.lower().str.contains(word).all(), found.label
