"""The PTB Diagnostic ECG Database: twelve leads and three Frank leads of 290 people, in six diagnostic groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rdpd_core.datasets._dividing import divide_by_class
from rdpd_core.datasets._downloading import Download
from rdpd_core.datasets._ecg_leads import CHEST, FRANK, LIMB
from rdpd_core.datasets._people import facts_of_person
from rdpd_core.datasets._ptbdb_simulated import write_records
from rdpd_core.datasets._wfdb import Header, read_header, read_record
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import DataError
from rdpd_core.files import digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 1
RATE_HZ = 1000.0
REASON = "Reason for admission"
# The paper does not name its six groups. These are the six largest.
GROUPS = {
    "myocardial infarction": ("myocardial infarction",),
    "healthy control": ("healthy control",),
    "heart failure": ("cardiomyopathy", "heart failure"),
    "bundle branch block": ("bundle branch block",),
    "dysrhythmia": ("dysrhythmia",),
    "hypertrophy": ("hypertrophy",),
}
LEADS = {"limb": LIMB, "chest": CHEST, "Frank": FRANK}


class Entry(NamedTuple):
    """One record.

    Attributes:
        record: Path without ending.
        subject: Folder it lies in, such as "patient001".
        label: Group, or None for another or no diagnosis.
        header: What its header says.
        complete: Whether all sample files are there.
    """

    record: Path
    subject: str
    label: str | None
    header: Header
    complete: bool


class _PTBDB(Dataset):
    """What the two sets of channels share."""

    kept_in = "ptbdb"
    reference = (
        "R. Bousseljot, D. Kreiseler, A. Schnabel: Nutzung der EKG-Signaldatenbank CARDIODAT der PTB über das Internet, "
        "Biomedizinische Technik 40(s1):317-318, 1995"
    )
    licence = "ODC-BY 1.0"
    obtain = "https://physionet.org/content/ptbdb/1.0.0/ (the folder holds patient001 to patient294)."
    files = ("patient*/*.hea",)
    download = Download(
        "https://physionet.org/files/ptbdb/1.0.0/", ("patient*/*.hea", "patient*/*.dat", "patient*/*.xyz"), "about 1.8 GB"
    )
    classes = tuple(GROUPS)
    sampling_rate = RATE_HZ
    preparation = Preparation(rate_hz=200.0, window_s=10.0, stride_s=5.0, segment_s=2.5)
    architecture = {
        "teacher": {"filters": 64, "kernel": 32, "stride": 8, "hidden": 32, "segments": 4, "second_conv": True},
        "student": {"filters": 16, "kernel": 32, "stride": 8, "hidden": 8, "segments": 4, "second_conv": True},
    }
    splits = ("0", "1", "2")
    minimum_subjects = 3

    @cached_property
    def entries(self) -> list[Entry]:
        """All records, by patient and name; their headers are read and checked."""
        self.check()
        found = []
        for path in sorted(self.folder.glob("patient*/*.hea")):
            header = read_header(path, self.folder)
            self._check_header(header, path)
            files = {s.file for s in header.signals if s.name.lower() in self._own}
            complete = all(path.with_name(file).is_file() for file in files)
            found.append(Entry(path.with_suffix(""), path.parent.name, group_of(header), header, complete))
        return found

    @property
    def used(self) -> list[Entry]:
        """The records that are read: complete, and of one of the groups."""
        return [e for e in self.entries if e.complete and e.label is not None]

    def recordings(self) -> Iterator[Recording]:
        """Yield the records of the six groups in mV.

        Other records, and those whose samples are not all there, are counted in `remarks`.

        Raises:
            MissingDataError: The files are not there.
            DataError: A record cannot be read; the message names file and line.
        """
        return self.recordings_from(0)

    def recordings_from(self, first: int) -> Iterator[Recording]:
        """Yield the records from a position on; those before are not read."""
        self.remarks[:] = self._passed_over()
        for entry in self.used[first:]:
            names = {s.name.lower(): s.name for s in entry.header.signals}
            _, signal = read_record(entry.record, self.folder, [names[c.name.lower()] for c in self.channels])
            name = f"{entry.subject}_{entry.record.name}"
            yield Recording(name, signal, RATE_HZ, self.channels, entry.subject, entry.label, facts_of(entry.header))

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Divide the subjects of each group 80/10/10 at random; the paper does so without regard to groups.

        Args:
            subjects: All subjects that have windows.
            split: One of `splits`, each another random division.

        Raises:
            SplitError: A group has one or two subjects.
            UnknownNameError: A subject that this set does not have.
        """
        self.check_split(split)
        known = {e.subject: e.label for e in reversed(self.used)}
        self.check_subjects(subjects, known)
        return divide_by_class({s: known[s] for s in subjects}, self.classes, ("ptbdb", "split", split))

    def source_digest(self) -> str:
        """Give text that changes whenever a record is added, removed or written anew."""
        self.check()
        listed = [p for p in self.folder.glob("patient*/*") if p.suffix in (".hea", ".dat", ".xyz") and p.is_file()]
        return digest_json([self.name, READER, digest_listing(listed, self.folder)])

    def count(self) -> int:
        """Give the number of recordings."""
        return len(self.used)

    def figures(self) -> dict[str, int]:
        """Give subjects and samples of all records, of other diagnoses too, as the paper counts them."""
        return {"subjects": len({e.subject for e in self.entries}), "samples": sum(e.header.samples for e in self.entries)}

    @property
    def _own(self) -> set[str]:
        return {c.name.lower() for c in self.channels}

    def _check_header(self, header: Header, path: Path) -> None:
        where = path.relative_to(self.folder).as_posix()
        names = [s.name.lower() for s in header.signals]
        missing = [c.name for c in self.channels if c.name.lower() not in names]
        if missing or len(set(names)) != len(names):
            expected = ", ".join(c.name for c in self.channels)
            raise DataError(f"{where}: signals {', '.join(header.names)}; expected {expected}")
        if set(header.units) != {"mV"} or header.sampling_rate != RATE_HZ:
            units = ", ".join(sorted(set(header.units)))
            raise DataError(f"{where}: {units} at {header.sampling_rate:g} Hz; expected mV at {RATE_HZ:g} Hz")

    def _passed_over(self) -> list[str]:
        others = [e for e in self.entries if e.label is None]
        lacking = [e for e in self.entries if e.label is not None and not e.complete]
        said = []
        if others:
            people = len({e.subject for e in others})
            said.append(f"{len(others)} records of {people} patients with another or no diagnosis were left out.")
        if lacking:
            groups = ", ".join(f"{label} {n}" for label, n in Counter(e.label for e in lacking).items())
            said.append(f"{len(lacking)} records were left out for want of a sample file, .dat or .xyz ({groups}).")
        return said

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Write records of `scale` times 290 people, three of each group at least; see `simulated_ecg`."""
        write_records(folder, scale, seed)


@DATASETS.register
class PTBDB(_PTBDB):
    """All 15 channels, as in the paper."""

    name = "ptbdb"
    title = "PTB Diagnostic ECG"
    summary = (
        "15-lead resting ECG (12 standard and 3 Frank leads) of 290 people at 1000 Hz, about 100 s each, in the six largest "
        "diagnostic groups; records without their Frank leads are left out"
    )
    channels = tuple(Channel(name, "mV", group) for group, names in LEADS.items() for name in names)
    views = {
        "lead_I": ("I",),
        "lead_II": ("II",),
        "V5": ("V5",),
        "I+II": ("I", "II"),
        "limb": LIMB,
        "chest": CHEST,
        "Frank": FRANK,
    }
    published = {"subjects": 290, "classes": 6, "channels": 15, "samples": 59_619_455}


@DATASETS.register
class PTBDB12(_PTBDB):
    """The 12 standard leads only, for copies of the set in which .xyz files are missing."""

    name = "ptbdb_12"
    title = "PTB Diagnostic ECG, 12 leads"
    summary = (
        "12-lead resting ECG of 290 people at 1000 Hz, about 100 s each, in the six largest diagnostic groups; the same files "
        "as ptbdb without the Frank leads, so that records whose .xyz file is missing are read too"
    )
    channels = tuple(Channel(name, "mV", group) for group, names in LEADS.items() if group != "Frank" for name in names)
    views = {name: members for name, members in PTBDB.views.items() if name != "Frank"}


def group_of(header: Header) -> str | None:
    """Give the diagnostic group that a header names as the reason for admission; None for another, or "n/a"."""
    said = header.comment(REASON).lower()
    for group, words in GROUPS.items():
        if any(said == word or said.startswith((f"{word} ", f"{word},")) for word in words):
            return group
    return None


def facts_of(header: Header) -> dict[str, str]:
    """Give age group and sex, as far as a header says them; of the rest of its comments nothing."""
    return facts_of_person(header.comment("age"), header.comment("sex"))
