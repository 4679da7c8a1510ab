"""Gives a DataFrame, an Arrow table or a `Table` as Arrow record batches of a good size."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from ml_assets.errors import DataError, did_you_mean
from ml_assets.table import BATCH_ROWS, RESERVED_COLUMNS, Table


def record_batches(
    data: Any, columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
) -> Iterator[Any]:
    """Give the rows of `data` as Arrow record batches; at least one, which may be empty.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table or pyarrow.RecordBatch
        The rows. In a DataFrame, NaN is a missing value, names become strings, and the index is left
        out.
    columns : sequence of str, optional
        The columns wanted; by default all but the reserved ones (`RESERVED_COLUMNS`).
    batch_rows : int
        About how many rows a batch has, >= 1.

    Raises
    ------
    DataError
        Naming all columns that are wanted but absent, that share a name, or that cannot be described.
    """
    if isinstance(data, Table):
        wanted = _wanted(data.columns, columns)
        return _merge_small(data.batches(wanted), _select(data.schema, wanted), batch_rows)
    table = data if isinstance(data, pa.Table) else _to_table(data)
    table = table.select(_wanted(table.schema.names, columns))
    return _merge_small(table.to_batches(max_chunksize=batch_rows), table.schema, batch_rows)


def _merge_small(batches: Iterable[Any], schema: Any, batch_rows: int) -> Iterator[Any]:
    """The same rows in batches of at least so many rows, but for the last one."""
    waiting: list[Any] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= batch_rows:
            yield _one_batch(waiting, schema)
            waiting, rows = [], 0
    yield _one_batch(waiting, schema)


def _one_batch(batches: list[Any], schema: Any) -> Any:
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches, schema).combine_chunks()
    arrays = [_chunk(table.column(place)) for place in range(table.num_columns)]
    if not arrays:
        rows = sum(batch.num_rows for batch in batches)
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _chunk(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _select(schema: Any, names: list[str]) -> Any:
    return pa.schema([schema.field(name) for name in names])


def _wanted(names: Sequence[str], columns: Sequence[str] | None) -> list[str]:
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


def _to_table(data: Any) -> Any:
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if not hasattr(data, "columns") or not hasattr(data, "iloc"):
        raise DataError(
            "statistics need a Table, a pandas DataFrame, a pyarrow Table or RecordBatch; "
            f"found {type(data).__name__}."
        )
    names = [str(name) for name in data.columns]
    _wanted(names, None)
    arrays, mistakes = [], []
    for place, name in enumerate(names):
        try:
            arrays.append(pa.array(data.iloc[:, place], from_pandas=True))
        except (pa.ArrowException, TypeError, OverflowError) as error:
            mistakes.append(f"column '{name}' cannot be described: {_reason(data, place, error)}")
    if mistakes:
        raise DataError("\n".join(mistakes))
    return pa.table([_chunk_of(array) for array in arrays], names=names)


def _chunk_of(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _reason(data: Any, place: int, error: Exception) -> str:
    kinds = sorted({type(value).__name__ for value in data.iloc[:, place].dropna()})
    if len(kinds) > 1:
        return f"it holds values of {len(kinds)} types ({', '.join(kinds[:5])}). Convert it to one."
    return f"its values of type {', '.join(kinds)} are not supported ({type(error).__name__})."
