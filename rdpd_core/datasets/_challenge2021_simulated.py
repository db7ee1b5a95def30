"""Files in the form of the 2021 challenge, with the hearts of the simulated clinic; no person was measured."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from rdpd_core.datasets.simulated_ecg import SimulatedECG
from rdpd_core.types import Recording

RATE_HZ, SECONDS, LEADS, GAIN = 500, 10, 12, 1000
MAT_HEADER_BYTES = 24
TRUE_RECORDS, FEWEST = 88_000, 12
# What the simulated clinic calls a finding, to the code of the challenge; hypertrophy is among no scored diagnoses.
CODES = {
    "none": "426783006",
    "left": "164909002",
    "right": "59118001",
    "atrial fibrillation": "164889003",
    "ventricular ectopy": "427172004",
    "left ventricle": "164873001",
}
UNSCORED = "left ventricle"
SECOND = "426177001"
"""Given to every twentieth record besides, so that some have two scored diagnoses."""
FOLDERS = (("georgia", "E"), ("chapman_shaoxing", "JS"))


def write_records(folder: Path, scale: float, seed: int) -> None:
    """Write records of 10 s, in turn as if of two sources.

    Args:
        folder: Where training/georgia and training/chapman_shaoxing go.
        scale: Share of 88,000 records in equal parts of the diagnoses; at least 12 of each.
        seed: Other seeds are other clinics.
    """
    most = max(FEWEST, round(scale * TRUE_RECORDS / len(CODES)))
    clinic = SimulatedECG(sampling_rate=RATE_HZ, seed=seed, subjects=max(400, 25 * most))
    written: Counter[str] = Counter()
    for subject in clinic.people:
        if all(written[finding] >= most for finding in CODES):
            return
        finding = clinic.truth(f"{subject}_1").finding
        if finding in CODES and written[finding] < most:
            written[finding] += 1
            name, letter = FOLDERS[written.total() % len(FOLDERS)]
            recording = next(clinic.recordings_of([subject]))
            twice = finding != UNSCORED and written.total() % 20 == 0
            codes = f"{CODES[finding]},{SECOND}" if twice else CODES[finding]
            record = folder / "training" / name / "g1" / f"{letter}{written.total():05d}"
            write_record(record, recording, clinic.truth(f"{subject}_1").stretch, codes)


def write_record(record: Path, recording: Recording, stretch: tuple[float, float] | None, codes: str) -> None:
    """Write ten seconds, of where the finding shows if it does: a header, and a .mat file of samples after 24 bytes."""
    record.parent.mkdir(parents=True, exist_ok=True)
    most, length = recording.signal.shape[1], RATE_HZ * SECONDS
    first = 0 if stretch is None else min(most - length, round(stretch[0] * RATE_HZ))
    raw = np.clip(np.round(recording.signal[:LEADS, first : first + length].T * GAIN), -32767, 32767).astype("<i2")
    # The head of a MATLAB file of level 4: a matrix "val" of 16-bit integers, leads in rows, samples in columns.
    head = np.array([30, LEADS, length, 0, 4], dtype="<i4").tobytes() + b"val\0"
    record.with_name(record.name + ".mat").write_bytes(head + raw.tobytes())
    lines = [f"{record.name} {LEADS} {RATE_HZ} {length}"]
    for at, channel in enumerate(recording.channels[:LEADS]):
        check = (int(raw[:, at].sum(dtype=np.int64)) + (1 << 15)) % (1 << 16) - (1 << 15)
        lines.append(f"{record.name}.mat 16x1+{MAT_HEADER_BYTES} {GAIN}.0(0)/mV 16 0 {raw[0, at]} {check} 0 {channel.name}")
    lines += ["# Age: NaN", "# Sex: Unknown", f"# Dx: {codes}", "# Rx: Unknown", "# Hx: Unknown", "# Sx: Unknown"]
    record.with_name(record.name + ".hea").write_text("\n".join(lines) + "\n", encoding="ascii")
