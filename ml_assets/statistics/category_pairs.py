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
        name: tuple(one.values.to_pylist()) if len(one.values) <= MOST_VALUES else None
        for name, one in coded.items()
    }
    few = {name: found for name, found in values.items() if found is not None}
    counts = {
        (a, b): count_pairs(coded[a].codes, len(few[a]), coded[b].codes, len(few[b]))
        for a, b in combinations(few, 2)
    }
    return CategoryPairs(values, counts)


def merge_pairs(first: CategoryPairs, second: CategoryPairs) -> CategoryPairs:
    """Give the state of both parts together; a column that one part lacks is missing there."""
    values: dict[str, tuple[str, ...] | None] = {}
    places: dict[str, Array] = {}
    for name in dict.fromkeys([*first.values, *second.values]):
        one, two = first.values.get(name, ()), second.values.get(name, ())
        merged = None
        if one is not None and two is not None:
            merged, places[name] = unite_items(one, two)
        values[name] = merged if merged is not None and len(merged) <= MOST_VALUES else None
    few = {name: found for name, found in values.items() if found is not None}
    counts = {}
    for a, b in combinations(few, 2):
        shape = (len(few[a]), len(few[b]))
        one_, two_ = _table(first, a, b), _table(second, a, b)
        counts[a, b] = add_tables(one_, two_, places[a], places[b], shape)
    return CategoryPairs(values, counts)


def _table(state: CategoryPairs, a: str, b: str) -> Array:
    if (b, a) in state.counts:
        return state.counts[b, a].T
    size = (len(state.values.get(a) or ()), len(state.values.get(b) or ()))
    return state.counts.get((a, b), np.zeros(size, np.int64))
