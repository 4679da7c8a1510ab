"""A mergeable sketch of a column of numbers from which quantiles and histograms are read.

It is the merge-and-reduce scheme of Munro and Paterson (1980, doi:10.1016/0304-3975(80)90061-4) on
weighted points: parts of equal height are united in pairs, and thinned when they grow past `CAPACITY`.
Up to that many distinct values it is exact. Beyond, each thinning moves a rank by at most half a bucket,
so the rank error is at most ``height / (2 * BUCKETS)``: 0.05 % at 10 million rows.

It tosses no coins, so equal data give equal bytes, which the artifact store relies on; Apache
DataSketches' KLL draws from an unseeded generator.
"""

from dataclasses import dataclass

from ml_assets.statistics.points import NO_POINTS, Points, thin, unite

CAPACITY = 8192
BUCKETS = CAPACITY // 2


@dataclass(frozen=True)
class QuantileSketch:
    """Weighted points in levels; a point of level h was thinned h times.

    Attributes
    ----------
    levels : tuple of Points
        One for each height, empty where there is none.
    """

    levels: tuple[Points, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether every number is still known."""
        return len(self.levels) <= 1

    @property
    def rank_error(self) -> float:
        """The most by which a rank, from 0 to 1, may be wrong."""
        return max(0, len(self.levels) - 1) / (2 * BUCKETS)

    def points(self) -> Points:
        """Give all levels as one."""
        return unite(self.levels)


def sketch_of(points: Points) -> QuantileSketch:
    """Give the sketch of the numbers that the points stand for."""
    return _put((), points, 0)


def merge_sketches(first: QuantileSketch, second: QuantileSketch) -> QuantileSketch:
    """Give the sketch of both sets of numbers together."""
    merged = first
    for height, points in enumerate(second.levels):
        merged = _put(merged.levels, points, height)
    return merged


def _put(levels: tuple[Points, ...], points: Points, height: int) -> QuantileSketch:
    """Add points to a level; what grows too large is thinned and carried to the next, as in adding."""
    grown = [*levels, *[NO_POINTS] * (height + 1 - len(levels))]
    united = unite([grown[height], points])
    if len(united.values) <= CAPACITY:
        grown[height] = united
        return QuantileSketch(tuple(grown))
    grown[height] = NO_POINTS
    return _put(tuple(grown), thin(united, BUCKETS), height + 1)
