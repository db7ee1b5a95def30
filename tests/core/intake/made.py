"""Files of every kind that is read, made by hand, for tests."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import numpy as np

RATE_HZ = 50.0


def signals(rows: int = 1000, channels: int = 3) -> np.ndarray:
    """Give (channels, rows) waves, each of its own tempo."""
    time = np.arange(rows) / RATE_HZ
    return np.stack([np.sin(2 * np.pi * (n + 1) * time) + n for n in range(channels)])


def csv(rows: int = 1000, sign: str = ",", decimal: str = ".", head: str = "timestamp_ms,acc_x,acc_y,acc_z") -> bytes:
    """Give a table with a column of time in ms and three channels."""
    values, lines = signals(rows), [head.replace(",", sign)]
    for at in range(rows):
        cells = [f"{at * 1000 / RATE_HZ:.0f}", *(f"{v:.4f}" for v in values[:, at])]
        lines.append(sign.join(cell.replace(".", decimal) for cell in cells))
    return ("\n".join(lines) + "\n").encode()


def npy(array: np.ndarray) -> bytes:
    """Give what `numpy.save` writes."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    """Give what `numpy.savez_compressed` writes."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def edf(
    seconds: int = 20, names: tuple[str, ...] = ("EEG Fp1", "Resp"), rates: tuple[int, ...] = (100, 50), **changes: str
) -> bytes:
    """Give an EDF file of a patient with a name; `changes` overwrite fields of the head."""
    count = len(names)
    told = {
        "version": "0", "patient": "X F 01-JAN-1950 Jane_Doe", "recording": "Startdate 02-MAR-2020 Ward_7", "date": "02.03.20",
        "time": "09.49.17", "length": str(256 * (count + 1)), "reserved": "", "records": str(seconds), "seconds": "1",
        "signals": str(count), **changes,
    }  # fmt: skip
    widths = (8, 80, 80, 8, 8, 8, 44, 8, 8, 4)
    head = "".join(text.ljust(width)[:width] for text, width in zip(told.values(), widths, strict=True))
    fields = [
        (names, 16), (["AgAgCl"] * count, 80), (["uV"] * count, 8), (["-100"] * count, 8), (["100"] * count, 8),
        (["-2048"] * count, 8), (["2047"] * count, 8), ([""] * count, 80), ([str(r) for r in rates], 8), ([""] * count, 32),
    ]  # fmt: skip
    head += "".join(text.ljust(width) for texts, width in fields for text in texts)
    body = b""
    for second in range(seconds):
        for rate in rates:
            body += (1000 * np.sin(np.arange(rate) / rate * 6.28 + second)).astype("<i2").tobytes()
    return head.encode("latin-1") + body


def wfdb(first: str = "rec 2 100 1000", lines: tuple[str, ...] = (), samples: int = 1000, form: str = "16") -> dict[str, bytes]:
    """Give a WFDB record: its header and its file of samples; `first` and `lines` replace parts of the header."""
    lines = lines or (f"rec.dat {form} 200 16 0 0 0 0 I", f"rec.dat {form} 200 16 0 0 0 0 II")
    head = "\n".join([first, *lines, "# Age: 57", "# Sex: F"]) + "\n"
    data = (500 * np.sin(np.arange(2 * samples) / 20)).astype("<i2").tobytes()
    return {"rec.hea": head.encode(), "rec.dat": data}


def uea(recordings: int = 6) -> bytes:
    """Give a .ts file of two channels and two classes."""
    lines = ["@problemName made", "@timeStamps false", "@univariate false", "@classLabel true rest walk", "@data"]
    for n in range(recordings):
        parts = [",".join(f"{v:.3f}" for v in row) for row in signals(40, 2) + n]
        lines.append(":".join([*parts, "walk" if n % 2 else "rest"]))
    return "\n".join(lines).encode()


def parquet(**columns: object) -> bytes:
    """Give a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def archive(**members: bytes) -> bytes:
    """Give a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return stream.getvalue()


def gzipped(data: bytes) -> bytes:
    """Give data compressed by gzip."""
    return gzip.compress(data, 6, mtime=0)


def npy_claiming(shape: tuple[int, ...], kind: str = "<f8", data: bytes = b"") -> bytes:
    """Give an .npy file whose head claims a shape."""
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-(10 + len(head) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data


SEEDS = {
    "a.csv": csv(60), "b.csv": csv(60, ";", ","), "c.txt": csv(60, " "), "d.csv.gz": gzipped(csv(60)),
    "e.npy": npy(signals(60)), "f.npz": npz(X=signals(60), t=np.arange(60.0)), "g.edf": edf(3), "h.ts": uea(3),
    "i.parquet": parquet(t=np.arange(60.0), x=np.sin(np.arange(60.0)), who=["a"] * 60), "j.hea": wfdb()["rec.hea"],
    "k.zip": archive(**{"one.csv": csv(40), "two.csv": csv(40)}),
}  # fmt: skip
"""A whole file of every kind."""
