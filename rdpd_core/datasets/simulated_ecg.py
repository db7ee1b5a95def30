"""A simulated clinic of 290 people with 15-lead ECG, shaped like the PTB Diagnostic ECG Database. No person was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rdpd_core.datasets._dividing import divide_by_class
from rdpd_core.datasets._ecg_leads import CHEST, FRANK, LIMB
from rdpd_core.datasets._ecg_person import Person, person
from rdpd_core.datasets._ecg_recording import Take, Truth
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.files import digest_json
from rdpd_core.runtime import numpy_generator
from rdpd_core.types import Channel, Preparation, Recording

# Subjects per class among 290. In PTBDB they are 148, 52, 18, 15, 14 and 7 of 268 with a diagnosis; the four small
# groups are raised so that a tenth of each is at least two people.
SHARES = {
    "myocardial infarction": 139,
    "healthy control": 58,
    "heart failure": 26,
    "bundle branch block": 24,
    "dysrhythmia": 22,
    "hypertrophy": 21,
}
TAKES = {1: 91, 2: 139, 3: 60}
"""Of 290 subjects, how many have one, two and three recordings: 549 in all, as in PTBDB."""

DURATION_S = 32.0
VERSION = 2
"""Raised whenever other signals come out of the same settings; a test holds it against their digest."""

_GROUPS = {"limb": LIMB, "chest": CHEST, "Frank": FRANK}


@DATASETS.register
class SimulatedECG(Dataset):
    """Hearts as moving dipoles seen by twelve leads and three Frank leads, in six diagnostic groups.

    Attributes:
        sampling_rate: Of this instance, in Hz.
        seed: Other seeds are other clinics.
        subjects: How many people; the first ones are the same for any number.
    """

    name = "simulated_ecg"
    title = "Simulated ECG"
    summary = (
        "Simulated, no person was measured: 15-lead ECG of 290 imagined people in six diagnostic groups, 549 recordings of "
        "32 s, shaped like the PTB Diagnostic ECG Database"
    )
    reference = (
        "Our own simulation, after P. E. McSharry et al., IEEE Trans. Biomed. Eng. 50:289, 2003, and R. Sameni et al., EURASIP "
        "J. Adv. Signal Process. 2007:043407, with the lead vectors of G. E. Dower et al., Clin. Cardiol. 3:87, 1980"
    )
    licence = "none needed: made by this program"
    obtain = "It is made on first use."
    files = ()
    channels = tuple(Channel(name, "mV", group) for group, names in _GROUPS.items() for name in names)
    classes = tuple(SHARES)
    sampling_rate = 200.0
    views = {
        "lead_I": ("I",),
        "lead_II": ("II",),
        "V5": ("V5",),
        "I+II": ("I", "II"),
        "limb": LIMB,
        "chest": CHEST,
        "Frank": FRANK,
    }
    preparation = Preparation(rate_hz=200.0, window_s=10.0, stride_s=5.0, segment_s=2.5)
    architecture = {
        "teacher": {"filters": 64, "kernel": 32, "stride": 8, "hidden": 32, "segments": 4, "second_conv": True},
        "student": {"filters": 16, "kernel": 32, "stride": 8, "hidden": 8, "segments": 4, "second_conv": True},
    }
    splits = ("0", "1", "2")
    simulated = True

    def __init__(
        self, root: str | Path | None = None, *, sampling_rate: float = 200.0, seed: int = 0, subjects: int = 290
    ) -> None:
        """Settle what will be simulated; nothing is computed yet.

        Args:
            root: Not read; kept so that all data sets are made alike.
            sampling_rate: In whole Hz, 100 to 1000; the same hearts are sampled more or less finely.
            seed: Other seeds are other clinics.
            subjects: How many people; the first ones are the same for any number.

        Raises:
            ParameterError: A setting is outside its range.
        """
        super().__init__(root)
        if not (100 <= sampling_rate <= 1000 and float(sampling_rate).is_integer()):
            raise ParameterError(f"sampling_rate={sampling_rate!r} Hz is not a whole number from 100 to 1000 Hz")
        if not (isinstance(subjects, int) and 1 <= subjects <= 100_000):
            raise ParameterError(f"subjects={subjects!r} is not a whole number from 1 to 100000")
        self.sampling_rate = float(sampling_rate)
        self.seed = seed
        self.subjects = subjects
        self._people = {f"s{i + 1:03d}": pair for i, pair in enumerate(_clinic(subjects))}

    def recordings(self) -> Iterator[Recording]:
        """Yield the recordings, subject by subject; float32 (15, time) in mV.

        `facts` say that the recording is simulated, its heart rate, and where and when the disease shows.
        """
        return self.recordings_of(self.people)

    def recordings_of(self, subjects: Sequence[str]) -> Iterator[Recording]:
        """Yield the recordings of some subjects."""
        for subject in subjects:
            label, takes = self._people[subject]
            who = self._person(subject)
            for number in range(takes):
                take = self._take(subject, number, who)
                yield Recording(
                    name=f"{subject}_{number + 1}",
                    signal=take.measured(self.sampling_rate),
                    sampling_rate=self.sampling_rate,
                    channels=self.channels,
                    subject=subject,
                    label=label,
                    facts=_facts(take.truth(label)),
                )

    @property
    def people(self) -> list[str]:
        """All subjects, in order."""
        return list(self._people)

    def label(self, subject: str) -> str:
        """Give the class of a subject.

        Raises:
            UnknownNameError: No such subject.
        """
        if subject not in self._people:
            raise UnknownNameError(f"subject of {self.name}", subject, self._people)
        return self._people[subject][0]

    def measured(self, recording: str) -> np.ndarray:
        """Give the signal of one recording; (15, time), float32, mV.

        Raises:
            UnknownNameError: No recording of that name.
        """
        return self._take(*self._parse(recording)).measured(self.sampling_rate)

    def clean(self, recording: str, diseased: bool = True) -> np.ndarray:
        """Give a recording without its noise; (15, time), float32, mV.

        Args:
            recording: Name, such as "s001_1".
            diseased: False gives what the same heart would have shown had it stayed well; the two agree up to the onset.

        Raises:
            UnknownNameError: No recording of that name.
        """
        return self._take(*self._parse(recording)).clean(self.sampling_rate, diseased)

    def truth(self, recording: str) -> Truth:
        """Give what is known of a recording because it was made so: finding, stretch of the disease, beats.

        Raises:
            UnknownNameError: No recording of that name.
        """
        subject, number = self._parse(recording)
        return self._take(subject, number).truth(self._people[subject][0])

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Divide the subjects of each class 80/10/10 at random, tenths rounded up; every class is in every part.

        Args:
            subjects: All subjects that have windows.
            split: One of `splits`, each another random division.

        Raises:
            SplitError: A class has fewer than three subjects.
        """
        self.check_split(split)
        class_of = {s: self.label(s) for s in set(subjects)}
        return divide_by_class(class_of, self.classes, (self.name, "split", self.seed, split))

    def source_digest(self) -> str:
        """Give text that depends on the version of the simulation and on its settings."""
        return digest_json([self.name, VERSION, self.sampling_rate, self.seed, self.subjects])

    def count(self) -> int:
        """Give the number of recordings."""
        return sum(takes for _, takes in self._people.values())

    def _person(self, subject: str) -> Person:
        return person(numpy_generator(self.name, self.seed, subject, "person"), self.label(subject))

    def _take(self, subject: str, number: int, who: Person | None = None) -> Take:
        return Take(who or self._person(subject), (self.name, self.seed, subject, number), DURATION_S)

    def _parse(self, recording: str) -> tuple[str, int]:
        subject, _, number = recording.partition("_")
        names = [str(n + 1) for n in range(self._people.get(subject, ("", 0))[1])]
        if number not in names:
            known = [f"{s}_{n + 1}" for s, (_, takes) in self._people.items() for n in range(takes)]
            raise UnknownNameError(f"recording of {self.name}", recording, known)
        return subject, int(number) - 1


def _clinic(subjects: int) -> list[tuple[str, int]]:
    """Give class and number of recordings of every subject; each class has the same mix of numbers."""
    takes = {label: iter(_sequence(TAKES, subjects, start=0.5)) for label in SHARES}
    return [(label, next(takes[label])) for label in _sequence(SHARES, subjects)]


def _sequence(shares: dict, length: int, start: float = 0.0) -> list:
    """Give `length` items in which every first part has the shares as nearly as whole numbers allow."""
    total, counts, out = sum(shares.values()), dict.fromkeys(shares, 0), []
    for place in range(length):
        due = {item: share / total * (place + 1 + start) - counts[item] for item, share in shares.items()}
        item = max(due, key=due.__getitem__)
        counts[item] += 1
        out.append(item)
    return out


def _facts(truth: Truth) -> dict[str, str]:
    facts = {"simulated": "yes", "heart rate": f"{truth.rate:.0f} /min", "finding": truth.finding}
    if truth.stretch is not None:
        facts["shown"] = f"{truth.stretch[0]:.1f} to {truth.stretch[1]:.1f} s"
    return facts
