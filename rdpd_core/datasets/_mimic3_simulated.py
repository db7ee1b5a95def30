"""Tables in the form of MIMIC-III with made-up patients, to run without the original; no person was measured."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from rdpd_core.datasets._mimic3_vitals import VITALS
from rdpd_core.runtime import numpy_generator

FEWEST = 10
OTHER_ITEM, OTHERS_PER_VALUE = 225054, 1.0
"""An item that is no vital sign, and how many such rows stand beside each charted vital."""
COLUMNS = (
    "ROW_ID", "SUBJECT_ID", "HADM_ID", "ICUSTAY_ID", "ITEMID", "CHARTTIME", "STORETIME", "CGID", "VALUE", "VALUENUM",
    "VALUEUOM", "WARNING", "ERROR", "RESULTSTATUS", "STOPPED",
)  # fmt: skip
OTHER_CODE = "0700"
SPELT = ("bpm", "insp/min", "mmHg", "mmHg", "mmHg", "%")


class Disease(NamedTuple):
    """How many have it of 9,488, and how their vital signs run.

    Attributes:
        code: ICD-9.
        patients: Our choice; the paper does not say.
        level: Means of the six vital signs.
        drift: Change of the six over 48 hours.
        rough: Spread from hour to hour, as a share of the usual.
    """

    code: str
    patients: int
    level: tuple[float, ...]
    drift: tuple[float, ...]
    rough: float


DISEASES = (
    Disease("41071", 1900, (84, 18, 78, 115, 60, 96.5), (-6, 0, 2, 4, 0, 0.5), 0.9),
    Disease("41401", 2000, (86, 16, 76, 114, 57, 97.5), (4, 4, 4, 8, 2, -1.0), 0.7),
    Disease("42823", 1000, (88, 21, 80, 122, 63, 95.0), (-8, -3, -4, -6, -3, 1.0), 1.0),
    Disease("431", 600, (80, 17, 92, 146, 70, 97.8), (0, 1, -6, -12, -3, 0.0), 1.1),
    Disease("99662", 900, (92, 20, 76, 116, 58, 96.8), (-6, -1, 3, 5, 1, 0.2), 1.1),
    Disease("51881", 900, (95, 24, 80, 122, 64, 93.5), (-4, -4, 0, 0, 0, 1.8), 1.3),
    Disease("4241", 700, (84, 15, 73, 112, 54, 98.0), (2, 5, 5, 10, 2, -1.2), 0.6),
    Disease("0389", 1488, (104, 24, 68, 104, 52, 96.0), (-16, -3, 8, 12, 5, 0.5), 1.4),
)
SPREAD = (14.0, 4.0, 10.0, 16.0, 9.0, 1.4)


class Patient(NamedTuple):
    """One admission with one stay.

    Attributes:
        subject: Number; admission and stay are derived from it.
        code: ICD-9 of the first diagnosis.
        disease: Position in `DISEASES`; None for who is not to be read.
        hours: Length of the stay.
        metavision: Whether it was charted in the newer system.
        begins: Time of admission to intensive care.
    """

    subject: int
    code: str
    disease: int | None
    hours: float
    metavision: bool
    begins: pd.Timestamp

    @property
    def ends(self) -> pd.Timestamp:
        """Time of leaving intensive care, to the second."""
        return self.begins + pd.Timedelta(seconds=round(self.hours * 3600))

    @property
    def admission(self) -> int:
        """HADM_ID."""
        return 100_000 + self.subject

    @property
    def stay(self) -> int:
        """ICUSTAY_ID."""
        return 200_000 + self.subject


def write_tables(folder: Path, scale: float, seed: int) -> None:
    """Write the five tables; CHARTEVENTS packed.

    Args:
        folder: Where they go.
        scale: Share of the paper's 9,488 patients; ten of each disease are always there, and a tenth more that are not read:
            another diagnosis, a stay too short, a vital sign never charted.
        seed: Other seeds are other patients.
    """
    folder.mkdir(parents=True, exist_ok=True)
    patients = _patients(scale, seed)
    _write(folder / "ADMISSIONS.csv", "ROW_ID,SUBJECT_ID,HADM_ID,ADMITTIME,DISCHTIME,HAS_CHARTEVENTS_DATA", (
        (p.subject, p.admission, p.begins, p.ends + pd.Timedelta(hours=30), 1) for p in patients
    ))  # fmt: skip
    _write(folder / "DIAGNOSES_ICD.csv", "ROW_ID,SUBJECT_ID,HADM_ID,SEQ_NUM,ICD9_CODE", (
        (p.subject, p.admission, order, code) for p in patients for order, code in ((1, p.code), (2, "4019"))
    ))  # fmt: skip
    _write(folder / "ICUSTAYS.csv", "ROW_ID,SUBJECT_ID,HADM_ID,ICUSTAY_ID,DBSOURCE,INTIME,OUTTIME,LOS", (
        (p.subject, p.admission, p.stay, "metavision" if p.metavision else "carevue", p.begins,
         p.ends, f"{p.hours / 24:.4f}")
        for p in patients
    ))  # fmt: skip
    items = [
        (i, v.name, s, "chartevents")
        for v in VITALS
        for s, ids in (("carevue", v.carevue), ("metavision", v.metavision))
        for i in ids
    ]
    _write(
        folder / "D_ITEMS.csv",
        "ROW_ID,ITEMID,LABEL,DBSOURCE,LINKSTO",
        [*items, (OTHER_ITEM, "Other", "metavision", "chartevents")],
    )
    with gzip.open(folder / "CHARTEVENTS.csv.gz", "wt", encoding="ascii", newline="", compresslevel=1) as file:
        file.write(",".join(f'"{name}"' for name in COLUMNS) + "\n")
        for rows in _events(patients, seed):
            rows.to_csv(file, index=False, header=False)


def _write(path: Path, header: str, rows) -> None:
    lines = [",".join(map(str, (number, *row))) for number, row in enumerate(rows, start=1)]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="ascii")


def _patients(scale: float, seed: int) -> list[Patient]:
    draw = numpy_generator("mimic3 patients", seed)
    wanted = [at for at, d in enumerate(DISEASES) for _ in range(max(FEWEST, round(scale * d.patients)))]
    order = draw.permutation(wanted).tolist()
    found = []
    for number in range(len(order) + -(-len(order) // 10)):
        disease = order[number] if number < len(order) else None
        begins = pd.Timestamp("2100-01-01") + pd.Timedelta(seconds=int(draw.integers(0, 90 * 365 * 86400)))
        short, other = disease is None and number % 3 == 0, disease is None and number % 3 == 1
        code = OTHER_CODE if other else DISEASES[disease or 0].code
        hours = draw.uniform(10, 40) if short else 48 + draw.exponential(40)
        found.append(Patient(10_001 + number, code, disease, float(hours), bool(draw.random() < 0.45), begins))
    return found


def _events(patients: list[Patient], seed: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of CHARTEVENTS, patient by patient."""
    first = 1
    for patient in patients:
        rows = _charted(patient, numpy_generator("mimic3", seed, patient.subject))
        rows.insert(0, "ROW_ID", np.arange(first, first + len(rows)))
        first += len(rows)
        yield rows


def _charted(patient: Patient, draw: np.random.Generator) -> pd.DataFrame:
    """Give what was charted of one patient: vital signs about once an hour, with gaps, errors and slips, among other rows."""
    kind = DISEASES[patient.disease if patient.disease is not None else 0]
    silent = 5 if patient.disease is None else None  # of those who are not to be read SpO2 was never charted
    hours = np.arange(min(60.0, patient.hours))
    own, wave = draw.normal(0, 0.7, size=6), draw.uniform(0, 6.28)
    items, times, values, units = [], [], [], []
    for at, (vital, level, drift, spread) in enumerate(zip(VITALS, kind.level, kind.drift, SPREAD, strict=True)):
        when = hours[draw.random(len(hours)) < (0.0 if at == silent else 0.9)]
        course = level + spread * own[at] + drift * when / 48 + 0.3 * spread * np.sin(2 * np.pi * when / 24 + wave)
        value = course + draw.normal(0, 0.45 * spread * kind.rough, size=len(when))
        value = np.round(np.clip(value, 3, 100 if vital.unit == "%" else 250), 1)
        slips = draw.random(len(when)) < 0.003
        ids = vital.metavision if patient.metavision else vital.carevue
        items.append(draw.choice(ids, size=len(when)))
        times.append(when + draw.uniform(0, 0.95, size=len(when)))
        values.append(np.where(slips, 9999, value))
        units.append(np.full(len(when), SPELT[at]))
    many = round(sum(map(len, items)) * OTHERS_PER_VALUE)
    items.append(np.full(many, OTHER_ITEM))
    times.append(draw.uniform(0, hours[-1], size=many))
    values.append(draw.integers(1, 6, size=many).astype(float))
    units.append(np.full(many, ""))
    return _rows(patient, np.concatenate(items), np.concatenate(times), np.concatenate(values), np.concatenate(units), draw)


def _rows(
    patient: Patient, item: np.ndarray, hours: np.ndarray, value: np.ndarray, unit: np.ndarray, draw: np.random.Generator
) -> pd.DataFrame:
    order = np.argsort(hours, kind="stable")
    charted = (np.datetime64(patient.begins, "s") + np.round(hours * 3600).astype(np.int64))[order]
    text = np.char.replace(np.datetime_as_string(charted), "T", " ")
    number = value[order]
    error = np.where(draw.random(len(order)) < 0.002, 1, 0) if patient.metavision else np.full(len(order), "")
    blank = np.full(len(order), "")
    return pd.DataFrame(
        {
            "SUBJECT_ID": patient.subject, "HADM_ID": patient.admission, "ICUSTAY_ID": patient.stay, "ITEMID": item[order],
            "CHARTTIME": text, "STORETIME": text, "CGID": 17_525, "VALUE": number, "VALUENUM": number, "VALUEUOM": unit[order],
            "WARNING": blank, "ERROR": error, "RESULTSTATUS": blank, "STOPPED": blank,
        }
    )  # fmt: skip
