"""`generate_statistics`: TFDV's function of that name, on record batches, in one pass."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ml_assets.errors import DataError
from ml_assets.statistics.arrow_input import column_parts
from ml_assets.statistics.association_bins import shown_bins
from ml_assets.statistics.block_state import StateOptions
from ml_assets.statistics.dataset_state import (
    DatasetState,
    batch_state,
    join_columns,
    merge_states,
)
from ml_assets.statistics.describe import describe
from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.label_classes import label_classes
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relations import Relations, columns_of
from ml_assets.statistics.relations_state import Plan
from ml_assets.statistics.span_blocks import Span
from ml_assets.statistics.span_states import StateCache, window_state
from ml_assets.statistics.weighted_state import refuse_faults
from ml_assets.table import Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds


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
    """Describe every column of a data set and, where requested, relations between columns.

    The data are read in record batches, so memory does not grow with the number of rows. Slices,
    correlations and the association with the label need whole rows, and so a second pass.

    Parameters
    ----------
    data : Table, pandas.DataFrame, pyarrow.Table, RecordBatch, RecordBatchReader or Dataset
        The rows, or any other object with an Arrow stream, such as a polars DataFrame. In a pandas
        DataFrame NaN is a missing value, names become strings, and the index is left out.
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
        weight column, with the number of weights that are null, not finite or negative.
    """
    state = _checked(_dataset_state(data, columns, weight_column), weight_column)
    statistics = describe(state, top_values, histogram_buckets)
    if not (slices or cross_features or label):
        return statistics
    if isinstance(data, pa.RecordBatchReader):
        raise DataError(
            "slices, cross_features and label need a second pass, and a RecordBatchReader can be read "
            "only once. Read it into a table first: reader.read_all()."
        )
    plan = Plan(
        tuple(state.features),
        tuple(slices),
        cross_features,
        label_classes(label, _label_state(data, state, label)) if label else None,
        shown_bins(state.features) if label else {},
        min_slice_rows=min_slice_rows,
    )
    return replace(statistics, **vars(_relations(data, plan)))


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
    cache: StateCache | None = None,
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
    cache : StateCache, optional
        Where spans' states are looked up, and kept for the next time.

    Returns
    -------
    dict of str to DatasetStatistics
        By split, ``train``, ``eval`` and ``test``, also where it has no rows; and ``all``, their merge.
    """
    whole = [Span(0, table.num_rows, "")] if table.num_rows else []
    options = StateOptions(weight_column, tuple(slices), cross_features, label)
    window = window_state(table, whole if spans is None else spans, options, cache)
    states = {**window.splits, "all": _checked(merge_states(window.splits.values()), weight_column)}
    by_split = {
        name: describe(state, top_values, histogram_buckets) for name, state in states.items()
    }
    if window.relations is None:
        return by_split
    from ml_assets.statistics.relate import describe_relations  # SciPy takes half a second

    plan = Plan(tuple(states["all"].features), min_slice_rows=min_slice_rows)
    relations = describe_relations(window.relations, plan)
    return {
        **by_split,
        "train": replace(by_split["train"], association=relations.association),
        "all": replace(by_split["all"], **{**vars(relations), "association": None}),
    }


def _dataset_state(
    data: Any, columns: Sequence[str] | None, weight_column: str | None
) -> DatasetState:
    beside = [] if weight_column is None else [weight_column]
    return join_columns(
        merge_states(batch_state(batch, names, weight_column) for batch in batches)
        for names, batches in column_parts(data, columns, beside)
    )


def _checked(state: DatasetState, weight_column: str | None) -> DatasetState:
    if weight_column is not None:
        refuse_faults(state.weight_faults, weight_column, state.num_rows)
    return state


def _relations(data: Any, plan: Plan) -> Relations:
    """The relations between columns that the plan names, from a pass over whole rows."""
    from ml_assets.statistics.relate import relate  # SciPy takes half a second to import

    names = [*plan.columns, *(name for by in plan.slices for name in columns_of(by))]
    names += [plan.label.label] if plan.label else []
    first, *others = dict.fromkeys(names)
    # One group of columns with all others beside it: whole rows, with texts as codes where they are.
    ((_, batches),) = column_parts(data, [first], others)
    return relate(batches, plan)


def _label_state(data: Any, state: DatasetState, label: str) -> FeatureState:
    """The state of the label, from an extra pass where it is not among the described columns."""
    if label in state.features:
        return state.features[label]
    ((_, batches),) = column_parts(data, [label])
    return merge_states(batch_state(batch, [label]) for batch in batches).features[label]
