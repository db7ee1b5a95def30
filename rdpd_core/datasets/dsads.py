"""Daily and Sports Activities: 45 motion channels of eight people doing nineteen things."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from rdpd_core.datasets._downloading import Download
from rdpd_core.datasets.base import DATASETS, Dataset
from rdpd_core.errors import DataError, SplitError
from rdpd_core.files import digest_json, digest_listing
from rdpd_core.types import Channel, Preparation, Recording

READER = 1
ROWS, COLUMNS = 125, 45
UNITS = {"T": "torso", "RA": "right_arm", "LA": "left_arm", "RL": "right_leg", "LL": "left_leg"}
SENSORS = {"acc": "m/s^2", "gyro": "rad/s", "mag": "a.u."}
SUBJECTS = tuple(f"p{n}" for n in range(1, 9))
ACTIVITIES = (
    "sitting",
    "standing",
    "lying on back",
    "lying on right side",
    "climbing stairs",
    "descending stairs",
    "standing in a lift",
    "moving in a lift",
    "walking in a car park",
    "treadmill 4 km/h flat",
    "treadmill 4 km/h inclined",
    "treadmill running 8 km/h",
    "stepper",
    "cross trainer",
    "exercise bike horizontal",
    "exercise bike vertical",
    "rowing",
    "jumping",
    "basketball",
)

CHANNELS = tuple(
    Channel(f"{short}_{axis}{sensor}", unit, group)
    for short, group in UNITS.items()
    for sensor, unit in SENSORS.items()
    for axis in "xyz"
)


def _named(*prefixes: str, sensor: str = "") -> tuple[str, ...]:
    return tuple(c.name for c in CHANNELS if c.name.split("_")[0] in prefixes and c.name.endswith(sensor))


@DATASETS.register
class DSADS(Dataset):
    """Five body-worn motion units; leave-one-subject-out splits."""

    name = "dsads"
    title = "Daily and Sports Activities"
    summary = (
        "8 people doing 19 everyday and sports activities for 5 minutes each, with accelerometer, gyroscope and magnetometer "
        "on torso, arms and legs; the magnetometers are in arbitrary units, as the files do not state theirs"
    )
    reference = (
        "K. Altun, B. Barshan, O. Tunçel: Comparative study on classifying human activities with miniature inertial and "
        "magnetic sensors, Pattern Recognition 43(10):3605-3620, 2010"
    )
    licence = "CC BY 4.0"
    obtain = "https://archive.ics.uci.edu/dataset/256/daily+and+sports+activities (the folder holds data/a01 to data/a19)."
    files = ("data/a*/p*/s*.txt",)
    download = Download(
        "https://archive.ics.uci.edu/static/public/256/daily+and+sports+activities.zip", files, "about 0.2 GB packed"
    )
    channels = CHANNELS
    classes = ACTIVITIES
    sampling_rate = 25.0
    views = {
        "right_arm": _named("RA"),
        "left_arm": _named("LA"),
        "torso": _named("T"),
        "right_leg": _named("RL"),
        "left_leg": _named("LL"),
        "arms": _named("RA", "LA"),
        "legs": _named("RL", "LL"),
        "right_arm_acc": _named("RA", sensor="acc"),
    }
    preparation = Preparation(rate_hz=25.0, window_s=5.0, stride_s=5.0, segment_s=1.0)
    architecture = {
        "teacher": {"filters": 64, "kernel": 8, "stride": 2, "hidden": 32, "segments": 5, "second_conv": False},
        "student": {"filters": 16, "kernel": 8, "stride": 2, "hidden": 8, "segments": 5, "second_conv": False},
    }
    splits = ("p8", *SUBJECTS[:-1])

    @cached_property
    def streams(self) -> list[list[Path]]:
        """Runs of consecutive segment files, by activity, subject and time; a missing file ends a run."""
        runs: list[list[Path]] = []
        for activity in range(1, len(ACTIVITIES) + 1):
            for subject in SUBJECTS:
                folder = self.folder / "data" / f"a{activity:02d}" / subject
                segments = sorted(p for p in folder.glob("s[0-9][0-9].txt") if p.is_file())
                for at, path in enumerate(segments):
                    if at == 0 or _number(path) != _number(segments[at - 1]) + 1:
                        runs.append([])
                    runs[-1].append(path)
        return runs

    def recordings(self) -> Iterator[Recording]:
        """Yield one recording for each activity and subject: its segments joined to a stream of up to 5 minutes.

        Raises:
            MissingDataError: The files are not there.
            DataError: A file is not 125 lines of 45 numbers; the message names file and line.
        """
        self.check()
        for run in self.streams:
            subject, activity = run[0].parent.name, run[0].parent.parent.name
            begins = "" if _number(run[0]) == 1 else run[0].stem
            label = ACTIVITIES[int(activity[1:]) - 1]
            yield Recording(f"{activity}{subject}{begins}", read_segments(run), self.sampling_rate, CHANNELS, subject, label)

    def assign(self, subjects: Sequence[str], split: str) -> dict[str, str]:
        """Give the subject that a split is named after to test, the next one to valid, the others to train.

        Args:
            subjects: All subjects that have windows.
            split: The test subject, "p1" to "p8"; after p8 comes p1.

        Raises:
            SplitError: The test subject has no recordings, or fewer than three subjects have.
        """
        self.check_split(split)
        self.check_subjects(subjects, SUBJECTS)
        present = [s for s in SUBJECTS if s in set(subjects)]
        if split not in present or len(present) < 3:
            raise SplitError(f"split {split} needs {split} and two more subjects; there are {', '.join(present) or 'none'}")
        at = present.index(split)
        special = {present[at]: "test", present[(at + 1) % len(present)]: "valid"}
        return {s: special.get(s, "train") for s in present}

    def source_digest(self) -> str:
        """Give text that changes whenever a segment file is added, removed or written anew."""
        self.check()
        return digest_json([self.name, READER, digest_listing((p for run in self.streams for p in run), self.folder)])

    def count(self) -> int:
        """Give the number of recordings."""
        return len(self.streams)


def read_segments(paths: Sequence[Path]) -> np.ndarray:
    """Read consecutive segment files as one signal.

    Args:
        paths: Text files of 125 lines with 45 numbers separated by commas.

    Returns:
        (45, 125 * files), float32.

    Raises:
        DataError: A file has another form; the message names file and line.
    """
    import pandas as pd

    contents = [path.read_bytes().rstrip() + b"\n" for path in paths]
    for path, content in zip(paths, contents, strict=True):
        if content.count(b"\n") != ROWS or content.count(b",") != ROWS * (COLUMNS - 1):
            raise _fault(path, content)
    try:
        table = pd.read_csv(io.BytesIO(b"".join(contents)), header=None, dtype=np.float32, na_filter=False).to_numpy()
    except (ValueError, OverflowError):
        table = np.empty((0, 0), dtype=np.float32)
    if table.shape != (ROWS * len(paths), COLUMNS) or not np.isfinite(table).all():
        sound = [_is_sound(content) for content in contents]
        at = sound.index(False) if False in sound else 0
        raise _fault(paths[at], contents[at])
    return np.ascontiguousarray(table.T)


def _is_sound(content: bytes) -> bool:
    return all(line.count(b",") == COLUMNS - 1 and all(map(_is_number, line.split(b","))) for line in content.splitlines())


def _fault(path: Path, content: bytes) -> DataError:
    """Say which line of a file is not 45 finite numbers, found the slow way."""
    where = "/".join(path.parts[-3:])
    lines = content.splitlines()
    for number, line in enumerate(lines, start=1):
        cells = line.split(b",")
        if len(cells) != COLUMNS:
            return DataError(f"{where}, line {number}: {len(cells)} values, expected {COLUMNS}; get the file again")
        if not all(_is_number(cell) for cell in cells):
            return DataError(f"{where}, line {number}: a value is not a finite number; get the file again")
    return DataError(f"{where}: {len(lines)} lines, expected {ROWS}; get the file again")


def _is_number(cell: bytes) -> bool:
    try:
        return b"_" not in cell and bool(np.isfinite(np.float32(cell)))
    except ValueError:
        return False


def _number(path: Path) -> int:
    return int(path.stem[1:])
