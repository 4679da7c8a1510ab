"""How a feature is relaxed for the sake of one anomaly: `relax_feature`.

Nothing is narrowed, and what is not broken is left alone. A limit moves outwards, as far as
`infer_schema` would set it for these data where that is beyond what was seen, else to what was seen.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from typing import Any

from ml_assets.safe_yaml import GREATEST_INT, LEAST_INT
from ml_assets.schema.infer_values import can_be_domain
from ml_assets.schema.model import Comparator, Feature, Number
from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.bool_checks import texts_of_bools
from ml_assets.validation.feature_checks import check_feature
from ml_assets.validation.moments import date_of, first_of
from ml_assets.validation.number_checks import extremes_of_bools
from ml_assets.validation.text_checks import extremes_of_texts, values_outside

_NUMBERS = ("int", "float")
# Judged by the pair of columns, not by the column alone.
_COMPARATORS = (
    "COMPARATOR_CONTROL_DATA_MISSING", "COMPARATOR_DISTRIBUTION_MOVED",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH", "COMPARATOR_KS_HIGH", "COMPARATOR_L_INFTY_HIGH",
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH", "COMPARATOR_PSI_HIGH",
    "COMPARATOR_WASSERSTEIN_HIGH",
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What is known of a column that has anomalies.

    Attributes
    ----------
    column : FeatureStatistics
        Its statistics.
    inferred : Feature, optional
        What `infer_schema` makes of it; None where it leaves it out.
    max_domain_size : int
        The most values of a domain.
    environment : str, optional
        Where the data come from.
    """

    column: FeatureStatistics
    inferred: Feature | None
    max_domain_size: int
    environment: str | None


def relax_feature(feature: Feature, anomaly: Anomaly, seen: Seen) -> Feature | None:
    """Give a feature that does not have an anomaly any more; None where it can only be left out.

    Parameters
    ----------
    feature : Feature
        What the column must look like.
    anomaly : Anomaly
        What was found of the column. A feature that does not have it is given back as it is.
    seen : Seen
        The column.
    """
    if anomaly.code in _COMPARATORS:
        return _raised(feature, anomaly)
    if feature.is_ignored or not _has_anomaly(anomaly.code, feature, seen):
        return feature
    mistakes = tuple(mistake for mistake in feature.mistakes if mistake[0] != anomaly.code)
    return _FIXES[anomaly.code](replace(feature, mistakes=mistakes), seen)


Fix = Callable[[Feature, Seen], Feature | None]


def _as_inferred(feature: Feature, seen: Seen) -> Feature | None:
    """Other values than before, so what is said of values is said anew; what else is said is kept."""
    new = seen.inferred
    if new is None:
        return None
    keys = ("type", "holds", "bool_values", "domain", "min", "max", "min_length", "max_length")
    relaxed = replace(feature, **{key: getattr(new, key) for key in keys}, min_domain_mass=1.0)
    is_float = "float" in (new.type, new.holds)
    relaxed = replace(
        relaxed,
        allow_nan=is_float and (feature.allow_nan or new.allow_nan),
        allow_inf=is_float and (feature.allow_inf or new.allow_inf),
        **_still_allowed(feature, new),
    )
    if new.type not in ("date", "timestamp"):
        relaxed = replace(relaxed, earliest=None, latest=None)
    elif feature.type not in ("date", "timestamp"):
        relaxed = replace(relaxed, earliest=new.earliest)
    return replace(relaxed, min_unique=None, max_unique=None) if new.type in _NUMBERS else relaxed


def _still_allowed(old: Feature, new: Feature) -> dict[str, Any]:
    """A range of numbers that has the old one in it, where both are numbers or bools."""
    if new.type not in _NUMBERS or new.holds == "bool" or old.type not in (*_NUMBERS, "bool"):
        return {}
    low, high = (0, 1) if "bool" in (old.type, old.holds) else (old.min, old.max)
    if new.type == "int":
        low = None if low is None else _whole(low, is_least=True)
        high = None if high is None else _whole(high, is_least=False)
    return {
        "min": None if low is None or new.min is None else min(low, new.min),
        "max": None if high is None or new.max is None else max(high, new.max),
    }


def _no_bool(feature: Feature, seen: Seen) -> Feature | None:
    if feature.type != "string" or seen.column.type != "string":
        return _as_inferred(feature, seen)
    string = seen.column.string
    # Beside bytes that are no text, a domain would be broken anew.
    texts = None if string and string.invalid_utf8_count else texts_of_bools(feature)
    # The lengths of bools were not judged.
    free = _wider_lengths(feature, seen, ("min_length", "max_length"))
    free = replace(free, holds=None, bool_values=None, domain=texts)
    return free if texts is None else _more_values(free, seen)


def _more_values(feature: Feature, seen: Seen) -> Feature:
    """The values that were seen as well; no domain where these are too many."""
    domain, string = feature.domain or (), seen.column.string
    new = sorted(value for value, _ in values_outside(string, domain)) if string else []
    if can_be_domain(seen.column, len(domain) + len(new), seen.max_domain_size):
        return replace(feature, domain=(*domain, *new))
    return replace(feature, domain=None, min_domain_mass=1.0)


def _any_bytes(feature: Feature) -> Feature:
    return replace(_no_numbers(feature), domain=None, min_domain_mass=1.0)


def _any_text(feature: Feature, seen: Seen) -> Feature | None:
    """Texts that are no numbers, or not whole ones."""
    if feature.type != "string":
        return _as_inferred(feature, seen)
    floats = replace(feature, holds="float")
    if _has_anomaly("FLOAT_TYPE_STRING_NOT_FLOAT", floats, seen):
        return _no_numbers(feature)
    nan, inf = (_has_anomaly(f"FLOAT_TYPE_HAS_{word}", floats, seen) for word in ("NAN", "INF"))
    free = replace(floats, allow_nan=nan or feature.allow_nan, allow_inf=inf or feature.allow_inf)
    return _wider_range(free, seen, ("min", "max"))


def _no_numbers(feature: Feature) -> Feature:
    return replace(
        feature, holds=None, bool_values=None, min=None, max=None, allow_nan=False, allow_inf=False
    )


def _wider_range(feature: Feature, seen: Seen, keys: Sequence[str]) -> Feature:
    if seen.inferred is not None and seen.inferred.unique:  # a key's numbers have no range
        unlimited: Any = dict.fromkeys(keys)
        return replace(feature, **unlimited)
    column = seen.column
    if column.numeric is not None:
        extremes = column.numeric.min, column.numeric.max
    elif column.string is not None and (column.type, feature.type) == ("bool", "int"):
        extremes = extremes_of_bools(column.string)
    elif column.string is not None:
        extremes = extremes_of_texts(column.string, str(feature.holds or feature.type))
    else:
        return feature
    return _wider(feature, seen, dict(zip(("min", "max"), extremes, strict=True)), keys)


def _wider_lengths(feature: Feature, seen: Seen, keys: Sequence[str]) -> Feature:
    string = seen.column.string
    extremes = {"min_length": string.min_length, "max_length": string.max_length} if string else {}
    return _wider(feature, seen, extremes, keys)


def _wider_times(feature: Feature, seen: Seen, key: str) -> Feature:
    time = seen.column.time
    reach = {"earliest": time and time.min, "latest": time and time.max}[key]
    day = date_of(reach) if reach else None
    wanted = seen.inferred.earliest if seen.inferred and key == "earliest" else None
    is_further = wanted is not None and day is not None and first_of(wanted) <= first_of(day)
    return _with_value(feature, key, wanted if is_further else day)


def _wider(
    feature: Feature, seen: Seen, extremes: Mapping[str, Number | None], keys: Sequence[str]
) -> Feature:
    """Move limits outwards: to what is inferred where that is further out, else to what was seen."""
    is_whole = "int" in (feature.type, feature.holds) or keys[0].endswith("length")
    changes: dict[str, Any] = {}
    for key in keys:
        limit, reach = getattr(feature, key), extremes.get(key)
        wanted = getattr(seen.inferred, key, None) if _is_alike(feature, seen.inferred) else None
        is_least = key.startswith("min")
        outer = min if is_least else max
        if limit is not None and reach is not None and outer(limit, reach) != limit:
            furthest = reach if wanted is None else outer(reach, wanted)
            changes[key] = _whole(furthest, is_least) if is_whole else furthest
    return replace(feature, **changes)


def _whole(number: Number, is_least: bool) -> int | None:
    """A limit of whole numbers; None, which is no limit, where YAML cannot hold it."""
    whole = math.floor(number) if is_least else math.ceil(number)
    return whole if LEAST_INT <= whole <= GREATEST_INT else None


def _is_alike(feature: Feature, inferred: Feature | None) -> bool:
    """Whether inferred limits are of the same kind: of numbers, of texts, or of numbers in texts."""
    if inferred is None:
        return False
    sides = [(side.type == "string", side.holds in _NUMBERS) for side in (feature, inferred)]
    return sides[0] == sides[1]


def _fewer_values(feature: Feature, seen: Seen) -> Feature:
    """A lower share of rows with a value: the one inferred where it is one, else the one seen."""
    column = seen.column
    share = math.floor(100 * column.num_non_missing / max(1, column.num_rows)) / 100
    wanted = seen.inferred.min_fraction if seen.inferred else 0.0
    return replace(feature, min_fraction=min(share, wanted or share), nullable=_nullable(feature))


def _fewest_values(feature: Feature, seen: Seen) -> Feature:
    return replace(feature, min_count=seen.column.num_non_missing)


def _no_values(feature: Feature, seen: Seen) -> Feature:
    return replace(feature, min_fraction=0.0, min_count=0, nullable=_nullable(feature))


def _no_shape(feature: Feature, seen: Seen) -> Feature:
    return replace(feature, fixed_shape=False, nullable=_nullable(feature))


def _nullable(feature: Feature) -> bool | None:
    """Single rows may then be without a value too."""
    return None if feature.nullable is False else feature.nullable


def _fewer_different(feature: Feature, seen: Seen) -> Feature:
    """Fewer different values, or values that repeat, whichever is too many; or both."""
    least, unique = feature.min_unique, seen.column.unique
    fewer = feature
    if least is not None and unique is not None:
        fewer = replace(feature, min_unique=min(least, unique))
    for candidate in (fewer, replace(feature, unique=False)):
        if not _has_anomaly("FEATURE_TYPE_LOW_UNIQUE", candidate, seen):
            return candidate
    return replace(fewer, unique=False)


def _more_different(feature: Feature, seen: Seen) -> Feature:
    return replace(feature, max_unique=seen.column.unique)


def _expected_here(feature: Feature, seen: Seen) -> Feature:
    return replace(
        feature, not_in=tuple(name for name in feature.not_in if name != seen.environment)
    )


def _raised(feature: Feature, anomaly: Anomaly) -> Feature:
    """A comparator that allows the distance that was measured."""
    kind, _, metric = anomaly.setting.partition(".")
    if not kind:  # found by a version that did not say which
        return feature
    before = getattr(feature, kind) or Comparator()
    if not metric:
        return _with_value(feature, kind, None)
    value, limit = anomaly.value, getattr(before, metric)
    # Where the distance is not defined, or infinite, no limit of it means anything.
    raised = round_up(value) if value is not None and math.isfinite(value) else None
    if raised is not None and limit is not None and limit >= raised:
        return feature
    after = replace(before, **{metric: raised})
    return _with_value(feature, kind, after if after != Comparator() else _NEVER)


def _with_value(feature: Feature, key: str, value: Any) -> Feature:
    changes: Any = {key: value}
    return replace(feature, **changes)


def round_up(value: float) -> float:
    """Give the least number of two digits that is not below a positive one."""
    return _rounded(value, ROUND_CEILING)


def round_down(value: float) -> float:
    """Give the greatest number of two digits that is not above a positive one."""
    return _rounded(value, ROUND_FLOOR)


def _rounded(value: float, rounding: str) -> float:
    exact = Decimal(repr(value))
    place = Decimal(1).scaleb(exact.adjusted() - 1)
    return float((exact / place).to_integral_value(rounding) * place)


def _has_anomaly(code: str, feature: Feature, seen: Seen) -> bool:
    anomalies = check_feature(seen.column, feature, seen.environment)
    return any(anomaly.code == code for anomaly in anomalies)


_NEVER = Comparator(jensen_shannon=1.0)
_FIXES: dict[str, Fix] = {
    "BOOL_TYPE_BIG_INT": _no_bool,
    "BOOL_TYPE_INVALID_CONFIG": _no_bool,
    "BOOL_TYPE_SMALL_INT": _no_bool,
    "BOOL_TYPE_UNEXPECTED_FLOAT": _no_bool,
    "BOOL_TYPE_UNEXPECTED_STRING": _no_bool,
    "DOMAIN_INVALID_FOR_TYPE": _as_inferred,
    "ENUM_TYPE_INVALID_UTF8": lambda feature, seen: _any_bytes(feature),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": _more_values,
    "FEATURE_MISSING_NAME": lambda feature, seen: None,
    "FEATURE_MISSING_TYPE": _as_inferred,
    "FEATURE_TYPE_HIGH_UNIQUE": _more_different,
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": _fewer_values,
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": _fewest_values,
    "FEATURE_TYPE_LOW_UNIQUE": _fewer_different,
    "FEATURE_TYPE_NOT_PRESENT": _no_values,
    "FEATURE_TYPE_NO_UNIQUE": lambda feature, seen: replace(
        feature, min_unique=None, max_unique=None
    ),
    "FLOAT_TYPE_BIG_FLOAT": partial(_wider_range, keys=("max",)),
    "FLOAT_TYPE_HAS_INF": lambda feature, seen: replace(feature, allow_inf=True),
    "FLOAT_TYPE_HAS_NAN": lambda feature, seen: replace(feature, allow_nan=True),
    "FLOAT_TYPE_SMALL_FLOAT": partial(_wider_range, keys=("min",)),
    "FLOAT_TYPE_STRING_NOT_FLOAT": _any_text,
    "INT_TYPE_BIG_INT": partial(_wider_range, keys=("max",)),
    "INT_TYPE_NOT_INT_STRING": _any_text,
    "INT_TYPE_SMALL_INT": partial(_wider_range, keys=("min",)),
    "INVALID_DOMAIN_SPECIFICATION": _as_inferred,
    "INVALID_FEATURE_SHAPE": _no_shape,
    "INVALID_SCHEMA_SPECIFICATION": _as_inferred,
    "SCHEMA_NEW_COLUMN": _expected_here,
    "STRING_TYPE_LONG_STRING": partial(_wider_lengths, keys=("max_length",)),
    "STRING_TYPE_SHORT_STRING": partial(_wider_lengths, keys=("min_length",)),
    "TIME_TYPE_EARLY_TIME": partial(_wider_times, key="earliest"),
    "TIME_TYPE_LATE_TIME": partial(_wider_times, key="latest"),
    "UNEXPECTED_DATA_TYPE": _as_inferred,
}
