"""PhysioNet challenge 2019: sepsis in intensive care, hour by hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from rdpd_core.datasets._challenge2019_files import DEMOGRAPHIC, ends_septic, read_stay
from rdpd_core.datasets._challenge2019_simulated import write_stays
from rdpd_core.datasets._dividing import divide_by_class, divide_elsewhere
from rdpd_core.datasets._downloading import Download
from rdpd_core.datasets._people import age_group
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import SplitError
from rdpd_core.files import digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 1
PER_HOUR_HZ = 1 / 3600
WINDOW_H = 12
NO_SEPSIS, SEPSIS = "no sepsis", "sepsis"
HOSPITALS = {"training_setA": "A", "training_setB": "B"}
VITALS = {
    "HR": "1/min",
    "O2Sat": "%",
    "Temp": "degC",
    "SBP": "mmHg",
    "MAP": "mmHg",
    "DBP": "mmHg",
    "Resp": "1/min",
    "EtCO2": "mmHg",
}
LABORATORY = {
    "BaseExcess": "mmol/L",
    "HCO3": "mmol/L",
    "FiO2": "1",
    "pH": "1",
    "PaCO2": "mmHg",
    "SaO2": "%",
    "AST": "IU/L",
    "BUN": "mg/dL",
    "Alkalinephos": "IU/L",
    "Calcium": "mg/dL",
    "Chloride": "mmol/L",
    "Creatinine": "mg/dL",
    "Bilirubin_direct": "mg/dL",
    "Glucose": "mg/dL",
    "Lactate": "mg/dL",
    "Magnesium": "mmol/dL",
    "Phosphate": "mg/dL",
    "Potassium": "mmol/L",
    "Bilirubin_total": "mg/dL",
    "TroponinI": "ng/mL",
    "Hct": "%",
    "Hgb": "g/dL",
    "PTT": "s",
    "WBC": "10^3/uL",
    "Fibrinogen": "mg/dL",
    "Platelets": "10^3/uL",
}


@DATASETS.register
class Challenge2019(Dataset):
    """Vital signs and laboratory values of 12 hours, and whether the last of these hours counts as septic.

    The challenge calls an hour septic from six hours before the onset of sepsis.
    """

    name = "challenge2019"
    title = "PhysioNet challenge 2019, sepsis"
    summary = (
        "8 vital signs and 26 laboratory values, one value per hour, of stays in intensive care in two hospitals; a window of "
        "12 hours is septic if its last hour is at most 6 hours before the onset of sepsis, or after it; what was not yet "
        "measured in a stay is missing, and read by models as the mean of the training patients"
    )
    reference = (
        "M. Reyna et al.: Early prediction of sepsis from clinical data: the PhysioNet/Computing in Cardiology Challenge 2019, "
        "Critical Care Medicine 48(2):210-217, 2020"
    )
    licence = "CC BY 4.0"
    obtain = (
        "https://physionet.org/content/challenge-2019/1.0.0/ (the folder holds training_setA and training_setB; one of them "
        "is enough)."
    )
    files = ("**/training_set[AB]/p*.psv",)
    download = Download(
        "https://physionet.org/files/challenge-2019/1.0.0/", ("training/training_set[AB]/p*.psv",), "about 0.3 GB, 40,336 files"
    )
    channels = tuple(
        Channel(name, unit, group)
        for group, measured in (("vital signs", VITALS), ("laboratory", LABORATORY))
        for name, unit in measured.items()
    )
    classes = (NO_SEPSIS, SEPSIS)
    sampling_rate = PER_HOUR_HZ
    views = {
        "vital_signs": tuple(VITALS),
        "HR": ("HR",),
        "HR+O2Sat+Temp": ("HR", "O2Sat", "Temp"),
        "BP": ("SBP", "MAP", "DBP"),
        "laboratory": tuple(LABORATORY),
    }
    preparation = Preparation(PER_HOUR_HZ, WINDOW_H * 3600.0, 3 * 3600.0, 3 * 3600.0, missing="hold")
    architecture = {
        "teacher": {"filters": 64, "kernel": 2, "stride": 1, "hidden": 32, "segments": 4, "second_conv": False},
        "student": {"filters": 16, "kernel": 2, "stride": 1, "hidden": 8, "segments": 4, "second_conv": False},
    }
    splits = ("0", "1", "2", "other_hospital")
    minimum_subjects = 3

    @cached_property
    def paths(self) -> list[Path]:
        """One file per stay, by hospital and number."""
        self.check()
        found = [p for place in HOSPITALS for p in sorted(self.folder.glob(f"**/{place}/p*.psv")) if p.is_file()]
        names = [p.stem for p in found]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise SplitError(f"{twice}.psv is in both hospitals' folders; a patient must have one file")
        return found

    def recordings(self) -> Iterator[Recording]:
        """Yield one recording for the hours of a stay that are not septic, and one for those that are.

        The second begins eleven hours before its first septic hour, so that each of its windows ends in a septic one.

        Raises:
            MissingDataError: The files are not there.
            DataError: A file has another form; the message names file, line and field.
        """
        self.remarks.clear()
        names = tuple(c.name for c in self.channels)
        for path in self.paths:
            stay = read_stay(path, self.folder, names)
            facts = {"hospital": HOSPITALS[path.parent.name], **_facts(stay.demographic)}
            onset = stay.septic_from
            parts = [("", NO_SEPSIS, 0, onset)]
            parts += [("-septic", SEPSIS, max(0, onset - WINDOW_H + 1), stay.signal.shape[1])] if stay.septic else []
            held = _held(stay.signal)
            for ending, label, first, end in parts:
                if end > first:
                    own = {**facts, "from hour": str(stay.first_hour + first)}
                    signal = np.ascontiguousarray(held[:, first:end])
                    yield Recording(path.stem + ending, signal, PER_HOUR_HZ, self.channels, path.stem, label, own)

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Divide 70/15/15 at random, patients with and without sepsis apart; or test one hospital with models of the other.

        Args:
            subjects: All subjects that have windows.
            split: "0", "1" or "2", each another random division, or "other_hospital": train and valid of A, test of B.

        Raises:
            SplitError: There are too few patients, or only one hospital where two are needed.
            UnknownNameError: A subject that this set does not have.
        """
        self.check_split(split)
        path_of = {path.stem: path for path in self.paths}
        self.check_subjects(subjects, path_of, tell=False)
        class_of = {s: SEPSIS if ends_septic(path_of[s], self.folder) else NO_SEPSIS for s in subjects}
        key = (self.name, "split", split)
        if split != "other_hospital":
            return divide_by_class(class_of, self.classes, key, 0.15)
        away = {s for s in subjects if HOSPITALS[path_of[s].parent.name] == "B"}
        return divide_elsewhere(class_of, away, self.classes, key, 0.15)

    def source_digest(self) -> str:
        """Give text that changes whenever a file is added, removed or written anew."""
        return digest_json([self.name, READER, digest_listing(self.paths, self.folder)])

    def figures(self) -> dict[str, int]:
        """Give the number of stays; one of each patient."""
        return {"subjects": len(self.paths)}

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Write stays of two hospitals, `scale` of their true numbers, at least 20 septic and 40 other ones in each."""
        write_stays(folder, scale, seed)


def _held(signal: np.ndarray) -> np.ndarray:
    """Hold each value until the next, so that a part of a stay knows what was measured before it."""
    last = np.maximum.accumulate(np.where(np.isfinite(signal), np.arange(signal.shape[1]), 0), axis=1)
    return np.take_along_axis(signal, last, axis=1)


def _facts(demographic: dict[str, float]) -> dict[str, str]:
    age, sex = (demographic[name] for name in DEMOGRAPHIC)
    facts = {"age group": age_group(age), "sex": {0: "female", 1: "male"}.get(sex)}
    return {name: value for name, value in facts.items() if value is not None}
