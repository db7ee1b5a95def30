"""PTB-XL: ten seconds of twelve-lead ECG of many thousand patients, as two tasks.

The filter that makes a recording comparable with those passed on as band-passed and scaled values works at 500 Hz, so the
500 Hz records are read; windows are at 100 Hz.
"""

from __future__ import annotations

import ast
import csv
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rdpd_core.datasets._downloading import Download
from rdpd_core.datasets._people import OLDEST, age_group
from rdpd_core.datasets._wfdb import inside, read_record
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import DataError, MissingDataError, SplitError
from rdpd_core.files import data_root, digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 2
DATABASE, STATEMENTS = "ptbxl_database.csv", "scp_statements.csv"
NORMALIZED = "ptbxl_normalized"
SEXES = {"0": "male", "1": "female"}
HIDDEN_AGE = 300.0
"""Stands for any age above 89 years."""
SUPERCLASSES = ("NORM", "MI", "STTC", "CD", "HYP")
LEADS = {"limb": ("I", "II", "III", "aVR", "aVL", "aVF"), "chest": ("V1", "V2", "V3", "V4", "V5", "V6")}
CHANNELS = tuple(Channel(name, "mV", group) for group, names in LEADS.items() for name in names)
NORMALIZED_CHANNELS = tuple(Channel(c.name, "NU", c.group) for c in CHANNELS)


class Entry(NamedTuple):
    """One row of a database.

    Attributes:
        ecg: Identifier of the recording, the same in all forms of PTB-XL.
        subject: The patient; "ecg" and the identifier where the database does not say who it was.
        fold: 1 to 10.
        superclasses: Diagnostic superclasses, in the order of `SUPERCLASSES`.
        record: Path of the WFDB record, without ending.
        normalized: True for band-passed, scaled values.
        about: Age group and sex, as far as the table says them.
    """

    ecg: str
    subject: str
    fold: int
    superclasses: tuple[str, ...]
    record: Path
    normalized: bool
    about: tuple[tuple[str, str], ...] = ()


class _PTBXL(Dataset):
    """What both tasks share."""

    kept_in = "ptbxl"
    reference = "P. Wagner et al.: PTB-XL, a large publicly available electrocardiography dataset, Scientific Data 7:154, 2020"
    licence = "CC BY 4.0"
    obtain = "https://physionet.org/content/ptb-xl/1.0.3/ (the 500 Hz records)."
    files = (DATABASE, STATEMENTS, "records500/*/*_hr.hea")
    download = Download(
        "https://physionet.org/files/ptb-xl/1.0.3/",
        (DATABASE, STATEMENTS, "records500/*/*_hr.hea", "records500/*/*_hr.dat"),
        "about 2.6 GB",
    )
    channels = CHANNELS
    sampling_rate = 500.0
    views = {"lead_I": ("I",), "lead_II": ("II",), "V5": ("V5",), "I+II": ("I", "II"), "limb": LEADS["limb"]}
    preparation = Preparation(100.0, 10.0, 10.0, 2.5, band_hz=(0.5, 40.0), standardize="recording")
    architecture = {
        "teacher": {"filters": 64, "kernel": 16, "stride": 4, "hidden": 32, "segments": 4, "second_conv": True},
        "student": {"filters": 16, "kernel": 16, "stride": 4, "hidden": 8, "segments": 4, "second_conv": True},
    }
    splits = ("official",)

    def __init__(self, root: str | Path | None = None) -> None:
        """Remember where to look: `ptbxl`, and beside it `ptbxl_normalized`, which may be missing."""
        super().__init__(root)
        self.normalized_folder = data_root(root) / NORMALIZED

    @abstractmethod
    def label(self, superclasses: tuple[str, ...]) -> str | None:
        """Give the class of a recording, or None if it has no place in this task."""

    @cached_property
    def entries(self) -> list[Entry]:
        """All recordings that have a class here, originals first; none twice."""
        self.check()
        classes = read_statements(self.folder / STATEMENTS)
        found = read_database(self.folder / DATABASE, "filename_hr", classes, normalized=False)
        if (self.normalized_folder / DATABASE).is_file():
            known = {e.ecg for e in found}
            own = {name: name for name in SUPERCLASSES}
            more = read_database(self.normalized_folder / DATABASE, "filename_lr", own, normalized=True)
            found += [e for e in more if e.ecg not in known]
        used = [e for e in found if self.label(e.superclasses) is not None]
        missing = [e for e in used if not e.record.with_name(e.record.name + ".hea").is_file()]
        if missing:
            raise MissingDataError(
                f"{len(missing)} of {len(used)} records are missing below {missing[0].record.parents[2]}, the first is "
                f"recording {missing[0].ecg}; get them, or take their lines out of {DATABASE}"
            )
        return used

    def recordings(self) -> Iterator[Recording]:
        """Yield the recordings that have a class here: the originals in mV, then those at hand only as scaled values.

        Raises:
            MissingDataError: The files are not there.
            DataError: A table or record cannot be read; the message names file and line.
        """
        return self.recordings_from(0)

    def recordings_from(self, first: int) -> Iterator[Recording]:
        """Yield the recordings from a position on; those before are not read."""
        for entry in self.entries[first:]:
            root = self.normalized_folder if entry.normalized else self.folder
            header, signal = read_record(entry.record, root)
            _check_leads(header.names, header.units, entry, root)
            yield Recording(
                name=f"ecg{entry.ecg}",
                signal=signal,
                sampling_rate=header.sampling_rate,
                channels=NORMALIZED_CHANNELS if entry.normalized else CHANNELS,
                subject=entry.subject,
                label=self.label(entry.superclasses),
                facts={"fold": str(entry.fold), "superclasses": ", ".join(entry.superclasses), **dict(entry.about)},
                normalized=entry.normalized,
            )

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Follow the official folds: 1 to 8 train, 9 valid, 10 test.

        Args:
            subjects: All subjects that have windows.
            split: "official".

        Raises:
            SplitError: A patient is in two parts, or not in the database.
        """
        self.check_split(split)
        parts: dict[str, str] = {}
        for entry in self.entries:
            part = {9: "valid", 10: "test"}.get(entry.fold, "train")
            if parts.setdefault(entry.subject, part) != part:
                other = parts[entry.subject]
                raise SplitError(f"recording {entry.ecg}: its patient is in {part} and in {other}; correct the folds")
        strange = [at for at, s in enumerate(subjects) if s not in parts]
        if strange:
            raise SplitError(f"the subject at position {strange[0]} is not in {DATABASE}; give subjects of this data set")
        return {s: parts[s] for s in subjects}

    def source_digest(self) -> str:
        """Give text that changes whenever a table or a record is added, removed or written anew."""
        digests = []
        for folder, normalized in ((self.folder, False), (self.normalized_folder, True)):
            records = [e.record for e in self.entries if e.normalized == normalized]
            files = [r.with_name(r.name + ending) for r in records for ending in (".hea", ".dat")]
            tables = [folder / name for name in (DATABASE, STATEMENTS)]
            digests.append(digest_listing([f for f in (*tables, *files) if f.is_file()], folder))
        return digest_json([self.name, READER, digests])

    def count(self) -> int:
        """Give the number of recordings."""
        return len(self.entries)


@DATASETS.register
class PTBXL(_PTBXL):
    """Five diagnostic superclasses, on recordings that carry exactly one."""

    name = "ptbxl"
    title = "PTB-XL superclasses"
    summary = (
        "12-lead resting ECG of 10 s, recordings with exactly one of five diagnostic superclasses; recorded in mV, seen by "
        "models at 0.5 to 40 Hz in units of each lead's own standard deviation (NU)"
    )
    classes = SUPERCLASSES
    minimum_subjects = 50

    def label(self, superclasses: tuple[str, ...]) -> str | None:
        """Give the superclass if there is exactly one."""
        return superclasses[0] if len(superclasses) == 1 else None


@DATASETS.register
class PTBXLNormal(_PTBXL):
    """Normal against abnormal, on all recordings with a diagnostic superclass."""

    name = "ptbxl_normal"
    title = "PTB-XL normal or abnormal"
    summary = (
        "12-lead resting ECG of 10 s, normal (NORM and nothing else) against any other diagnostic superclass; recorded in mV, "
        "seen by models at 0.5 to 40 Hz in units of each lead's own standard deviation (NU)"
    )
    classes = ("normal", "abnormal")

    def label(self, superclasses: tuple[str, ...]) -> str | None:
        """Give "normal" for NORM alone, "abnormal" for anything else, None without a superclass."""
        if not superclasses:
            return None
        return "normal" if superclasses == ("NORM",) else "abnormal"


def read_statements(path: Path) -> dict[str, str]:
    """Give the diagnostic superclass of each SCP statement that has one.

    Raises:
        DataError: The table is malformed; the message names file and line.
    """
    found = {}
    for line, row in _rows(path, ("", "diagnostic", "diagnostic_class")):
        if row["diagnostic"] in ("1", "1.0"):
            if row["diagnostic_class"] not in SUPERCLASSES:
                raise DataError(f"{path.name}, line {line}: diagnostic_class must be one of {', '.join(SUPERCLASSES)}")
            found[row[""]] = row["diagnostic_class"]
    return found


def read_database(path: Path, file_column: str, superclass_of: dict[str, str], *, normalized: bool) -> list[Entry]:
    """Read a table of recordings.

    Args:
        path: ptbxl_database.csv.
        file_column: Column that names the records.
        superclass_of: Statement to superclass; other statements are passed over, whatever their likelihood.
        normalized: What the records hold.

    Raises:
        DataError: The table is malformed; the message names file and line.
    """
    entries, seen = [], set()
    for line, row in _rows(path, ("ecg_id", "scp_codes", "strat_fold", file_column)):
        where = f"{path.name}, line {line}"
        ecg, fold = row["ecg_id"], row["strat_fold"].removesuffix(".0")
        if not ecg or ecg in seen:
            raise DataError(f"{where}: ecg_id is empty or stands twice")
        if fold not in {str(n) for n in range(1, 11)}:
            raise DataError(f"{where}: strat_fold must be a whole number from 1 to 10")
        seen.add(ecg)
        classes = {superclass_of[code] for code in _codes(row["scp_codes"], where) if code in superclass_of}
        ordered = tuple(c for c in SUPERCLASSES if c in classes)
        subject = row.get("patient_id", "").removesuffix(".0") or f"ecg{ecg}"
        record = inside(path.parent, row[file_column], where)
        entries.append(Entry(ecg, subject, int(fold), ordered, record, normalized, _about(row, where)))
    return entries


def _about(row: Mapping[str, str], where: str) -> tuple[tuple[str, str], ...]:
    """Give age by decades, as no more is needed to compare groups, and sex; nothing of what is not recorded."""
    found = []
    if age := row.get("age", ""):
        try:
            years = float(age)
        except ValueError:
            years = -1.0
        if not 0 <= years <= HIDDEN_AGE:
            raise DataError(f"{where}: age {age!r} is no number of years")
        found.append(("age group", age_group(min(years, OLDEST))))
    if sex := row.get("sex", "").removesuffix(".0"):
        if sex not in SEXES:
            raise DataError(f"{where}: sex {sex!r} is neither {' nor '.join(SEXES)}")
        found.append(("sex", SEXES[sex]))
    return tuple(found)


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and row of a table, all as text, so that no identifier changes."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            _check_columns(header, needed, f"{path.name}, line 1")
            for row in reader:
                if len(row) != len(header):
                    raise DataError(f"{path.name}, line {reader.line_num}: {len(row)} fields, {len(header)} are expected")
                yield reader.line_num, dict(zip(header, row, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} is not a table in UTF-8 with commas: {error}") from error
    except OSError as error:
        raise MissingDataError(f"{path} cannot be read: {error.strerror}") from error


def _check_columns(header: list[str], needed: tuple[str, ...], where: str) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise DataError(f"{where}: column {missing[0]!r} is missing")
    if len(set(header)) != len(header):
        raise DataError(f"{where}: a column name stands twice")


def _codes(text: str, where: str) -> list[str]:
    """Read the statements of a recording, written as a Python dictionary of likelihoods."""
    try:
        codes = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise DataError(f"{where}: scp_codes must look like {{'NORM': 100.0}}") from error
    if not isinstance(codes, dict):
        raise DataError(f"{where}: scp_codes must look like {{'NORM': 100.0}}")
    return [str(code) for code in codes]


def _check_leads(names: tuple[str, ...], units: tuple[str, ...], entry: Entry, root: Path) -> None:
    where = entry.record.relative_to(root).as_posix()
    want = [c.name for c in CHANNELS]
    if [n.upper() for n in names] != [n.upper() for n in want]:
        raise DataError(f"{where}: leads {', '.join(names)}; expected {', '.join(want)} in this order")
    unit = "NU" if entry.normalized else "mV"
    if set(units) != {unit}:
        raise DataError(f"{where}: units {', '.join(sorted(set(units)))}; expected {unit}")
