"""WFDB records: what is read, held against the wfdb package, and what is refused."""

import numpy as np
import pytest

from rdpd_core.datasets._wfdb import read_header, read_record
from rdpd_core.errors import DataError
from tests.real import real

VALUES = np.arange(40, dtype="<i2").reshape(20, 2) - 10
HEADER = (
    "r 2 100 20\nr.dat 16 10(5)/mV 16 0 0 0 0 I\nr.dat 16 20/uV 16 3 0 0 0 II\n# age: 50\n#Reason for admission : flu: bad\n"
)


def write(root, text=HEADER, data=None):
    (root / "r.hea").write_text(text)
    (root / "r.dat").write_bytes(VALUES.tobytes() if data is None else data)
    return root / "r"


def test_gain_baseline_zero_level_units_and_invalid_samples(tmp_path):
    values = VALUES.copy()
    values[3, 1] = -32768
    header, signal = read_record(write(tmp_path, data=values.tobytes()), tmp_path)
    assert header.units == ("mV", "uV")
    assert np.allclose(signal[0], (values[:, 0] - 5) / 10)
    assert np.isnan(signal[1, 3])
    assert np.allclose(np.delete(signal[1], 3), (np.delete(values[:, 1], 3) - 3) / 20)
    assert (header.comment("AGE"), header.comment("reason for admission"), header.comment("sex")) == ("50", "flu: bad", "")


def test_some_signals_are_read_though_the_file_of_others_is_missing(tmp_path):
    text = HEADER.replace("r.dat 16 20", "r.xyz 16 20").replace("\n# age", "\n# Age")
    record = write(tmp_path, text, VALUES[:, 0].tobytes())
    _, signal = read_record(record, tmp_path, ["I"])
    assert np.allclose(signal, (VALUES[:, :1].T - 5) / 10)
    with pytest.raises(DataError, match=r"r\.hea: its sample file has 0 bytes, 40 are expected"):
        read_record(record, tmp_path)
    with pytest.raises(DataError, match="no signal V1; there are I, II"):
        read_record(record, tmp_path, ["V1"])


def test_an_offset_and_the_record_name_of_the_2021_challenge(tmp_path):
    text = (
        HEADER.replace("r 2", "r.mat 2").replace("dat 16", "dat 16x1+24").replace("100 20\n", "100 20 05-May-2020 09:49:17\n")
    )
    header, signal = read_record(write(tmp_path, text, bytes(24) + VALUES.tobytes()), tmp_path)
    assert header.sampling_rate == 100
    assert np.allclose(signal[0], (VALUES[:, 0] - 5) / 10)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("r 2 100 20", "r 2 100 " + "9" * 15, "has 80 bytes"),
        ("r 2 100 20", "r 2 100 " + "9" * 5000, "line 1: expected record name"),
        ("r 2 100 20", "r ² 100 20", "line 1: expected record name"),
        ("r 2 100 20", "r 2 1e9 20", "line 1: the sampling rate"),
        ("r 2 100 20", "r/2 2 100 20", "several segments"),
        ("r 2 100 20", "r 2 100 0", "line 1: 0 samples"),
        ("r.dat 16 10", "/etc/passwd 16 10", "line 2: the samples must lie"),
        ("r.dat 16 10", "r.dat 16x4 10", "line 2: sample format '16x4'"),
        ("r.dat 16 10", "r.dat 212 10", "line 2: sample format '212'"),
        ("r.dat 16 20", "r.dat 16+24 20", "begin at two places"),
        ("10(5)/mV", "1e999/mV", "line 2: the gain"),
        ("16 3 0", "16 x 0", "line 3: the baseline"),
        (" 0 II", " 0 I", "a signal name stands twice"),
        (" 0 0 0 II", "", "line 3: expected nine fields"),
        ("# age", "r.dat 16 1 16 0 0 0 0 X\n# age", "3 signal lines, its first line says 2"),
    ],
)
def test_a_header_that_cannot_be_right_is_refused(tmp_path, old, new, words):
    assert old in HEADER
    record = write(tmp_path, HEADER.replace(old, new, 1))
    with pytest.raises(DataError, match=rf"r\.hea.*{words}"):
        read_record(record, tmp_path)


def test_a_claim_of_terabytes_costs_nothing(tmp_path):
    record = write(tmp_path, HEADER.replace("100 20", "100 1000000000000"))
    with pytest.raises(DataError, match="4000000000000 are expected"):
        read_record(record, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"r 2 100 20\0", b"\xff\xfe\x00", b"x" * (2 << 20)])
def test_what_is_no_header_is_refused(tmp_path, content):
    (tmp_path / "r.hea").write_bytes(content)
    with pytest.raises(DataError, match=r"r\.hea"):
        read_header(tmp_path / "r.hea", tmp_path)


@pytest.mark.data
@pytest.mark.parametrize("name", ["ptbdb/patient001/s0010_re", "cinc2021/E07500", "cinc2021/JS20000"])
def test_real_records_are_read_as_the_wfdb_package_reads_them(name):
    import wfdb

    root = real("samples")
    header, signal = read_record(root / name, root)
    theirs = wfdb.rdrecord(str(root / name))
    assert header.names == tuple(theirs.sig_name)
    assert header.sampling_rate == theirs.fs
    assert np.allclose(signal.T, theirs.p_signal, atol=1e-6, equal_nan=True)
