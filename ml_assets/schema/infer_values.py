"""What `infer_schema` concludes from one column's values: its domain, its limits, its being a key."""

import math
import re
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from ml_assets.schema.model import Feature, Number
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics, StringStatistics

# A text column of so many rows in which every value is another one identifies rows: it has no domain.
_MIN_ROWS_OF_NAMES = 20
_LONGEST_CATEGORY = 200
# TFDV's pairs, but for the empty text, which it takes for true.
_TRUE = ("TRUE", "true", "SET", "set", "1")
_FALSE = ("FALSE", "false", "CLEAR", "clear", "0")
_INT = re.compile(r"\s*[+-]?0{0,300}[0-9]{1,19}\s*", re.ASCII)
_INT64 = 2**63
_FLOAT = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
_KEY_TEXT = re.compile(r"[0-9A-Fa-f-]{20,}", re.ASCII)
# So many values, without one that repeats, where chance would repeat at least so many pairs of them.
_MIN_ROWS_OF_A_KEY = 100
_MIN_REPEATS_BY_CHANCE = 10


def domain_of(
    column: FeatureStatistics, max_size: int, only_as_tfdv: bool = False
) -> dict[str, Any]:
    """Give what a column's values stand for: `holds`, `bool_values` or `domain`; empty for plain values.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics.
    max_size : int
        The most values of a domain.
    only_as_tfdv : bool
        Whether texts hold no floats, and have a domain though they are long or name rows.
    """
    numeric, string = column.numeric, column.string
    if column.type == "int" and numeric is not None and numeric.min is not None:
        is_bool = numeric.min >= 0 and numeric.max == 1
        return {"holds": "bool"} if is_bool else {}
    if column.type != "string" or string is None or string.invalid_utf8_count:
        return {}
    if (texts := _bool_texts(string)) is not None:
        return {"holds": "bool", "bool_values": texts}
    kind = _numbers(column, string)
    if kind == "int":
        return {"holds": kind}
    is_whole = string.is_complete and 1 <= string.unique <= max_size
    if is_whole if only_as_tfdv else can_be_domain(column, string.unique, max_size):
        return {"domain": tuple(sorted(value for value, _ in string.value_counts))}
    if kind is None or only_as_tfdv:
        return {}
    return {"holds": kind, "allow_nan": False, "allow_inf": False}


def can_be_domain(column: FeatureStatistics, size: int, max_size: int) -> bool:
    """Whether a text column has few and short enough values, and these do not name its rows.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics.
    size : int
        How many values the domain would have.
    max_size : int
        The most values of a domain.
    """
    string = column.string
    if string is None or not string.is_complete or not 1 <= size <= max_size:
        return False
    return not _is_free_text(column, string)


def limits_of(column: FeatureStatistics, feature: Feature, margin: float) -> dict[str, Any]:
    """Give the ranges of a column's numbers, lengths or dates; a key's numbers have none.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics.
    feature : Feature
        With its domain, and whether it is a key.
    margin : float
        How far beyond what was seen a limit lies, as a share of the range, >= 0.
    """
    if column.numeric is not None:
        return _number_limits(column.numeric, feature, margin)
    if column.time is not None and column.time.min is not None and column.time.max is not None:
        return {"earliest": _first_year(column.time.min, column.time.max, margin)}
    if column.type == "string" and column.string is not None:
        return _text_limits(column.string, feature, margin)
    return {}


def looks_like_key(column: FeatureStatistics) -> bool:
    """Whether values look like keys: none repeats, although they are dense, or have the form of a hash.

    Values that merely happen to differ, such as amounts or names, may repeat in the next data.
    """
    described = column.numeric or column.string
    values = column.num_non_missing
    if described is None or values < _MIN_ROWS_OF_A_KEY or not described.unique_is_exact:
        return False
    if described.unique != values:
        return False
    if column.type == "int" and column.numeric is not None:
        return _is_dense(column.numeric.min, column.numeric.max, values)
    string = column.string
    if column.type != "string" or string is None:
        return False
    if _numbers(column, string) == "int":
        return _is_dense(*_extremes(string, "int"), values)
    same_length = string.min_length == string.max_length
    return same_length and all(_KEY_TEXT.fullmatch(text) for text, _ in string.value_counts)


def _is_dense(low: Number | None, high: Number | None, values: int) -> bool:
    if low is None or high is None:
        return False
    return values * (values - 1) / 2 / (high - low + 1) >= _MIN_REPEATS_BY_CHANCE


def _bool_texts(string: StringStatistics) -> tuple[str | None, str | None] | None:
    texts = [text for text, _ in string.value_counts]
    if not string.is_complete or not 1 <= len(texts) <= 2:
        return None
    true, false = ([text for text in texts if text in words] for words in (_TRUE, _FALSE))
    if len(true) > 1 or len(false) > 1 or len(true) + len(false) != len(texts):
        return None
    return next(iter(true), None), next(iter(false), None)


def _numbers(column: FeatureStatistics, string: StringStatistics) -> str | None:
    """Whether all texts are whole numbers, or all are numbers."""
    texts = [text for text, _ in string.value_counts]
    numbers = string.numbers
    if not texts or (numbers is None and not string.is_complete):
        return None
    counts = (numbers.num_int, numbers.num_float) if numbers is not None else (None, None)
    for kind, is_number, count in zip(("int", "float"), (_is_int, _is_float), counts, strict=True):
        if count in (None, column.num_non_missing) and all(is_number(text) for text in texts):
            return kind
    return None


def _is_int(text: str) -> bool:
    return _INT.fullmatch(text) is not None and -_INT64 <= int(text) < _INT64


def _is_float(text: str) -> bool:
    return _FLOAT.fullmatch(text) is not None and math.isfinite(float(text))


def _extremes(string: StringStatistics, kind: str) -> tuple[Number | None, Number | None]:
    """The least and the greatest of the numbers that the texts are."""
    if string.numbers is not None:
        return string.numbers.min, string.numbers.max
    read = int if kind == "int" else float
    numbers = [read(text) for text, _ in string.value_counts]
    return min(numbers), max(numbers)


def _is_free_text(column: FeatureStatistics, string: StringStatistics) -> bool:
    """Whether texts name rows, or are too long for categories.

    By Good and Turing the next row has a new value as often as a row of these has a value that
    occurs once (Good 1953, doi:10.1093/biomet/40.3-4.237): every other row would break a domain.
    """
    rows = column.num_non_missing
    num_single = sum(count == 1 for _, count in string.value_counts)
    are_names = rows >= _MIN_ROWS_OF_NAMES and num_single > rows / 2
    return are_names or (string.max_length or 0) > _LONGEST_CATEGORY


def _number_limits(numeric: NumericStatistics, feature: Feature, margin: float) -> dict[str, Any]:
    is_float = feature.type == "float"
    allowed = {
        "allow_nan": is_float and bool(numeric.num_nan),
        "allow_inf": is_float and bool(numeric.num_inf),
    }
    if feature.holds == "bool" or feature.unique:  # new rows have keys beyond the known ones
        return allowed
    low, high = _range(numeric.min, numeric.max, margin)
    if feature.type == "int":  # of more than 63 bits statistics have the nearest floats
        low, high = (None if limit is None else int(limit) for limit in (low, high))
    return {**allowed, "min": low, "max": high}


def _text_limits(string: StringStatistics, feature: Feature, margin: float) -> dict[str, Any]:
    if feature.holds in ("int", "float"):
        if feature.unique:
            return {}
        low, high = _range(*_extremes(string, feature.holds), margin)
        return {"min": low, "max": high}
    if feature.holds is not None or feature.domain is not None or string.max_length is None:
        return {}
    short, long = string.min_length or 0, string.max_length
    least = max(short - math.ceil(margin * short), 1) if short else None
    return {"min_length": least, "max_length": max(1, long + math.ceil(margin * long))}


def _range(
    least: Number | None, most: Number | None, margin: float
) -> tuple[Number | None, Number | None]:
    if least is None or most is None or least == most:
        return None, None
    span = Decimal(most) - Decimal(least)
    step = span * Decimal(margin)
    place = Decimal(1).scaleb(span.adjusted() - 1)
    low = _limit(least, -step, place, ROUND_FLOOR)
    high = _limit(most, step, place, ROUND_CEILING)
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


def _first_year(first: str, last: str, margin: float) -> date | None:
    """The first day of a year, at least one year before what was seen; None beyond the calendar."""
    try:
        begin, end = (datetime.fromisoformat(text) for text in (first, last))
    except ValueError:
        return None
    years = max(1, math.ceil(margin * (end - begin).days / 365))
    return date(begin.year - years, 1, 1) if begin.year > years else None
