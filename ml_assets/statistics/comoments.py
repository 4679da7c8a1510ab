"""The mergeable state of pairs of columns of numbers: co-moments, over the rows where both are known.

Merged as by Chan, Golub and LeVeque (1979), pair by pair: no sum of products is formed far from zero, so
nothing cancels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ml_assets.statistics.batch_columns import BatchColumns
from ml_assets.statistics.points import Array

# Rows that are multiplied at a time: they stay in the processor's cache.
_BLOCK = 8192


@dataclass(frozen=True)
class CoMoments:
    """Square arrays, by first and second column.

    Attributes
    ----------
    names : tuple of str
        The columns.
    count : ndarray of float64
        The rows where both are finite.
    mean : ndarray of float64
        The first column's mean over these rows; 0 where there are none.
    squares : ndarray of float64
        The sum of the first column's squared deviations over these rows.
    products : ndarray of float64
        The sum of the products of both columns' deviations.
    """

    names: tuple[str, ...]
    count: Array
    mean: Array
    squares: Array
    products: Array


def comoments(columns: BatchColumns, names: Sequence[str]) -> CoMoments:
    """Give the co-moments of a batch's columns of numbers."""
    if not columns.num_rows or not names:
        return _no_comoments(tuple(names))
    values = np.stack([columns.numbers(name) for name in names])
    known, pattern = _patterns(values, [columns.has_unknown(name) for name in names])
    with np.errstate(over="ignore", invalid="ignore"):  # beyond 1e154 squares overflow to inf
        # Around each column's mean; a missing value then adds nothing.
        means = np.array(
            [_centre(row, known[place]) for row, place in zip(values, pattern, strict=True)]
        )
        count, sums, squares, products = _sums(values, known)
        count, sums, squares = count[pattern][:, pattern], sums[:, pattern], squares[:, pattern]
        shift = sums / np.maximum(count, 1)
        return CoMoments(
            tuple(names),
            count,
            np.where(count > 0, means[:, None] + shift, 0),
            np.maximum(squares - sums * shift, 0),
            products - sums * shift.T,
        )


def merge_comoments(first: CoMoments, second: CoMoments) -> CoMoments:
    """Give the co-moments of both parts together; a column that one part lacks is missing there."""
    names = tuple(dict.fromkeys([*first.names, *second.names]))
    first, second = _with_columns(first, names), _with_columns(second, names)
    count = first.count + second.count
    share = second.count / np.maximum(count, 1)
    factor = np.where((first.count > 0) & (second.count > 0), first.count * share, 0)
    with np.errstate(over="ignore", invalid="ignore"):
        step = second.mean - first.mean
        mean = np.where(first.count > 0, first.mean + step * share, second.mean)
        step = np.where(factor > 0, step, 0)
        squares = first.squares + second.squares + step * step * factor
        products = first.products + second.products + step * step.T * factor
    return CoMoments(names, count, mean, squares, products)


def covariance(state: CoMoments) -> Array:
    """Give the population covariance of each pair; NaN where no row has both."""
    with np.errstate(invalid="ignore", divide="ignore"):
        covariances: Array = state.products / state.count
    return covariances


def correlation(state: CoMoments) -> Array:
    """Give Pearson's correlation of each pair, -1 to 1; NaN where a column is constant."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        correlations: Array = state.products / np.sqrt(state.squares) / np.sqrt(state.squares.T)
    correlations = np.where(np.isfinite(state.squares + state.squares.T), correlations, np.nan)
    return np.clip(correlations, -1, 1)


def _patterns(values: Array, has_unknown: Sequence[bool]) -> tuple[Array, Array]:
    """Which rows are known, once for all columns that lack the same ones; and which each column has."""
    places: dict[bytes, int] = {}
    known: list[Array] = []
    pattern: list[int] = []
    for row, unknown in zip(values, has_unknown, strict=True):
        mask = ~np.isnan(row) if unknown else np.ones(len(row), bool)
        place = places.setdefault(np.packbits(mask).tobytes(), len(places))
        if place == len(known):
            known.append(mask)
        pattern.append(place)
    return np.stack(known), np.array(pattern)


def _centre(values: Array, known: Array) -> float:
    """Take the mean of the known values from them, make the others 0, and give the mean."""
    count = int(known.sum())
    all_known = count == len(values)
    if not all_known:
        values[~known] = 0
    mean = float(values.sum() / max(1, count))
    values -= mean
    if not all_known:
        values[~known] = 0
    return mean


def _sums(values: Array, known: Array) -> tuple[Array, Array, Array, Array]:
    """Rows with both; of each first column the sum and the sum of squares there; the sum of products."""
    sizes = [
        (len(known),) * 2,
        (len(values), len(known)),
        (len(values), len(known)),
        (len(values),) * 2,
    ]
    count, sums, squares, products = (np.zeros(size) for size in sizes)
    # One thread: more would cost CPU seconds, and change the last digits with their number.
    with _threads().limit(limits=1, user_api="blas"):
        for start in range(0, values.shape[1], _BLOCK):
            block = values[:, start : start + _BLOCK]
            present = known[:, start : start + _BLOCK].astype(np.float64)
            count += present @ present.T
            sums += block @ present.T
            squares += (block * block) @ present.T
            products += block @ block.T
    return count, sums, squares, products


@cache
def _threads() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _no_comoments(names: tuple[str, ...]) -> CoMoments:
    empty = np.zeros((len(names), len(names)))
    return CoMoments(names, empty, empty, empty, empty)


def _with_columns(state: CoMoments, names: tuple[str, ...]) -> CoMoments:
    if state.names == names:
        return state
    places = np.ix_(*[[names.index(name) for name in state.names]] * 2)
    grown = {key: np.zeros((len(names), len(names))) for key in vars(state) if key != "names"}
    for key, target in grown.items():
        target[places] = getattr(state, key)
    return CoMoments(names, **grown)
