"""Bars that show a person how a column moved: the share of the rows in the reference beside that now."""

from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.statistics.points import Array
from ml_assets.validation.bins import MISSING, NEW, OTHER, bins_of_sides
from ml_assets.validation.side import Side, numbers_of, side_of

FEW_VALUES, STEPS, MOST_TEXTS = 20, 20, 12
# The bars between the ends reach over all but such a share of the reference on each side.
_TAIL = 0.005


@dataclass(frozen=True)
class Bars:
    """The bars of one column.

    Attributes
    ----------
    labels : tuple of str
        What each bar stands for; empty for a bar that lies between two named ones.
    reference, current : ndarray of float64
        The shares of the rows, 0 to 1.
    note : str
        What is not drawn.
    """

    labels: tuple[str, ...]
    reference: Array
    current: Array
    note: str = ""


def bars_of(reference: FeatureStatistics, current: FeatureStatistics) -> Bars:
    """Give the bars of two columns of one kind.

    Numbers: between equal steps over the reference and beyond its range, or one for each of a few values;
    texts: those that moved or are most frequent; times: the hours of the day, or the days of the week.
    """
    before, now = side_of(reference), side_of(current)
    if before.kind == now.kind == "numbers" and len(before.values) and len(now.values):
        return _numbers(before, now)
    bins = bins_of_sides(before, now)
    shares = [side / max(1.0, side.sum()) for side in (bins.reference, bins.current)]
    if before.kind == now.kind == "texts":
        return _texts(bins.labels, shares[0], shares[1])
    is_used = shares[0] + shares[1] > 0
    labels = tuple(label for label, is_shown in zip(bins.labels, is_used, strict=True) if is_shown)
    return Bars(_thinned_labels(labels), shares[0][is_used], shares[1][is_used])


def _numbers(before: Side, now: Side) -> Bars:
    grid = numbers_of(before, now).grid
    if len(grid) <= FEW_VALUES:
        edges, labels = grid[:-1], [_number(value) for value in grid]
    else:
        edges, labels = _steps(before)
    sides = []
    for side in (before, now):
        positions = edges.searchsorted(side.values)
        counts = np.bincount(positions, side.counts, len(edges) + 1)
        sides.append(np.append(counts, side.missing) / max(1, side.rows))
    names = [*labels, MISSING]
    # Ends without any rows are not drawn.
    is_kept = np.ones(len(names), bool)
    ends = [-1] if len(grid) <= FEW_VALUES else [0, -2, -1]
    is_kept[ends] = (sides[0] + sides[1])[ends] > 0
    shown = tuple(name for name, is_shown in zip(names, is_kept, strict=True) if is_shown)
    return Bars(shown, sides[0][is_kept], sides[1][is_kept])


def _steps(before: Side) -> tuple[Array, list[str]]:
    """Edges of equal steps; below and above them lies what the reference does not have."""
    reached = np.cumsum(before.counts) / before.counts.sum()
    low, high = (
        before.values[min(reached.searchsorted(rank), len(reached) - 1)]
        for rank in (_TAIL, 1 - _TAIL)
    )
    numeric = before.feature.numeric
    ends = (numeric.min, numeric.max) if numeric else (None, None)
    first, last = (
        float(observed if end is None else end)
        for end, observed in zip(ends, before.values[[0, -1]], strict=True)
    )
    inner = np.linspace(low, high, STEPS + 1)[1:-1] if np.isfinite(high - low) else np.array([low])
    # An edge belongs to the bar below it, so the first one lies just under the reference's least value.
    edges = np.unique([np.nextafter(first, -np.inf), *inner, last])
    labels = [""] * (len(edges) + 1)
    labels[0], labels[-1] = f"below {_number(first)}", f"above {_number(last)}"
    for position in range(2, len(edges) - 1, 4):
        labels[position] = f"to {_number(edges[position])}"
    return edges, labels


def _texts(labels: tuple[str, ...], before: Array, now: Array) -> Bars:
    is_named = np.array([label not in (OTHER, NEW) for label in labels])
    positions = np.flatnonzero(is_named & (before + now > 0))
    weight = np.maximum(before, now) + np.abs(now - before)
    shown = np.sort(positions[np.argsort(-weight[positions], kind="stable")][:MOST_TEXTS])
    rest = [float(side.sum() - side[shown].sum()) for side in (before, now)]
    note = "" if max(rest) < 0.0005 else f"other values: {rest[0]:.1%}, now {rest[1]:.1%}"
    return Bars(tuple(labels[position] for position in shown), before[shown], now[shown], note)


def _thinned_labels(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Of many bars every third is named, and the last one, which may be the missing values."""
    if len(labels) <= MOST_TEXTS:
        return labels
    last = len(labels) - 1
    named = [
        label if position == last or (position % 3 == 0 and position < last - 1) else ""
        for position, label in enumerate(labels)
    ]
    return tuple(named)


def _number(value: float) -> str:
    return f"{value:.4g}"
