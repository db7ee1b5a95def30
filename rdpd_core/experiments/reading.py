"""How reading at full size compares with the leanest plain way: `python -m rdpd_core.experiments.reading`.

Simulated files of true size, or of a stated share of it, are read by a plain way and by the reader, in turn, each time in a
process of its own. Times are those of the processor, so that other work on the machine does not count, and mean nothing beyond
their ratio; memory is how much a process grew while it read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import mmap
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rdpd_core.datasets import DATASETS
from rdpd_core.datasets._mimic3_simulated import write_tables
from rdpd_core.datasets._pamap2_simulated import write_files
from rdpd_core.datasets._ptbdb_simulated import write_record
from rdpd_core.datasets.simulated_ecg import SHARES, SimulatedECG
from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.experiments._forecast_room import used_mb
from rdpd_core.experiments.bench import SHAPES, random_windows, said, timed, trainer_of
from rdpd_core.preprocessing import Statistics, windows_of
from rdpd_core.terminal import print_json, print_rows
from rdpd_core.training import Resident

MEGABYTE = 1e6
TRUE_EVENTS = 330_712_483
TRUE_RECORDS, RECORD_SAMPLES = 549, 115_200
REOPENED = 20
STREAMED = 10_000
"""Windows of 52 channels, half a gigabyte."""


def _peak_mb() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def loadtxt(root: Path) -> dict[str, float]:
    """Read a PAMAP2 file with numpy.loadtxt as float32."""
    table = np.loadtxt(root / "pamap2" / "Protocol" / "subject101.dat", dtype=np.float32)
    return {"lines": len(table)}


def pamap2(root: Path) -> dict[str, float]:
    """Read the same file with the reader, checks and cutting into recordings included."""
    dataset = DATASETS.get("pamap2")(root)
    return {"samples": sum(r.signal.shape[1] for r in dataset.recordings())}


def chunks(root: Path) -> dict[str, float]:
    """Read a packed CHARTEVENTS with pandas in pieces of a million lines, only the columns that are needed, and do nothing."""
    import pandas as pd

    from rdpd_core.datasets._mimic3_vitals import TYPES

    path = root / "mimic3" / "CHARTEVENTS.csv.gz"
    pieces = pd.read_csv(path, usecols=list(TYPES), dtype=TYPES, chunksize=1_000_000)
    return {"lines": sum(len(piece) for piece in pieces)}


def mimic3(root: Path) -> dict[str, float]:
    """Read the same table with the reader: hourly vital signs of every stay, units and limits and all lines checked."""
    dataset = DATASETS.get("mimic3")(root)
    return {"stays": sum(1 for _ in dataset.recordings())}


def ptbdb(root: Path) -> dict[str, float]:
    """Convert records to a memory-mapped file at 200 Hz."""
    return {"windows": len(windows_of(DATASETS.get("ptbdb")(root), root / "cache").windows)}


WAYS: dict[str, Callable[[Path], dict[str, float]]] = {
    "loadtxt": loadtxt, "pamap2": pamap2, "chunks": chunks, "mimic3": mimic3, "ptbdb": ptbdb,
}  # fmt: skip


def in_a_process(way: str, root: Path) -> dict[str, float]:
    """Run one way in a process of its own; give seconds, megabytes by which it grew, and what it counted.

    Raises:
        DataError: It failed; the message is its own.
    """
    command = [sys.executable, "-m", "rdpd_core.experiments.reading", "--way", way, "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"{way} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
    return json.loads(done.stdout)


def _one_way(way: str, root: Path) -> None:
    import pandas  # noqa: F401  (what is loaded before counts for nobody)

    before, begin = used_mb(torch.device("cpu")) or _peak_mb(), time.process_time()
    found = WAYS[way](root)
    took = time.process_time() - begin
    print(json.dumps({"seconds": took, "mb": _peak_mb() - before, **found}))


def _compared(plain: str, ours: str, root: Path, repeats: int) -> dict[str, Any]:
    """Run two ways in turn and give the medians, and their ratios."""
    runs = [(in_a_process(plain, root), in_a_process(ours, root)) for _ in range(repeats)]
    seconds = [statistics.median(r[at]["seconds"] for r in runs) for at in (0, 1)]
    grown = [statistics.median(r[at]["mb"] for r in runs) for at in (0, 1)]
    return {
        "plain": plain,
        "time, times the plain way": round(seconds[1] / seconds[0], 2),
        "memory (MB), plain": round(grown[0]),
        "memory (MB), ours": round(grown[1]),
        "seconds, ours": round(seconds[1], 1),
        "n": repeats,
    }


def measure_pamap2(root: Path, share: float, repeats: int) -> dict[str, Any]:
    """Compare reading a file of true size with numpy.loadtxt, and opening it again from the cache with reading it."""
    write_files(root / "pamap2" / "Protocol", share, 0, subjects=(1,))
    lines = DATASETS.get("pamap2")(root).figures()["samples"]
    row = _compared("loadtxt", "pamap2", root, repeats)
    windows_of(DATASETS.get("pamap2")(root), root / "cache")
    begin = time.process_time()
    for _ in range(REOPENED):
        windows_of(DATASETS.get("pamap2")(root), root / "cache")
    again = (time.process_time() - begin) / REOPENED
    faster = round(row["seconds, ours"] / again)
    return {"what": f"one subject of PAMAP2, {lines:,} lines of 54", **row, "reopened, times faster": faster}


def measure_mimic3(root: Path, share: float, repeats: int) -> dict[str, Any]:
    """Compare reading a packed CHARTEVENTS of a share of its true length with reading it by pandas in pieces."""
    write_tables(root / "mimic3", 0.05, 0)
    path = root / "mimic3" / "CHARTEVENTS.csv.gz"
    header, _, rows = gzip.decompress(path.read_bytes()).partition(b"\n")
    many, wanted = rows.count(b"\n"), round(share * TRUE_EVENTS)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header + b"\n")
        for _ in range(max(1, wanted // many)):
            file.write(rows)
    lines = max(1, wanted // many) * many
    row = _compared("chunks", "mimic3", root, repeats)
    whole = row["seconds, ours"] * TRUE_EVENTS / lines / 60
    about = f"CHARTEVENTS, {lines:,} lines, {lines / TRUE_EVENTS:.2%} of its true length"
    return {"what": about, **row, "minutes for all, extrapolated": round(whole, 1)}


def measure_ptbdb(root: Path, share: float, repeats: int) -> dict[str, Any]:
    """Convert records of true length, and tell how much memory that takes."""
    clinic = SimulatedECG(sampling_rate=1000)
    patients = [s for label in SHARES for s in [p for p in clinic.people if clinic.label(p) == label][:3]]
    made = [next(clinic.recordings_of([patient])) for patient in patients]
    many = max(len(made), round(share * TRUE_RECORDS))
    for number in range(many):
        one = made[number % len(made)]
        long = np.resize(np.arange(one.signal.shape[1]), RECORD_SAMPLES)
        record = type(one)(one.name, one.signal[:, long], 1000.0, one.channels, one.subject, one.label)
        write_record(root / "ptbdb" / f"patient{one.subject[1:]}" / f"s{number:04d}_re", record)
    runs = []
    for _ in range(repeats):
        shutil.rmtree(root / "cache", ignore_errors=True)
        runs.append(in_a_process("ptbdb", root))
    grown, seconds = (statistics.median(r[key] for r in runs) for key in ("mb", "seconds"))
    about = f"PTBDB, {many} of {TRUE_RECORDS} records of {RECORD_SAMPLES:,} samples, converted"
    return {"what": about, "memory (MB), ours": round(grown), "seconds, ours": round(seconds, 1), "n": repeats}


def measure_stream(root: Path, share: float, repeats: int) -> dict[str, Any]:
    """Compare training with windows read from the disk, which keeps none of them from epoch to epoch, with those in memory."""
    shape = replace(SHAPES["pamap2"], channels=52, windows=round(share * STREAMED))
    windows = random_windows(shape)
    root.mkdir(parents=True, exist_ok=True)
    np.save(root / "signal.npy", np.ascontiguousarray(windows.signal.T))
    mapped = np.load(root / "signal.npy", mmap_mode="r", allow_pickle=False)
    device, scale = torch.device("cpu"), Statistics(np.zeros(shape.channels), np.ones(shape.channels), "made")
    held, knowledge = Resident(windows, scale, device), said(shape, device)
    read = Resident(replace(windows, signal=mapped.T), scale, device, free=0.0)
    row: dict[str, Any] = {"what": f"{shape.windows:,} windows of {shape.channels} channels, {mapped.nbytes / MEGABYTE:.0f} MB"}
    for members in (1, 15):
        trainers = [trainer_of(shape, members, "before_pooling", data, knowledge) for data in (held, read)]
        for trainer in trainers:
            trainer._train_pass(1)
        took: list[list[float]] = [[], []]
        for repeat in range(repeats):
            for trainer, found in zip(trainers, took, strict=True):
                _forget(mapped, root / "signal.npy")
                found.append(timed(lambda: trainer._train_pass(repeat + 2), device))  # noqa: B023
        row[f"{members} students, times the time"] = round(statistics.median(took[1]) / statistics.median(took[0]), 2)
    return {**row, "n": repeats}


def _forget(mapped: np.ndarray, path: Path) -> None:
    """Let the system forget what it kept of a mapped file, as it does by itself with one that is larger than its memory."""
    mapped._mmap.madvise(mmap.MADV_DONTNEED)
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


MEASURED = {"pamap2": measure_pamap2, "mimic3": measure_mimic3, "ptbdb": measure_ptbdb, "stream": measure_stream}


def main() -> int:
    """Measure what is asked for and print a table; exit code 1 if something failed."""
    parser = argparse.ArgumentParser(prog="python -m rdpd_core.experiments.reading", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MEASURED)}; all if none is named")
    parser.add_argument("--share", type=float, default=1.0, help="of the true size")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way; medians count")
    parser.add_argument("--work", type=Path, help="folder for the files that are made; they are removed at the end")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--way", choices=tuple(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        _one_way(given.way, given.root)
        return 0
    try:
        rows = []
        for name in given.names or MEASURED:
            if name not in MEASURED:
                raise UnknownNameError("measurement", name, MEASURED)
            with tempfile.TemporaryDirectory(dir=given.work) as folder:
                rows.append(MEASURED[name](Path(folder), given.share, given.repeats))
    except (DataError, UnknownNameError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    if given.json:
        print_json(rows)
    else:
        print_rows(rows, False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
