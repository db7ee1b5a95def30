"""Text of a file: unpacked within bounds, decoded, and free of what no table holds."""

from __future__ import annotations

import codecs
import zlib

from rdpd_core.intake.formats.base import Given

GZIP = b"\x1f\x8b"
MOST_TEXT = 384 << 20
MOST_RATIO, SMALL = 200, 32 << 20
"""Numbers as text do not shrink more than a few dozen times; what does, and is not small, is no recording."""
BLOCK = 1 << 20
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def text_of(given: Given) -> tuple[str, tuple[str, ...]]:
    """Give the text of a file, and what should be said about it.

    Raises:
        DataError: Too large, damaged, or not text.
    """
    data, notices = _unpacked(given), []
    for mark, name in MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(name)
            except UnicodeDecodeError as error:
                raise given.refuse(
                    f"it says that it is {name} and is not, from byte {error.start} on; save it again"
                ) from error
            break
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
            notices.append("The text is not UTF-8 and was read as Windows-1252; look whether names are right.")
    del data
    if (at := text.find("\0")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise given.refuse(f"line {line} holds a NUL character; it is damaged, or UTF-16 without its mark. Save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n"), tuple(notices)


def _unpacked(given: Given) -> bytes:
    with given.path.open("rb") as file:
        if file.read(2) != GZIP:
            if given.size > MOST_TEXT:
                raise given.refuse(f"{given.size >> 20} MB of text; up to {MOST_TEXT >> 20} MB are read, so save it as Parquet")
            file.seek(0)
            return file.read()
        file.seek(0)
        most = min(MOST_TEXT, max(SMALL, MOST_RATIO * given.size))
        unpack, parts, total = zlib.decompressobj(wbits=31), [], 0
        try:
            while not unpack.eof and (block := file.read(BLOCK)):
                while block:
                    parts.append(unpack.decompress(block, BLOCK))
                    total, block = total + len(parts[-1]), unpack.unconsumed_tail
                    if total > most:
                        raise given.refuse(
                            f"its {given.size} bytes unpack to more than {most >> 20} MB; that is more than is read"
                        )
        except zlib.error as error:
            raise given.refuse("the gzip data is damaged; get the file again") from error
        if not unpack.eof:
            raise given.refuse("the gzip data is cut off; get the file again")
        return b"".join(parts)
