"""Spans: how a source is cut, which of its spans a window chooses, and how they are opened.

A span cut by time is named for the time it begins: ``2013-06-30T05``, ``2013-06-30``, ``2013-W26`` or
``2013-06``. So the order of the names is the order of the spans.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_assets.errors import DataError
from ml_assets.ingest.spec import Granularity, WindowSpec
from ml_assets.table import BATCH_ROWS, Table

if TYPE_CHECKING:
    import pyarrow as pa

# Where the snapshots lie, below a pipeline's home.
SPANS_FOLDER = "spans"


def span_name(moment: datetime, span: Granularity) -> str:
    """Name the span that holds a moment.

    Parameters
    ----------
    moment : datetime
        Without a zone; one with a zone is taken to UTC first.
    span : {"hour", "day", "week", "month"}
        How the source is cut. A week begins on Monday and is named by ISO 8601.
    """
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    match span:
        case "hour":
            return f"{moment:%Y-%m-%dT%H}".zfill(13)
        case "week":
            year, week, _ = moment.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case "month":
            return f"{moment.year:04d}-{moment.month:02d}"
        case _:
            return moment.date().isoformat()


def cut_by_time(
    batch: "pa.RecordBatch", time: str, span: Granularity
) -> "Iterator[tuple[str, pa.RecordBatch]]":
    """Cut a batch into one piece for each span, which keeps the order of its rows.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Rows whose column `time` has no null.
    time : str
        A column of dates or timestamps.
    span : {"hour", "day", "week", "month"}
        How to cut.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    moments = pc.cast(batch.column(time), pa.timestamp("us"))
    begins = pc.floor_temporal(moments, unit=span).to_numpy(zero_copy_only=False)
    values, codes = np.unique(begins, return_inverse=True)
    names = [span_name(value.item(), span) for value in values]
    if len(names) == 1:
        yield names[0], batch
        return
    order = np.argsort(codes, kind="stable")
    if (np.diff(order) != 1).any():
        batch = batch.take(pa.array(order))
    counts = np.bincount(codes)
    for name, start, count in zip(names, np.cumsum(counts) - counts, counts, strict=True):
        yield name, batch.slice(int(start), int(count))


def rechunk(
    batches: "Iterator[pa.RecordBatch]", rows: int = BATCH_ROWS
) -> "Iterator[pa.RecordBatch]":
    """Give the same rows in batches of exactly `rows`, but for the last.

    What is written then does not depend on how it was read.
    """
    import pyarrow as pa

    pending, count = list[pa.RecordBatch](), 0
    for batch in batches:
        while count + batch.num_rows >= rows:
            missing = rows - count
            yield pa.concat_batches([*pending, batch.slice(0, missing)])
            batch, pending, count = batch.slice(missing), [], 0
        if batch.num_rows:
            pending.append(batch)
            count += batch.num_rows
    if pending:
        yield pa.concat_batches(pending)


def window_ends(window: WindowSpec, span: Granularity) -> tuple[str, str | None]:
    """Give the names of a window's first span, empty without a start, and of its last, or None."""
    first = "" if window.start is None else span_name(window.start, span)
    return first, None if window.end is None else span_name(window.end, span)


def select_spans(manifest: Mapping[str, Any], window: WindowSpec | None) -> list[dict[str, Any]]:
    """Choose the spans of a window, in order.

    Parameters
    ----------
    manifest : mapping
        The content of `raw_data`'s ``manifest.json``.
    window : WindowSpec or None
        The window; all spans without one. A span belongs to it if it begins or ends inside, so a start
        in the middle of a month takes the whole month.

    Raises
    ------
    DataError
        If no span belongs to it, with the first and the last that there are.
    """
    spans: list[dict[str, Any]] = sorted(manifest["spans"], key=lambda span: str(span["span"]))
    if window is None:
        return spans
    if window.last is not None:
        return spans[-window.last :]
    first, last = window_ends(window, manifest["granularity"])
    chosen = [
        span for span in spans if span["span"] >= first and (last is None or span["span"] <= last)
    ]
    if not chosen:
        raise DataError(
            f"The window from {first or 'the beginning'} to {last or 'the end'} holds none of the "
            f"{len(spans):,} spans, {spans[0]['span']} to {spans[-1]['span']}. Change start and end of "
            "the window in the YAML."
        )
    return chosen


def open_spans(
    manifest: Mapping[str, Any], spans_dir: Path, window: WindowSpec | None = None
) -> Table:
    """Open the rows of a window's spans as one table, in the order of the spans.

    Parameters
    ----------
    manifest : mapping
        The content of `raw_data`'s ``manifest.json``.
    spans_dir : Path
        The folder of the snapshots, `SPANS_FOLDER` below the pipeline's home.
    window : WindowSpec, optional
        The window; all spans by default.

    Raises
    ------
    DataError
        If no span belongs to the window, or a snapshot is gone.
    """
    files = tuple(spans_dir / str(span["file"]) for span in select_spans(manifest, window))
    gone = [path.name for path in files if not path.is_file()]
    if gone:
        raise DataError(
            f"{len(gone)} of {len(files)} snapshots are gone from {spans_dir}, the first is {gone[0]}. "
            "Remove the pipeline's folder 'current' to ingest the source again."
        )
    return Table(files)


def span_of_rows(spans: Sequence[Mapping[str, Any]]) -> "pa.DictionaryArray":
    """Give the span of each row of the table that `open_spans` opens for these spans."""
    import numpy as np
    import pyarrow as pa

    counts = [int(span["rows"]) for span in spans]
    codes = np.repeat(np.arange(len(spans), dtype=np.int32), counts)
    names = pa.array([str(span["span"]) for span in spans], pa.string())
    return pa.DictionaryArray.from_arrays(codes, names)
