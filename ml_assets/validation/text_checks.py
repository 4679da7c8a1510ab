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
    found: FeatureStatistics, string: StringStatistics, feature: Feature
) -> Iterator[Anomaly]:
    """Find texts that a string column must not have."""
    if feature.domain is not None:
        if string.invalid_utf8_count:
            yield _not_utf8(found, string.invalid_utf8_count)
        yield from _check_domain(found, string, feature, set(feature.domain))
    if feature.holds in ("int", "float"):
        yield from check_numbers_in_texts(found, string, feature, feature.holds)
    yield from _check_lengths(found, string, feature)


def check_numbers_in_texts(
    found: FeatureStatistics, string: StringStatistics, feature: Feature, type_: str
) -> Iterator[Anomaly]:
    """Find texts that are not the numbers that they should be, or are outside their range."""
    strange = [
        (text, count) for text, count in string.value_counts if not is_number_text(text, type_)
    ]
    odd = {text: number_in(text, type_) for text, _ in string.value_counts}
    nan = sum(n for t, n in string.value_counts if _is(math.isnan, odd[t]))
    inf = sum(n for t, n in string.value_counts if _is(math.isinf, odd[t]))
    wrong = _rows_that_are_no_numbers(found, string, type_, sum(n for _, n in strange), nan + inf)
    if nan and not feature.allow_nan:
        yield not_a_number(found, nan)
    if wrong:
        yield _no_number(found, type_, [text for text, _ in strange], wrong)
        return
    finite = {t: v for t, v in odd.items() if v is not None and math.isfinite(v)}
    counts = [(finite[text], n) for text, n in string.value_counts if text in finite]
    least, most = extremes_of_texts(string, type_)
    yield from check_range(
        found, feature, least, most, lambda test: max(1, sum(n for v, n in counts if test(v)))
    )
    if inf and not feature.allow_inf:
        yield infinite(found, inf)


def extremes_of_texts(string: StringStatistics, type_: str) -> tuple[Number | None, Number | None]:
    """Give the least and the greatest finite number that texts are; None where none is one.

    Parameters
    ----------
    string : StringStatistics
        Of the texts.
    type_ : str
        ``int`` or ``float``: which numbers count.
    """
    read = (number_in(text, type_) for text, _ in string.value_counts)
    known = [number for number in read if number is not None and math.isfinite(number)]
    if not string.is_complete and string.numbers is not None:
        known += [v for v in (string.numbers.min, string.numbers.max) if v is not None]
    return min(known, default=None), max(known, default=None)


def _is_no_text(value: str, string: StringStatistics) -> bool:
    """Whether a value stands for bytes that are no UTF-8, which are an anomaly of their own."""
    return bool(string.invalid_utf8_count) and _REPLACED in value


def _is(test: object, number: float | None) -> bool:
    return number is not None and bool(test(number))  # type: ignore[operator]


def _rows_that_are_no_numbers(
    found: FeatureStatistics, string: StringStatistics, type_: str, listed: int, not_finite: int
) -> int:
    if string.is_complete or string.numbers is None:
        return listed
    numbers = string.numbers.num_int if type_ == "int" else string.numbers.num_float + not_finite
    return max(listed, found.num_non_missing - numbers)


def _no_number(found: FeatureStatistics, type_: str, strange: list[str], rows: int) -> Anomaly:
    code = {"int": "INT_TYPE_NOT_INT_STRING", "float": "FLOAT_TYPE_STRING_NOT_FLOAT"}[type_]
    word = {"int": "whole numbers", "float": "numbers"}[type_]
    values = shown_values(found, strange) or "rare texts"
    return anomaly_of_rows(
        found,
        code,
        rows,
        f"should hold {word} as texts, and has others: {values},",
        f". Correct the data, or take `holds: {type_}` of {found.name} out of the schema.",
        expected=f"texts that are {word}",
        found=values,
    )


def _not_utf8(found: FeatureStatistics, count: int) -> Anomaly:
    return anomaly_of_rows(
        found,
        "ENUM_TYPE_INVALID_UTF8",
        count,
        "is not UTF-8",
        ". Declare the right encoding of the source in ingest.source.encoding.",
        expected="UTF-8 text",
        found=f"{count:,} other values",
    )


def _check_domain(
    found: FeatureStatistics, string: StringStatistics, feature: Feature, allowed: set[str]
) -> Iterator[Anomaly]:
    strange = values_outside(string, allowed)
    rows = sum(count for _, count in strange)
    if strange and is_below(
        found.num_non_missing - rows, found.num_non_missing, feature.min_domain_mass
    ):
        yield _outside_domain(found, feature, strange, string.is_complete)


def values_outside(string: StringStatistics, allowed: Collection[str]) -> Counted:
    """Give the texts outside a domain with their counts; bytes that are no text are left out."""
    return [
        (value, count)
        for value, count in string.value_counts
        if value not in allowed and not _is_no_text(value, string)
    ]


def _outside_domain(
    found: FeatureStatistics, feature: Feature, strange: Counted, is_complete: bool
) -> Anomaly:
    rows, size = sum(count for _, count in strange), len(feature.domain or ())
    values = shown_values(found, [value for value, _ in strange])
    at_least = "" if is_complete else "at least "
    mass = feature.min_domain_mass
    wanted = f"one of {values_text(size)}"
    if mass < 1:
        wanted += f" in at least {percent(mass)} of the values"
    return anomaly(
        found.name,
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        f"{found.name} has {at_least}{values_text(len(strange))} outside the schema's domain of {size}: "
        f"{values}, in {at_least}{rows_text(rows, found.num_rows)}"
        f"{'' if mass == 1 else f'; {percent(mass)} of the values must be in it'}. Correct the "
        f"data, or add what is right to the domain of {found.name} in the schema.",
        expected=wanted,
        found=values,
        affected_fraction=rows / found.num_rows if mass == 1 else None,
    )


def _check_lengths(
    found: FeatureStatistics, string: StringStatistics, feature: Feature
) -> Iterator[Anomaly]:
    short, long = feature.min_length, feature.max_length
    if short is not None and string.min_length is not None and string.min_length < short:
        rows = sum(count for text, count in string.value_counts if len(text) < short)
        reach = (f"down to {string.min_length:,}", f"at least {short:,} characters")
        yield _wrong_length(found, "STRING_TYPE_SHORT_STRING", "min_length", rows, reach)
    if long is not None and string.max_length is not None and string.max_length > long:
        rows = sum(count for text, count in string.value_counts if len(text) > long)
        reach = (f"up to {string.max_length:,}", f"at most {long:,} characters")
        yield _wrong_length(found, "STRING_TYPE_LONG_STRING", "max_length", rows, reach)


def _wrong_length(
    found: FeatureStatistics, code: str, key: str, rows: int, reach: tuple[str, str]
) -> Anomaly:
    return anomaly_of_rows(
        found,
        code,
        max(1, rows),
        f"has texts of {reach[0]} characters,",
        f"; the schema wants {reach[1]}. Correct the data, or change {key} of {found.name} in the "
        "schema.",
        expected=reach[1],
        found=f"{reach[0]} characters",
    )
