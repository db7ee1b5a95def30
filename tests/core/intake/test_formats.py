"""Every kind of file gives the same table, and what is not sound is refused."""

import numpy as np
import pytest

from rdpd_core.errors import DataError
from rdpd_core.intake.formats import FORMATS, kind_of
from rdpd_core.intake.formats.base import ORDER, Given, Options
from rdpd_core.intake.reading import read_all
from tests.core.intake import made


@pytest.fixture
def read(tmp_path):
    """Write files and read them as one table."""

    def reader(**files):
        (tmp_path / "scratch").mkdir(exist_ok=True)
        given = []
        for name, data in files.items():
            path = tmp_path / f"{len(given)}"
            path.write_bytes(data)
            given.append(Given(path, name))
        return read_all(given, Options(), tmp_path / "scratch")

    return reader


def numbers(table):
    return {column.name: column.numbers for column in table.columns}


def test_every_kind_is_asked():
    assert sorted(ORDER) == FORMATS.names()


@pytest.mark.parametrize(
    ("sign", "decimal", "head"),
    [
        (",", ".", b""),
        (";", ",", b""),
        ("\t", ".", b""),
        ("|", ".", b"\xef\xbb\xbf"),
        (" ", ".", b""),
        (";", ".", b"# logger 1.2\n"),
    ],
)
def test_text_is_read_whatever_stands_between_its_fields(read, sign, decimal, head):
    table = read(**{"a.csv": head + made.csv(200, sign, decimal)})
    found = numbers(table)
    assert list(found) == ["timestamp_ms", "acc_x", "acc_y", "acc_z"]
    np.testing.assert_allclose(found["acc_y"], made.signals(200)[1], atol=1e-4)
    assert found["timestamp_ms"][-1] == 199 * 20


def test_text_in_utf_16_and_gzip_is_read(read):
    text = made.csv(50).decode()
    for data in (b"\xff\xfe" + text.encode("utf-16-le"), made.gzipped(text.encode())):
        assert numbers(read(**{"a.csv": data}))["acc_x"].shape == (50,)


def test_a_table_without_head_gets_numbered_columns(read):
    table = read(**{"a.csv": b"1,2\n3,4\n5,6\n"})
    assert list(numbers(table)) == ["column 1", "column 2"]
    assert table.rows == 3


def test_missing_cells_are_missing_and_identifiers_stay_as_they_are_written(read):
    table = read(**{"a.csv": b'who,x\n007,1\nNA,\n12345678901234567890,"3"\n'})
    assert table.column("who", "who").words().tolist() == ["007", "NA", "12345678901234567890"]
    np.testing.assert_array_equal(numbers(table)["x"], [1, np.nan, 3])


def test_arrays_of_every_shape(read):
    values = made.signals(400)
    for array in (values, values.T):
        table = read(**{"a.npy": made.npy(array)})
        np.testing.assert_allclose(numbers(table)["channel 2"], values[1])
    many = np.stack([values, values + 1])
    table = read(**{"a.npz": made.npz(X=many, y=np.array([3, 4]), subject=np.array(["ann", "bob"]))})
    assert [(p.rows, p.label, p.subject) for p in table.pieces] == [(400, "3", "ann"), (400, "4", "bob")]
    columns = read(**{"a.npz": made.npz(time=np.arange(9.0), x=np.arange(9.0) ** 2)})
    assert list(numbers(columns)) == ["time", "x"]


def test_edf_gives_physical_values_and_keeps_nothing_about_the_patient(read):
    table = read(**{"a.edf": made.edf(5)})
    assert table.rate_hz == 100
    assert [c.unit for c in table.columns] == ["uV", "uV"]
    expected = (np.trunc(1000 * np.sin(np.arange(100) / 100 * 6.28)) + 2048) * 200 / 4095 - 100
    np.testing.assert_allclose(numbers(table)["EEG Fp1"][:100], expected, atol=0.06)
    assert len(numbers(table)["Resp"]) == 500
    assert "Doe" not in repr(table)
    assert "2020" not in repr(table)


def test_wfdb_agrees_with_the_wfdb_package(tmp_path, read):
    import wfdb

    values = (np.random.default_rng(0).normal(size=(300, 2)) * 400).astype(np.int64)
    for form in ("16", "24", "32", "80", "212"):
        digital = np.clip(values, -120, 120) if form == "80" else values
        folder = tmp_path / form
        folder.mkdir()
        wfdb.wrsamp(
            "rec", 250, ["mV", "mV"], ["I", "II"], d_signal=digital, fmt=[form] * 2, adc_gain=[200.0, 100.0], baseline=[3, -7],
            write_dir=str(folder),
        )  # fmt: skip
        theirs = wfdb.rdrecord(str(folder / "rec")).p_signal
        table = read(**{name: (folder / name).read_bytes() for name in ("rec.hea", "rec.dat")})
        np.testing.assert_allclose(np.stack([c.numbers for c in table.columns], axis=1), theirs, atol=1e-9)
        assert table.rate_hz == 250


def test_a_record_named_after_its_mat_file_and_a_date_in_words_are_read(read):
    """The header of the challenge of 2021 that the wfdb package does not read: its dates are left out anyway."""
    lines = ("rec.mat 16+24 1000/mV 16 0 0 0 0 I", "rec.mat 16+24 1000/mV 16 0 0 0 0 II")
    files = made.wfdb("rec.mat 2 100 1000 05-May-2020 09:49:17", lines)
    table = read(**{"rec.hea": files["rec.hea"], "rec.mat": bytes(24) + files["rec.dat"]})
    assert table.rows == 1000
    np.testing.assert_allclose(numbers(table)["I"][:2], [0.0, np.trunc(500 * np.sin(0.1)) / 1000], atol=1e-9)


def test_uea(read):
    table = read(**{"a.ts": made.uea(4)})
    assert [p.label for p in table.pieces] == ["rest", "walk", "rest", "walk"]
    np.testing.assert_allclose(numbers(table)["channel 2"][40:80], made.signals(40, 2)[1] + 1, atol=1e-3)


def test_parquet(read):
    table = read(**{"a.parquet": made.parquet(t=np.arange(5), who=["007", "NA", "x", "y", "z"], x=[1.5, None, 2, 3, 4])})
    assert table.column("who", "who").words().tolist() == ["007", "NA", "x", "y", "z"]
    np.testing.assert_array_equal(numbers(table)["x"], [1.5, np.nan, 2, 3, 4])


def test_several_files_and_an_archive_of_them_are_one_table(read):
    files = {"walk/ann.csv": made.csv(40), "rest/bob.csv": made.csv(60)}
    for table in (read(**files), read(**{"all.zip": made.archive(**files)})):
        assert [p.rows for p in table.pieces] == [40, 60]
        assert [p.file for p in table.pieces] == [("ann", "walk"), ("bob", "rest")]


def test_files_of_other_columns_are_no_table(read):
    with pytest.raises(DataError, match="file 2 have other columns"):
        read(**{"a.csv": made.csv(40), "b.csv": b"x,y\n1,2\n"})


def test_a_kind_that_is_not_read_is_refused_by_what_it_holds(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(DataError, match=r"a\.csv: of a kind that is not read; known: .*Parquet"):
        kind_of(Given(path, "a.csv"))
