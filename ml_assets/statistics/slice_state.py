"""The mergeable state of slices: of all rows that share a value of a column, or of a cross of columns.

Everything is held in arrays with one place for each slice (`slice_batch` makes them). Up to twice
`CAPACITY` slices are followed exactly. Beyond, the smaller half is dropped; a slice that may have been
dropped before is then no longer `complete`, and is not described.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml_assets.statistics.counts_by_group import (
    CountsByGroup,
    add_at,
    merge_counts,
    unite_items,
)
from ml_assets.statistics.grouped_moments import (
    GroupedMoments,
    merge_grouped,
    take_columns,
    take_groups,
)
from ml_assets.statistics.points import Array

CAPACITY = 1000
# Slices times different values of a column of texts; beyond, its values are not counted by slice.
MOST_CELLS = 250_000

Key = tuple[str | None, ...]


@dataclass(frozen=True)
class SliceState:
    """What is known of the slices by one column, or one cross.

    Attributes
    ----------
    keys : tuple of tuple of str or None
        Of each slice the values, as text; None for missing.
    rows : ndarray of int64
        How many rows each slice has.
    complete : ndarray of bool
        Whether every row of the slice was counted.
    num_dropped : int
        How often a slice was dropped.
    columns : tuple of str
        The columns that are described.
    missing : ndarray of int64
        The rows without a value, by column and slice.
    numbers : tuple of str
        The columns of numbers.
    moments : GroupedMoments
        Of these, by column and slice.
    texts : mapping of str to CountsByGroup or None
        For each column of texts its values, by slice; None where they are too many.
    """

    keys: tuple[Key, ...]
    rows: Array
    complete: Array
    num_dropped: int
    columns: tuple[str, ...]
    missing: Array
    numbers: tuple[str, ...]
    moments: GroupedMoments
    texts: Mapping[str, CountsByGroup | None]


def merge_slices(first: SliceState, second: SliceState) -> SliceState:
    """Give the state of both parts' slices together; a column that one part lacks is missing there."""
    first, second = _aligned(first, second), _aligned(second, first)
    keys, places = unite_items(first.keys, second.keys)
    size = len(keys)
    return within_capacity(
        SliceState(
            keys,
            add_at(first.rows, second.rows, places, size),
            _complete(first, second, places, size),
            first.num_dropped + second.num_dropped,
            first.columns,
            add_at(first.missing, second.missing, places, size),
            first.numbers,
            merge_grouped(first.moments, second.moments, places, size),
            {
                name: _merge_texts(first, second, name, places, size)
                for name in dict.fromkeys([*first.texts, *second.texts])
            },
        )
    )


def _aligned(state: SliceState, other: SliceState) -> SliceState:
    """With the columns of both parts, in an order that both have."""
    columns = tuple(sorted({*state.columns, *other.columns}))
    numbers = tuple(sorted({*state.numbers, *other.numbers}))
    if columns == state.columns and numbers == state.numbers:
        return state
    missing = np.repeat(state.rows[None], len(columns), axis=0)
    missing[_places(state.columns, columns)] = state.missing
    moments = take_columns(state.moments, _places(state.numbers, numbers), len(numbers))
    return replace(state, columns=columns, missing=missing, numbers=numbers, moments=moments)


def _places(names: Sequence[str], among: Sequence[str]) -> Array:
    return np.array([among.index(name) for name in names], np.int64)


def _merge_texts(
    first: SliceState, second: SliceState, name: str, places: Array, size: int
) -> CountsByGroup | None:
    first_texts = first.texts.get(name, CountsByGroup((), np.zeros((len(first.keys), 0), np.int64)))
    second_texts = second.texts.get(
        name, CountsByGroup((), np.zeros((len(second.keys), 0), np.int64))
    )
    if first_texts is None or second_texts is None:
        return None
    if size * (len(first_texts.values) + len(second_texts.values)) > 4 * MOST_CELLS:
        return None
    merged = merge_counts(first_texts, second_texts, places, size)
    return merged if merged.counts.size <= MOST_CELLS else None


def _complete(first: SliceState, second: SliceState, places: Array, size: int) -> Array:
    """A slice that a part lacks is complete only where that part never dropped one."""
    complete = np.ones((2, size), bool)
    complete[0], complete[1] = not first.num_dropped, not second.num_dropped
    complete[0, : len(first.keys)] = first.complete
    complete[1, places] = second.complete
    in_both: Array = complete[0] & complete[1]
    return in_both


def within_capacity(state: SliceState) -> SliceState:
    """Give the state without the smaller slices, where there are too many."""
    if len(state.keys) <= 2 * CAPACITY:
        return state
    kept = np.sort(np.argsort(-state.rows, kind="stable")[:CAPACITY])
    return SliceState(
        tuple(state.keys[place] for place in kept.tolist()),
        state.rows[kept],
        state.complete[kept],
        state.num_dropped + len(state.keys) - CAPACITY,
        state.columns,
        state.missing[:, kept],
        state.numbers,
        take_groups(state.moments, kept),
        {
            name: table and CountsByGroup(table.values, table.counts[kept])
            for name, table in state.texts.items()
        },
    )
