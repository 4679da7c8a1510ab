"""`infer_schema`: TFDV's function of that name, with ranges of numbers as well."""

import math
from collections.abc import Collection
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ml_assets.schema.model import SERVING, TYPES, Feature, Number, Schema
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics

# A text column of so many rows in which every value is another one identifies rows: it has no domain.
_MIN_ROWS_OF_A_KEY = 20
_LONGEST_CATEGORY = 200


def infer_schema(
    statistics: DatasetStatistics,
    *,
    max_domain_size: int = 100,
    range_margin: float = 0.5,
    absent_in_serving: Collection[str] = (),
) -> Schema:
    """Infer what data like these must look like.

    A column that always has a value must have one in every row. Of a column that sometimes has none,
    twice the share seen may be missing. A text column with few values gets them as its domain. A number
    gets the range seen, with a margin on either side that never crosses zero. A column without a single
    value is left out with the reason, and so is one of lists or structs.

    Parameters
    ----------
    statistics : DatasetStatistics
        Of the training data.
    max_domain_size : int
        A text column with at most this many values gets a domain, 1 to 1,000.
    range_margin : float
        How far beyond the seen range a number may lie, as a share of that range, >= 0.
    absent_in_serving : collection of str
        The columns that do not exist yet at the moment of prediction, such as the label.

    Returns
    -------
    Schema
        Not yet reviewed. The data that it was inferred from have no anomaly.
    """
    described = [f for f in statistics.features if not _reason_to_leave_out(f)]
    features = (_feature(found, max_domain_size, range_margin) for found in described)
    return Schema(
        features=tuple(
            replace(f, not_in=(SERVING,)) if f.name in absent_in_serving else f for f in features
        ),
        left_out=tuple(
            (found.name, reason)
            for found in statistics.features
            if (reason := _reason_to_leave_out(found))
        ),
    )


def _reason_to_leave_out(found: FeatureStatistics) -> str:
    if found.type == "null" or (found.num_rows and not found.num_non_missing):
        return f"all {found.num_rows:,} rows are without a value"
    return "" if found.type in TYPES else f"{found.type} values are not supported"


def _feature(found: FeatureStatistics, max_domain_size: int, range_margin: float) -> Feature:
    low, high = _range(found, range_margin)
    return Feature(
        name=found.name,
        type=found.type,  # type: ignore[arg-type]  # null and nested are left out
        min_fraction=_min_fraction(found),
        domain=_domain(found, max_domain_size),
        min=low,
        max=high,
        allow_nan=bool(found.numeric and found.numeric.num_nan),
        allow_inf=bool(found.numeric and found.numeric.num_inf),
        note=_note(found),
    )


def _min_fraction(found: FeatureStatistics) -> float:
    """Of the missing share, twice as much is allowed, rounded down to whole per cent."""
    if not found.num_missing:
        return 1.0
    return max(0, math.floor(100 * (1 - 2 * found.missing_fraction))) / 100


def _domain(found: FeatureStatistics, max_domain_size: int) -> tuple[str, ...] | None:
    string = found.string
    if found.type != "string" or string is None or not string.is_complete:
        return None
    if string.unique > max_domain_size or not string.unique or string.invalid_utf8_count:
        return None
    if string.unique == found.num_non_missing >= _MIN_ROWS_OF_A_KEY:
        return None
    if string.max_length is not None and string.max_length > _LONGEST_CATEGORY:
        return None
    return tuple(sorted(value for value, _ in string.value_counts))


def _range(found: FeatureStatistics, margin: float) -> tuple[Number | None, Number | None]:
    numeric = found.numeric
    if numeric is None or numeric.min is None or numeric.max is None or found.is_constant:
        return None, None
    span = Decimal(numeric.max) - Decimal(numeric.min)
    step = span * Decimal(margin)
    place = Decimal(1).scaleb(span.adjusted() - 1)
    low = _limit(numeric.min, -step, place, ROUND_FLOOR)
    high = _limit(numeric.max, step, place, ROUND_CEILING)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (None, None)


def _limit(seen: Number, step: Decimal, place: Decimal, rounding: str) -> Number:
    """A step beyond what was seen, rounded outwards to a place that a person can read.

    What was never negative stays so, and what was never positive.
    """
    exact = Decimal(seen) + step
    if exact < 0 <= seen or seen <= 0 < exact:
        return type(seen)(0)
    rounded = (exact / place).to_integral_value(rounding) * place
    if isinstance(seen, int):
        return int(rounded.to_integral_value(rounding))
    return float(rounded)


def _note(found: FeatureStatistics) -> str:
    if not found.is_constant:
        return ""
    if found.numeric is not None:
        return f"constant: {found.numeric.min}"
    return "constant"
