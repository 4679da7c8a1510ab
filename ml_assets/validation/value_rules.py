"""What a single value must satisfy: the rules of a feature, for a value or for a whole array of them.

Numbers and moments (microseconds since 1970) are judged by functions that take one as well as a NumPy
array of them. Whatever judges rows or a serving request judges by these, so that both agree.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from ml_assets.schema.model import Feature
from ml_assets.validation.bool_checks import texts_of_bools, wanted_texts, wrong_config
from ml_assets.validation.moments import first_of, last_of
from ml_assets.validation.text_numbers import number_in
from ml_assets.validation.wording import values_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotText(str):
    """Bytes that are no UTF-8, with a mark where they are not."""

    __slots__ = ()


def read_text(raw: bytes) -> str:
    """Read bytes as UTF-8; as `NotText` where they are none."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return NotText(raw.decode(errors="replace"))


@dataclass(frozen=True)
class Rule:
    """One rule that a value can break.

    Attributes
    ----------
    name : str
        Such as ``min``.
    code : str
        The anomaly of a column with such values.
    is_broken : callable
        Of numbers and moments: of one, or element by element of an array. Of texts: of one text.
    text : str
        What is wrong, to follow the value in a sentence.
    expected : str
        What the schema wants.
    """

    name: str
    code: str
    is_broken: Callable[[Any], Any]
    text: str
    expected: str


@dataclass(frozen=True)
class Rules:
    """The rules of one feature, by the kind of value that is found."""

    ints: tuple[Rule, ...] = ()
    floats: tuple[Rule, ...] = ()
    texts: tuple[Rule, ...] = ()
    moments: tuple[Rule, ...] = ()


def rules_of(feature: Feature) -> Rules:
    """Give the rules that values of a feature must satisfy; none about whether a value is there."""
    if "bool" in (feature.type, feature.holds):
        return _bool_rules(feature)
    match feature.type:
        case "int" | "float":
            return Rules(ints=tuple(_range_rules(feature)), floats=tuple(_number_rules(feature)))
        case "string":
            return Rules(texts=tuple(_text_rules(feature)))
        case _:
            return Rules(moments=tuple(_moment_rules(feature)))


def can_break(feature: Feature) -> bool:
    """Whether a single value, or its absence, can break what the schema says of a feature."""
    rules = rules_of(feature)
    some = rules.ints or rules.floats or rules.texts or rules.moments
    return bool(some) or not feature.allows_null


def show_moment(microseconds: int) -> str:
    """Give a moment in ISO 8601; as a number where the calendar does not reach."""
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return f"{microseconds} microseconds after 1970"
    return moment.replace(tzinfo=None).isoformat()


def _bool_rules(feature: Feature) -> Rules:
    if wrong_config(feature):
        return Rules()
    wrong, wanted = "neither true nor false", "1 or 0"
    texts = texts_of_bools(feature)
    return Rules(
        ints=(
            Rule("bool", "BOOL_TYPE_SMALL_INT", lambda value: value < 0, wrong, wanted),
            Rule("bool", "BOOL_TYPE_BIG_INT", lambda value: value > 1, wrong, wanted),
        ),
        floats=(
            Rule("bool", "BOOL_TYPE_UNEXPECTED_FLOAT", _is_no_bool, wrong, wanted),
        ),
        texts=(
            Rule(
                "bool",
                "BOOL_TYPE_UNEXPECTED_STRING",
                lambda value: value not in texts,
                wrong,
                wanted_texts(feature),
            ),
        )
        if feature.type == "string"
        else (),
    )  # fmt: skip


def _is_no_bool(value: Any) -> Any:
    return (value != 0) & (value != 1)


def _number_rules(feature: Feature) -> Iterator[Rule]:
    if not feature.allow_nan:
        yield Rule("nan", "FLOAT_TYPE_HAS_NAN", lambda value: value != value, "no number", "no NaN")
    yield from _range_rules(feature)
    if not feature.allow_inf:
        yield Rule("finite", "FLOAT_TYPE_HAS_INF", _is_infinite, "infinite", "a finite value")


def _is_infinite(value: Any) -> Any:
    return (value == math.inf) | (value == -math.inf)


def _range_rules(feature: Feature) -> Iterator[Rule]:
    """An infinite value is no matter of the range."""
    kind = "INT_TYPE_{}_INT" if "int" in (feature.type, feature.holds) else "FLOAT_TYPE_{}_FLOAT"
    low, high = feature.min, feature.max
    if low is not None:
        code, text = kind.format("SMALL"), f"below its minimum of {low}"
        yield Rule(
            "min", code, lambda value: (value < low) & (value != -math.inf), text, f"at least {low}"
        )  # fmt: skip
    if high is not None:
        code, text = kind.format("BIG"), f"above its maximum of {high}"
        yield Rule(
            "max", code, lambda value: (value > high) & (value != math.inf), text, f"at most {high}"
        )  # fmt: skip


def _text_rules(feature: Feature) -> Iterator[Rule]:
    if feature.domain is not None:
        code = "ENUM_TYPE_INVALID_UTF8"
        yield Rule(
            "utf8", code, lambda value: isinstance(value, NotText), "not UTF-8", "UTF-8 text"
        )
    if feature.domain is not None and feature.min_domain_mass == 1:
        domain = frozenset(feature.domain)
        code, wanted = "ENUM_TYPE_UNEXPECTED_STRING_VALUES", f"one of {values_text(len(domain))}"
        yield Rule(
            "domain", code, lambda value: _is_outside(value, domain), "not in its domain", wanted
        )
    if feature.holds in ("int", "float"):
        yield from _text_number_rules(feature, feature.holds)
    short, long = feature.min_length, feature.max_length
    if short is not None:
        code, wanted = "STRING_TYPE_SHORT_STRING", f"at least {short:,} characters"
        text = f"shorter than its least length of {short:,}"
        yield Rule("min_length", code, lambda value: len(value) < short, text, wanted)
    if long is not None:
        code, wanted = "STRING_TYPE_LONG_STRING", f"at most {long:,} characters"
        text = f"longer than its greatest length of {long:,}"
        yield Rule("max_length", code, lambda value: len(value) > long, text, wanted)


def _is_outside(text: str, domain: frozenset[str]) -> bool:
    return text not in domain and not isinstance(text, NotText)


def _is_no_number(type_: str, text: str) -> bool:
    return number_in(text, type_) is None


def _text_number_rules(feature: Feature, type_: str) -> Iterator[Rule]:
    code = {"int": "INT_TYPE_NOT_INT_STRING", "float": "FLOAT_TYPE_STRING_NOT_FLOAT"}[type_]
    word = {"int": "whole number", "float": "number"}[type_]
    yield Rule("number", code, partial(_is_no_number, type_), f"not a {word}", f"a {word}")
    for rule in _number_rules(feature) if type_ == "float" else _range_rules(feature):
        yield replace(rule, is_broken=partial(_number_in_text_breaks, rule, type_))


def _number_in_text_breaks(rule: Rule, type_: str, text: str) -> bool:
    number = number_in(text, type_)
    return number is not None and bool(rule.is_broken(number))


def _moment_rules(feature: Feature) -> Iterator[Rule]:
    early, late = feature.earliest, feature.latest
    if early is not None:
        first, shown = first_of(early), early.isoformat()
        text, wanted = f"before its earliest, {shown}", f"not before {shown}"
        yield Rule("earliest", "TIME_TYPE_EARLY_TIME", lambda value: value < first, text, wanted)
    if late is not None:
        last, shown = last_of(late), late.isoformat()
        text, wanted = f"after its latest, {shown}", f"not after {shown}"
        yield Rule("latest", "TIME_TYPE_LATE_TIME", lambda value: value > last, text, wanted)
