"""The states of the columns of each split, for blocks of a table's rows: read a few columns at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.ingest.split import SPLITS
from ml_assets.statistics.arrow_input import STATE_ROWS, equal_batches, wanted_columns
from ml_assets.statistics.dataset_state import (
    DatasetState,
    batch_state,
    join_columns,
    merge_states,
)
from ml_assets.statistics.parquet_input import Rows, parquet_parts
from ml_assets.statistics.span_blocks import Span
from ml_assets.table import SPLIT, Table

States = dict[str, DatasetState]
"""The states of the splits, by their names."""


def split_states(
    table: Table, blocks: Sequence[Span], weight_column: str | None = None
) -> list[States]:
    """Give the states of blocks that follow each other.

    Parameters
    ----------
    table : Table
        With a `SPLIT` column.
    blocks : sequence of Span
        The blocks, at least one.
    weight_column : str, optional
        The column with the rows' weights.
    """
    parts = [
        _block_states(blocks, columns, batches, weight_column)
        for columns, batches in _parts(table, rows_of(blocks), weight_column)
    ]
    return [
        {split: join_columns(part[place][split] for part in parts) for split in SPLITS}
        for place in range(len(blocks))
    ]


def states_without_rows(table: Table, weight_column: str | None = None) -> States:
    """Give the states of a table without rows, whose columns have their types all the same."""
    empty = pa.RecordBatch.from_pylist([], schema=table.schema)
    return _states_of([empty], wanted_columns(table.columns, None), weight_column)


def rows_of(blocks: Sequence[Span]) -> Rows:
    """Give the rows of blocks that follow each other."""
    return Rows(blocks[0].start, blocks[-1].start + blocks[-1].rows)


def cut(batches: Iterator[Any], blocks: Iterable[Span]) -> Iterator[Iterator[Any]]:
    """Give each block's rows as batches of equal size that begin at its first row.

    Parameters
    ----------
    batches : iterator of pyarrow.RecordBatch
        The rows of all blocks, in order.
    blocks : iterable of Span
        Blocks that follow each other; the rows of one are read to the end before those of the next.
    """
    pieces = _Pieces(batches)
    return (equal_batches(pieces.take(block.rows), STATE_ROWS) for block in blocks)


class _Pieces:
    """Cuts a stream of batches at given numbers of rows."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self._rest: Any = None

    def take(self, rows: int) -> Iterator[Any]:
        """Give the next rows."""
        while rows:
            batch = next(self._batches) if self._rest is None else self._rest
            piece, rest = batch.slice(0, rows), batch.slice(rows)
            self._rest = rest if rest.num_rows else None
            rows -= piece.num_rows
            yield piece


def _parts(
    table: Table, rows: Rows, weight_column: str | None
) -> Iterable[tuple[list[str], Iterator[Any]]]:
    columns = wanted_columns(table.columns, None)
    beside = [SPLIT, *([] if weight_column is None else [weight_column])]
    if columns:
        return parquet_parts(table.files, columns, beside, STATE_ROWS, rows)
    return (
        ([], batches) for _, batches in parquet_parts(table.files, beside, (), STATE_ROWS, rows)
    )


def _block_states(
    blocks: Sequence[Span],
    columns: Sequence[str],
    batches: Iterator[Any],
    weight_column: str | None,
) -> list[States]:
    """For some columns, the states of blocks that follow each other, from their rows in order."""
    return [_states_of(part, columns, weight_column) for part in cut(batches, blocks)]


def _states_of(batches: Iterable[Any], columns: Sequence[str], weight_column: str | None) -> States:
    states = dict.fromkeys(SPLITS, DatasetState())
    for batch in batches:
        for split in SPLITS:
            part = batch_state(_rows_in(batch, split), columns, weight_column)
            states[split] = merge_states([states[split], part])
    return states


def _rows_in(batch: Any, split: str) -> Any:
    inside = pc.equal(batch.column(SPLIT), split)
    count = inside.true_count
    # Where rows are split by time, most batches are all of one split, and need not be copied.
    return batch.filter(inside) if 0 < count < batch.num_rows else batch.slice(0, count)
