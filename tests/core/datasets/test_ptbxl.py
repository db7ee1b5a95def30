"""PTB-XL: on records written here in the published form, and on real ones."""

from pathlib import Path

import numpy as np
import pytest

from rdpd_core.datasets.ptbxl import CHANNELS, PTBXL, PTBXLNormal
from rdpd_core.errors import DataError, MissingDataError, SplitError, UnknownNameError
from rdpd_core.preprocessing import windows_of
from rdpd_core.preprocessing.clean import clean
from rdpd_core.types import Recording
from tests.real import real

LEADS = ["I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6"]
STATEMENTS = (
    ",description,diagnostic,diagnostic_class\nNORM,normal,1.0,NORM\nIMI,inferior infarction,1.0,MI\n"
    "LBBB,bundle branch block,1.0,CD\n"
    "NDT,non-diagnostic T,1.0,STTC\nSR,sinus rhythm,,\n"
)
# ecg_id, patient_id, scp_codes, strat_fold
ROWS = [
    (1, "15709.0", "{'NORM': 100.0, 'SR': 0.0}", 1),
    (2, "13243.0", "{'IMI': 50.0, 'NDT': 0.0}", 9),
    (3, "15709.0", "{'LBBB': 0.0}", 2),
    (4, "20372.0", "{'SR': 0.0}", 10),
    (5, "00012.0", "{'NDT': 100.0, 'NORM': 0.0}", 10),
    (6, "17014.0", "{'NORM': 80.0}", 9),
]
OTHERS = [(6, "{'NORM': 100.0}", 9), (7, "{'MI': 100.0}", 10), (8, "{'CD': 100.0, 'MI': 100.0}", 1)]


def write_record(record: Path, values: np.ndarray, rate: int, unit: str) -> None:
    """Write one record in WFDB format 16 by hand; `values` (time, 12) in thousandths of the unit."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.with_name(record.name + ".dat").write_bytes(values.astype("<i2").tobytes())
    lines = [f"{record.name} 12 {rate} {len(values)}"]
    lines += [f"{record.name}.dat 16 1000.0(0)/{unit} 16 0 {values[0, i]} 0 0 {lead}" for i, lead in enumerate(LEADS)]
    record.with_name(record.name + ".hea").write_text("\n".join(lines) + "\n# Age: 56\n")


def samples(ecg: int, rate: int) -> np.ndarray:
    return np.random.default_rng(ecg).integers(-2000, 2000, size=(10 * rate, 12))


def write_original(root: Path) -> None:
    folder = root / "ptbxl"
    for ecg, *_ in ROWS:
        write_record(folder / "records500" / "00000" / f"{ecg:05d}_hr", samples(ecg, 500), 500, "mV")
    lines = ["ecg_id,patient_id,age,scp_codes,strat_fold,filename_hr"]
    lines += [f'{e},{p},56.0,"{codes}",{fold},records500/00000/{e:05d}_hr' for e, p, codes, fold in ROWS]
    (folder / "ptbxl_database.csv").write_text("\n".join(lines) + "\n")
    (folder / "scp_statements.csv").write_text(STATEMENTS)


def write_normalized(root: Path) -> None:
    folder = root / "ptbxl_normalized"
    for ecg, *_ in OTHERS:
        write_record(folder / "records100" / "00000" / f"{ecg:05d}_lr", samples(ecg, 100), 100, "NU")
    lines = ["ecg_id,strat_fold,scp_codes,filename_lr"]
    lines += [f'{e},{fold},"{codes}",records100/00000/{e:05d}_lr' for e, codes, fold in OTHERS]
    (folder / "ptbxl_database.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_original(tmp_path)
    write_normalized(tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_records_that_carry_exactly_one_superclass(root: Path) -> None:
    found = {r.name: r for r in PTBXL(root).recordings()}
    assert {name: r.label for name, r in found.items()} == {
        "ecg1": "NORM",
        "ecg3": "CD",
        "ecg6": "NORM",
        "ecg7": "MI",
    }
    assert PTBXL(root).count() == 4


def test_normal_against_abnormal_on_all_with_a_superclass(root: Path) -> None:
    labels = {r.name: r.label for r in PTBXLNormal(root).recordings()}
    assert labels.pop("ecg1") == labels.pop("ecg6") == "normal"
    assert labels == {"ecg2": "abnormal", "ecg3": "abnormal", "ecg5": "abnormal", "ecg7": "abnormal", "ecg8": "abnormal"}


def test_values_units_and_people(root: Path) -> None:
    found = {r.name: r for r in PTBXL(root).recordings()}
    first, scaled = found["ecg1"], found["ecg7"]
    assert np.allclose(first.signal, samples(1, 500).T / 1000, atol=1e-7)
    assert (first.sampling_rate, first.channels, first.normalized, first.subject) == (500.0, CHANNELS, False, "15709")
    assert (scaled.sampling_rate, scaled.normalized, scaled.subject) == (100.0, True, "ecg7")
    assert {c.unit for c in scaled.channels} == {"NU"}
    assert first.facts == {"age group": "50 to 59", "fold": "1", "superclasses": "NORM"}


def test_a_record_in_both_sets_counts_once_and_as_recorded(root: Path) -> None:
    both = [r for r in PTBXL(root).recordings() if r.name == "ecg6"]
    assert [(r.normalized, r.subject) for r in both] == [(False, "17014")]


def test_without_the_normalized_set_the_originals_remain(tmp_path: Path) -> None:
    write_original(tmp_path)
    assert [r.name for r in PTBXL(tmp_path).recordings()] == ["ecg1", "ecg3", "ecg6"]


def test_official_folds(root: Path) -> None:
    dataset = PTBXLNormal(root)
    subjects = ["15709", "13243", "00012", "ecg8", "ecg7"]
    assert list(dataset.assign(subjects, "official").values()) == ["train", "valid", "test", "train", "test"]
    with pytest.raises(SplitError, match="position 1 is not in"):
        dataset.assign(["15709", "nobody"], "official")
    with pytest.raises(UnknownNameError, match="did you mean 'official'"):
        dataset.assign(subjects, "offical")


def test_a_patient_in_two_parts_is_refused(root: Path) -> None:
    edit(root / "ptbxl" / "ptbxl_database.csv", "{'LBBB': 0.0}\",2", "{'LBBB': 0.0}\",10")
    with pytest.raises(SplitError, match="recording 3: its patient is in test and in train"):
        PTBXL(root).assign(["15709"], "official")


def test_both_sets_become_comparable_windows(root: Path) -> None:
    dataset = PTBXLNormal(root)
    prepared = windows_of(dataset, root / "cache")
    assert prepared.windows.gather(slice(None)).shape == (7, 12, 1000)
    assert {c.unit for c in prepared.windows.channels} == {"NU"}
    at = prepared.windows.recording.tolist().index("ecg7")
    assert np.allclose(prepared.windows.gather([at])[0], samples(7, 100).T / 1000, atol=1e-6)
    original = prepared.windows.gather([0])[0]
    assert np.allclose(original.std(axis=1), 1, atol=1e-4)
    assert prepared.facts["ecg5"]["superclasses"] == "NORM, STTC"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("ptbxl_database.csv", '",9,', '",11,', "ptbxl_database.csv, line 3: strat_fold"),
        ("ptbxl_database.csv", "2,13243.0", "1,13243.0", "line 3: ecg_id is empty or stands twice"),
        ("ptbxl_database.csv", "\"{'IMI': 50.0, 'NDT': 0.0}\"", "\"{'IMI': 50.0,\"", "line 3: scp_codes must look like"),
        ("ptbxl_database.csv", "\"{'IMI': 50.0, 'NDT': 0.0}\"", "[]", "line 3: scp_codes must look like"),
        ("ptbxl_database.csv", "2,13243.0,56.0", "2,13243.0,56.0,1", "line 3: 7 fields, 6 are expected"),
        ("ptbxl_database.csv", "strat_fold", "fold", "line 1: column 'strat_fold' is missing"),
        ("ptbxl_database.csv", "age", "strat_fold", "line 1: a column name stands twice"),
        ("ptbxl_database.csv", "records500/00000/00002", "../00002", "line 3: a file name must be a path inside"),
        ("ptbxl_database.csv", "records500/00000/00002", "https://x/00002", "line 3: a file name must be a path inside"),
        ("scp_statements.csv", "1.0,CD", "1.0,XX", "scp_statements.csv, line 4: diagnostic_class"),
    ],
)
def test_a_malformed_table_is_named_with_its_line(root: Path, file: str, old: str, new: str, words: str) -> None:
    edit(root / "ptbxl" / file, old, new)
    with pytest.raises(DataError, match=words):
        list(PTBXL(root).recordings())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("00001_hr 12 500 5000", "00001_hr 12 nan 5000", "line 1: the sampling rate"),
        ("00001_hr 12 500 5000", "00001_hr 12 -500 5000", "line 1: the sampling rate"),
        ("00001_hr 12 500 5000", "00001_hr 12 0 5000", "line 1: the sampling rate"),
        ("00001_hr 12 500 5000", "00001_hr 100000000 500 5000", "line 1: 100000000 signals"),
        ("00001_hr 12 500 5000", "00001_hr 12 500 1000000000000", "has 120000 bytes, 24000000000000 are expected"),
        ("00001_hr 12 500 5000", "00001_hr 11 500 5000", "12 signal lines, its first line says 11"),
        ("00001_hr 12 500 5000", "00001_hr/2 12 500 5000", "several segments"),
        ("00001_hr 12 500 5000", "00001_hr 12 500", "line 1: expected record name"),
        ("00001_hr.dat 16", "../00002_hr.dat 16", "line 2: the samples must lie in a file beside the header"),
        ("00001_hr.dat 16", "s3://x/00001_hr.dat 16", "line 2: the samples must lie in a file beside the header"),
        ("00001_hr.dat 16", "00001_hr.dat 99", "line 2: sample format '99'"),
        ("1000.0(0)/mV", "0(0)/mV", "line 2: the gain"),
        ("1000.0(0)/mV", "x/mV", "line 2: the gain"),
        ("1000.0(0)/mV", "1000.0(0)/uV", "units mV, uV; expected mV"),
        (" 0 II\n", " 0 I\n", "a signal name stands twice"),
        (" 0 V1\n", " 0 V9\n", "leads I, II, .*V9.*expected I, II"),
    ],
)
def test_a_header_that_cannot_be_right_is_refused(root: Path, old: str, new: str, words: str) -> None:
    edit(root / "ptbxl" / "records500" / "00000" / "00001_hr.hea", old, new)
    with pytest.raises(DataError, match=words):
        list(PTBXL(root).recordings())


def test_short_samples_and_odd_headers_are_refused(root: Path) -> None:
    record = root / "ptbxl" / "records500" / "00000" / "00001_hr.dat"
    record.write_bytes(record.read_bytes()[:-2])
    with pytest.raises(DataError, match=r"00001_hr\.hea: its sample file has 119998 bytes, 120000 are expected"):
        list(PTBXL(root).recordings())
    for content in (b"", b"\xff\xfe\x00", b"x" * (2 << 20)):
        record.with_suffix(".hea").write_bytes(content)
        with pytest.raises(DataError, match=r"00001_hr\.hea"):
            list(PTBXL(root).recordings())


def test_missing_records_are_counted_and_the_first_is_named(root: Path) -> None:
    (root / "ptbxl" / "records500" / "00000" / "00003_hr.hea").unlink()
    with pytest.raises(MissingDataError, match=r"1 of 4 records are missing .*recording 3"):
        PTBXL(root).count()


def test_digest_follows_both_sets_and_the_task(root: Path) -> None:
    before = PTBXL(root).source_digest()
    assert PTBXL(root).source_digest() == before != PTBXLNormal(root).source_digest()
    edit(root / "ptbxl_normalized" / "ptbxl_database.csv", "'MI': 100.0", "'CD': 100.0")
    assert PTBXL(root).source_digest() != before


@pytest.mark.data
def test_real_records(tmp_path: Path) -> None:
    source = real("samples", "ptbxl")
    table = (source / "ptbxl_database.csv").read_text().splitlines()
    there = {p.name.split("_")[0] for p in (source / "records500").rglob("*_hr.hea")}
    kept = [line for line in table[1:] if line.split(",")[0].zfill(5) in there]
    folder = tmp_path / "ptbxl"
    folder.mkdir()
    (folder / "records500").symlink_to(source / "records500")
    (folder / "scp_statements.csv").symlink_to(source / "scp_statements.csv")
    (folder / "ptbxl_database.csv").write_text("\n".join([table[0], *kept]) + "\n")
    found = list(PTBXLNormal(tmp_path).recordings())
    assert len(found) == len(kept) >= 10
    for recording in found:
        assert recording.signal.shape == (12, 5000)
        i, ii, iii, avr = recording.signal[:4]
        assert np.abs(ii - i - iii).max() < 0.0035  # Einthoven: II = I + III, up to rounding of each to 1 uV and of the device
        assert np.abs(avr + (i + ii) / 2).max() < 0.0035


@pytest.mark.data
@pytest.mark.slow
def test_preparation_gives_the_published_normalized_form() -> None:
    raw = np.load(real("compact", "ptbxl", "ptbxl_500rec_500hz_int16_uV.npz"))
    done = np.load(real("compact", "ptbxl", "ptbxl_1819rec_100hz_znorm_int16_milli.npz"))
    shared, first, second = np.intersect1d(raw["ecg_id"], done["ecg_id"], return_indices=True)
    assert len(shared) == 34
    microvolts = np.cumsum(raw["delta"][first], axis=1, dtype=np.int16)
    want = np.cumsum(done["delta"][second], axis=1, dtype=np.int16) / 1000
    errors = []
    for ours, theirs in zip(microvolts, want, strict=True):
        recording = Recording("r", ours.T / np.float32(1000), 500.0, CHANNELS, "s", None)
        signal, flat = clean(recording, PTBXL.preparation, CHANNELS)
        assert not flat.any()
        errors.append(((signal.T - theirs) ** 2).mean())
    assert np.mean(errors) < 6e-7


def test_age_by_decades_and_sex_are_facts(root):
    table = root / "ptbxl" / "ptbxl_database.csv"
    text = table.read_text()
    table.write_text(text.replace(",age,", ",age,sex,").replace(",56.0,", ",56.0,1,").replace("56.0,1", "300.0,0", 1))
    entries = PTBXL(root).entries
    assert dict(entries[0].about) == {"age group": "90 or more", "sex": "male"}
    assert {entry.about for entry in entries[1:] if not entry.normalized} == {(("age group", "50 to 59"), ("sex", "female"))}
    assert all(entry.about == () for entry in entries if entry.normalized)


@pytest.mark.parametrize(
    ("old", "new", "words"), [("56.0", "old", "age 'old'"), ("56.0", "-3", "age '-3'"), ("56.0", "nan", "age 'nan'")]
)
def test_an_age_that_is_none_is_told(root, old, new, words):
    edit(root / "ptbxl" / "ptbxl_database.csv", old, new)
    with pytest.raises(DataError, match=f"line 2: {words}"):
        _ = PTBXL(root).entries
