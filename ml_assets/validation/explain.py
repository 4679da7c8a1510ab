"""Says in words what moved between two columns: the missing values, new ones, one value, or the unit."""

from ml_assets.statistics.model import FeatureStatistics, NumericStatistics
from ml_assets.validation.bins import MISSING, Bins, num_missing
from ml_assets.validation.single_value import HEAVY, single_value_change
from ml_assets.validation.transforms import Change
from ml_assets.validation.unknown import Unknown

# What is worth a word: a share that changed by two points, unknown values in half a per cent of the rows.
_MIN_CHANGE = 0.02
_MIN_UNKNOWN = 0.005
_MAX_PARTS = 3


def explain(
    reference: FeatureStatistics,
    current: FeatureStatistics,
    bins: Bins,
    unknown: Unknown,
    change: Change | None,
) -> str:
    """Give the largest differences in words, most telling first."""
    parts = [*_missing(reference, current)]
    if unknown.share >= _MIN_UNKNOWN:
        parts.append(f"{unknown.share:.1%} of the rows {unknown.text}")
    if change is not None:
        parts.append(change.text)
    elif reference.numeric and current.numeric:
        parts += _single(reference, current) or [
            *_largest_bin(bins),
            *_median(reference.numeric, current.numeric),
        ]
    else:
        parts += _largest_bin(bins)
    return "; ".join(parts[:_MAX_PARTS]) or "nothing moved much"


def _missing(reference: FeatureStatistics, current: FeatureStatistics) -> list[str]:
    before, now = (num_missing(side) / max(1, side.num_rows) for side in (reference, current))
    return _change("missing values", before, now) if abs(now - before) >= _MIN_CHANGE else []


def _single(reference: FeatureStatistics, current: FeatureStatistics) -> list[str]:
    value, before, now = single_value_change(reference, current)
    much = abs(now - before) >= HEAVY
    return _change(f"the value {value:.6g}", before, now) if much else []


def _largest_bin(bins: Bins) -> list[str]:
    """The bin whose share changed most; missing values have their own words."""
    before = bins.reference / max(1, bins.reference.sum())
    now = bins.current / max(1, bins.current.sum())
    places = [place for place, label in enumerate(bins.labels) if label != MISSING]
    change = now - before
    most = max(
        places, key=lambda place: (round(abs(change[place]), 9), change[place]), default=None
    )
    if most is None or abs(now[most] - before[most]) < _MIN_CHANGE:
        return []
    return _change(bins.labels[most], before[most], now[most])


def _median(reference: NumericStatistics, current: NumericStatistics) -> list[str]:
    before, now = reference.median, current.median
    if before is None or now is None or before == now:
        return []
    return [f"the median went from {before:.6g} to {now:.6g}"]


def _change(what: str, before: float, now: float) -> list[str]:
    way = "rose" if now > before else "fell"
    return [f"{what} {way} from {before:.1%} to {now:.1%} of the rows"]
