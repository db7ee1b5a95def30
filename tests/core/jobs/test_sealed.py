"""Sealed records: what was written, or a refusal."""

import pytest

from rdpd_core.errors import DataError, JobFileError
from rdpd_core.jobs.sealed import MOST_BYTES, read_sealed, sealed_bytes, unseal, write_sealed
from tests.core.jobs.byhand import flips, small_disk

VALUE = {"status": "done", "models": ["toy/rdpd-wrist"], "score": 0.25, "text": "Zoë", "none": None, "nested": {"b": [1, 2]}}


def test_a_record_comes_back_as_it_was(tmp_path):
    write_sealed(tmp_path / "result.json", VALUE)
    assert read_sealed(tmp_path / "result.json") == VALUE


def test_every_flipped_bit_is_found(tmp_path):
    path = tmp_path / "job" / "result.json"
    write_sealed(path, VALUE)
    for changed in flips(path.read_bytes()):
        path.write_bytes(changed)
        with pytest.raises(JobFileError, match=r"^job/result\.json is not .*(damaged|edited)"):
            read_sealed(path)


def test_every_cut_is_found():
    data = sealed_bytes(VALUE)
    for cut in range(len(data)):
        with pytest.raises(JobFileError, match=r"^spec\.json is not"):
            unseal(data[:cut], "spec.json")


@pytest.mark.parametrize(
    "text",
    [
        "[]", '"text"', "{}", '{"a": 1}', "[" * 100_000, '{"a": NaN}', '{"a": 1e999}', '{"a": ' + "9" * 5000 + "}",
        '{"a": "\\ud800"}', '{"a": 1, "a": 2}', "\ufeff{}",
    ],
)  # fmt: skip
def test_what_nobody_sealed_is_refused(text):
    with pytest.raises(JobFileError, match=r"spec\.json is not"):
        unseal(text.encode(), "spec.json")


def test_an_edit_with_the_old_seal_is_refused():
    data = sealed_bytes(VALUE)
    with pytest.raises(JobFileError, match="sha256 differs"):
        unseal(data.replace(b'"done"', b'"gone"'), "result.json")


def test_another_layout_of_the_same_values_is_refused():
    with pytest.raises(JobFileError, match="sha256 differs"):
        unseal(sealed_bytes(VALUE).replace(b"\n ", b"\n  "), "result.json")


def test_a_file_too_large_for_a_record_is_not_read(tmp_path):
    path = tmp_path / "spec.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(JobFileError, match="more than"):
        read_sealed(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(JobFileError, match=r"gone/spec\.json cannot be read: No such file"):
        read_sealed(tmp_path / "gone" / "spec.json")


def test_a_full_disk_keeps_the_record_before(tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        path = disk / "result.json"
        write_sealed(path, VALUE)
        with pytest.raises(DataError, match="disk full"):
            write_sealed(path, {**VALUE, "text": "x" * 100_000})
        assert read_sealed(path) == VALUE
        assert [p.name for p in disk.iterdir()] == ["result.json"]
