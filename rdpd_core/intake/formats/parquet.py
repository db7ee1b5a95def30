"""Parquet: read only after its own summary was compared with what is allowed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rdpd_core.intake.formats.base import (
    FORMATS,
    Column,
    Format,
    Given,
    Options,
    Piece,
    Table,
    check_names,
    check_size,
)

MAGIC = b"PAR1"


@FORMATS.register
class Parquet(Format):
    """Columns of numbers, text and times; nested columns are refused."""

    name = "parquet"
    title = "Parquet"
    endings = (".parquet",)

    @staticmethod
    def fits(head: bytes, name: str) -> bool:
        """Say whether it begins as Parquet does."""
        return head.startswith(MAGIC)

    @staticmethod
    def read(given: Given, options: Options, beside: Sequence[Given]) -> Table:
        """Read all columns; see `Format.read`."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(given.path) as file:
                check_size(given, file.metadata.num_rows, file.metadata.num_columns)
                check_names(given, file.schema_arrow.names)
                for part in file.schema_arrow:
                    if pa.types.is_nested(part.type):
                        raise given.refuse(f"column {part.name!r} holds lists or records; give one value per cell")
                table = file.read(use_threads=False, use_pandas_metadata=False)
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise given.refuse("it is not whole or not Parquet; save it again") from error
        columns = tuple(_column(given, name, table[name]) for name in table.column_names)
        return Table(Parquet.name, columns, (Piece(table.num_rows),))


def _column(given: Given, name: str, cells: object) -> Column:
    import pyarrow as pa

    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells, kind = cells.cast(kind.value_type), kind.value_type
    if pa.types.is_integer(kind):
        return Column(name, _floats(cells), words=cells if kind.bit_width == 64 else None)
    if pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
        return Column(name, _floats(cells))
    if pa.types.is_timestamp(kind):
        return Column(name, _floats(cells.cast(pa.timestamp("ns"), safe=False).cast(pa.int64())) / 1e9, unit="s")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Column(name, words=cells)
    raise given.refuse(f"column {name!r} is of the type {kind}; give numbers, text or times")


def _floats(cells: object) -> np.ndarray:
    import pyarrow as pa

    return np.asarray(cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
