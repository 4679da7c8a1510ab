"""Distributions of a feature on several sides, drawn on one axis as SVG paths of a few hundred bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml_assets.statistics.model import Bucket, FeatureStatistics
from ml_assets.statistics.points import Array, quantiles, unite
from ml_assets.validation.bins import points_of

WIDTH, HEIGHT = 320, 80
BINS = 32
FEW_VALUES = 20
SMALL_BINS = 16


@dataclass(frozen=True)
class Picture:
    """A distribution on several sides.

    Attributes
    ----------
    paths : tuple of str
        For each side the SVG path of its shares, made of numbers only: the first is closed, the others
        are lines. Empty for a side without values.
    low, high : str
        What lies at the ends of the axis.
    """

    paths: tuple[str, ...]
    low: str
    high: str


def picture(sides: Sequence[FeatureStatistics]) -> Picture | None:
    """Draw numbers or times of several sides on a shared axis; None where there are none."""
    drawn = _numbers(sides) or _times(sides)
    if drawn is None:
        return None
    shares, low, high = drawn
    top = max((float(side.max(initial=0)) for side in shares), default=0) or 1.0
    paths = tuple(
        _path(side / top, closed=place == 0) if side.any() else ""
        for place, side in enumerate(shares)
    )
    return Picture(paths, low, high)


def small_path(counts: Sequence[int]) -> str:
    """Give a small closed path for a table's cell; empty where there is nothing."""
    top = max(counts, default=0)
    if not top:
        return ""
    return _path(np.array(counts) / top, closed=True, width=80, height=18)


def _numbers(sides: Sequence[FeatureStatistics]) -> tuple[list[Array], str, str] | None:
    side_points = [points_of(side.numeric) if side.numeric else None for side in sides]
    filled = [points for points in side_points if points is not None and len(points.values)]
    if not filled:
        return None
    both = unite(filled)
    if len(both.values) <= FEW_VALUES:
        edges, low, high = both.values, both.values[0], both.values[-1]
    else:
        low = min(float(quantiles(points, np.array([0.01]))[0]) for points in filled)
        high = max(float(quantiles(points, np.array([0.99]))[0]) for points in filled)
        if low == high or not np.isfinite(high - low):
            low, high = float(both.values[0]), float(both.values[-1])
        edges = np.linspace(low, high, BINS + 1)[1:] if np.isfinite(high - low) else both.values
    shares = []
    for side, points in zip(sides, side_points, strict=True):
        if points is None or not len(points.values):
            shares.append(np.zeros(len(edges)))
            continue
        places = np.minimum(np.searchsorted(edges, points.values), len(edges) - 1)
        counts = np.bincount(places, weights=points.counts, minlength=len(edges))
        shares.append(counts / max(1, side.num_rows))
    return shares, number(float(low)), number(float(high))


def _times(sides: Sequence[FeatureStatistics]) -> tuple[list[Array], str, str] | None:
    histograms = [side.time.histogram if side.time else () for side in sides]
    buckets = [bucket for histogram in histograms for bucket in histogram]
    if not buckets:
        return None
    low, high = min(bucket.low for bucket in buckets), max(bucket.high for bucket in buckets)
    edges = np.linspace(low, high, SMALL_BINS + 1)
    shares = [
        _spread(histogram, edges) / max(1, side.num_rows)
        for side, histogram in zip(sides, histograms, strict=True)
    ]
    texts = [(side.time.min or "", side.time.max or "") for side in sides if side.time]
    return shares, min(first for first, _ in texts if first), max(last for _, last in texts if last)


def _spread(histogram: Sequence[Bucket], edges: Array) -> Array:
    """A histogram on other edges, as if its buckets were filled evenly."""
    if not histogram:
        return np.zeros(len(edges) - 1)
    if len(histogram) == 1 and histogram[0].low == histogram[0].high:
        place = min(int(np.searchsorted(edges, histogram[0].low, "right")), len(edges) - 1) - 1
        single = np.zeros(len(edges) - 1)
        single[max(0, place)] = histogram[0].count
        return single
    ends = [histogram[0].low, *(bucket.high for bucket in histogram)]
    total = np.cumsum([0, *(bucket.count for bucket in histogram)])
    counts: Array = np.diff(np.interp(edges, ends, total))
    return counts


def _path(shares: Array, *, closed: bool, width: int = WIDTH, height: int = HEIGHT) -> str:
    heights = [round(height - 1 - float(share) * (height - 3)) for share in shares]
    ends = [round((place + 1) * width / len(heights)) for place in range(len(heights))]
    steps = "".join(f"V{y}H{x}" for y, x in zip(heights, ends, strict=True))
    return f"M0 {height}{steps}V{height}Z" if closed else f"M0 {heights[0]}{steps}"


def number(value: float | int | None) -> str:
    """Give a number for a person; empty where it is unknown."""
    if value is None:
        return ""
    if isinstance(value, int) and abs(value) < 10**15:
        return f"{value:,}"
    if float(value).is_integer() and abs(value) < 10**15:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if 1000 <= abs(value) < 10**9 else f"{value:.4g}"
