"""A random sample of rows of any size of data, in one pass."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.statistics.arrow_input import record_batches


def sample_rows(
    data: Any, most: int, seed: int, columns: Sequence[str] | None = None
) -> tuple[Any, int]:
    """Give at most so many rows as an Arrow table in their order, and how many rows there are.

    Every row gets a random number, and those with the least ones are kept: memory does not grow with the
    rows.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, ...
        The rows; see `record_batches`.
    most : int
        How many to keep, >= 1.
    seed : int
        Of the random numbers; the same rows with the same seed give the same sample.
    columns : sequence of str, optional
        The columns wanted; by default all but the reserved ones.
    """
    rng = np.random.default_rng(seed)
    kept: list[Any] = []
    numbers: list[Any] = []
    total = 0
    for batch in record_batches(data, columns):
        drawn = rng.random(batch.num_rows)
        total += batch.num_rows
        kept.append(pa.Table.from_batches([batch]))
        numbers.append(drawn)
        if sum(map(len, numbers)) > 2 * most:
            kept, numbers = _least(kept, numbers, most)
    kept, _ = _least(kept, numbers, most)
    return kept[0], total


def _least(kept: list[Any], numbers: list[Any], most: int) -> tuple[list[Any], list[Any]]:
    drawn, table = np.concatenate(numbers), pa.concat_tables(kept)
    if len(drawn) <= most:
        return [table], [drawn]
    places = np.sort(np.argpartition(drawn, most - 1)[:most])
    return [table.take(places).combine_chunks()], [drawn[places]]
