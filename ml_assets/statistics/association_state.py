"""The mergeable state of features by the class of the label, from which their association is told.

Of numbers and times a quantile sketch for each class, so that the bins can be chosen last. Of texts a
table of values by class; where there are more than `MOST_VALUES` different ones, of hashes in `BUCKETS`
buckets, which does not depend on the order of the rows either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml_assets.statistics.batch_columns import NUMBERS, TEXTS, TIMES, BatchColumns, Coded
from ml_assets.statistics.counts_by_group import CountsByGroup, count_pairs, merge_counts
from ml_assets.statistics.points import Array, points_of_sorted
from ml_assets.statistics.quantile_sketch import QuantileSketch, merge_sketches, sketch_of

MOST_VALUES = 1000
BUCKETS = 2048


@dataclass(frozen=True)
class AssociationState:
    """What is known of the rows with a label.

    Attributes
    ----------
    rows : ndarray of int64
        How many rows each class has.
    missing : mapping of str to ndarray
        For each feature the rows without a value, by class; NaN and infinity are none.
    numbers : mapping of str to tuple of QuantileSketch
        For each feature of numbers or times, one for each class.
    texts : mapping of str to CountsByGroup
        For each feature of texts its values, by class; without values, by bucket.
    """

    rows: Array
    missing: Mapping[str, Array]
    numbers: Mapping[str, tuple[QuantileSketch, ...]]
    texts: Mapping[str, CountsByGroup]


def association_state(
    columns: BatchColumns, classes: Array, num_classes: int, features: Iterable[str]
) -> AssociationState:
    """Give the state of a batch.

    Parameters
    ----------
    columns : BatchColumns
        The batch.
    classes : ndarray of int64
        Each row's class; rows of class -1 are left out.
    num_classes : int
        How many classes there are.
    features : iterable of str
        The columns to look at; nested ones are passed over.
    """
    types = columns.types
    rows = np.bincount(classes + 1, minlength=num_classes + 1)[1:]
    order = np.argsort(classes.astype(np.int8), kind="stable")[len(classes) - rows.sum() :]
    ends = np.cumsum(rows)[:-1]
    missing: dict[str, Array] = {}
    numbers: dict[str, tuple[QuantileSketch, ...]] = {}
    texts: dict[str, CountsByGroup] = {}
    for name in features:
        if types[name] in NUMBERS or types[name] in TIMES:
            parts = [np.sort(part) for part in np.split(columns.numbers(name)[order], ends)]
            known = [int(np.searchsorted(part, np.nan)) for part in parts]
            found = zip(parts, known, strict=True)
            numbers[name] = tuple(sketch_of(points_of_sorted(p[:n] + 0.0)) for p, n in found)
            missing[name] = rows - np.array(known)
        elif types[name] in TEXTS:
            coded = columns.coded(name)
            texts[name] = _texts(coded, classes, num_classes)
            missing[name] = rows - texts[name].counts.sum(axis=1)
        elif types[name] == "null":
            missing[name] = rows
    return AssociationState(rows, missing, numbers, texts)


def merge_associations(first: AssociationState, second: AssociationState) -> AssociationState:
    """Give the state of both parts together; a feature that one part lacks is missing there."""
    return AssociationState(
        first.rows + second.rows,
        {
            name: first.missing.get(name, first.rows) + second.missing.get(name, second.rows)
            for name in dict.fromkeys([*first.missing, *second.missing])
        },
        {
            name: _merge_numbers(first.numbers.get(name), second.numbers.get(name))
            for name in dict.fromkeys([*first.numbers, *second.numbers])
        },
        {
            name: _merge_texts(first.texts.get(name), second.texts.get(name))
            for name in dict.fromkeys([*first.texts, *second.texts])
        },
    )


def _merge_numbers(
    first: tuple[QuantileSketch, ...] | None, second: tuple[QuantileSketch, ...] | None
) -> tuple[QuantileSketch, ...]:
    if first is None or second is None:
        return first or second or ()
    return tuple(merge_sketches(one, two) for one, two in zip(first, second, strict=True))


def _texts(coded: Coded, classes: Array, num_classes: int) -> CountsByGroup:
    if len(coded.values) <= MOST_VALUES:
        counts = count_pairs(classes, num_classes, coded.codes, len(coded.values))
        return CountsByGroup(tuple(coded.values.to_pylist()), counts)
    buckets = _buckets(coded.values.to_numpy(zero_copy_only=False))
    codes = np.append(buckets, -1)[coded.codes]
    return CountsByGroup((), count_pairs(classes, num_classes, codes, BUCKETS))


def _merge_texts(first: CountsByGroup | None, second: CountsByGroup | None) -> CountsByGroup:
    if first is None or second is None:
        return first or second or CountsByGroup((), np.zeros((0, 0), np.int64))
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
    counts = np.zeros((len(table.counts), BUCKETS), np.int64)
    for place, column in zip(_buckets(np.array(table.values, object)), table.counts.T, strict=True):
        counts[:, place] += column
    return CountsByGroup((), counts)


def _buckets(values: Array) -> Array:
    if not len(values):
        return np.empty(0, np.int64)
    return (pd.util.hash_array(values, categorize=False) % np.uint64(BUCKETS)).astype(np.int64)
