"""PAMAP2: nine people with three motion units and a heart-rate belt, doing twelve everyday and sports activities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from rdpd_core.datasets._downloading import Download
from rdpd_core.datasets._pamap2_files import ACTIVITY, COLUMNS, Stretch, count_lines, read_table, stretches
from rdpd_core.datasets._pamap2_simulated import write_files
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import SplitError
from rdpd_core.files import digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 1
RATE_HZ = 100.0
UNITS = ("wrist", "chest", "ankle")
SENSORS = {"temp": "degC", "acc16": "m/s^2", "acc6": "m/s^2", "gyro": "rad/s", "mag": "uT", "orient": "1"}
AXES = {"temp": ("",), "orient": ("0", "1", "2", "3")}
ACTIVITIES = {
    1: "lying",
    2: "sitting",
    3: "standing",
    4: "walking",
    5: "running",
    6: "cycling",
    7: "Nordic walking",
    12: "ascending stairs",
    13: "descending stairs",
    16: "vacuum cleaning",
    17: "ironing",
    24: "rope jumping",
}
SUBJECTS = tuple(f"subject10{n}" for n in range(1, 10))
# Who chooses when whom is tested: the paper's pair, the pairs of its published code, and for the others 105; all four people
# named as choosers did all twelve activities. Subject 109 did one activity only and is never tested.
CHOOSERS = {"101": "105", "102": "101", "103": "105", "104": "105", "105": "101", "106": "105", "107": "105", "108": "102"}
TESTED = {"paper": "101", **{f"without_{number}": number for number in CHOOSERS if number != "101"}}

CHANNELS = (
    Channel("heart_rate", "1/min", "heart"),
    *(
        Channel(f"{unit}_{sensor}{axis}", measure, unit)
        for unit in UNITS
        for sensor, measure in SENSORS.items()
        for axis in AXES.get(sensor, ("_x", "_y", "_z"))
    ),
)


def _of(unit: str, *sensors: str) -> tuple[str, ...]:
    names = [c.name for c in CHANNELS if c.group == unit]
    return tuple(n for n in names if not sensors or n.split("_")[1] in sensors)


@DATASETS.register
class PAMAP2(Dataset):
    """52 channels; the paper's pair of test and validation subject, and with it leave-one-subject-out."""

    name = "pamap2"
    title = "PAMAP2 physical activity monitoring"
    summary = (
        "9 people doing 12 everyday and sports activities after a protocol, with a motion unit on wrist, chest and ankle at "
        "100 Hz and a heart-rate belt at 9 Hz; the orientation channels are invalid in these files, as their authors say, and "
        "are kept because the paper counts them"
    )
    reference = (
        "A. Reiss, D. Stricker: Introducing a new benchmarked dataset for activity monitoring, International Symposium on "
        "Wearable Computers, 108-109, 2012"
    )
    licence = "CC BY 4.0"
    obtain = (
        "https://archive.ics.uci.edu/dataset/231/pamap2+physical+activity+monitoring (the folder holds "
        "Protocol/subject101.dat to subject109.dat)."
    )
    files = ("Protocol/subject10?.dat",)
    download = Download(
        "https://archive.ics.uci.edu/static/public/231/pamap2+physical+activity+monitoring.zip", files, "about 0.7 GB packed"
    )
    channels = CHANNELS
    classes = tuple(ACTIVITIES.values())
    sampling_rate = RATE_HZ
    views = {
        "wrist": _of("wrist"),
        "chest": _of("chest"),
        "ankle": _of("ankle"),
        "heart_rate": ("heart_rate",),
        "wrist+heart_rate": ("heart_rate", *_of("wrist")),
        "wrist_acc": _of("wrist", "acc16"),
    }
    preparation = Preparation(rate_hz=50.0, window_s=5.12, stride_s=1.0, segment_s=1.28)
    architecture = {
        "teacher": {"filters": 64, "kernel": 8, "stride": 4, "hidden": 32, "segments": 4, "second_conv": False},
        "student": {"filters": 16, "kernel": 8, "stride": 4, "hidden": 8, "segments": 4, "second_conv": False},
    }
    splits = tuple(TESTED)
    classes_in_every_part = False
    published = {"subjects": 9, "classes": 12, "channels": 52, "samples": 2_872_533}

    @cached_property
    def paths(self) -> list[Path]:
        """The files, one per subject."""
        self.check()
        folder = self.folder / "Protocol"
        return [path for subject in SUBJECTS if (path := folder / f"{subject}.dat").is_file()]

    def recordings(self) -> Iterator[Recording]:
        """Yield every stretch of one activity, subject by subject; transient stretches between activities are passed over.

        A missing line ends a stretch. The heart rate, a value of its own clock, holds from before into a stretch. A stretch
        in which a channel has no value at all is left out, and counted in `remarks`.

        Raises:
            MissingDataError: The files are not there.
            DataError: A file has another form; the message names file, line and field.
        """
        self.remarks.clear()
        silent = 0
        for path in self.paths:
            table = read_table(path, self.folder, ACTIVITIES)
            for stretch in stretches(table):
                recording = _recording(path.stem, table, stretch)
                if np.isfinite(recording.signal).any(axis=1).all():
                    yield recording
                else:
                    silent += 1
            del table
        if silent:
            self.remarks.append(f"{silent} stretches in which a channel has no value at all were left out.")

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Give one subject to test and one to valid, the others to train.

        Args:
            subjects: All subjects that have windows.
            split: "paper" tests subject 101 and chooses by subject 105; "without_102" tests 102, and so on. Together these
                are leave-one-subject-out.

        Raises:
            SplitError: The subject to test or to choose by has no windows, or nobody is left to train on.
            UnknownNameError: A subject that this set does not have.
        """
        self.check_split(split)
        self.check_subjects(subjects, SUBJECTS)
        tested = TESTED[split]
        special = {f"subject{tested}": "test", f"subject{CHOOSERS[tested]}": "valid"}
        missing = [s for s in special if s not in subjects]
        if missing or len(set(subjects)) < 3:
            there = ", ".join(sorted(set(subjects))) or "none"
            raise SplitError(f"split {split} needs {' and '.join(special)} and one more subject; there are {there}")
        return {s: special.get(s, "train") for s in subjects}

    def source_digest(self) -> str:
        """Give text that changes whenever a file is added, removed or written anew."""
        return digest_json([self.name, READER, digest_listing(self.paths, self.folder)])

    def figures(self) -> dict[str, int]:
        """Give subjects and lines of all files, transient ones too, as the paper counts them."""
        return {"subjects": len(self.paths), "samples": sum(map(count_lines, self.paths))}

    @classmethod
    def simulate(cls, folder: Path, scale: float, seed: int) -> None:
        """Write nine files; an activity lasts `scale` of its true time, but at least 10 s."""
        write_files(folder / "Protocol", scale, seed)


def _recording(subject: str, table: np.ndarray, stretch: Stretch) -> Recording:
    first, end = stretch.first, stretch.end
    signal = np.ascontiguousarray(table[first:end, 2:COLUMNS].T)
    if np.isnan(signal[0, 0]):
        signal[0, 0] = stretch.heart_rate
    number = int(table[first, ACTIVITY])
    facts = {"activity": str(number), "begins": f"{table[first, 0]:.2f} s"}
    name = f"{subject}-{number:02d}-{stretch.order}"
    return Recording(name, signal, RATE_HZ, CHANNELS, subject, ACTIVITIES[number], facts)
