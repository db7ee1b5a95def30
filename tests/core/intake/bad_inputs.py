"""Inputs that fight back, made by code: each a row of the table in the README, with what must be said about it."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.core.intake import made

OWN = ("--label", "label", "--subject", "who")


class Bad(NamedTuple):
    """One input.

    Attributes:
        row: Its number in the table.
        what: In words.
        make: Gives files by name, or writes them below a folder and gives what to name on the command line.
        says: What must be said, as a pattern.
        more: Options of the command.
        kept: Whether it is taken, with that said, instead of refused.
        upload: Whether a browser could send it, so that the app must say the same.
        act: Of the command `data`.
    """

    row: int
    what: str
    make: Callable[[Path], dict[str, bytes] | list[str]]
    says: str
    more: tuple[str, ...] = ()
    kept: bool = False
    upload: bool = True
    act: str = "add"


def own_csv(
    change: Callable[[list[list[str]]], None] = lambda rows: None, head: tuple[str, ...] = ("t", "who", "label", "x")
) -> bytes:
    """Give a table of three people in two classes, one row in 20 ms, after a change of its rows."""
    rows = [
        [f"{(p * 400 + n) * 20}", str(p), "walk" if n >= 200 else "rest", f"{np.sin(n / 5 + p):.4f}"]
        for p in range(3)
        for n in range(400)
    ]
    change(rows)
    return "\n".join(",".join(row) for row in [list(head), *rows]).encode()


def cell(row: int, column: int, text: str) -> Callable[[list[list[str]]], None]:
    """Give a change of one cell."""

    def change(rows: list[list[str]]) -> None:
        rows[row][column] = text

    return change


def column(at: int, value: Callable[[list[str]], str]) -> Callable[[list[list[str]]], None]:
    """Give a change of a whole column."""

    def change(rows: list[list[str]]) -> None:
        for row in rows:
            row[at] = value(row)

    return change


def one(name: str, data: Callable[[], bytes]) -> Callable[[Path], dict[str, bytes]]:
    """Give a maker of one file."""
    return lambda folder: {name: data()}


def record(first: str = "rec 2 100 1000", *lines: str, **more: bytes) -> Callable[[Path], dict[str, bytes]]:
    """Give a maker of a WFDB record."""
    return lambda folder: made.wfdb(first, lines) | {name.replace("_", "."): data for name, data in more.items()}


def npz_bomb() -> bytes:
    """Give 300 kB that unpack to 300 MB."""
    stream, block = io.BytesIO(), bytes(1 << 20)
    head = made.npy_claiming((300 << 17,))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as member:
        member.write(head)
        for _ in range(300):
            member.write(block)
    return stream.getvalue()


def gz_bomb() -> bytes:
    """Give a few hundred kB that unpack to 300 MB of text."""
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=9, mtime=0) as file:
        for _ in range(300):
            file.write(b"1,1\n" * (1 << 18))
    return stream.getvalue()


def zip_with(name: str, data: bytes = b"t,x\n1,2\n", mode: int = 0) -> bytes:
    """Give an archive of one member of any name and mode."""
    stream, entry = io.BytesIO(), zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(entry, data)
    return stream.getvalue()


def tar_up() -> bytes:
    """Give a tar archive with a member that leads upward."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo("../up.csv")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"a,b\n"))
    return stream.getvalue()


def linked(folder: Path) -> list[str]:
    """Write a folder with a link that leads out of it."""
    (folder / "outside.csv").write_bytes(own_csv())
    (folder / "set").mkdir()
    (folder / "set" / "in.csv").symlink_to(folder / "outside.csv")
    return [str(folder / "set")]


SIGNAL = "rec.dat 16 200 16 0 0 0 0 {}"
TWO = (SIGNAL.format("I"), SIGNAL.format("II"))
ROWS = (
    Bad(13, "npz bomb, 300 kB to 300 MB", one("a.npz", npz_bomb), r"a\.npz: its \d+ bytes would unpack to"),
    Bad(14, "csv.gz bomb to 300 MB", one("a.csv.gz", gz_bomb), r"a\.csv\.gz: its \d+ bytes unpack to more than"),
    Bad(
        15, "npy claims 8 TB", one("a.npy", lambda: made.npy_claiming((10**12,))), "the array says it has 1000000000000 values"
    ),
    Bad(
        16,
        "npy of objects",
        one("a.npy", lambda: made.npy(np.array([{}, []], dtype=object))),
        "holds objects, which can run code",
    ),
    Bad(17, "zip member ../up.csv", one("a.zip", lambda: zip_with("../up.csv")), "member 1 of the archive leads out of it"),
    Bad(17, "zip member /up.csv", one("a.zip", lambda: zip_with("/up.csv")), "member 1 of the archive leads out of it"),
    Bad(17, "zip member is a link", one("a.zip", lambda: zip_with("up", b"/etc/passwd", stat.S_IFLNK | 0o777)), "or is a link"),
    Bad(18, "tar member ../up.csv", one("a.tar", tar_up), r"a\.tar: it is a tar archive; unpack it first"),
    Bad(
        19,
        "archive in an archive",
        one("a.zip", lambda: zip_with("b.zip", zip_with("x"))),
        "member 1 of the archive is an archive",
    ),
    Bad(
        19,
        "archive of 5,000 files",
        one("a.zip", lambda: made.archive(**{f"{n}.csv": b"" for n in range(5000)})),
        "of 5000 files; from",
    ),
    Bad(21, "web address", lambda f: ["http://127.0.0.1:9/a.csv"], "an address on a network, or no path", upload=False),
    Bad(21, "UNC path", lambda f: [r"\\server\share\a.csv"], "an address on a network, or no path", upload=False),
    Bad(22, "s3 address", lambda f: ["s3://bucket/rec.hea"], "an address on a network, or no path", upload=False),
    Bad(
        22,
        "WFDB samples at an address",
        record("rec 1 100 1000", "s3://b/rec.dat 16 200"),
        "line 2: the samples must lie in a file",
    ),
    Bad(23, "link that leads out of the folder", linked, "file 1 in it is a link that leads out of the folder", upload=False),
    Bad(
        24,
        "WFDB samples in ../x",
        record("rec 1 100 1000", "../rec.dat 16 200"),
        r"rec\.hea: line 2: the samples must lie in a file",
    ),
    Bad(24, "WFDB samples in /abs", record("rec 1 100 1000", "/rec.dat 16 200"), "line 2: the samples must lie in a file"),
    Bad(24, "WFDB samples in ..", record("rec 1 100 1000", ".. 16 200"), "line 2: the samples must lie in a file"),
    Bad(
        25,
        "WFDB segment that names itself",
        record("rec/2 2 100 1000", "rec 500", "rec 500"),
        "line 1: a record of several segments",
    ),
    Bad(26, "WFDB of 1e8 signals", record("rec 100000000 100 1000"), "line 1: 100000000 signals; from 1 to 1000"),
    Bad(
        27,
        "WFDB of 1e12 samples",
        record("rec 2 100 1000000000000"),
        r"file of samples has \d+ bytes, 4000000000000 are expected",
    ),
    Bad(
        27,
        "WFDB with 1e9 samples in a frame",
        record("rec 1 100 9", "rec.dat 16x1000000000 200"),
        "line 2: 1000000000 samples of one",
    ),
    Bad(
        28, "WFDB rate -100", record("rec 2 -100 1000"), "line 1: the sampling rate must be a number of Hz above 0, not '-100'"
    ),
    Bad(28, "WFDB rate nan", record("rec 2 nan 1000"), "line 1: the sampling rate must be a number of Hz above 0, not 'nan'"),
    Bad(29, "WFDB rate 0", record("rec 2 0 1000"), "line 1: the sampling rate must be a number of Hz above 0, not '0'"),
    Bad(
        30,
        "WFDB gain 0",
        record("rec 2 100 1000", *(s.replace(" 200 ", " 0 ") for s in TWO)),
        r"line 2: the gain is 0 or missing",
    ),
    Bad(33, "WFDB of an unknown format", record("rec 1 100 1000", "rec.dat 99 200"), "line 2: sample format '99'"),
    Bad(33, "WFDB header is empty", lambda f: {"rec.hea": b"# nothing\n", "rec.dat": b"1"}, "the header is empty"),
    Bad(
        33, "WFDB header is no text", lambda f: {"rec.hea": b"\xff\xfe\x00\x80" * 9, "rec.dat": b"1"}, "the header is not text"
    ),
    Bad(34, "WFDB channel twice", record("rec 2 100 1000", TWO[0], TWO[0]), "two columns are named 'I'"),
    Bad(34, "WFDB with too few samples", record(rec_dat=b"1234"), r"file of samples has 4 bytes, 4000 are expected"),
    Bad(36, "EDF cut off", one("a.edf", lambda: made.edf()[:-5]), r"a\.edf: its header says 20 records of 300 bytes"),
    Bad(36, "EDF header cut off", one("a.edf", lambda: made.edf()[:400]), "header: its length must be 768 bytes|cut off"),
    Bad(36, "EDF of 9999 signals", one("a.edf", lambda: made.edf(signals="9999")), "header: 9999 signals; from 1 to"),
    Bad(36, "EDF with absurd counts", one("a.edf", lambda: made.edf(records="99999999")), "its header says 99999999 records"),
    Bad(
        37,
        "csv with decimal comma and point",
        one("a.csv", lambda: b"t;x\n1,5;2.5\n2,5;3.5\n"),
        "some numbers are written with a decimal",
    ),
    Bad(
        38,
        "csv line with more fields",
        one("a.csv", lambda: b"t,x\n1,2\n3,4,5\n"),
        r"a\.csv: line 3: 3 fields, the first line has 2",
    ),
    Bad(
        39,
        "csv line with fewer fields",
        one("a.csv", lambda: b"t,x\n1,2\n3\n"),
        r"a\.csv: line 3: 1 fields, the first line has 2",
    ),
    Bad(
        39,
        "csv with an open quote",
        one("a.csv", lambda: b't,x\n1,2\n3,"4\n5,6\n'),
        r"a\.csv: line 3: a quotation mark is not closed",
    ),
    Bad(40, "csv with NUL", one("a.csv", lambda: b"t,x\n1,2\n3,\x00\n"), r"a\.csv: line 3 holds a NUL character"),
    Bad(41, "csv with a column twice", one("a.csv", lambda: b"t,HR,HR\n1,2,3\n"), r"a\.csv: two columns are named 'HR'"),
    Bad(44, "empty file", one("a.csv", lambda: b""), r"a\.csv: the file is empty \(0 bytes, no rows\)"),
    Bad(44, "head without rows", one("a.csv", lambda: b"t,x\n"), r"a\.csv: no rows"),
    Bad(
        45,
        "200,000 columns",
        one("a.csv", lambda: b",".join(b"c%d" % n for n in range(200_000)) + b"\n" + b"1," * 199_999 + b"1\n"),
        "200000 columns; ",
    ),
    Bad(
        48,
        "a channel without any value",
        one("a.csv", lambda: own_csv(column(3, lambda r: ""))),
        "x holds no value at all",
        OWN,
    ),
    Bad(48, "one class only", one("a.csv", lambda: own_csv(column(2, lambda r: "walk"))), "1 classes were found", OWN),
    # What is taken, with what is said about it.
    Bad(
        30,
        "WFDB gain 0, confirmed",
        record("rec 2 100 1000", *(s.replace(" 200 ", " 0 ") for s in TWO)),
        "1000 rows, 2 columns",
        ("--default-gain",),
        True,
        False,
        "look",
    ),
    Bad(
        31, "WFDB date in words", record("rec 2 100 1000 05-May-2020 09:49:17"), "1000 rows, 2 columns", (), True, False, "look"
    ),
    Bad(
        32,
        "WFDB record named after its .mat",
        lambda f: {"E1.hea": b"E1.mat 1 100 10 05-May-2020 09:49:17\nE1.mat 16+24 1000/mV 16 0 0 0 0 I\n", "E1.mat": bytes(44)},
        "10 rows, 1 columns",
        (),
        True,
        False,
        "look",
    ),
    Bad(
        35,
        "HTML, Markdown and $ in names",
        one("a.csv", lambda: own_csv(column(1, lambda r: f"<b>{r[1]}</b>"), ("t", "who", "label", "![x](http://y) $a$"))),
        r"!\[x\]\(http://y\) \$a\$",
        OWN,
        True,
    ),
    Bad(
        37,
        "csv with ; and decimal comma",
        one("a.csv", lambda: own_csv().replace(b",", b";").replace(b".", b",")),
        "semicolons between fields and decimal commas",
        OWN,
        True,
    ),
    Bad(40, "csv in UTF-16", one("a.csv", lambda: b"\xff\xfe" + own_csv().decode().encode("utf-16-le")), "3 people", OWN, True),
    Bad(
        42,
        "ids NA, 007 and of 20 digits",
        one("a.csv", lambda: own_csv(column(1, lambda r: {"0": "NA", "1": "007", "2": "12345678901234567890"}[r[1]]))),
        "3 people",
        OWN,
        True,
    ),
    Bad(
        43,
        "inf, -inf and 1e400",
        one("a.csv", lambda: own_csv(lambda rows: [cell(n, 3, v)(rows) for n, v in ((5, "inf"), (6, "-inf"), (7, "1e400"))])),
        "infinite or too large and count as missing: 3",
        OWN,
        True,
    ),
    Bad(
        46,
        "heart rate 9999",
        one("a.csv", lambda: own_csv(cell(9, 3, "9999"), ("t", "who", "label", "HR (1/min)"))),
        r"lie outside 10 to 300 1/min",
        OWN,
        True,
    ),
    Bad(
        47,
        "times unsorted and twice",
        one("a.csv", lambda: own_csv(lambda rows: (rows.reverse(), rows.append(list(rows[-1]))))),
        "Rows were sorted by time",
        OWN,
        True,
    ),
    Bad(
        47,
        "times of the year 2119",
        one(
            "a.csv",
            lambda: own_csv(
                column(
                    0, lambda r: f"2119-01-01 00:{int(r[0]) // 60000:02d}:{int(r[0]) // 1000 % 60:02d}.{int(r[0]) % 1000:03d}"
                )
            ),
        ),
        "3 people",
        OWN,
        True,
    ),
    Bad(48, "a constant channel", one("a.csv", lambda: own_csv(column(3, lambda r: "1"))), "is constant", OWN, True),
)
