"""Counts of values by group, in one array: how they grow when parts are merged."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ml_assets.statistics.points import Array

Item = TypeVar("Item", bound=Hashable)


@dataclass(frozen=True)
class CountsByGroup:
    """How often each value occurs in each group.

    Attributes
    ----------
    values : tuple of str
        The values, each once.
    counts : ndarray of int64
        By group and value.
    """

    values: tuple[str, ...]
    counts: Array


def unite_items(first: Sequence[Item], second: Sequence[Item]) -> tuple[tuple[Item, ...], Array]:
    """Give the items of both, those of `first` first, and where those of `second` lie among them."""
    if first == second:
        return tuple(first), np.arange(len(second))
    places = {item: place for place, item in enumerate(first)}
    for item in second:
        places.setdefault(item, len(places))
    return tuple(places), np.array([places[item] for item in second], np.int64)


def add_at(first: Array, second: Array, places: Array, size: int) -> Array:
    """Give `first` grown to `size` places, with each of `second` added at its place.

    Parameters
    ----------
    first, second : ndarray
        One number for each item, along the last axis.
    places : ndarray of int64
        Where each of `second` lies, all different.
    size : int
        How many items there are together.
    """
    total = np.zeros((*first.shape[:-1], size), np.result_type(first, second))
    total[..., : first.shape[-1]] = first
    total[..., places] += second
    return total


def count_pairs(groups: Array, num_groups: int, codes: Array, num_values: int) -> Array:
    """Give how often each value occurs in each group; rows with a code or a group of -1 do not count."""
    cells = (groups + 1) * (num_values + 1) + (codes + 1)
    counted = np.bincount(cells, minlength=(num_groups + 1) * (num_values + 1))
    table: Array = counted.reshape(num_groups + 1, num_values + 1)[1:, 1:]
    return table


def merge_counts(
    first: CountsByGroup, second: CountsByGroup, groups: Array, num_groups: int
) -> CountsByGroup:
    """Give the counts of both parts together.

    Parameters
    ----------
    first, second : CountsByGroup
        The parts; the groups of `first` are the first ones of all.
    groups : ndarray of int64
        Which group each one of `second` is.
    num_groups : int
        How many groups there are together.
    """
    values, places = unite_items(first.values, second.values)
    return CountsByGroup(
        values, add_tables(first.counts, second.counts, groups, places, (num_groups, len(values)))
    )


def add_tables(
    first: Array, second: Array, rows: Array, columns: Array, shape: tuple[int, int]
) -> Array:
    """Give `first` grown to `shape`, with `second` added where its rows and columns lie."""
    total = np.zeros(shape, np.int64)
    total[: first.shape[0], : first.shape[1]] = first
    total[np.ix_(rows, columns)] += second
    return total


def add_up(counts: Array, places: Array, size: int) -> Array:
    """Give the sums of the rows of an array that are put into the same one of `size` places."""
    total = np.zeros((size, *counts.shape[1:]), counts.dtype)
    np.add.at(total, places, counts)
    return total
