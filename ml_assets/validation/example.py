"""`validate_example`: judges a single serving request as rows are judged, without pandas."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from typing import Any

from ml_assets.errors import DataError, did_you_mean
from ml_assets.schema.model import SERVING, Feature, Schema
from ml_assets.table import RESERVED_COLUMNS
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.moments import microseconds, read_moment
from ml_assets.validation.value_rules import Rule, read_text, rules_of, show_moment
from ml_assets.validation.wording import quote

_MIDNIGHT = (0, 0, 0, 0)


def validate_example(
    example: Any, schema: Schema, environment: str | None = SERVING
) -> list[Anomaly]:
    """Judge one example, such as a request to a model.

    Parameters
    ----------
    example : mapping, pandas.Series or pandas.DataFrame with one row
        The value of each column, of Python's, NumPy's or JSON's types: an int may stand for a float, a
        whole float for an int, a text in ISO 8601 for a date or a timestamp; a duration is its seconds, a
        time of the day its text. None, NA, and in pandas NaN,
        are missing values; so is a column that is not there, where it may be without a value.
    schema : Schema
        What the example must look like.
    environment : str, optional
        Where it comes from; features that are not in it are not expected.

    Returns
    -------
    list of Anomaly
        In the schema's order, then columns that it does not know; empty if all is well. What only many
        rows can break (shares, counts, uniqueness, dependencies, drift) is not judged.

    Raises
    ------
    ValueError
        If the schema does not know the environment.
    DataError
        If the example is not one row, or has two columns of one name.
    """
    return list(_judge(schema, environment).anomalies(_mapping(example)))


@dataclass(frozen=True)
class _Column:
    """What one column must satisfy, prepared."""

    feature: Feature
    read: Callable[[Any], tuple[Any, tuple[Rule, ...]] | None]

    def anomalies(self, value: Any, is_present: bool) -> Iterator[Anomaly]:
        feature = self.feature
        if _is_missing(value):
            if not feature.allows_null:
                yield _without_value(feature, is_present)
            return
        reading = self.read(value)
        if reading is None:
            yield _wrong_type(feature, value)
            return
        comparable, rules = reading
        for rule in rules:
            if rule.is_broken(comparable):
                yield _broken_rule(feature, rule, comparable, value)


@dataclass(frozen=True)
class _Judge:
    """A schema prepared for one environment."""

    columns: tuple[_Column, ...]
    unexpected: Mapping[str, str]
    known: frozenset[str]

    def anomalies(self, example: Mapping[str, Any]) -> Iterator[Anomaly]:
        for column in self.columns:
            name = column.feature.name
            yield from column.anomalies(example.get(name), name in example)
        if example.keys() <= self.known:
            return
        for name in example:
            if name not in self.known:
                yield _new_column(str(name), self.unexpected.get(name, ""), self.known)


@lru_cache(32)
def _judge(schema: Schema, environment: str | None) -> _Judge:
    expected = [feature for feature in schema.expected_in(environment) if not feature.is_ignored]
    elsewhere = {feature.name for feature in schema.features if not feature.is_in(environment)}
    left_out = {name for name, _ in schema.left_out}
    ignored = {feature.name for feature in schema.features if feature.is_ignored}
    return _Judge(
        tuple(_Column(feature, _reader(feature)) for feature in expected),
        dict.fromkeys(elsewhere, f" in {environment}"),
        frozenset(
            {feature.name for feature in expected} | left_out | ignored | set(RESERVED_COLUMNS)
        ),
    )


def _mapping(example: Any) -> Mapping[str, Any]:
    if isinstance(example, Mapping):
        return example
    if hasattr(example, "iloc") and hasattr(example, "columns"):
        if len(example) != 1:
            raise DataError(f"an example is one row; the DataFrame has {len(example):,}.")
        example = example.iloc[0]
    if not hasattr(example, "to_dict"):
        kind = type(example).__name__
        raise DataError(
            f"an example must be a mapping, a pandas Series or a DataFrame with one row; found {kind}."
        )
    if not example.index.is_unique:
        raise DataError("an example has one value of each column; a name occurs more than once.")
    cells = example.to_dict()
    return {str(name): None if _is_pandas_nan(cell) else cell for name, cell in cells.items()}


def _is_pandas_nan(cell: Any) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _is_missing(value: Any) -> bool:
    """Whether a value is none, as pandas marks it too; without importing pandas."""
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _reader(feature: Feature) -> Callable[[Any], tuple[Any, tuple[Rule, ...]] | None]:
    """Gives a value as its rules read it, with those rules; None if it is of another type."""
    rules = rules_of(feature)
    may_be_bool = "bool" in (feature.type, feature.holds) and feature.type != "string"

    def number(value: Any) -> tuple[Any, tuple[Rule, ...]] | None:
        value = _plain(value)
        if isinstance(value, bool) and feature.type != "int":
            return (value, ()) if may_be_bool else None
        if isinstance(value, int):
            return value, (rules.floats if feature.type == "float" else rules.ints)
        value = _as_float(value)
        if value is None:
            return None
        if feature.type == "int":
            return (int(value), rules.ints) if value.is_integer() else None
        return value, rules.floats

    def text(value: Any) -> tuple[Any, tuple[Rule, ...]] | None:
        if isinstance(value, bytes):
            return read_text(value), rules.texts
        if isinstance(value, time):
            value = value.isoformat()
        return (value, rules.texts) if isinstance(value, str) else None

    def moment(value: Any) -> tuple[Any, tuple[Rule, ...]] | None:
        parsed = _moment(value)
        if parsed is None or (feature.type == "date" and not _is_day(parsed)):
            return None
        return microseconds(parsed), rules.moments

    if feature.type in ("int", "float", "bool"):
        return number
    return text if feature.type == "string" else moment


def _plain(value: Any) -> Any:
    """A NumPy scalar as Python's; an array is none."""
    is_plain = isinstance(value, (int, float, str, bytes, Decimal))
    is_scalar = hasattr(value, "item") and not getattr(value, "ndim", 0)
    return value.item() if is_scalar and not is_plain else value


def _as_float(value: Any) -> float | None:
    """A number as statistics take it: a duration in seconds."""
    if isinstance(value, float):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else float(value)
    return float(value) if isinstance(value, Real) else None  # NumPy's long double


def _moment(value: Any) -> date | datetime | None:
    if isinstance(value, str):
        return read_moment(value)
    if isinstance(value, date):
        return value
    plain = getattr(value, "start_time", None) or _plain(value)  # a period of pandas is its start
    return plain if isinstance(plain, date) else None


def _is_day(moment: date | datetime) -> bool:
    if not isinstance(moment, datetime):
        return True
    return (moment.hour, moment.minute, moment.second, moment.microsecond) == _MIDNIGHT


def _broken_rule(feature: Feature, rule: Rule, comparable: Any, value: Any) -> Anomaly:
    shown = show_moment(comparable) if feature.type in ("date", "timestamp") else quote(value)
    return anomaly(
        feature.name,
        rule.code,
        f"{feature.name} is {shown}, {rule.text}. Correct the value, or what the schema says of "
        f"{feature.name}.",
        expected=rule.expected,
        found=shown,
    )


def _without_value(feature: Feature, is_present: bool) -> Anomaly:
    if is_present or not feature.required:
        code, expected, found = "FEATURE_TYPE_NOT_PRESENT", "a value", "no value"
        text = f"has no value. Give one, or lower min_fraction of {feature.name} in the schema."
    else:
        code, expected, found = "SCHEMA_MISSING_COLUMN", "the column is there", "no such column"
        text = "is not there. Give it, or set `required: false` for it in the schema."
    return anomaly(feature.name, code, f"{feature.name} {text}", expected=expected, found=found)


def _wrong_type(feature: Feature, value: Any) -> Anomaly:
    kind = type(value).__name__
    return anomaly(
        feature.name,
        "UNEXPECTED_DATA_TYPE",
        f"{feature.name} should be {feature.type}, and {quote(value)} is {kind}. Give the value as "
        f"{_wanted_form(feature)}.",
        expected=feature.type,
        found=kind,
    )


def _wanted_form(feature: Feature) -> str:
    words = {
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "string": "a text",
        "date": "a date or a text such as 2024-05-17",
        "timestamp": "a timestamp or a text such as 2024-05-17T08:30:00",
    }
    return words[feature.type]


def _new_column(name: str, where: str, known: frozenset[str]) -> Anomaly:
    hint = "" if where else did_you_mean(name, known)
    return anomaly(
        name,
        "SCHEMA_NEW_COLUMN",
        f"{name} is not expected{where}, and is not used.{hint} Leave it out, or add it to the schema.",
        expected="no such column",
        found="a value",
        severity="WARN",
    )
