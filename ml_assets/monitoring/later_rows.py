"""Finds the stored rows that are later than all that the champion was trained on, with their labels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml_assets.evaluation.staleness import without_zone
from ml_assets.ingest.example_ids import example_ids
from ml_assets.ingest.spans import open_spans, select_spans, span_name
from ml_assets.monitoring.own_examples import own_splits
from ml_assets.monitoring.performance import join_labels
from ml_assets.table import EXAMPLE_ID, Table
from ml_assets.validation.sample import sample_rows

_MAX_ROWS = 30_000
_POSITION = "_position"
_EMPTY = pa.array([], pa.string())


@dataclass(frozen=True)
class LaterRows:
    """Labelled rows that are later than the champion's last training row.

    Attributes
    ----------
    rows : DataFrame
        Raw columns.
    labels : array
        By the champion's codes of classes.
    """

    rows: pd.DataFrame
    labels: NDArray[Any]


def later_rows(
    manifest: Mapping[str, Any],
    spans_dir: Path,
    since: Any,
    *,
    key: Sequence[str],
    time: str,
    labels: pa.Table,
    classes: Sequence[str],
    label_classes: Sequence[str],
    examples: Path,
    seed: int = 0,
) -> LaterRows:
    """Read the labelled rows that are later than a moment; a random 30,000 where there are more.

    Parameters
    ----------
    manifest : mapping
        The content of `raw_data`'s ``manifest.json``.
    spans_dir : Path
        The folder of the snapshots.
    since : timestamp
        The time of the champion's last training row.
    key, time : sequence of str, str
        As in `ingest`.
    labels : pyarrow.Table
        With `_example_id` and `_label`.
    classes, label_classes : sequence of str
        As in `join_labels`.
    examples : Path
        The Parquet file of the examples that the champion was made from. Those of its splits ``train``
        and ``eval`` are left out: it was trained and tuned on them.
    seed : int
        Of the sample.
    """
    table = _spans_since(manifest, spans_dir, since)
    reader = pa.RecordBatchReader.from_batches(table.schema, _later_batches(table, time, since))
    sample, _ = sample_rows(reader, _MAX_ROWS, seed, table.schema.names)
    ids = pa.concat_arrays([example_ids(batch, key) for batch in sample.to_batches()] or [_EMPTY])
    splits = own_splits(ids, examples)
    is_learnt = pc.fill_null(pc.is_in(splits, pa.array(["train", "eval"])), False)
    # The position of a row stands for its score, so that rows are found before any is scored.
    positions = pa.table({EXAMPLE_ID: ids, _POSITION: np.arange(len(ids))})
    joined = join_labels(positions, labels, [_POSITION], classes, label_classes, is_learnt)
    return LaterRows(sample.to_pandas().iloc[joined.scores.astype(int)], joined.labels)


def _spans_since(manifest: Mapping[str, Any], spans_dir: Path, since: Any) -> Table:
    """The spans that may hold later rows; where spans are files, that is any."""
    spans, granularity = select_spans(manifest, None), manifest["granularity"]
    if granularity != "file":
        first = span_name(without_zone(since).to_pydatetime(), granularity)
        spans = [span for span in spans if span["span"] >= first] or spans[-1:]
    return open_spans({**manifest, "spans": spans}, spans_dir)


def _later_batches(table: Table, time: str, since: Any) -> Iterator[pa.RecordBatch]:
    moment = pa.scalar(without_zone(since).to_pydatetime(), pa.timestamp("us"))
    for batch in table.batches():
        times = pc.cast(batch.column(time), pa.timestamp("us"), safe=False)
        yield batch.filter(pc.greater(times, moment))
