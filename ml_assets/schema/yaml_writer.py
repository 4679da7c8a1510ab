"""A schema as YAML text: one line for a simple column."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import yaml

from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import ENVIRONMENTS, Comparator, Feature, FunctionalDependency, Schema

_WIDTH = 100
_EXACT = 2**53
_HEADER = """\
# What the columns{title} must look like. This file is yours: it was written once, from the training
# data, and is only read from now on. Edit it until it says what you mean, then set
# `reviewed: true`, or put your name there.
#
# A feature is `name: type`, or `name: {{type: ..., ...}}` with any of
#   type         int, float, string, bool, date or timestamp
#   holds        what a value stands for: int or float in a string, bool (with bool_values), category
#   missing      min_fraction, the least share of rows with a value: without it every row must have one;
#                min_count, nullable (for single rows), fixed_shape, required: false if it may be absent
#   values       domain and min_domain_mass, min and max, earliest and latest, min_length and max_length,
#                unique, min_unique and max_unique, allow_nan, allow_inf
#   environment  not_in: [SERVING] for the label and what follows it; also_in, stage
#   comparison   drift, skew: the largest distances, such as {{jensen_shannon: 0.1}}
#   note         a remark
"""
_KEYS = (
    "holds", "bool_values", "required", "min_fraction", "min_count", "fixed_shape", "nullable",
    "domain", "min_domain_mass", "min", "max", "earliest", "latest", "min_length", "max_length",
    "unique", "min_unique", "max_unique", "allow_nan", "allow_inf", "not_in", "also_in", "stage",
    "drift", "skew", "note",
)  # fmt: skip


def schema_text(schema: Schema, title: str = "") -> str:
    """Give a schema as YAML text with a comment that says how to edit it.

    Raises
    ------
    PipelineFileError
        If a feature of it has mistakes, naming them: a file with them would be refused.
    """
    header = _HEADER.format(title=f" of {title}" if title else "")
    return f"{header}reviewed: {_scalar(schema.reviewed)}\n{schema_body(schema)}"


def schema_body(schema: Schema) -> str:
    """Give a schema as YAML text without the comment, and without whether it was reviewed."""
    wrong = [f"{f.name}: {reason}." for f in schema.features for _, reason in f.mistakes]
    if wrong:
        raise PipelineFileError(
            "The schema cannot be written before this is corrected:\n" + "\n".join(wrong)
        )
    return "\n".join([*_lines(schema), ""])


def feature_lines(feature: Feature) -> list[str]:
    """Give the lines of one feature."""
    found = dict(_keys(feature))
    start = f"  {_text(feature.name)}: "
    if list(found) == ["type"]:
        return [start + feature.type]
    line = start + "{" + ", ".join(f"{key}: {value}" for key, value in found.items()) + "}"
    if len(line) <= _WIDTH or feature.domain is None:
        return [line]
    del found["domain"]
    keys = ", ".join(f"{key}: {value}" for key, value in found.items())
    return [f"{start}{{{keys}, domain: [", *_wrapped(feature.domain), "    ]}"]


def head_lines(schema: Schema) -> list[str]:
    """Give the lines that come before the features."""
    found = {
        "note": _scalar(schema.note) if schema.note else None,
        "min_rows": schema.min_rows,
        "max_rows": schema.max_rows,
        "rows_vs_previous": _ratio(schema.rows_vs_previous),
        "rows_vs_version": _ratio(schema.rows_vs_version),
        "environments": _list(schema.environments) if schema.environments != ENVIRONMENTS else None,
    }
    return [f"{key}: {value}" for key, value in found.items() if value is not None]


def _lines(schema: Schema) -> Iterator[str]:
    yield from head_lines(schema)
    yield "features:" if schema.features else "features: {}"
    for feature in schema.features:
        yield from feature_lines(feature)
    if schema.left_out:
        yield "left_out:"
        yield from (f"  {_text(name)}: {_text(reason)}" for name, reason in schema.left_out)
    if schema.functional_dependencies:
        yield "functional_dependencies:"
        yield from (f"  - {_dependency(rule)}" for rule in schema.functional_dependencies)


def _keys(feature: Feature) -> Iterator[tuple[str, str]]:
    """The keys that say something; the others have their usual values."""
    usual = Feature(feature.name, feature.type)
    yield "type", feature.type
    for key in _KEYS:
        value = getattr(feature, key)
        if value != getattr(usual, key) or type(value) is not type(getattr(usual, key)):
            yield key, _value(key, value)


def _value(key: str, value: Any) -> str:
    if key == "bool_values":
        return _mapping(zip(("true", "false"), value, strict=True))
    if isinstance(value, Comparator):
        return _mapping(vars(value).items())
    return _list(value) if isinstance(value, tuple) else _scalar(value)


def _mapping(values: Any) -> str:
    given = ((key, value) for key, value in values if value is not None)
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in given) + "}"


def _ratio(limits: tuple[float | None, float | None] | None) -> str | None:
    return None if limits is None else _mapping(zip(("min", "max"), limits, strict=True))


def _dependency(rule: FunctionalDependency) -> str:
    names = (*rule.determinant, rule.dependent)
    support = {} if rule.support is None else {"support": rule.support}
    if not rule.determinant or any(not _is_simple(name) for name in names):
        given = ", ".join(f"{key}: {_scalar(value)}" for key, value in support.items())
        whole = f"determinant: {_list(rule.determinant)}, dependent: {_text(rule.dependent)}"
        return f"{{{whole}{', ' if given else ''}{given}}}"
    text = f"{', '.join(rule.determinant)} -> {rule.dependent}"
    if not support:
        return text if _is_plain(text) else _quoted(text)
    short = text if _is_plain(text) and "," not in text else _quoted(text)
    return f"{{rule: {short}, support: {_scalar(rule.support)}}}"


def _is_simple(name: str) -> bool:
    """Whether a name can stand in a rule as it is."""
    return bool(name) and name == name.strip() and "," not in name and "->" not in name


def _is_plain(rule: str) -> bool:
    """Whether YAML reads a rule as a text without quotes."""
    plain = "".join(character for character in rule if character not in "_ ,->.")
    return plain.isascii() and plain.isalnum() and rule[0].isalnum()


def _wrapped(values: tuple[str, ...]) -> list[str]:
    """The values of a domain in lines of at most `_WIDTH`; no value is broken."""
    lines = [""]
    for value in values:
        text = f"{_text(value)},"
        if lines[-1] and len(lines[-1]) + len(text) + 7 > _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {text}" if lines[-1] else text
    return [f"      {line}" for line in lines]


def _list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return _text(value) if isinstance(value, str) else _number(value)


def _number(value: object) -> str:
    """A number so that YAML 1.1 reads it back as one: 1e5 would be a text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    text = repr(value)
    if "e" not in text:
        return text
    digits, exponent = text.split("e")
    return f"{digits if '.' in digits else digits + '.0'}e{int(exponent):+d}"


def _text(value: str) -> str:
    """A text in the plainest form that YAML reads back as the same text."""
    plain = value.replace("_", "").replace(" ", "").replace("-", "").replace(".", "")
    if plain.isascii() and plain.isalnum() and _reads_back(value):
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    dumped = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.rstrip("\n")


def _reads_back(value: str) -> bool:
    resolved = yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    is_text = resolved == "tag:yaml.org,2002:str"
    edges = value[0].isalnum() and value == value.strip() and "  " not in value
    return bool(is_text) and edges and " #" not in value
