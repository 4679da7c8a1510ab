"""The single number whose share of the rows changed most, such as a sensor stuck at 0."""

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.bins import points_of

# A number with such a share is one value; a lighter one may stand for a stretch of the distribution.
HEAVY = 0.05


def single_value_change(
    reference: FeatureStatistics, current: FeatureStatistics
) -> tuple[float, float, float]:
    """Give the number whose share changed most, and its share of the rows before and now.

    Only numbers that have a share of at least `HEAVY` on one side are looked at; where there is none,
    both shares are 0.
    """
    before, now = _shares(reference), _shares(current)
    heavy = [v for v in {**before, **now} if max(before.get(v, 0), now.get(v, 0)) >= HEAVY]
    value = max(heavy, key=lambda v: abs(now.get(v, 0) - before.get(v, 0)), default=0.0)
    return (value, before.get(value, 0), now.get(value, 0)) if heavy else (value, 0.0, 0.0)


def _shares(feature: FeatureStatistics) -> dict[float, float]:
    if feature.numeric is None:
        return {}
    points = points_of(feature.numeric)
    shares = points.counts / max(1, feature.num_rows)
    return dict(zip(points.values.tolist(), shares.tolist(), strict=True))
