"""MIMIC-III: six vital signs, hour by hour, of the first two days in intensive care, and what people were admitted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rdpd_core.datasets._dividing import divide_by_class
from rdpd_core.datasets._mimic3_vitals import HOURS, VITAL_OF, VITALS, Hourly, read_hourly
from rdpd_core.datasets._tables import find_table, rows, whole
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import DataError
from rdpd_core.files import digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 1
PER_HOUR_HZ = 1 / 3600
TABLES = ("ADMISSIONS", "DIAGNOSES_ICD", "ICUSTAYS", "D_ITEMS", "CHARTEVENTS")
# The paper names diseases and no codes; these are the ICD-9 categories of exactly these names.
DISEASES = {
    "410": "acute myocardial infarction",
    "414": "chronic ischemic heart disease",
    "428": "heart failure",
    "431": "intracerebral hemorrhage",
    "996": "specified procedures complications",
    "518": "lung diseases",
    "424": "endocardium diseases",
    "038": "septicaemia",
}
SYSTEMS = ("carevue", "metavision", "both")


class Stay(NamedTuple):
    """The stay in intensive care that is read of one subject.

    Attributes:
        subject: Number.
        begins: Time of admission to intensive care, to the second; shifted into the future by the publishers.
        label: Disease.
        system: Of the records: "carevue", "metavision" or "both".
    """

    subject: int
    begins: np.datetime64
    label: str
    system: str


@DATASETS.register
class MIMIC3(Dataset):
    """One stay per patient: the first of at least 48 hours whose first diagnosis is one of eight diseases."""

    name = "mimic3"
    title = "MIMIC-III vital signs"
    summary = (
        "6 vital signs, one value per hour, of the first 48 hours in intensive care of patients whose first diagnosis is one "
        "of 8 diseases; the first such stay of each patient that lasted so long"
    )
    reference = "A. Johnson et al.: MIMIC-III, a freely accessible critical care database, Scientific Data 3:160035, 2016"
    licence = (
        "PhysioNet Credentialed Health Data License 1.5.0: for credentialed users who signed its agreement; not to be shared"
    )
    credentialed = True
    obtain = (
        "https://physionet.org/content/mimiciii/1.4/ after training and a signed agreement (the folder holds "
        f"{', '.join(TABLES)} as .csv or .csv.gz)."
    )
    files = tuple(f"{table}.csv*" for table in TABLES)
    channels = tuple(Channel(v.name, v.unit, v.name.split("_")[0]) for v in VITALS)
    classes = tuple(DISEASES.values())
    sampling_rate = PER_HOUR_HZ
    views = {
        "HR": ("HR",),
        "RR": ("RR",),
        "BP": ("BP_systolic", "BP_diastolic"),
        "HR+SpO2": ("HR", "SpO2"),
        "HR+BP": ("HR", "BP_systolic", "BP_diastolic"),
    }
    preparation = Preparation(PER_HOUR_HZ, HOURS * 3600.0, HOURS * 3600.0, 12 * 3600.0)
    architecture = {
        "teacher": {"filters": 64, "kernel": 4, "stride": 2, "hidden": 32, "segments": 4, "second_conv": False},
        "student": {"filters": 16, "kernel": 4, "stride": 2, "hidden": 8, "segments": 4, "second_conv": False},
    }
    splits = ("0", "1", "2")
    minimum_subjects = 3
    published = {"subjects": 9488, "classes": 8, "channels": 6, "samples": 455_424}

    @cached_property
    def stays(self) -> list[Stay]:
        """The stay of each subject, by subject.

        Raises:
            DataError: A table is malformed; the message names file, line and column.
        """
        self.check()
        self._check_items()
        disease = self._diseases()
        found: dict[int, Stay] = {}
        columns = ("SUBJECT_ID", "HADM_ID", "DBSOURCE", "INTIME", "OUTTIME")
        path = find_table(self.folder, "ICUSTAYS")
        for line, row in rows(path, columns):
            where = f"{path.name}, line {line}"
            admission = whole(row["HADM_ID"], where, "HADM_ID")
            if admission not in disease:
                continue
            subject, begins = whole(row["SUBJECT_ID"], where, "SUBJECT_ID"), _time(row["INTIME"], where, "INTIME")
            if disease[admission][0] != subject:
                raise DataError(f"{where}: HADM_ID belongs to another subject in ADMISSIONS")
            if row["DBSOURCE"] not in SYSTEMS:
                raise DataError(f"{where}: DBSOURCE must be one of {', '.join(SYSTEMS)}")
            long = row["OUTTIME"] and _time(row["OUTTIME"], where, "OUTTIME") - begins >= np.timedelta64(HOURS, "h")
            if long and (subject not in found or begins < found[subject].begins):
                found[subject] = Stay(subject, begins, disease[admission][1], row["DBSOURCE"])
        return [found[subject] for subject in sorted(found)]

    def recordings(self) -> Iterator[Recording]:
        """Yield one recording of 48 hours for each subject; what was charted more than once in an hour is averaged.

        Values that no living person has, in other units, or marked as errors are not used. Stays in which a vital sign was
        never charted are left out. Both are counted in `remarks`.

        Raises:
            MissingDataError: The files are not there.
            DataError: A table is malformed; the message names file, line and column.
        """
        stays = self.stays
        if not stays:
            raise DataError(f"no stay of at least {HOURS} hours has one of the {len(DISEASES)} diseases as its first diagnosis")
        begins = {stay.subject: stay.begins for stay in stays}
        hourly = read_hourly(find_table(self.folder, "CHARTEVENTS"), begins, self.on_bytes)
        self.remarks[:] = _remarks(hourly)
        lacking: Counter[str] = Counter()
        for at, stay in enumerate(stays):
            signal = hourly.mean(at)
            silent = [v.name for v, row in zip(VITALS, signal, strict=True) if not np.isfinite(row).any()]
            lacking.update(silent)
            if not silent:
                subject = str(stay.subject)
                yield Recording(subject, signal, PER_HOUR_HZ, self.channels, subject, stay.label, {"system": stay.system})
        if lacking:
            many = int((hourly.count.sum(axis=2) == 0).any(axis=1).sum())
            which = ", ".join(f"{name} in {n}" for name, n in lacking.items())
            self.remarks.append(
                f"{many} of {len(stays)} stays in which a vital sign was never charted were left out ({which})."
            )

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Divide the patients of each disease 80/10/10 at random; the paper does so without regard to diseases.

        Args:
            subjects: All subjects that have windows.
            split: One of `splits`, each another random division.

        Raises:
            SplitError: A disease has one or two patients.
            UnknownNameError: A subject without a stay.
        """
        self.check_split(split)
        known = {str(stay.subject): stay.label for stay in self.stays}
        self.check_subjects(subjects, known, tell=False)
        return divide_by_class({s: known[s] for s in subjects}, self.classes, (self.name, "split", split))

    def source_digest(self) -> str:
        """Give text that changes whenever a table is written anew."""
        self.check()
        paths = [find_table(self.folder, table) for table in TABLES]
        return digest_json([self.name, READER, digest_listing(paths, self.folder)])

    def figures(self) -> dict[str, int]:
        """Give subjects and hours of the stays that were chosen, as the paper counts them."""
        return {"subjects": len(self.stays), "samples": len(self.stays) * HOURS}

    def _diseases(self) -> dict[int, tuple[int, str]]:
        """Give subject and disease of each admission whose first diagnosis is one of the eight and that has charts."""
        path = find_table(self.folder, "ADMISSIONS")
        admissions = {}
        for line, row in rows(path, ("SUBJECT_ID", "HADM_ID", "HAS_CHARTEVENTS_DATA")):
            where = f"{path.name}, line {line}"
            if row["HAS_CHARTEVENTS_DATA"] == "1":
                admissions[whole(row["HADM_ID"], where, "HADM_ID")] = whole(row["SUBJECT_ID"], where, "SUBJECT_ID")
        path = find_table(self.folder, "DIAGNOSES_ICD")
        found = {}
        for line, row in rows(path, ("HADM_ID", "SEQ_NUM", "ICD9_CODE")):
            label = DISEASES.get(row["ICD9_CODE"][:3])
            if row["SEQ_NUM"] == "1" and label:
                admission = whole(row["HADM_ID"], f"{path.name}, line {line}", "HADM_ID")
                if admission in admissions:
                    found[admission] = (admissions[admission], label)
        return found

    def _check_items(self) -> None:
        """Refuse a dictionary of items in which the vital signs are not charted events."""
        path = find_table(self.folder, "D_ITEMS")
        for line, row in rows(path, ("ITEMID", "LINKSTO")):
            where = f"{path.name}, line {line}"
            if whole(row["ITEMID"], where, "ITEMID") in VITAL_OF and row["LINKSTO"] != "chartevents":
                raise DataError(f"{where}: item {row['ITEMID']} is a vital sign and must link to chartevents")

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Write the five tables for `scale` times 9,488 patients, ten of each disease at least, and some others."""
        from rdpd_core.datasets._mimic3_simulated import write_tables  # loads pandas

        write_tables(folder, scale, seed)


def _remarks(hourly: Hourly) -> list[str]:
    if not hourly.dropped:
        return []
    used = int(hourly.count.sum())
    why = ", ".join(f"{n:,} {reason}" for reason, n in sorted(hourly.dropped.items()))
    return [f"Of {used + sum(hourly.dropped.values()):,} values charted in the 48 hours, these were not used: {why}."]


def _time(text: str, where: str, field: str) -> np.datetime64:
    try:
        if len(text) == len("2164-10-23 21:10:15"):
            return np.datetime64(text.replace(" ", "T"), "s")
    except ValueError as error:
        raise DataError(f"{where}: {field} must look like 2164-10-23 21:10:15") from error
    raise DataError(f"{where}: {field} must look like 2164-10-23 21:10:15")
