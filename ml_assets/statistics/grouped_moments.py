"""Count, mean, squared deviations and extremes of a column of numbers, for each of many groups."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.points import Array


@dataclass(frozen=True)
class GroupedMoments:
    """Of the finite values of each group.

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


def no_moments(size: int) -> GroupedMoments:
    """Give the moments of so many groups without values."""
    zeros = np.zeros(size)
    return GroupedMoments(
        np.zeros(size, np.int64), zeros, zeros, np.full(size, np.inf), np.full(size, -np.inf)
    )


def grouped_moments(
    values: Array, order: Array, sizes: Array, has_unknown: bool = True
) -> GroupedMoments:
    """Give the moments of each group.

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
        return no_moments(len(sizes))
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
        return GroupedMoments(count, mean, np.add.reduceat(ordered, starts), low, high)


def merge_grouped(
    first: GroupedMoments, second: GroupedMoments, places: Array, size: int
) -> GroupedMoments:
    """Give the moments of both parts together (Chan, Golub and LeVeque 1979).

    Parameters
    ----------
    first, second : GroupedMoments
        The parts; the groups of `first` are the first ones of all.
    places : ndarray of int64
        Which group each one of `second` is.
    size : int
        How many groups there are together.
    """
    one, two = _grown(first, np.arange(len(first.count)), size), _grown(second, places, size)
    count = one.count + two.count
    share = two.count / np.maximum(count, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        step = two.mean - one.mean
        mean = np.where(one.count == 0, two.mean, one.mean + step * share)
        between = np.where((one.count == 0) | (two.count == 0), 0, step * step * one.count * share)
        squares = one.squares + two.squares + between
    return GroupedMoments(
        count, mean, squares, np.minimum(one.low, two.low), np.maximum(one.high, two.high)
    )


def unite_groups(moments: GroupedMoments, places: Array, size: int) -> GroupedMoments:
    """Give the moments of fewer groups.

    Parameters
    ----------
    moments : GroupedMoments
        Of many groups.
    places : ndarray of int64
        Which of the fewer groups each one belongs to.
    size : int
        How many these are.
    """
    count = _sum(places, moments.count, size).astype(np.int64)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, places, moments.low)
    np.maximum.at(high, places, moments.high)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = _sum(places, moments.count * moments.mean, size) / np.maximum(count, 1)
        step = moments.mean - mean[places]
        between = np.where(moments.count > 0, moments.count * step * step, 0)
        squares = _sum(places, moments.squares + between, size)
    return GroupedMoments(count, mean, squares, low, high)


def _sum(places: Array, values: Array, size: int) -> Array:
    return np.bincount(places, weights=values, minlength=size)


def take_groups(moments: GroupedMoments, kept: Array) -> GroupedMoments:
    """Give the moments of some groups."""
    return GroupedMoments(*(values[kept] for values in vars(moments).values()))


def _grown(moments: GroupedMoments, places: Array, size: int) -> GroupedMoments:
    grown = no_moments(size)
    for name, values in vars(moments).items():
        target = getattr(grown, name).copy()
        target[places] = values
        grown = GroupedMoments(**{**vars(grown), name: target})
    return grown
