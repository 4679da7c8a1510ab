"""The states of a table's spans, of which those that were computed before are not computed again.

A window over spans is a merge, not a second pass: the state of each block of spans is kept under a digest
of its content, and only blocks that have none are read. A large span is a block. Small ones are taken
together, because a state costs as much as some thousand rows: whether a span ends a block depends on
its own content only, so that a window that moves on has the same blocks but for the first and the last.
Within a block batches begin at its first row, so that its state depends on its own rows only, and
statistics are the same bytes whichever states were there already.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets import durable
from ml_assets.ingest.split import SPLITS
from ml_assets.statistics.arrow_input import STATE_ROWS, equal_batches, wanted_columns
from ml_assets.statistics.dataset_state import (
    DatasetState,
    batch_state,
    join_columns,
    merge_states,
)
from ml_assets.statistics.parquet_input import Rows, parquet_parts
from ml_assets.statistics.state_file import from_bytes, to_bytes
from ml_assets.table import SPLIT, Table

# A span of so many rows is a block of its own; smaller ones form blocks of about so many.
BLOCK_ROWS = STATE_ROWS
States = dict[str, DatasetState]
"""The states of the splits, by their names."""


@dataclass(frozen=True)
class Span:
    """Where a span, or a block of spans, lies in a table.

    Attributes
    ----------
    start, rows : int
        Its first row, and how many it has; spans follow each other.
    digest : str
        Tells its content from any other.
    """

    start: int
    rows: int
    digest: str


class Kept(Protocol):
    """Where states are kept between runs."""

    def get(self, digest: str) -> States | None:
        """Give the states that were kept for a block's content, or None."""

    def put(self, digest: str, states: States) -> None:
        """Keep the states of a block."""


@dataclass(frozen=True)
class StateFolder:
    """States in files of a folder, one for each block.

    Attributes
    ----------
    folder : Path
        For one version of the code and one set of options.
    """

    folder: Path

    def get(self, digest: str) -> States | None:
        """Give the states that were kept for a block's content; None too where the file is damaged."""
        try:
            return from_bytes(self._path(digest).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def put(self, digest: str, states: States) -> None:
        """Keep the states of a block."""
        durable.write_bytes(self._path(digest), to_bytes(states))

    def keep_only(self, blocks: Iterable[Span]) -> None:
        """Remove the states of all other blocks."""
        known = {block.digest for block in blocks}
        for path in self.folder.glob("*.arrow"):
            if path.stem not in known:
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.arrow"


def blocks_of(spans: Iterable[Span]) -> list[Span]:
    """Give the blocks that spans form, in order."""
    blocks: list[Span] = []
    is_open = False
    for span in spans:
        alone = span.rows >= BLOCK_ROWS
        if is_open and not alone:
            first = blocks.pop()
            joined = hashlib.sha256(f"{first.digest} {span.digest}".encode()).hexdigest()
            blocks.append(Span(first.start, first.rows + span.rows, joined))
        else:
            blocks.append(span)
        is_open = not alone and not _ends_block(span)
    return blocks


def _ends_block(span: Span) -> bool:
    """Whether a small span ends a block: by chance, more likely the more rows it has."""
    draw = int(hashlib.sha256(span.digest.encode()).hexdigest()[:12], 16) / 16**12
    return draw < span.rows / BLOCK_ROWS


def window_states(
    table: Table, spans: Sequence[Span], kept: Kept | None = None, weight_column: str | None = None
) -> States:
    """Give the state of each split of all spans together.

    Parameters
    ----------
    table : Table
        With a `SPLIT` column.
    spans : sequence of Span
        Its spans, in order.
    kept : Kept, optional
        Where the states of blocks are looked up, and put.
    weight_column : str, optional
        The column with the rows' weights.
    """
    blocks, found = blocks_of(spans), dict[str, States]()
    for block in blocks:
        states = kept.get(block.digest) if kept else None
        if states is not None:
            found[block.digest] = states
    unknown = [block for block in blocks if block.digest not in found]
    for block, states in _computed(table, unknown, weight_column):
        found[block.digest] = states
        if kept:
            kept.put(block.digest, states)
    whole = [found[block.digest] for block in blocks] or [_no_rows(table, weight_column)]
    return {split: merge_states(states[split] for states in whole) for split in SPLITS}


def _no_rows(table: Table, weight_column: str | None) -> States:
    """The states of a table without rows, whose columns have their types all the same."""
    empty = pa.RecordBatch.from_pylist([], schema=table.schema)
    return _split_states([empty], wanted_columns(table.columns, None), weight_column)


def _computed(
    table: Table, spans: Sequence[Span], weight_column: str | None
) -> Iterator[tuple[Span, States]]:
    """The states of blocks; those that follow each other are read in one pass."""
    for run in _runs(spans):
        rows = Rows(run[0].start, run[-1].start + run[-1].rows)
        parts = _parts(table, rows, weight_column)
        states = [_span_states(run, *part, weight_column) for part in parts]
        for place, span in enumerate(run):
            of_span = [part[place] for part in states]
            yield span, {s: join_columns(part[s] for part in of_span) for s in SPLITS}


def _runs(spans: Sequence[Span]) -> list[list[Span]]:
    runs: list[list[Span]] = []
    for span in spans:
        if runs and runs[-1][-1].start + runs[-1][-1].rows == span.start:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


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


def _span_states(
    spans: Sequence[Span], columns: list[str], batches: Iterator[Any], weight_column: str | None
) -> list[States]:
    """For some columns, the states of spans that follow each other, from their rows in order."""
    pieces = _Pieces(batches)
    return [
        _split_states(equal_batches(pieces.take(span.rows), STATE_ROWS), columns, weight_column)
        for span in spans
    ]


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


def _split_states(
    batches: Iterable[Any], columns: Sequence[str], weight_column: str | None
) -> States:
    states = dict.fromkeys(SPLITS, DatasetState())
    for batch in batches:
        for split in SPLITS:
            part = batch.filter(pc.equal(batch.column(SPLIT), split))
            more = batch_state(part, columns, weight_column)
            states[split] = merge_states([states[split], more])
    return states
