"""Kinds of files that are never opened, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from rdpd_core.intake.formats.base import FORMATS, Format, Given, Options, Table

REASONS = (
    (b"\x80\x02", "a pickle, which can run code when it is opened; save the values as CSV, Parquet or .npy instead"),
    (b"\x80\x03", "a pickle, which can run code when it is opened; save the values as CSV, Parquet or .npy instead"),
    (b"\x80\x04", "a pickle, which can run code when it is opened; save the values as CSV, Parquet or .npy instead"),
    (b"\x80\x05", "a pickle, which can run code when it is opened; save the values as CSV, Parquet or .npy instead"),
    (b"MZ", "a program; give recordings"),
    (b"\x7fELF", "a program; give recordings"),
    (b"\x89HDF", "HDF5, which is not read; save the values as CSV, Parquet or .npy instead"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ", "compressed by xz; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"MATLAB 5.0", "a MATLAB file; give it together with its .hea header, or save the values as CSV"),
    (b"%PDF", "a PDF; give the values as CSV"),
    (b"\x89PNG", "a picture; give the values as CSV"),
    (b"\xff\xd8\xff", "a picture; give the values as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file; save it as CSV"),
)
TAR_AT, TAR = 257, b"ustar"


def reason(head: bytes) -> str:
    """Give why a file that begins like this is not opened; empty if it may be."""
    if head[TAR_AT : TAR_AT + len(TAR)] == TAR:
        return "a tar archive; unpack it first, and give the files in it"
    return next((why for magic, why in REASONS if head.startswith(magic)), "")


@FORMATS.register
class Refused(Format):
    """What is known, and not read."""

    name = "refused"
    title = "files that are not read"
    endings = ()

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether there is a reason not to open it."""
        return bool(reason(head))

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Refuse.

        Raises:
            DataError: Always.
        """
        raise given.refuse(f"it is {reason(given.head())}")
