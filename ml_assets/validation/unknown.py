"""Rows with values that the reference does not know: new categories, numbers outside its range."""

from dataclasses import dataclass

from ml_assets.statistics.model import FeatureStatistics, NumericStatistics, StringStatistics
from ml_assets.validation.bins import points_of
from ml_assets.validation.distances import p_value_outside, p_value_unseen


@dataclass(frozen=True)
class Unknown:
    """The rows with unknown values.

    Attributes
    ----------
    share : float
        Of all rows, 0 to 1.
    p_value : float
        How likely chance alone gives so many.
    text : str
        Which values, in words.
    """

    share: float = 0.0
    p_value: float = 1.0
    text: str = ""


def unknown_values(reference: FeatureStatistics, current: FeatureStatistics) -> Unknown:
    """Give the current rows whose values the reference does not have."""
    if not current.num_rows or not reference.num_non_missing:
        return Unknown()
    if reference.numeric and current.numeric:
        return _outside(reference.numeric, current.numeric, reference, current)
    if reference.string and current.string:
        return _new(reference.string, current.string, reference, current)
    return Unknown()


def _outside(
    before: NumericStatistics,
    now: NumericStatistics,
    reference: FeatureStatistics,
    current: FeatureStatistics,
) -> Unknown:
    if before.min is None or before.max is None or now.min is None or now.max is None:
        return Unknown()
    points = points_of(now)
    outside = (points.values < before.min) | (points.values > before.max)
    rows = int(points.counts[outside].sum())
    if not rows:
        return Unknown()
    reach = [
        *([f"down to {now.min:.6g}"] if now.min < before.min else []),
        *([f"up to {now.max:.6g}"] if now.max > before.max else []),
    ]
    text = f"lie outside the reference's range of {before.min:.6g} to {before.max:.6g}"
    p_value = p_value_outside(rows, reference.num_non_missing, current.num_non_missing)
    return Unknown(rows / current.num_rows, p_value, f"{text}, {' and '.join(reach)}")


def _new(
    before: StringStatistics,
    now: StringStatistics,
    reference: FeatureStatistics,
    current: FeatureStatistics,
) -> Unknown:
    if not before.is_complete:
        return Unknown()
    known = dict(before.value_counts)
    new = [(value, count) for value, count in now.value_counts if value not in known]
    if not new:
        return Unknown()
    rows = sum(count for _, count in new)
    singletons = sum(count == 1 for count in known.values())
    p_value = p_value_unseen(rows, current.num_non_missing, singletons, reference.num_non_missing)
    shown = ", ".join(f"{v[:40]!r} ({n / current.num_rows:.1%})" for v, n in new[:3])
    more = f" and {len(new) - 3} more" if len(new) > 3 else ""
    return Unknown(rows / current.num_rows, p_value, f"have new values: {shown}{more}")
