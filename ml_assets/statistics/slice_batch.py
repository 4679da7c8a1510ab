"""The slices of one record batch, as mergeable states."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.batch_columns import NUMBERS, TEXTS, BatchColumns, joint_codes
from ml_assets.statistics.counts_by_group import CountsByGroup, add_up, count_pairs
from ml_assets.statistics.grouped_moments import (
    GroupedMoments,
    grouped_moments,
    stacked,
    unite_groups,
)
from ml_assets.statistics.points import Array
from ml_assets.statistics.relations import columns_of
from ml_assets.statistics.slice_state import MOST_CELLS, Key, SliceState, within_capacity

# Groups by all slices' columns together; beyond, each is grouped on its own.
_MOST_GROUPS = 4096


@dataclass(frozen=True)
class _Groups:
    """Each row's group, and by column and group the missing values and the moments."""

    codes: Array
    size: int
    missing: Array
    numbers: tuple[str, ...]
    moments: GroupedMoments


def slice_states(
    columns: BatchColumns, slices: Iterable[str], described: Iterable[str]
) -> dict[str, SliceState]:
    """Give the state of a batch's slices, by column or cross.

    Rows are sorted once, by all slices together, and the groups then united, as long as there are few.

    Parameters
    ----------
    columns : BatchColumns
        The batch.
    slices : iterable of str
        Columns, and crosses written ``a,b``.
    described : iterable of str
        The columns to describe.
    """
    names = list(described)
    keyed = {by: _keys_and_codes(columns, columns_of(by)) for by in slices}
    shared = _shared_groups(columns, list(keyed.values()), names)
    states = {}
    for by, (keys, codes) in keyed.items():
        groups = shared or _groups(columns, codes, len(keys), names)
        states[by] = _slice_state(columns, keys, codes, groups, names)
    return states


def _keys_and_codes(columns: BatchColumns, names: Sequence[str]) -> tuple[tuple[Key, ...], Array]:
    """The slices that occur, and which one each row is in."""
    codes = np.zeros(columns.num_rows, np.int64)
    keys: list[Key] = [()] if columns.num_rows else []
    for name in names:
        coded = columns.coded(name)
        texts: list[str | None] = [*coded.values.to_pylist(), None]
        column_codes = np.where(coded.codes < 0, len(texts) - 1, coded.codes)
        codes, pairs = joint_codes(codes, column_codes, len(texts))
        keys = [(*keys[pair // len(texts)], texts[pair % len(texts)]) for pair in pairs.tolist()]
    return tuple(keys), codes


def _shared_groups(
    columns: BatchColumns, keyed: Sequence[tuple[tuple[Key, ...], Array]], names: Sequence[str]
) -> _Groups | None:
    """The batch by all slices together; None where that makes too many groups."""
    codes, size = np.zeros(columns.num_rows, np.int64), 1
    for keys, slice_codes in keyed:
        codes, pairs = joint_codes(codes, slice_codes, max(1, len(keys)))
        size = len(pairs)
        if size > _MOST_GROUPS:
            return None
    return _groups(columns, codes, size, names) if len(keyed) > 1 else None


def _groups(columns: BatchColumns, codes: Array, size: int, names: Sequence[str]) -> _Groups:
    # Few codes fit into 16 bits, which NumPy sorts by radix.
    order = np.argsort(codes.astype(np.min_scalar_type(size)), kind="stable")
    rows = np.bincount(codes, minlength=size)
    missing = np.zeros((len(names), size), np.int64)
    for place, name in enumerate(names):
        if columns.null_count(name):
            missing[place] = np.bincount(codes[columns.is_null(name)], minlength=size)
    numbers = tuple(name for name in names if columns.types[name] in NUMBERS)
    moments = [
        grouped_moments(columns.numbers(name), order, rows, columns.has_unknown(name))
        for name in numbers
    ]
    return _Groups(codes, size, missing, numbers, stacked(moments, size))


def _slice_state(
    columns: BatchColumns,
    keys: tuple[Key, ...],
    codes: Array,
    groups: _Groups,
    names: Sequence[str],
) -> SliceState:
    size = len(keys)
    places = np.zeros(groups.size, np.int64)
    places[groups.codes] = codes  # all rows of a group are in one slice
    return within_capacity(
        SliceState(
            keys,
            np.bincount(codes, minlength=size),
            np.ones(size, bool),
            0,
            tuple(names),
            add_up(groups.missing.T, places, size).T,
            groups.numbers,
            unite_groups(groups.moments, places, size),
            {
                name: _text_counts(columns, name, codes, size)
                for name in names
                if columns.types[name] in TEXTS
            },
        )
    )


def _text_counts(columns: BatchColumns, name: str, codes: Array, size: int) -> CountsByGroup | None:
    coded = columns.coded(name)
    if size * len(coded.values) > MOST_CELLS:
        return None
    counts = count_pairs(codes, size, coded.codes, len(coded.values))
    return CountsByGroup(tuple(coded.values.to_pylist()), counts)
