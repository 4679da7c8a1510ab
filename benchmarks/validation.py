"""CPU milliseconds of validation and drift from stored statistics, and of judging rows and requests.

Run it from the project's folder::

    python -m benchmarks.validation

Made-up columns: a quarter each of floats, ints, texts with 50 values and texts with 3,000. Each figure is
the least of five. The goal, of validation and of drift: below 10 ms for 20 columns, below 1 s for 1,000.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.table import Table
from ml_assets.validation.drift import detect_drift
from ml_assets.validation.example import validate_example
from ml_assets.validation.rows import find_broken_rows
from ml_assets.validation.validate import validate_statistics

ROWS = 20_000
TABLE_ROWS = 1_000_000


def main() -> None:
    """Print one row for each measurement."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for columns in (20, 1000):
        _of_stored_statistics(columns)
    _of_rows()


def made_up(columns: int, rows: int, seed: int) -> Any:
    """Give a table of so many columns of four kinds."""
    rng = np.random.default_rng(seed)

    def texts(different: int) -> Any:
        codes = pa.array(rng.integers(0, different, rows), pa.int32())
        values = pa.array([f"value {n}" for n in range(different)])
        return pa.DictionaryArray.from_arrays(codes, values).cast(pa.string())

    kinds: list[Callable[[], Any]] = [
        lambda: pa.array(rng.normal(size=rows)),
        lambda: pa.array(rng.integers(0, 1000, rows)),
        lambda: texts(50),
        lambda: texts(3000),
    ]
    return pa.table({f"c{place}": kinds[place % 4]() for place in range(columns)})


def _of_stored_statistics(columns: int) -> None:
    current, previous = (generate_statistics(made_up(columns, ROWS, seed=seed)) for seed in (1, 2))
    schema, stored = infer_schema(previous), json.loads(json.dumps(current.to_json()))
    read = _milliseconds(lambda: DatasetStatistics.from_json(stored))
    _row(f"read the statistics of {columns} columns", read)
    _row(
        f"validate_statistics, {columns} columns",
        _milliseconds(lambda: validate_statistics(current, schema)),
    )
    _row(f"detect_drift, {columns} columns", _milliseconds(lambda: detect_drift(current, previous)))


def _of_rows() -> None:
    table = made_up(20, TABLE_ROWS, seed=3)
    schema = infer_schema(generate_statistics(table))
    requests = table.slice(0, 1000).to_pylist()
    validate_example(requests[0], schema)
    spent = _milliseconds(lambda: [validate_example(r, schema) for r in requests])
    _row("validate_example, 20 columns", spent / len(requests))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        pq.write_table(table, path)
        _row(f"find_broken_rows, {TABLE_ROWS:,} rows x 20", _rows_judged(Table((path,)), schema))


def _rows_judged(table: Table, schema: Schema) -> float:
    return _milliseconds(lambda: list(find_broken_rows(table, schema)), times=1)


def _milliseconds(work: Callable[[], Any], times: int = 5) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best * 1000


def _row(title: str, milliseconds: float) -> None:
    print(f"{title:<50} {milliseconds:10.3f} CPU ms")


if __name__ == "__main__":
    main()
