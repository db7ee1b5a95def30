"""PhysioNet challenge 2021: twelve-lead ECG of many sources, recordings with exactly one of the 26 scored diagnoses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rdpd_core.datasets._challenge2021_simulated import write_records
from rdpd_core.datasets._dividing import divide_by_class, divide_elsewhere
from rdpd_core.datasets._downloading import Download
from rdpd_core.datasets._ecg_leads import CHEST, LIMB
from rdpd_core.datasets._people import facts_of_person
from rdpd_core.datasets._wfdb import Header, read_header, read_record
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import DataError
from rdpd_core.files import digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 1
# SNOMED CT codes of the scored diagnoses; those that the challenge scores as one have one name.
SCORED = {
    "164889003": "atrial fibrillation",
    "164890007": "atrial flutter",
    "6374002": "bundle branch block",
    "426627000": "bradycardia",
    "733534002": "left bundle branch block",
    "164909002": "left bundle branch block",
    "713427006": "right bundle branch block",
    "59118001": "right bundle branch block",
    "270492004": "1st degree AV block",
    "713426002": "incomplete right bundle branch block",
    "39732003": "left axis deviation",
    "445118002": "left anterior fascicular block",
    "164947007": "prolonged PR interval",
    "251146004": "low QRS voltages",
    "111975006": "prolonged QT interval",
    "698252002": "nonspecific intraventricular conduction disorder",
    "426783006": "sinus rhythm",
    "284470004": "premature atrial contraction",
    "63593006": "premature atrial contraction",
    "10370003": "pacing rhythm",
    "365413008": "poor R wave progression",
    "427172004": "premature ventricular contractions",
    "17338001": "premature ventricular contractions",
    "164917005": "Q wave abnormal",
    "47665007": "right axis deviation",
    "427393009": "sinus arrhythmia",
    "426177001": "sinus bradycardia",
    "427084000": "sinus tachycardia",
    "164934002": "T wave abnormal",
    "59931005": "T wave inversion",
}
SOURCES = {
    "A": "CPSC 2018",
    "Q": "CPSC 2018 extra",
    "I": "INCART",
    "S": "PTB",
    "HR": "PTB-XL",
    "E": "Georgia",
    "JS": "Chapman, Ningbo",
}
LARGEST_RATE_HZ = 2000.0


class Entry(NamedTuple):
    """One record.

    Attributes:
        record: Path without ending.
        classes: Scored diagnoses, each once, in the order of `SCORED`.
        header: What its header says.
    """

    record: Path
    classes: tuple[str, ...]
    header: Header

    @property
    def name(self) -> str:
        """Its name, which stands for the patient too."""
        return self.record.name

    @property
    def source(self) -> str:
        """Where it was recorded, as its name says."""
        return SOURCES.get(self.name.rstrip("0123456789"), "unknown")


@DATASETS.register
class Challenge2021(Dataset):
    """One diagnosis per recording; recordings with several are left out and counted, as models here choose one class."""

    name = "challenge2021"
    title = "PhysioNet challenge 2021, one diagnosis"
    summary = (
        "12-lead ECG of seven sources, recordings with exactly one of the 26 scored diagnoses (pairs scored alike are one); "
        "recordings with several are left out, so scores are not those of the challenge; whether all recordings show one "
        "of the 26 can be asked, too, as a data set of its own (challenge2021_atrial_fibrillation); the files do not say "
        "which recordings share a patient, so a random division may put one person into two parts"
    )
    reference = (
        "M. Reyna et al.: Will two do? Varying dimensions in electrocardiography: the PhysioNet/Computing in Cardiology "
        "Challenge 2021, Computing in Cardiology 48, 2021"
    )
    licence = "CC BY 4.0"
    obtain = (
        "https://physionet.org/content/challenge-2021/1.0.3/ (any of the folders below training, with .hea and .mat files)."
    )
    files = ("**/*.hea",)
    download = Download(
        "https://physionet.org/files/challenge-2021/1.0.3/", ("training/*/*/*.hea", "training/*/*/*.mat"), "about 10 GB"
    )
    channels = tuple(Channel(name, "mV", group) for group, names in (("limb", LIMB), ("chest", CHEST)) for name in names)
    classes = tuple(dict.fromkeys(SCORED.values()))
    sampling_rate = 500.0
    views = {"lead_I": ("I",), "lead_II": ("II",), "I+II": ("I", "II"), "V5": ("V5",), "limb": LIMB}
    preparation = Preparation(rate_hz=200.0, window_s=10.0, stride_s=10.0, segment_s=2.5)
    architecture = {
        "teacher": {"filters": 64, "kernel": 32, "stride": 8, "hidden": 32, "segments": 4, "second_conv": True},
        "student": {"filters": 16, "kernel": 32, "stride": 8, "hidden": 8, "segments": 4, "second_conv": True},
    }
    splits = ("0", "1", "2", "georgia")
    minimum_subjects = 10
    classes_in_every_part = False

    @cached_property
    def entries(self) -> list[Entry]:
        """All records, by path; their headers are read and checked."""
        self.check()
        found, seen = [], {}
        for path in sorted(p for p in self.folder.rglob("*.hea") if p.is_file()):
            header = read_header(path, self.folder)
            where = path.relative_to(self.folder).as_posix()
            if path.stem in seen:
                raise DataError(f"{where}: a record of this name lies in {seen[path.stem]} too; keep one of them")
            seen[path.stem] = path.parent.relative_to(self.folder).as_posix()
            self._check_header(header, where)
            found.append(Entry(path.with_suffix(""), classes_of(header, where), header))
        return found

    @property
    def used(self) -> list[Entry]:
        """The records with exactly one scored diagnosis."""
        return [e for e in self.entries if len(e.classes) == 1]

    def recordings(self) -> Iterator[Recording]:
        """Yield the records with exactly one scored diagnosis, in mV, at the rate of their source.

        Raises:
            MissingDataError: The files are not there.
            DataError: A record cannot be read; the message names file and line.
        """
        return self.recordings_from(0)

    def recordings_from(self, first: int) -> Iterator[Recording]:
        """Yield the records from a position on; those before are not read."""
        many = sum(len(e.classes) > 1 for e in self.entries)
        none = sum(not e.classes for e in self.entries)
        self.remarks[:] = [
            f"{n} of {len(self.entries)} records were left out: {why}."
            for n, why in ((many, "they have several of the scored diagnoses"), (none, "they have none of them"))
            if n
        ]
        entries = self.used[first:]
        for entry, found in zip(entries, self.read(entries), strict=True):
            yield replace(found, label=entry.classes[0])

    def read(self, entries: Sequence[Entry]) -> Iterator[Recording]:
        """Yield the recordings of records, without labels; see `recordings`."""
        for entry in entries:
            header, signal = read_record(entry.record, self.folder, [c.name for c in self.channels])
            facts = {"source": entry.source, **facts_of_person(header.comment("Age"), header.comment("Sex"))}
            yield Recording(entry.name, signal, header.sampling_rate, self.channels, entry.name, None, facts)

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Divide 70/15/15 at random, class by class; or test what Georgia recorded with models of the other sources.

        Args:
            subjects: All subjects that have windows; each record counts as one.
            split: "0", "1" or "2", each another random division, or "georgia".

        Raises:
            SplitError: A class has too few records, or there are only those of Georgia, or none of these.
            UnknownNameError: A record that this set does not have.
        """
        self.check_split(split)
        labels = self.labels()
        self.check_subjects(subjects, labels)
        class_of, key = {s: labels[s] for s in subjects}, (self.name, "split", split)
        if split != "georgia":
            return divide_by_class(class_of, self.classes, key, 0.15)
        away = {e.name for e in self.used if e.source == "Georgia"} & set(subjects)
        return divide_elsewhere(class_of, away, self.classes, key, 0.15)

    def labels(self) -> Mapping[str, str]:
        """Give record to class; each record counts as one subject."""
        return {e.name: e.classes[0] for e in self.used}

    def source_digest(self) -> str:
        """Give text that changes whenever a record is added, removed or written anew."""
        self.check()
        listed = [p for p in self.folder.rglob("*") if p.suffix in (".hea", ".mat") and p.is_file()]
        return digest_json([self.stored_as or self.name, READER, digest_listing(listed, self.folder)])

    def count(self) -> int:
        """Give the number of recordings."""
        return len(self.used)

    def figures(self) -> dict[str, int]:
        """Give records and samples of all files, read or left out."""
        return {"records": len(self.entries), "samples": sum(e.header.samples for e in self.entries)}

    def _check_header(self, header: Header, where: str) -> None:
        missing = [c.name for c in self.channels if c.name not in header.names]
        if missing:
            raise DataError(f"{where}: no lead {missing[0]}; there are {', '.join(header.names)}")
        if set(header.units) != {"mV"} or header.sampling_rate > LARGEST_RATE_HZ:
            units = ", ".join(sorted(set(header.units)))
            raise DataError(f"{where}: {units} at {header.sampling_rate:g} Hz; expected mV at up to {LARGEST_RATE_HZ:g} Hz")

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Write records of five of the diagnoses, and some with two or none; see `simulated_ecg`."""
        write_records(folder, scale, seed)


def classes_of(header: Header, where: str) -> tuple[str, ...]:
    """Give the scored diagnoses of a record, each once.

    Raises:
        DataError: The header has no line "Dx:", or something other than numbers stands there.
    """
    codes = [code.strip() for code in header.comment("Dx").split(",")]
    if not all(code.isascii() and code.isdigit() and len(code) <= 20 for code in codes):
        raise DataError(f"{where}: the comment Dx must hold SNOMED codes separated by commas; get the file again")
    found = {SCORED[code] for code in codes if code in SCORED}
    return tuple(name for name in dict.fromkeys(SCORED.values()) if name in found)
