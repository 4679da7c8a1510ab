"""The mergeable state of pairs of columns of texts: how often their values occur together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ml_assets.statistics.batch_columns import BatchColumns
from ml_assets.statistics.counts_by_group import add_tables, count_pairs, unite_items
from ml_assets.statistics.points import Array

# Of one column; a column with more is in no pair.
MOST_VALUES = 100


@dataclass(frozen=True)
class CategoryPairs:
    """What is known of the rows seen so far.

    Attributes
    ----------
    values : mapping of str to tuple of str, or None
        For each column its values; None where they are too many.
    counts : mapping of (str, str) to ndarray of int64
        For each pair of columns, by their values: the rows that have both.
    """

    values: Mapping[str, tuple[str, ...] | None]
    counts: Mapping[tuple[str, str], Array]


def category_pairs(columns: BatchColumns, names: Sequence[str]) -> CategoryPairs:
    """Give the state of a batch's columns of texts."""
    coded = {name: columns.coded(name) for name in names}
    values = {
        name: tuple(column.values.to_pylist()) if len(column.values) <= MOST_VALUES else None
        for name, column in coded.items()
    }
    few = {name: texts for name, texts in values.items() if texts is not None}
    counts = {
        (first, second): count_pairs(
            coded[first].codes, len(few[first]), coded[second].codes, len(few[second])
        )
        for first, second in combinations(few, 2)
    }
    return CategoryPairs(values, counts)


def merge_pairs(first: CategoryPairs, second: CategoryPairs) -> CategoryPairs:
    """Give the state of both parts together; a column that one part lacks is missing there."""
    values: dict[str, tuple[str, ...] | None] = {}
    places: dict[str, Array] = {}
    for name in dict.fromkeys([*first.values, *second.values]):
        first_values, second_values = first.values.get(name, ()), second.values.get(name, ())
        merged = None
        if first_values is not None and second_values is not None:
            merged, places[name] = unite_items(first_values, second_values)
        values[name] = merged if merged is not None and len(merged) <= MOST_VALUES else None
    few = {name: texts for name, texts in values.items() if texts is not None}
    counts = {}
    for row, column in combinations(few, 2):
        shape = (len(few[row]), len(few[column]))
        first_table, second_table = _table(first, row, column), _table(second, row, column)
        counts[row, column] = add_tables(
            first_table, second_table, places[row], places[column], shape
        )
    return CategoryPairs(values, counts)


def _table(state: CategoryPairs, row: str, column: str) -> Array:
    if (column, row) in state.counts:
        return state.counts[column, row].T
    size = (len(state.values.get(row) or ()), len(state.values.get(column) or ()))
    return state.counts.get((row, column), np.zeros(size, np.int64))
