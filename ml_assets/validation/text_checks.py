"""Whether texts are UTF-8, in their domain, of a fitting length, and the numbers they should be."""

import math
from collections.abc import Collection, Iterator

from ml_assets.schema.model import Feature, Number
from ml_assets.statistics.model import FeatureStatistics, StringStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly, anomaly_of_rows
from ml_assets.validation.number_checks import check_range, infinite, not_a_number
from ml_assets.validation.text_numbers import is_number_text, number_in
from ml_assets.validation.wording import is_below, percent, rows_text, shown_values, values_text

Counted = list[tuple[str, int]]
# What stands in the statistics for bytes that are no text.
_REPLACED = "\ufffd"


def check_texts(
    column: FeatureStatistics, string: StringStatistics, feature: Feature
) -> Iterator[Anomaly]:
    """Find texts that a string column must not have."""
    if feature.domain is not None:
        if string.invalid_utf8_count:
            yield _not_utf8(column, string.invalid_utf8_count)
        yield from _check_domain(column, string, feature, set(feature.domain))
    if feature.holds in ("int", "float"):
        yield from check_numbers_in_texts(column, string, feature, feature.holds)
    yield from _check_lengths(column, string, feature)


def check_numbers_in_texts(
    column: FeatureStatistics, string: StringStatistics, feature: Feature, type_: str
) -> Iterator[Anomaly]:
    """Find texts that are not the numbers that they should be, or are outside their range."""
    strange = [
        (text, count) for text, count in string.value_counts if not is_number_text(text, type_)
    ]
    numbers = {text: number_in(text, type_) for text, _ in string.value_counts}
    nan = sum(count for text, count in string.value_counts if _passes(math.isnan, numbers[text]))
    inf = sum(count for text, count in string.value_counts if _passes(math.isinf, numbers[text]))
    wrong = _rows_that_are_no_numbers(
        column, string, type_, sum(count for _, count in strange), nan + inf
    )
    if nan and not feature.allow_nan:
        yield not_a_number(column, nan)
    if wrong:
        yield _not_numbers(column, type_, [text for text, _ in strange], wrong)
        return
    finite = {
        text: number
        for text, number in numbers.items()
        if number is not None and math.isfinite(number)
    }
    counts = [(finite[text], count) for text, count in string.value_counts if text in finite]
    least, most = extremes_of_texts(string, type_)
    yield from check_range(
        column,
        feature,
        least,
        most,
        lambda test: max(1, sum(count for number, count in counts if test(number))),
    )
    if inf and not feature.allow_inf:
        yield infinite(column, inf)


def extremes_of_texts(string: StringStatistics, type_: str) -> tuple[Number | None, Number | None]:
    """Give the least and the greatest finite number that texts are; None where none is one.

    Parameters
    ----------
    string : StringStatistics
        Of the texts.
    type_ : str
        ``int`` or ``float``: which numbers count.
    """
    numbers = (number_in(text, type_) for text, _ in string.value_counts)
    finite = [number for number in numbers if number is not None and math.isfinite(number)]
    if not string.is_complete and string.numbers is not None:
        finite += [
            number for number in (string.numbers.min, string.numbers.max) if number is not None
        ]
    return min(finite, default=None), max(finite, default=None)


def _is_no_text(value: str, string: StringStatistics) -> bool:
    """Whether a value stands for bytes that are no UTF-8, which are an anomaly of their own."""
    return bool(string.invalid_utf8_count) and _REPLACED in value


def _passes(test: object, number: float | None) -> bool:
    return number is not None and bool(test(number))  # type: ignore[operator]


def _rows_that_are_no_numbers(
    column: FeatureStatistics, string: StringStatistics, type_: str, listed: int, not_finite: int
) -> int:
    if string.is_complete or string.numbers is None:
        return listed
    numbers = string.numbers.num_int if type_ == "int" else string.numbers.num_float + not_finite
    return max(listed, column.num_non_missing - numbers)


def _not_numbers(column: FeatureStatistics, type_: str, strange: list[str], rows: int) -> Anomaly:
    code = {"int": "INT_TYPE_NOT_INT_STRING", "float": "FLOAT_TYPE_STRING_NOT_FLOAT"}[type_]
    word = {"int": "whole numbers", "float": "numbers"}[type_]
    values = shown_values(column, strange) or "rare texts"
    return anomaly_of_rows(
        column,
        code,
        rows,
        f"should hold {word} as texts, and has others: {values},",
        f". Correct the data, or take `holds: {type_}` of {column.name} out of the schema.",
        expected=f"texts that are {word}",
        found=values,
    )


def _not_utf8(column: FeatureStatistics, count: int) -> Anomaly:
    return anomaly_of_rows(
        column,
        "ENUM_TYPE_INVALID_UTF8",
        count,
        "is not UTF-8",
        ". Declare the right encoding of the source in ingest.source.encoding.",
        expected="UTF-8 text",
        found=f"{count:,} other values",
    )


def _check_domain(
    column: FeatureStatistics, string: StringStatistics, feature: Feature, allowed: set[str]
) -> Iterator[Anomaly]:
    strange = values_outside(string, allowed)
    rows = sum(count for _, count in strange)
    if strange and is_below(
        column.num_non_missing - rows, column.num_non_missing, feature.min_domain_mass
    ):
        yield _outside_domain(column, feature, strange, string.is_complete)


def values_outside(string: StringStatistics, allowed: Collection[str]) -> Counted:
    """Give the texts outside a domain with their counts; bytes that are no text are left out."""
    return [
        (value, count)
        for value, count in string.value_counts
        if value not in allowed and not _is_no_text(value, string)
    ]


def _outside_domain(
    column: FeatureStatistics, feature: Feature, strange: Counted, is_complete: bool
) -> Anomaly:
    rows, size = sum(count for _, count in strange), len(feature.domain or ())
    values = shown_values(column, [value for value, _ in strange])
    at_least = "" if is_complete else "at least "
    mass = feature.min_domain_mass
    wanted = f"one of {values_text(size)}"
    if mass < 1:
        wanted += f" in at least {percent(mass)} of the values"
    return anomaly(
        column.name,
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        f"{column.name} has {at_least}{values_text(len(strange))} outside the schema's domain of {size}: "
        f"{values}, in {at_least}{rows_text(rows, column.num_rows)}"
        f"{'' if mass == 1 else f'; {percent(mass)} of the values must be in it'}. Correct the "
        f"data, or add what is right to the domain of {column.name} in the schema.",
        expected=wanted,
        found=values,
        affected_fraction=rows / column.num_rows if mass == 1 else None,
    )


def _check_lengths(
    column: FeatureStatistics, string: StringStatistics, feature: Feature
) -> Iterator[Anomaly]:
    short, long = feature.min_length, feature.max_length
    if short is not None and string.min_length is not None and string.min_length < short:
        rows = sum(count for text, count in string.value_counts if len(text) < short)
        reach = (f"down to {string.min_length:,}", f"at least {short:,} characters")
        yield _wrong_length(column, "STRING_TYPE_SHORT_STRING", "min_length", rows, reach)
    if long is not None and string.max_length is not None and string.max_length > long:
        rows = sum(count for text, count in string.value_counts if len(text) > long)
        reach = (f"up to {string.max_length:,}", f"at most {long:,} characters")
        yield _wrong_length(column, "STRING_TYPE_LONG_STRING", "max_length", rows, reach)


def _wrong_length(
    column: FeatureStatistics, code: str, key: str, rows: int, reach: tuple[str, str]
) -> Anomaly:
    return anomaly_of_rows(
        column,
        code,
        max(1, rows),
        f"has texts of {reach[0]} characters,",
        f"; the schema wants {reach[1]}. Correct the data, or change {key} of {column.name} in the "
        "schema.",
        expected=reach[1],
        found=f"{reach[0]} characters",
    )
