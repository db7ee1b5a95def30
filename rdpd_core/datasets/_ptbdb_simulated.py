"""Files in the form of the PTB Diagnostic ECG Database, with the hearts of the simulated clinic; no person was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rdpd_core.datasets._wfdb import INVALID
from rdpd_core.datasets.simulated_ecg import SHARES, SimulatedECG
from rdpd_core.types import Recording

GAIN = 2000
"""Samples per mV, as in the originals."""
PEOPLE = 290
REASONS = {
    "myocardial infarction": "Myocardial infarction",
    "healthy control": "Healthy control",
    "heart failure": "Cardiomyopathy",
    "bundle branch block": "Bundle branch block",
    "dysrhythmia": "Dysrhythmia",
    "hypertrophy": "Hypertrophy",
}
IN_DAT = 12


def write_records(folder: Path, scale: float, seed: int) -> None:
    """Write the records of some people, each patient in a folder.

    Args:
        folder: Where patient001 and so on go.
        scale: Share of 290 people; three of each group are always there.
        seed: Other seeds are other clinics.
    """
    clinic = SimulatedECG(sampling_rate=1000, seed=seed)
    per_group = {label: max(3, round(scale * many)) for label, many in SHARES.items()}
    chosen = [s for label in SHARES for s in [s for s in clinic.people if clinic.label(s) == label][: per_group[label]]]
    for place, recording in enumerate(clinic.recordings_of(chosen)):
        write_record(folder / f"patient{recording.subject[1:]}" / f"s{place + 1:04d}_re", recording)


def write_record(record: Path, recording: Recording) -> None:
    """Write one record: 12 leads in .dat, the Frank leads in .xyz, the diagnosis in the comments of the header."""
    record.parent.mkdir(parents=True, exist_ok=True)
    raw = np.clip(np.round(recording.signal.T * GAIN), INVALID + 1, -INVALID - 1).astype("<i2")  # (time, 15)
    record.with_name(record.name + ".dat").write_bytes(raw[:, :IN_DAT].tobytes())
    record.with_name(record.name + ".xyz").write_bytes(raw[:, IN_DAT:].tobytes())
    lines = [f"{record.name} {len(recording.channels)} {recording.sampling_rate:g} {len(raw)}"]
    for at, channel in enumerate(recording.channels):
        ending = "dat" if at < IN_DAT else "xyz"
        check = int(raw[:, at].sum(dtype=np.int64)) + (1 << 15)
        check = check % (1 << 16) - (1 << 15)
        lines.append(f"{record.name}.{ending} 16 {GAIN} 16 0 {raw[0, at]} {check} 0 {channel.name.lower()}")
    lines += [
        "",
        "# age: n/a",
        "# sex: n/a",
        "# ECG date: n/a",
        "",
        "# Diagnose:",
        f"# Reason for admission: {REASONS[recording.label]}",
    ]
    record.with_name(record.name + ".hea").write_text("\n".join(lines) + "\n", encoding="ascii")
