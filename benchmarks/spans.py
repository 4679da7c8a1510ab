"""CPU seconds of adding a day to a window of flights: columns alone, and slices, pairs and the label too.

Run it from the project's folder::

    python -m benchmarks.spans

The rows are those of the example pipeline's own source with its label, a span for each day, for longer
windows year after year; split by time, so that each new day moves the border between training and
evaluation too, or by chance. For each window: CPU seconds of describing all of its rows, and of
describing it when the states of the window without its last day are there, both the mean of windows
that end on different days, after the imports; the rows that were read for the new day, the blocks of the
window, and the megabytes of their states.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml_assets.defs.flights.source import flights_with_weather
from ml_assets.statistics.generate import generate_split_statistics
from ml_assets.statistics.span_blocks import Span, blocks_of
from ml_assets.statistics.span_states import StateFolder
from ml_assets.table import LABEL, SPLIT, Table

OPTIONS: dict[str, Any] = {
    "slices": ["origin", "carrier", "origin,carrier"],
    "cross_features": True,
    "label": LABEL,
}
DAYS = {"half a year": 181, "a year": 365, "four years": 4 * 365}
# The windows of one kind end so many days earlier.
EARLIER = (0, 17, 34, 51)
TRAIN_AND_EVAL = (0.74, 0.83)


def main() -> None:
    """Print one row for each measurement."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    flights = _examples()
    print(f"{'window':>12} {'split by':>8} {'rows':>9} {'all rows':>9} {'new day':>9} "
          f"{'read':>9} {'blocks':>6} {'MB':>5}")  # fmt: skip
    for options in ({}, OPTIONS):
        print("with slices, pairs of columns and label" if options else "columns alone")
        for name, days in DAYS.items():
            for split in ("time", "chance"):
                found = [_measured(flights, days - less, split, options) for less in EARLIER]
                rows, whole, added, read, blocks, size = np.mean(found, axis=0)
                print(f"{name:>12} {split:>8} {rows:9,.0f} {whole:9.3f} {added:9.3f} "
                      f"{read:9,.0f} {blocks:6.1f} {size:5.1f}", flush=True)  # fmt: skip


def _examples() -> Any:
    frame = flights_with_weather()
    frame = frame[frame["arr_delay"].notna()].reset_index(drop=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    label = pa.array((frame["arr_delay"] > 15).astype("int8"))
    return table.append_column(LABEL, label)


def _measured(flights: Any, days: int, split: str, options: Any) -> tuple[float, ...]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before, spans_before = _window(flights, days - 1, split, folder / "before.parquet")
        after, spans = _window(flights, days, split, folder / "after.parquet")
        whole = cpu_seconds(lambda: generate_split_statistics(after, spans=spans, **options))
        cache = StateFolder(folder / "states")
        generate_split_statistics(before, spans=spans_before, cache=cache, **options)
        added = cpu_seconds(
            lambda: generate_split_statistics(after, spans=spans, cache=cache, **options)
        )
        blocks, known = blocks_of(spans), {block.digest for block in blocks_of(spans_before)}
        read = sum(block.rows for block in blocks if block.digest not in known)
        cache.keep_only(blocks)
        size = sum(path.stat().st_size for path in cache.folder.iterdir())
        return after.num_rows, whole, added, read, len(blocks), size / 1e6


def _window(flights: Any, days: int, split: str, path: Path) -> tuple[Table, list[Span]]:
    """The first days, with their split, as a file; and their spans."""
    day = flights["sched_dep"].to_numpy().astype("datetime64[D]")
    a_year = np.bincount((day - day[0]).astype(int), minlength=365)
    starts = np.cumsum([0, *np.resize(a_year, days)]).tolist()
    rows = starts[-1]
    share = np.arange(rows) / rows if split == "time" else np.random.default_rng(0).random(rows)
    part = np.searchsorted(TRAIN_AND_EVAL, share, side="right")
    splits = pa.array(np.array(["train", "eval", "test"])[part])
    years = pa.concat_tables([flights] * -(-rows // flights.num_rows))
    pq.write_table(years.slice(0, rows).append_column(SPLIT, splits), path)
    return Table((path,)), [
        Span(low, high - low, _digest(number, part[low:high]))
        for number, (low, high) in enumerate(pairwise(starts))
    ]


def _digest(day: int, part: Any) -> str:
    """Of the day and its splits: what else the rows hold does not change here."""
    return hashlib.sha256(repr(day).encode() + part.tobytes()).hexdigest()


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Give the CPU seconds of a run."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
