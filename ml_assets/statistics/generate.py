"""`generate_statistics`: TFDV's function of that name, on record batches, in one pass."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.errors import DataError
from ml_assets.statistics.arrow_input import STATE_ROWS, column_parts, record_batches
from ml_assets.statistics.dataset_state import batch_state, join_columns, merge_states
from ml_assets.statistics.describe import describe
from ml_assets.statistics.label_classes import LabelClasses, label_classes
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relate import Plan, relate
from ml_assets.statistics.relations import Relations
from ml_assets.statistics.weighted_state import refuse_faults
from ml_assets.table import Table

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "eval", "test")


def generate_statistics(
    data: "Table | pd.DataFrame | pa.Table | pa.RecordBatch | pa.RecordBatchReader | ds.Dataset",
    *,
    top_values: int = 20,
    histogram_buckets: int = 10,
    columns: Sequence[str] | None = None,
    slices: Sequence[str] = (),
    min_slice_rows: int = 100,
    cross_features: bool = False,
    label: str | None = None,
) -> DatasetStatistics:
    """Describe every column of a data set, and what is asked for of columns together.

    In record batches: memory does not grow with the number of rows. What is known of columns together
    takes a second pass, because whole rows are needed for it.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, RecordBatch, RecordBatchReader or Dataset
        The rows; or whatever else gives an Arrow stream, such as a polars DataFrame. In a DataFrame of
        pandas NaN is a missing value, names become strings, and the index is left out.
    top_values : int
        How many of the most frequent values of a text column are shown, >= 1.
    histogram_buckets : int
        The buckets of each histogram, >= 1.
    columns : sequence of str, optional
        The columns to describe; by default all but the reserved ones, which begin with ``_``.
    slices : sequence of str
        Columns, and crosses written ``a,b``, whose values are described on their own.
    min_slice_rows : int
        Slices with fewer rows are left out, >= 1.
    cross_features : bool
        Whether the correlation of each pair of columns is computed. It is not by default, because it
        costs as much again as all columns on their own.
    label : str, optional
        A column to which the association of every other one is measured.

    Returns
    -------
    DatasetStatistics
        Counts, extremes, means and standard deviations are exact, and up to 8,192 different values of
        a column everything else is too. Beyond, a quantile's rank is wrong by at most `rank_error`
        (0.1 % at 10 million rows), a distinct count has a standard error of 2.2 %, and a value's count
        is too small by at most `count_error` (1 row in 8,192).

    Raises
    ------
    DataError
        Naming all columns that are absent, share a name, or hold values of several types; or the
        weight column, with the number of weights that are none.
    """
    beside = [] if weight_column is None else [weight_column]
    state = join_columns(
        merge_states(batch_state(batch, names, weight_column) for batch in batches)
        for names, batches in column_parts(data, columns, beside)
    )
    if weight_column is not None:
        refuse_faults(state.weight_faults, weight_column, state.num_rows)
    return describe(state, top_values, histogram_buckets)
