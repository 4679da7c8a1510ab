"""CPU seconds of the evaluation of many rows, and of the search for weak slices.

Run it from the project's folder, in an environment with compiled bytecode (`make install` makes one)::

    .venv/bin/python -m benchmarks.evaluation

The rows are drawn at random; nothing is written. Each model beside the candidate is scored on the same
resamples. The search is over 30 columns, and over the 435 pairs of them.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.evaluation import METRICS, evaluate, find_weak_slices
from ml_assets.spec import Task

ROWS = 1_000_000
BINARY: Task = "binary"
REGRESSION: Task = "regression"
MULTICLASS: Task = "multiclass"


def main() -> None:
    """Print one row for each measurement."""
    random = np.random.default_rng(0)
    cause = random.normal(0, 1.5, ROWS)
    features = pd.DataFrame({name: random.choice([*"abcdefghij"], ROWS) for name in ("one", "two")})
    score = 1 / (1 + np.exp(-cause))
    y = (random.random(ROWS) < score).astype(int)
    worse = 1 / (1 + np.exp(-cause - random.normal(0, 0.5, ROWS)))
    odds = np.exp(np.column_stack([cause, -cause, np.zeros(ROWS)]))
    table = odds / odds.sum(axis=1, keepdims=True)
    codes = (random.random(ROWS)[:, None] > table.cumsum(axis=1)[:, :2]).sum(axis=1)
    others = dict.fromkeys(("champion", "linear", "majority"), worse)
    cut: dict[str, Any] = {"features": features, "slices": ["one", "two"]}
    many = "1M rows, 20 slices, 200 resamples"
    _row(f"binary: {many}", lambda: evaluate(y, score, **cut))
    _row(
        f"binary with three baselines: {many}", lambda: evaluate(y, score, baselines=others, **cut)
    )
    noisy = cause + random.normal(size=ROWS)
    _row(f"regression: {many}", lambda: evaluate(noisy, cause, task=REGRESSION, **cut))
    _row(f"three classes: {many}", lambda: evaluate(codes, table, task=MULTICLASS, **cut))
    for rows in (50_000, ROWS):
        wide, title = _wide(random, rows), f"weak slices: {rows:,} rows, 30 columns"
        _row(title, partial(find_weak_slices, wide, y[:rows], score[:rows]))
    print(f"metrics: {', '.join(METRICS[BINARY])}")


def _wide(random: np.random.Generator, rows: int) -> pd.DataFrame:
    numbers = {f"x{i}": random.normal(size=rows) for i in range(15)}
    texts = {f"c{i}": random.choice([*"abcdefghij"], rows) for i in range(15)}
    return pd.DataFrame({**numbers, **texts})


def _row(title: str, work: Callable[[], object]) -> None:
    before = time.process_time()
    work()
    print(f"{title:<70} {time.process_time() - before:7.2f} CPU s", flush=True)


if __name__ == "__main__":
    main()
