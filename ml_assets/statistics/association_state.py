"""The mergeable state of features by the class of the label, from which their association is computed.

Tables of counts, which are added. Numbers and times are counted in bins that are chosen before, from
their sketches. Of texts the values are counted; where there are more than `MOST_VALUES` different ones,
hashes in `BUCKETS` buckets, which does not depend on the order of the rows either.

Two parts whose classes and bins were chosen from their own rows have others, and many: `regrouped` makes
them those of both together.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from ml_assets.statistics.batch_columns import NUMBERS, TEXTS, TIMES, BatchColumns, Coded
from ml_assets.statistics.counts_by_group import CountsByGroup, add_up, count_pairs, merge_counts
from ml_assets.statistics.label_classes import LabelClasses
from ml_assets.statistics.number_bins import NumberBins
from ml_assets.statistics.points import Array
from ml_assets.statistics.text_bytes import hash_texts

MOST_VALUES = 1000
BUCKETS = 2048
_Counts = TypeVar("_Counts")


@dataclass(frozen=True)
class BinnedCounts:
    """How often the numbers of each bin occur.

    Attributes
    ----------
    bins : NumberBins
        The bins.
    counts : ndarray of int64
        By class and bin.
    """

    bins: NumberBins
    counts: Array


@dataclass(frozen=True)
class AssociationState:
    """What is known of the rows with a label.

    Attributes
    ----------
    classes : LabelClasses
        The label's classes.
    rows : ndarray of int64
        How many rows each class has.
    missing : mapping of str to ndarray
        For each feature the rows without a value, by class; NaN and infinity are none.
    numbers : mapping of str to BinnedCounts
        For each feature of numbers or times.
    texts : mapping of str to CountsByGroup
        For each feature of texts its values, by class; without values, by bucket.
    """

    classes: LabelClasses
    rows: Array
    missing: Mapping[str, Array]
    numbers: Mapping[str, BinnedCounts]
    texts: Mapping[str, CountsByGroup]


def association_state(
    columns: BatchColumns,
    classes: LabelClasses,
    codes: Array,
    features: Sequence[str],
    bins: Mapping[str, NumberBins],
) -> AssociationState:
    """Give the state of a batch.

    Parameters
    ----------
    columns : BatchColumns
        The batch.
    classes : LabelClasses
        The label's classes, at most 127.
    codes : ndarray of int64
        Each row's class; rows of class -1 are left out.
    features : sequence of str
        The columns to look at; nested ones are passed over.
    bins : mapping of str to NumberBins
        For each of them that holds numbers or times.
    """
    types, size = columns.types, len(classes.names)
    rows = np.bincount(codes + 1, minlength=size + 1)[1:]
    order = np.argsort(codes.astype(np.int8), kind="stable")[len(codes) - rows.sum() :]
    ends = np.cumsum(rows)[:-1]
    missing: dict[str, Array] = {}
    numbers: dict[str, BinnedCounts] = {}
    texts: dict[str, CountsByGroup] = {}
    for name in features:
        if types[name] in NUMBERS or types[name] in TIMES:
            parts = np.split(columns.numbers(name)[order], ends)
            numbers[name] = BinnedCounts(bins[name], _count_in_bins(parts, bins[name]))
            missing[name] = rows - numbers[name].counts.sum(axis=1)
        elif types[name] in TEXTS:
            texts[name] = _count_texts(columns.coded(name), codes, size)
            missing[name] = rows - texts[name].counts.sum(axis=1)
        elif types[name] == "null":
            missing[name] = rows
    return AssociationState(classes, rows, missing, numbers, texts)


def merge_associations(first: AssociationState, second: AssociationState) -> AssociationState:
    """Give the state of both parts, which have the same classes and bins, together.

    A feature that one part lacks is missing there.
    """
    return AssociationState(
        first.classes,
        first.rows + second.rows,
        {
            name: first.missing.get(name, first.rows) + second.missing.get(name, second.rows)
            for name in dict.fromkeys([*first.missing, *second.missing])
        },
        _merge_each(_merge_numbers, first.numbers, second.numbers),
        _merge_each(_merge_texts, first.texts, second.texts),
    )


def regrouped(
    state: AssociationState, classes: LabelClasses, bins: Mapping[str, NumberBins]
) -> AssociationState:
    """Give the state by fewer classes and bins, into each of which whole ones are put.

    Parameters
    ----------
    state : AssociationState
        By many classes and bins.
    classes : LabelClasses
        The fewer classes.
    bins : mapping of str to NumberBins
        For each feature of numbers or times the fewer bins.
    """
    places, size = state.classes.places_in(classes), len(classes.names)
    numbers = {
        name: add_up(binned.counts.T, binned.bins.places_in(bins[name]), len(bins[name].tops)).T
        for name, binned in state.numbers.items()
    }
    return AssociationState(
        classes,
        add_up(state.rows, places, size),
        {name: add_up(counts, places, size) for name, counts in state.missing.items()},
        {
            name: BinnedCounts(bins[name], add_up(counts, places, size))
            for name, counts in numbers.items()
        },
        {
            name: CountsByGroup(table.values, add_up(table.counts, places, size))
            for name, table in state.texts.items()
        },
    )


def _count_in_bins(parts: Sequence[Array], bins: NumberBins) -> Array:
    """How many numbers of each class lie in each bin; NumPy sorts NaN to the end."""
    ordered = [np.sort(part) for part in parts]
    return np.stack([bins.count(part[: np.searchsorted(part, np.nan)]) for part in ordered])


def _merge_each(
    merge: Callable[[_Counts, _Counts], _Counts],
    first: Mapping[str, _Counts],
    second: Mapping[str, _Counts],
) -> dict[str, _Counts]:
    both = {name: merge(counts, second[name]) for name, counts in first.items() if name in second}
    return {**first, **second, **both}


def _merge_numbers(first: BinnedCounts, second: BinnedCounts) -> BinnedCounts:
    return BinnedCounts(first.bins, first.counts + second.counts)


def _count_texts(coded: Coded, codes: Array, size: int) -> CountsByGroup:
    if len(coded.values) <= MOST_VALUES:
        counts = count_pairs(codes, size, coded.codes, len(coded.values))
        return CountsByGroup(tuple(coded.values.to_pylist()), counts)
    buckets = np.append(_buckets(coded.values), -1)[coded.codes]
    return CountsByGroup((), count_pairs(codes, size, buckets, BUCKETS))


def _merge_texts(first: CountsByGroup, second: CountsByGroup) -> CountsByGroup:
    if _is_hashed(first) or _is_hashed(second):
        return CountsByGroup((), _hashed(first).counts + _hashed(second).counts)
    size = len(first.counts)
    merged = merge_counts(first, second, np.arange(size), size)
    return merged if len(merged.values) <= MOST_VALUES else _hashed(merged)


def _is_hashed(table: CountsByGroup) -> bool:
    return len(table.values) != int(table.counts.shape[1])


def _hashed(table: CountsByGroup) -> CountsByGroup:
    if _is_hashed(table):
        return table
    buckets = _buckets(pa.array(table.values, pa.string()))
    return CountsByGroup((), add_up(table.counts.T, buckets, BUCKETS).T)


def _buckets(values: pa.Array) -> Array:
    return (hash_texts(values) % np.uint64(BUCKETS)).astype(np.int64)
