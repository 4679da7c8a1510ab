"""`generate_statistics`: TFDV's function of that name, on record batches, in one pass."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from ml_assets.statistics.arrow_input import column_parts
from ml_assets.statistics.dataset_state import (
    DatasetState,
    batch_state,
    join_columns,
    merge_states,
)
from ml_assets.statistics.describe import describe
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.table import SPLIT, Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SPLITS = ("train", "eval", "test")


def generate_statistics(
    data: "Table | pd.DataFrame | pa.Table | pa.RecordBatch",
    *,
    top_values: int = 20,
    histogram_buckets: int = 10,
    columns: Sequence[str] | None = None,
) -> DatasetStatistics:
    """Describe every column of a data set.

    One pass in record batches: memory does not grow with the number of rows.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table or pyarrow.RecordBatch
        The rows. In a DataFrame NaN is a missing value and the index is left out.
    top_values : int
        How many of the most frequent values of a text column are shown, >= 1.
    histogram_buckets : int
        The buckets of each histogram, >= 1.
    columns : sequence of str, optional
        The columns to describe; by default all but the reserved ones, which begin with ``_``.

    Returns
    -------
    DatasetStatistics
        Counts, extremes, means and standard deviations are exact; see `DatasetStatistics` for the
        stated error of quantiles and of distinct counts in large data.

    Raises
    ------
    DataError
        Naming all columns that are absent, share a name, or hold values of several types.
    """
    parts = column_parts(data, columns)
    state = join_columns(merge_states(batch_state(batch) for batch in part) for part in parts)
    return describe(state, top_values, histogram_buckets)


def generate_split_statistics(
    table: Table, *, top_values: int = 20, histogram_buckets: int = 10
) -> dict[str, DatasetStatistics]:
    """Describe each split of a table with a `SPLIT` column, in one pass over its rows.

    Returns
    -------
    dict of str to DatasetStatistics
        By the split's name (`SPLITS`, one without rows included), and ``all``: the merge of them.
    """
    parts = [_split_states(part) for part in column_parts(table, beside=[SPLIT])]
    states = {split: join_columns(part[split] for part in parts) for split in SPLITS}
    states["all"] = merge_states(states.values())
    return {name: describe(s, top_values, histogram_buckets) for name, s in states.items()}


def _split_states(batches: "Iterable[pa.RecordBatch]") -> dict[str, DatasetState]:
    states = dict.fromkeys(SPLITS, DatasetState())
    for batch in batches:
        wanted = [name for name in batch.schema.names if name != SPLIT]
        for split in SPLITS:
            part = batch.filter(pc.equal(batch.column(SPLIT), split)).select(wanted)
            states[split] = merge_states([states[split], batch_state(part)])
    return states
