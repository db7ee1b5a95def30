"""Files changed at random: a reader reads them or refuses them by name, and does nothing else."""

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rdpd_core.datasets._challenge2019_files import ends_septic, read_stay
from rdpd_core.datasets._challenge2019_simulated import HEADER
from rdpd_core.datasets._fetching import listed
from rdpd_core.datasets._mimic3_vitals import NEEDED, read_hourly
from rdpd_core.datasets._pamap2_files import read_table, stretches
from rdpd_core.datasets._tables import rows
from rdpd_core.datasets._unpacking import unpack
from rdpd_core.datasets._wfdb import read_record
from rdpd_core.datasets.pamap2 import ACTIVITIES
from rdpd_core.errors import DataError
from tests.core.datasets.test_download import packed

PAMAP2 = "".join(f"{1 + n / 100:.2f} 4 {'80' if n == 0 else 'NaN'} " + " ".join(["1.5"] * 51) + "\n" for n in range(4)).encode()
RECORD = b"r 2 100 20\nr.dat 16x1+0 10(5)/mV 16 0 0 0 0 I\nr.dat 16 20/uV 16 3 0 0 0 II\n# age: 50\n#Dx: 1,2\n"
STAY = "\n".join(["|".join(HEADER), *("|".join(["NaN"] * 39 + [str(n), str(int(n > 2))]) for n in range(1, 5))]).encode()
EVENTS = (",".join(["ROW_ID", *NEEDED]) + "\n1,7,211,2150-03-01 10:30:00,80,bpm,\n2,7,618,2150-03-01 11:30:00,18,,1\n").encode()
ZIP = packed(**{"d/x.dat": b"1 2 3", "d/y.txt": b"4"})
BEGINS = {7: np.datetime64("2150-03-01T10:30:00", "s")}


def pamap2(folder: Path, data: bytes) -> None:
    (folder / "s.dat").write_bytes(data)
    list(stretches(read_table(folder / "s.dat", folder, ACTIVITIES)))


def record(folder: Path, data: bytes) -> None:
    (folder / "r.hea").write_bytes(data)
    (folder / "r.dat").write_bytes(bytes(80))
    read_record(folder / "r", folder)


def stay(folder: Path, data: bytes) -> None:
    (folder / "p.psv").write_bytes(data)
    ends_septic(folder / "p.psv", folder)
    read_stay(folder / "p.psv", folder, HEADER[:34])


def events(folder: Path, data: bytes) -> None:
    (folder / "CHARTEVENTS.csv").write_bytes(data)
    read_hourly(folder / "CHARTEVENTS.csv", BEGINS)


def packed_events(folder: Path, data: bytes) -> None:
    (folder / "CHARTEVENTS.csv.gz").write_bytes(data)
    read_hourly(folder / "CHARTEVENTS.csv.gz", BEGINS)


def table(folder: Path, data: bytes) -> None:
    (folder / "T.csv").write_bytes(data)
    list(rows(folder / "T.csv", ("SUBJECT_ID", "ITEMID")))


def archive(folder: Path, data: bytes) -> None:
    (folder / "a.zip").write_bytes(data)
    unpack(folder / "a.zip", folder / "out", ("d/*.dat",))
    assert all(folder in p.parents for p in folder.rglob("*"))


def sums(folder: Path, data: bytes) -> None:
    listed(data.decode("utf-8", errors="replace"))


READERS = {
    pamap2: PAMAP2, record: RECORD, stay: STAY, events: EVENTS, packed_events: gzip.compress(EVENTS, mtime=0), table: EVENTS,
    archive: ZIP, sums: b"a" * 64 + b"  d/x.dat\n",
}  # fmt: skip
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([b"\n", b'"', b",", b"|", b" ", b"\0", b"-1", b"1e400", b"nan", b"9" * 30, b"..", b"/", b"\r\n", b"\xff"]),
)
CHANGES = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), PIECES), min_size=1, max_size=3)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@given(changes=CHANGES)
@example(changes=[(0, 4000, b"")])
@example(changes=[(30, 4000, b"")])
@example(changes=[(0, 1, b"")])  # an archive whose directory points before its beginning
@pytest.mark.slow
def test_a_changed_file_is_read_or_refused(reader, changes):
    data = READERS[reader]
    for place, length, piece in changes:
        at = place % (len(data) + 1)
        data = data[:at] + piece + data[at + length :]
    with tempfile.TemporaryDirectory() as folder:
        said = refusal(reader, Path(folder), data)
    assert said is None or (said and "\n" not in said)


def refusal(reader, folder, data):
    """Give what a reader says against a file; None if it reads it. Anything but a refusal goes through and fails the test."""
    try:
        reader(folder, data)
    except DataError as error:
        return str(error)
    return None
