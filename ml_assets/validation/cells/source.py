"""Gives data that can be read several times, in batches whose columns are of few types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from ml_assets.statistics.arrow_input import equal_batches, names_of, record_batches, with_names
from ml_assets.statistics.plain_arrow import as_texts, is_number, plain_batch
from ml_assets.table import BATCH_ROWS, EXAMPLE_ID, RESERVED_COLUMNS, Table

ColumnKind = Literal["text", "number", "time", "bool"]


@dataclass(frozen=True)
class Source:
    """Data that can be read several times."""

    data: Any

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return int(self.data.num_rows)

    @property
    def schema(self) -> Any:
        """The Arrow schema."""
        return self.data.schema

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """Give the rows in batches with these columns; at least one."""
        if isinstance(self.data, Table) and self.num_rows:
            return equal_batches(_read(self.data, list(columns)), BATCH_ROWS)
        return record_batches(self.data, list(columns))


def _read(table: Table, columns: list[str]) -> Iterator[Any]:
    # A dataset's scanner reads ahead of a slow reader, without a limit that a long table would not pass.
    for path in table.files:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
                yield plain_batch(batch.select(columns))


def open_source(data: Any) -> Source:
    """Give data of any accepted kind as a source; only a `Table` is not held in memory.

    Raises
    ------
    DataError
        If it is no table, or a column cannot be read; see `record_batches`.
    """
    if isinstance(data, Table):
        return Source(data)
    data = with_names(data)
    names = names_of(data)
    wanted = [name for name in names if name not in RESERVED_COLUMNS or name == EXAMPLE_ID]
    batches = list(record_batches(data, wanted))
    return Source(pa.Table.from_batches(batches, batches[0].schema))


def column_kind(arrow: Any) -> ColumnKind | None:
    """Give what a column of this Arrow type is judged as; None where it is not judged."""
    if pt.is_dictionary(arrow):
        return column_kind(arrow.value_type)
    if pt.is_string(arrow) or pt.is_large_string(arrow) or pt.is_string_view(arrow):
        return "text"
    if is_number(arrow):
        return "number"
    if pt.is_date(arrow) or pt.is_timestamp(arrow):
        return "time"
    return "bool" if pt.is_boolean(arrow) else None


def simplified(array: Any) -> Any:
    """Give a judged column as string, int64, float64, timestamp[us] or bool; NaN becomes null."""
    if pt.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    kind = column_kind(array.type)
    if kind == "text":
        return as_texts(array)[0]
    if kind == "time":
        return array.cast(pa.timestamp("us"), safe=False)
    if kind == "bool":
        return array
    if pt.is_integer(array.type) and not pt.is_uint64(array.type):
        return array.cast(pa.int64())
    numbers = array.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def as_numbers(array: Any) -> Any:
    """Give numbers or times as float64, null as NaN; times in microseconds since 1970."""
    if pt.is_timestamp(array.type):
        array = array.cast(pa.int64())
    return array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
