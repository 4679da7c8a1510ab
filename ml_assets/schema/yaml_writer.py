"""A schema as YAML text: one line for a simple column."""

from collections.abc import Iterator

import yaml

from ml_assets.schema.model import ENVIRONMENTS, Feature, Schema

_WIDTH = 100
_EXACT = 2**53
_HEADER = """\
# What the columns{title} must look like. This file is yours: it was written once, from the training
# data, and is only read from now on. Edit it until it says what you mean, then set
# `reviewed: true`, or put your name there.
#
# A feature is `name: type`, or `name: {{type: ..., ...}}` with any of
#   type          int, float, string, bool, date or timestamp
#   required      false if the column may be absent
#   min_fraction  the least share of rows with a value, 0 to 1; without it every row must have one
#   nullable      whether a single row may be without a value; by default if min_fraction is below 1
#   domain        the values that a string may have
#   min, max      the least and the greatest number, both allowed
#   unique        true if all values must differ
#   allow_nan, allow_inf   true if a float may be NaN, or infinite
#   not_in        the environments that lack the column: [SERVING] for the label and what follows it
#   note          a remark
"""


def schema_text(schema: Schema, title: str = "") -> str:
    """Give a schema as YAML text with a comment that says how to edit it."""
    header = _HEADER.format(title=f" of {title}" if title else "")
    return f"{header}reviewed: {_scalar(schema.reviewed)}\n{schema_body(schema)}"


def schema_body(schema: Schema) -> str:
    """Give a schema as YAML text without the comment, and without whether it was reviewed."""
    return "\n".join([*_lines(schema), ""])


def _lines(schema: Schema) -> Iterator[str]:
    if schema.min_rows is not None:
        yield f"min_rows: {schema.min_rows}"
    if schema.max_rows is not None:
        yield f"max_rows: {schema.max_rows}"
    if schema.environments != ENVIRONMENTS:
        yield f"environments: {_list(schema.environments)}"
    yield "features:" if schema.features else "features: {}"
    for feature in schema.features:
        yield from _feature(feature)
    if schema.left_out:
        yield "left_out:"
        yield from (f"  {_text(name)}: {_text(reason)}" for name, reason in schema.left_out)


def _feature(feature: Feature) -> list[str]:
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


def _keys(feature: Feature) -> Iterator[tuple[str, str]]:
    """The keys that say something; the others have their usual values."""
    usual = Feature(feature.name, feature.type)
    yield "type", feature.type
    for key in _KEYS:
        value = getattr(feature, key)
        if value != getattr(usual, key) or type(value) is not type(getattr(usual, key)):
            yield key, _list(value) if isinstance(value, tuple) else _scalar(value)


_KEYS = (
    "required", "min_fraction", "nullable", "domain", "min", "max", "unique", "allow_nan",
    "allow_inf", "not_in", "note",
)  # fmt: skip


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
    dumped = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.rstrip("\n")


def _reads_back(value: str) -> bool:
    resolved = yaml.SafeLoader("").resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    is_text = resolved == "tag:yaml.org,2002:str"
    edges = value[0].isalnum() and value == value.strip() and "  " not in value
    return bool(is_text) and edges and " #" not in value
