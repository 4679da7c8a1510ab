"""The columns by which rows are sliced, without texts that may name a person or a row."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from ml_assets.evaluation.spec import EvaluationSpec
from ml_assets.evaluation.sql_slices import columns_read, sql_columns
from ml_assets.spec import columns_and_bins


def sliced_columns(
    rows: pd.DataFrame, spec: EvaluationSpec, may_identify: Collection[str]
) -> pd.DataFrame:
    """Give the columns of `slices` and `sql_slices`, without values that are not to be shown.

    Parameters
    ----------
    rows : DataFrame
        The rows.
    spec : EvaluationSpec
        What is asked for.
    may_identify : collection of str
        Columns whose values may name a person or a row. Their texts, and those that SQL makes of them,
        become ``(hidden 1)``, ``(hidden 2)`` and so on, in the order of the values: slices keep their
        rows, and no name, rule or log shows a value.

    Raises
    ------
    DataError
        If an expression is wrong, or fails for a value.
    """
    computed = sql_columns(rows, spec.sql_slices)
    names = [str(name) for name in rows.columns]
    wanted = {name for by in spec.slices for name, _ in columns_and_bins(by)}
    hidden = wanted & set(may_identify) | {
        name
        for name, expression in spec.sql_slices.items()
        if not set(may_identify).isdisjoint(columns_read(expression, names))
    }
    columns = pd.concat([rows[[name for name in names if name in wanted]], computed], axis=1)
    shown = {name: _without_texts(columns[name]) for name in columns if name in hidden}
    return columns.assign(**shown)


def _without_texts(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """What stands for the values; numbers stay, since they have bins too."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    codes, values = pd.factorize(column.map(str, na_action="ignore"), sort=True)
    shown = [f"(hidden {number})" for number in range(1, len(values) + 1)]
    return pd.Series([*shown, None], dtype=object).take(codes).set_axis(column.index)
