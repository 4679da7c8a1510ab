"""Gives a DataFrame, Arrow data or a `Table` as Arrow record batches of a good size."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from ml_assets.errors import DataError, did_you_mean
from ml_assets.statistics.frame_input import column_name, frame_to_arrow, rows_without_columns
from ml_assets.statistics.parquet_input import parquet_parts
from ml_assets.statistics.plain_arrow import plain_batch
from ml_assets.table import BATCH_ROWS, RESERVED_COLUMNS, Table

# About how many rows one state is made from: sorting so many numbers stays in the processor's cache.
STATE_ROWS = 131_072


def record_batches(
    data: Any, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
) -> Iterator[Any]:
    """Give the rows of `data` as Arrow record batches; at least one, which may be empty.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, RecordBatch, RecordBatchReader or Dataset
        The rows, or any other object with an Arrow stream, such as a polars DataFrame. In a pandas
        DataFrame NaN is a missing value, names become strings, and the index is left out.
    columns : sequence of str, optional
        The columns wanted; by default all but the reserved ones (`RESERVED_COLUMNS`).
    batch_rows : int
        How many rows a batch has, but for the last one, >= 1.

    Raises
    ------
    DataError
        Naming all columns that are wanted but absent, that share a name, or that cannot be described.
    """
    if isinstance(data, Table):
        wanted = wanted_columns(data.columns, columns)
        return _at_least_one(
            equal_batches(data.batches(wanted), batch_rows), _select(data.schema, wanted)
        )
    if isinstance(data, ds.Dataset):
        wanted = wanted_columns(data.schema.names, columns)
        stream = data.to_batches(
            columns=wanted, batch_size=batch_rows, batch_readahead=2, fragment_readahead=1
        )
        return _at_least_one(equal_batches(stream, batch_rows), _select(data.schema, wanted))
    if isinstance(data, pa.RecordBatchReader):
        wanted = wanted_columns(data.schema.names, columns)
        selected = (batch.select(wanted) for batch in data)
        return _at_least_one(equal_batches(selected, batch_rows), _select(data.schema, wanted))
    if not _has_names(data):
        return record_batches(with_names(data), columns, batch_rows)
    return _batches_in_memory(data, columns, batch_rows)


def column_parts(
    data: Any,
    columns: Sequence[str] | None = None,
    beside: Sequence[str] = (),
) -> Iterator[tuple[list[str], Iterator[Any]]]:
    """Give groups of columns, and for each group all rows as record batches.

    A `Table` is read a few columns at a time; everything else comes as one group.

    Parameters
    ----------
    data, columns
        As in `record_batches`.
    beside : sequence of str
        The columns that the batches of each group have as well, wanted or not.
    """
    data = with_names(data)
    names = names_of(data)
    wanted = wanted_columns(names, columns)
    selected = list(dict.fromkeys([*wanted, *wanted_columns(names, beside)]))
    if not isinstance(data, Table):
        yield wanted, record_batches(data, selected, STATE_ROWS)
    elif not wanted:
        yield wanted, record_batches(rows_without_columns(data.num_rows), None, STATE_ROWS)
    else:
        schema = data.schema
        for group, batches in parquet_parts(data.files, wanted, beside, STATE_ROWS):
            group_schema = _select(schema, list(dict.fromkeys([*group, *beside])))
            yield group, _at_least_one(equal_batches(batches, STATE_ROWS), group_schema)


def wanted_columns(names: Sequence[str], columns: Sequence[str] | None) -> list[str]:
    """Give the columns to read: those that are wanted, or all but the reserved ones.

    Raises
    ------
    DataError
        Naming all wanted columns that are absent, or all that share a name.
    """
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        listed = ", ".join(f"'{name}'" for name in repeated)
        raise DataError(
            f"{len(repeated)} column names appear more than once: {listed}. Rename them."
        )
    if columns is None:
        return [name for name in names if name not in RESERVED_COLUMNS]
    absent = [name for name in columns if name not in names]
    if absent:
        hints = (f"'{name}'.{did_you_mean(name, names)}" for name in absent)
        raise DataError(f"{len(absent)} wanted columns are not in the data: {' '.join(hints)}")
    return list(columns)


def _batches_in_memory(data: Any, columns: Sequence[str] | None, batch_rows: int) -> Iterator[Any]:
    if isinstance(data, pa.RecordBatch):
        table = pa.Table.from_batches([data])
    elif isinstance(data, pa.Table):
        table = data
    else:
        wanted_columns(names_of(data), columns)
        table = frame_to_arrow(data)
    table = table.select(wanted_columns(table.schema.names, columns))
    if not table.num_columns:
        table = rows_without_columns(data.num_rows if hasattr(data, "num_rows") else len(data))
    return _at_least_one(
        equal_batches(table.to_batches(max_chunksize=batch_rows), batch_rows), table.schema
    )


def with_names(data: Any) -> Any:
    """Give data whose columns' names are known: the same, or a reader of what is a stream.

    Raises
    ------
    DataError
        If they are neither.
    """
    return data if _has_names(data) else _stream(data)


def names_of(data: Any) -> list[str]:
    """Give the names of all columns of data that `with_names` gave, those that repeat too."""
    if _is_frame(data):
        return [column_name(name) for name in data.columns]
    return list(data.columns if isinstance(data, Table) else data.schema.names)


def _has_names(data: Any) -> bool:
    types = (Table, ds.Dataset, pa.RecordBatchReader, pa.Table, pa.RecordBatch)
    return isinstance(data, types) or _is_frame(data)


def _is_frame(data: Any) -> bool:
    return hasattr(data, "columns") and hasattr(data, "iloc")


def _stream(data: Any) -> Any:
    if not hasattr(data, "__arrow_c_stream__"):
        raise DataError(
            "statistics need a Table, a pandas DataFrame, a pyarrow Table, RecordBatch or Dataset, or "
            f"an Arrow stream; found {type(data).__name__}."
        )
    return pa.RecordBatchReader.from_stream(data)


def equal_batches(batches: Iterable[Any], batch_rows: int) -> Iterator[Any]:
    """Give the same rows in batches of exactly so many rows, but for the last of each schema.

    So what is made from them does not depend on how they were stored.
    """
    pending: list[Any] = []
    rows = 0
    for batch in batches:
        if pending and batch.schema != pending[0].schema:
            yield from _united(pending)
            pending, rows = [], 0
        while rows + batch.num_rows >= batch_rows:
            room = batch_rows - rows
            yield from _united([*pending, batch.slice(0, room)])
            batch, pending, rows = batch.slice(room), [], 0
        if batch.num_rows:
            pending.append(batch)
            rows += batch.num_rows
    if pending:
        yield from _united(pending)


def _at_least_one(batches: Iterator[Any], schema: Any) -> Iterator[Any]:
    """The batches with columns that can be described; an empty one where there is none."""
    first = next(batches, None)
    yield plain_batch(_empty_batch(schema) if first is None else first)
    yield from map(plain_batch, batches)


def _empty_batch(schema: Any) -> Any:
    arrays = [_empty_array(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _empty_array(kind: Any) -> Any:
    if not pa.types.is_dictionary(kind):
        return pa.array([], kind)
    # Arrow has no converter to some dictionaries, such as one of nulls.
    codes, values = pa.array([], kind.index_type), pa.array([], kind.value_type)
    return pa.DictionaryArray.from_arrays(codes, values, ordered=kind.ordered)


def _united(batches: list[Any]) -> list[Any]:
    """The batches as one; as they are where Arrow cannot unite their types."""
    if len(batches) == 1:
        return batches
    try:
        table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return batches
    return list(table.to_batches())


def _select(schema: Any, names: list[str]) -> Any:
    return pa.schema([schema.field(name) for name in names])
