"""`mine_functional_dependencies`: which columns follow from which, in data that have errors.

A dependency's support is the share of rows that need not change for it to hold (1 - g3; Kivinen and
Mannila 1995, doi:10.1016/0304-3975(95)00028-U). A column with many values has a high support for
everything, since a group of one row cannot contradict itself. So each row's value is also predicted from
the other rows of its group alone, where there are any, and that must beat always predicting the commonest
value (Goodman and Kruskal's lambda, 1954, doi:10.2307/2281536, with each row left out in turn). Left out:
transitive reduction (of a -> b -> c, a -> c is given as well), and more than two determinants.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ml_assets.schema.code_groups import Codes, Fit, encode, fit_dependency, join
from ml_assets.schema.model import FunctionalDependency
from ml_assets.statistics.arrow_input import record_batches
from ml_assets.table import Table

if TYPE_CHECKING:
    import pandas as pd

# A rule must be seen at work in this share of the rows, and in so many of them: those that share their
# determinant with another row.
_MIN_SHARE_AT_WORK = 0.1
_MIN_ROWS_AT_WORK = 30
# How much better than the commonest value the other rows of the group must predict.
_MIN_LAMBDA = 0.8


def mine_functional_dependencies(
    data: "Table | pd.DataFrame | pa.Table",
    *,
    columns: Sequence[str] | None = None,
    max_determinants: int = 1,
    min_support: float = 0.95,
    max_rows: int = 20_000,
) -> list[FunctionalDependency]:
    """Find which columns follow from which, nearly always.

    Parameters
    ----------
    data : Table, pandas.DataFrame or pyarrow.Table
        The rows. Those without a value in a rule's columns say nothing about it.
    columns : sequence of str, optional
        The columns to look at; by default all but the reserved ones. Lists and structs are left out.
    max_determinants : {1, 2}
        How many columns may determine another together.
    min_support : float
        The least share of rows that obey a rule, 0 to 1.
    max_rows : int
        At most so many rows are read, evenly spread over the data, >= 1.

    Returns
    -------
    list of FunctionalDependency
        With their support, by determinant in the order of the columns. A rule of two columns is given
        only where neither of them is enough. Keys, which determine everything, and nearly constant
        columns, which everything determines, are in no rule.
    """
    coded = _coded(data, columns, max_rows)
    rules = list(_rules(coded, [(name,) for name in coded], min_support, {}))
    if max_determinants > 1:
        implied = {(rule.determinant[0], rule.dependent) for rule in rules}
        rules += _rules(coded, list(combinations(coded, 2)), min_support, implied)
    return rules


def _rules(
    coded: dict[str, Codes],
    determinants: Sequence[tuple[str, ...]],
    min_support: float,
    implied: Any,
) -> Iterator[FunctionalDependency]:
    for names in determinants:
        group = join([coded[name] for name in names])
        if not _is_at_work(group):
            continue
        for dependent, codes in coded.items():
            if dependent in names or any((name, dependent) in implied for name in names):
                continue
            # Each value more than there are groups is a row at least that breaks the rule.
            if codes.size - group.size > (1 - min_support) * len(codes.codes):
                continue
            fit = fit_dependency(group, codes)
            if fit is not None and _holds(fit, min_support):
                yield FunctionalDependency(names, dependent, round(fit.support, 4))


def _is_at_work(group: Codes) -> bool:
    """Whether a determinant groups enough rows, into more than one group."""
    sizes = np.bincount(group.codes[group.codes >= 0])
    rows = int(sizes[sizes > 1].sum())
    return len(sizes) > 1 and rows >= _MIN_ROWS_AT_WORK and rows >= _MIN_SHARE_AT_WORK * sizes.sum()


def _holds(fit: Fit, min_support: float) -> bool:
    enough = max(_MIN_ROWS_AT_WORK, _MIN_SHARE_AT_WORK * fit.rows)
    return fit.support >= min_support and fit.rows_at_work >= enough and fit.lambda_ >= _MIN_LAMBDA


def _coded(data: Any, columns: Sequence[str] | None, max_rows: int) -> dict[str, Codes]:
    batches = _thinned(data, columns, max_rows)
    table = pa.Table.from_batches(batches) if batches else pa.table({})
    return {
        name: encode(table.column(name))
        for name in table.column_names
        if not pa.types.is_nested(table.schema.field(name).type)
    }


def _thinned(data: Any, columns: Sequence[str] | None, max_rows: int) -> list[Any]:
    """Every n-th row, so that at most `max_rows` are in memory."""
    rows = data.num_rows if hasattr(data, "num_rows") else len(data)
    step = max(1, -(-rows // max_rows))
    batches, first = [], 0
    for batch in record_batches(data, columns):
        batches.append(batch.take(pa.array(range(-first % step, batch.num_rows, step), pa.int64())))
        first += batch.num_rows
    return batches
