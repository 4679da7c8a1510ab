"""The shape of a feature's distribution: a few bar heights, for a sparkline or a small picture."""

import numpy as np

from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.statistics.points import Points, count_up_to, quantiles

BARS = 16
FEW_VALUES = 24


def shape(feature: FeatureStatistics) -> tuple[int, ...]:
    """Give a few counts, at most `FEW_VALUES`.

    Of few different numbers, for each one; of more, in `BARS` buckets of equal width between the 1st and
    the 99th percentile, with what lies outside in the first and the last; of texts, of the most frequent
    values; of times, over the time line.
    """
    if feature.numeric is not None:
        return _numeric_shape(feature.numeric)
    if feature.string is not None:
        return tuple(count for _, count in feature.string.value_counts[:BARS])
    return (
        tuple(bucket.count for bucket in feature.time.histogram) if feature.time is not None else ()
    )


def _numeric_shape(statistics: NumericStatistics) -> tuple[int, ...]:
    if not statistics.distribution:
        return ()
    values, counts = zip(*statistics.distribution, strict=True)
    if len(values) <= FEW_VALUES:
        return tuple(counts)
    points = Points(np.array(values, np.float64), np.array(counts, np.int64))
    low, high = (float(edge) for edge in quantiles(points, np.array([0.01, 0.99])))
    if low == high:
        low, high = float(points.values[0]), float(points.values[-1])
    if low == high or not np.isfinite(high - low):
        return (points.total,)
    inner = count_up_to(points, np.linspace(low, high, BARS + 1)[1:-1])
    return tuple(np.diff(inner, prepend=0, append=points.total).tolist())
