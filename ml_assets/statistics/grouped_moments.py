"""Count, mean, squared deviations and extremes of columns of numbers, for each of many groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.statistics.points import Array


@dataclass(frozen=True)
class GroupedMoments:
    """Moments of the finite values of each column in each group; arrays by column and group.

    Attributes
    ----------
    count : ndarray of int64
        How many there are.
    mean, squares : ndarray of float64
        Their mean, and the sum of their squared deviations from it; 0 where there is none.
    low, high : ndarray of float64
        The extremes; infinite where there is none.
    """

    count: Array
    mean: Array
    squares: Array
    low: Array
    high: Array


def no_moments(columns: int, groups: int) -> GroupedMoments:
    """Give the moments of so many columns and groups without values."""
    size = columns, groups
    return GroupedMoments(
        np.zeros(size, np.int64),
        np.zeros(size),
        np.zeros(size),
        np.full(size, np.inf),
        np.full(size, -np.inf),
    )


def stacked(parts: Sequence[GroupedMoments], groups: int) -> GroupedMoments:
    """Give the moments of the columns of all parts, which have the same groups."""
    if not parts:
        return no_moments(0, groups)
    return GroupedMoments(
        *(
            np.concatenate(arrays)
            for arrays in zip(*(vars(part).values() for part in parts), strict=True)
        )
    )


def grouped_moments(
    values: Array, order: Array, sizes: Array, has_unknown: bool = True
) -> GroupedMoments:
    """Give the moments of each group of one column.

    Parameters
    ----------
    values : ndarray of float64
        One number for each row; NaN is no value.
    order : ndarray of int64
        The rows, group by group.
    sizes : ndarray of int64
        How many rows each group has, >= 1.
    has_unknown : bool
        Whether there may be a NaN.
    """
    if not len(values):
        return no_moments(1, len(sizes))
    starts = np.cumsum(sizes) - sizes
    ordered = values[order]
    unknown = np.isnan(ordered) if has_unknown else None
    low, high = np.fmin.reduceat(ordered, starts), np.fmax.reduceat(ordered, starts)
    count = sizes
    if unknown is not None:
        count = sizes - np.add.reduceat(unknown, starts, dtype=np.int64)
        ordered[unknown] = 0
        low, high = np.where(count, low, np.inf), np.where(count, high, -np.inf)
    with np.errstate(over="ignore", invalid="ignore"):  # beyond 1e154 squares overflow to inf
        mean = np.add.reduceat(ordered, starts) / np.maximum(count, 1)
        ordered -= np.repeat(mean, sizes)
        ordered *= ordered
        if unknown is not None:
            ordered[unknown] = 0
        arrays = count, mean, np.add.reduceat(ordered, starts), low, high
    return GroupedMoments(*(array[None] for array in arrays))


def merge_grouped(
    first: GroupedMoments, second: GroupedMoments, places: Array, size: int
) -> GroupedMoments:
    """Give the moments of both parts together (Chan, Golub and LeVeque 1979).

    Parameters
    ----------
    first, second : GroupedMoments
        The parts, of the same columns; the groups of `first` are the first ones of all.
    places : ndarray of int64
        Which group each one of `second` is.
    size : int
        How many groups there are together.
    """
    shape, first_groups = (len(first.count), size), slice(first.count.shape[1])
    first = _placed(first, shape, (slice(None), first_groups))
    second = _placed(second, shape, (slice(None), places))
    count = first.count + second.count
    share = second.count / np.maximum(count, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        step = second.mean - first.mean
        mean = np.where(first.count == 0, second.mean, first.mean + step * share)
        between = np.where(
            (first.count == 0) | (second.count == 0), 0, step * step * first.count * share
        )
        squares = first.squares + second.squares + between
    return GroupedMoments(
        count, mean, squares, np.minimum(first.low, second.low), np.maximum(first.high, second.high)
    )


def unite_groups(moments: GroupedMoments, places: Array, size: int) -> GroupedMoments:
    """Give the moments of fewer groups.

    Parameters
    ----------
    moments : GroupedMoments
        Of many groups.
    places : ndarray of int64
        Which of the fewer groups each one belongs to; each of these has at least one.
    size : int
        How many these are.
    """
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(size))

    def united(reduce: np.ufunc, values: Array) -> Array:
        reduced: Array = reduce.reduceat(values[:, order], starts, axis=1) if size else values
        return reduced

    count = united(np.add, moments.count)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = united(np.add, moments.count * moments.mean) / np.maximum(count, 1)
        step = moments.mean - mean[:, places]
        between = np.where(moments.count > 0, moments.count * step * step, 0)
        squares = united(np.add, moments.squares + between)
    return GroupedMoments(
        count, mean, squares, united(np.minimum, moments.low), united(np.maximum, moments.high)
    )


def take_groups(moments: GroupedMoments, kept: Array) -> GroupedMoments:
    """Give the moments of some groups."""
    return GroupedMoments(*(values[:, kept] for values in vars(moments).values()))


def take_columns(moments: GroupedMoments, places: Array, columns: int) -> GroupedMoments:
    """Give the moments of so many columns, of which those at the places have values."""
    return _placed(moments, (columns, moments.count.shape[1]), (places, slice(None)))


def _placed(moments: GroupedMoments, shape: tuple[int, int], where: Any) -> GroupedMoments:
    placed = no_moments(*shape)
    for name, values in vars(moments).items():
        getattr(placed, name)[where] = values
    return placed
