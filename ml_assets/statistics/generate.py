"""`generate_statistics`: TFDV's function of that name, on record batches, in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.errors import DataError
from ml_assets.statistics.arrow_input import column_parts
from ml_assets.statistics.dataset_state import (
    DatasetState,
    batch_state,
    join_columns,
    merge_states,
)
from ml_assets.statistics.describe import describe
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relations import Relations, columns_of
from ml_assets.statistics.span_states import Kept, Span, window_states
from ml_assets.statistics.weighted_state import refuse_faults
from ml_assets.table import SPLIT, Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds

    from ml_assets.statistics.label_classes import LabelClasses


def generate_statistics(
    data: "Table | pd.DataFrame | pa.Table | pa.RecordBatch | pa.RecordBatchReader | ds.Dataset",
    *,
    top_values: int = 20,
    histogram_buckets: int = 10,
    columns: Sequence[str] | None = None,
    weight_column: str | None = None,
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
    weight_column : str, optional
        A column with a weight for each row, a finite number from 0 on. Every column then has
        `weighted` statistics as well.
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
        (0.05 % at 10 million rows), a distinct count has a standard error of 2.2 %, and a value's count
        is too small by at most `count_error` (1 row in 8,192).

    Raises
    ------
    DataError
        Naming all columns that are absent, share a name, or hold values of several types; or the
        weight column, with the number of weights that are none.
    """
    state = _state(data, columns, weight_column)
    found = describe(_checked(state, weight_column), top_values, histogram_buckets)
    if not (slices or cross_features or label):
        return found
    if isinstance(data, pa.RecordBatchReader):
        raise DataError(
            "slices, cross_features and label need a second pass, and a RecordBatchReader can be read "
            "only once. Read it into a table first: reader.read_all()."
        )
    options = (tuple(slices), cross_features, _classes(data, label), None, min_slice_rows)
    return replace(found, **vars(_related(data, found, options)))


def generate_split_statistics(
    table: Table,
    *,
    top_values: int = 20,
    histogram_buckets: int = 10,
    weight_column: str | None = None,
    slices: Sequence[str] = (),
    min_slice_rows: int = 100,
    cross_features: bool = False,
    label: str | None = None,
    spans: Sequence[Span] | None = None,
    kept: Kept | None = None,
) -> dict[str, DatasetStatistics]:
    """Describe each split of a table with a `SPLIT` column.

    Parameters
    ----------
    table : Table
        The rows.
    top_values, histogram_buckets, weight_column, slices, min_slice_rows, cross_features, label
        As in `generate_statistics`. Slices and pairs are described for all rows, the association with
        the label for the training rows.
    spans : sequence of Span, optional
        The spans of the table; by default the whole is one.
    kept : Kept, optional
        Where spans' states are looked up, and kept for the next time.

    Returns
    -------
    dict of str to DatasetStatistics
        By the split's name (train, eval and test, one without rows included), and ``all``: the merge
        of them.
    """
    whole = [Span(0, table.num_rows, "")] if table.num_rows else []
    states = window_states(table, whole if spans is None else spans, kept, weight_column)
    states["all"] = _checked(merge_states(states.values()), weight_column)
    found = {name: describe(s, top_values, histogram_buckets) for name, s in states.items()}
    if not (slices or cross_features or label):
        return found
    train = (SPLIT, "train")
    options = (tuple(slices), cross_features, _classes(table, label, train), train, min_slice_rows)
    related = _related(table, found["all"], options)
    return {
        **found,
        "train": replace(found["train"], association=related.association),
        "all": replace(found["all"], **{**vars(related), "association": None}),
    }


def _state(data: Any, columns: Sequence[str] | None, weight_column: str | None) -> DatasetState:
    beside = [] if weight_column is None else [weight_column]
    return join_columns(
        merge_states(batch_state(batch, names, weight_column) for batch in batches)
        for names, batches in column_parts(data, columns, beside)
    )


def _checked(state: DatasetState, weight_column: str | None) -> DatasetState:
    if weight_column is not None:
        refuse_faults(state.weight_faults, weight_column, state.num_rows)
    return state


def _related(data: Any, found: DatasetStatistics, options: tuple[Any, ...]) -> Relations:
    """What is wanted of columns together, by the options of a plan, from whole rows."""
    from ml_assets.statistics.relate import Plan, relate  # SciPy takes half a second to import

    plan = Plan(tuple(feature.name for feature in found.features), *options)
    names = [*plan.columns, *(name for by in plan.slices for name in columns_of(by))]
    names += [plan.label.label] if plan.label else []
    names += [plan.label_rows[0]] if plan.label_rows else []
    first, *others = dict.fromkeys(names)
    # One group of columns with all others beside it: whole rows, with texts as codes where they are.
    ((_, batches),) = column_parts(data, [first], others)
    return relate(batches, plan)


def _classes(
    data: Any, label: str | None, rows: tuple[str, str] | None = None
) -> "LabelClasses | None":
    """The classes of a label, by its values in the rows that have a value in a column."""
    from ml_assets.statistics.label_classes import label_classes

    if label is None:
        return None
    state = merge_states(batch_state(batch, [label]) for batch in _rows(data, label, rows))
    (found,) = describe(state, 1, 1).features
    return label_classes(found)


def _rows(data: Any, label: str, rows: tuple[str, str] | None) -> Iterator[Any]:
    beside = [] if rows is None else [rows[0]]
    for _, batches in column_parts(data, [label], beside):
        for batch in batches:
            yield batch if rows is None else batch.filter(pc.equal(batch.column(rows[0]), rows[1]))
