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
# data, and changes only if you edit it, or accept a proposal. Edit it until it says what you mean, then
# set `reviewed: true`, or put your name there. Say in `reason:` why you changed it.
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
# What the two values of a pair are called.
_PAIRS = {
    "bool_values": ("true", "false"),
    "rows_vs_previous": ("min", "max"),
    "rows_vs_version": ("min", "max"),
}


def schema_text(schema: Schema, title: str = "") -> str:
    """Give a schema as YAML text with a comment that says how to edit it.

    Raises
    ------
    PipelineFileError
        If a feature of it has mistakes, naming them: a file with them would be refused.
    """
    header = _HEADER.format(title=f" of {title}" if title else "")
    return header + _joined(people_lines(schema) | body_lines(schema))


def schema_body(schema: Schema) -> str:
    """Give what a schema demands as YAML text: without the comment, the review and the reason."""
    return _joined(body_lines(schema))


def people_lines(schema: Schema) -> dict[str, list[str]]:
    """Give the lines of the keys on who has read the schema, and why it was changed last."""
    reason = {"reason": [f"reason: {_scalar(schema.reason)}"]} if schema.reason else {}
    return {"reviewed": [f"reviewed: {_scalar(schema.reviewed)}"], **reason}


def body_lines(schema: Schema) -> dict[str, list[str]]:
    """Give the lines of each other key that has something to say, by key, in order.

    Raises
    ------
    PipelineFileError
        If a feature of it has mistakes, naming them: a file with them would be refused.
    """
    mistakes = [
        f"{feature.name}: {reason}."
        for feature in schema.features
        for _, reason in feature.mistakes
    ]
    if mistakes:
        raise PipelineFileError(
            "The schema cannot be written before this is corrected:\n" + "\n".join(mistakes)
        )
    features = [line for feature in schema.features for line in feature_lines(feature)]
    left_out = [f"  {_text(name)}: {_text(reason)}" for name, reason in schema.left_out]
    rules = [f"  - {dependency_text(rule)}" for rule in schema.functional_dependencies]
    return {
        **_head_lines(schema),
        "features": ["features:", *features] if features else ["features: {}"],
        **({"left_out": ["left_out:", *left_out]} if left_out else {}),
        **({"functional_dependencies": ["functional_dependencies:", *rules]} if rules else {}),
    }


def feature_lines(feature: Feature) -> list[str]:
    """Give the lines of one feature."""
    settings = dict(_settings(feature))
    start = f"  {_text(feature.name)}: "
    if list(settings) == ["type"]:
        return [start + feature.type]
    line = start + "{" + ", ".join(f"{key}: {value}" for key, value in settings.items()) + "}"
    if len(line) <= _WIDTH or feature.domain is None:
        return [line]
    del settings["domain"]
    keys = ", ".join(f"{key}: {value}" for key, value in settings.items())
    return [f"{start}{{{keys}, domain: [", *_wrapped(feature.domain), "    ]}"]


def _head_lines(schema: Schema) -> dict[str, list[str]]:
    """The lines that come before the features."""
    settings = {
        "note": schema.note or None,
        "min_rows": schema.min_rows,
        "max_rows": schema.max_rows,
        "rows_vs_previous": schema.rows_vs_previous,
        "rows_vs_version": schema.rows_vs_version,
        "environments": schema.environments if schema.environments != ENVIRONMENTS else None,
    }
    return {
        key: [f"{key}: {setting_text(key, value)}"]
        for key, value in settings.items()
        if value is not None
    }


def _joined(lines: dict[str, list[str]]) -> str:
    return "".join(f"{line}\n" for section in lines.values() for line in section)


def _settings(feature: Feature) -> Iterator[tuple[str, str]]:
    """The keys that say something; the others have their usual values."""
    usual = Feature(feature.name, feature.type)
    yield "type", feature.type
    for key in _KEYS:
        value = getattr(feature, key)
        if value != getattr(usual, key) or type(value) is not type(getattr(usual, key)):
            yield key, setting_text(key, value)


def setting_text(key: str, value: Any) -> str:
    """Give the value of a key, which is not None, as the file shows it."""
    if isinstance(value, Comparator):
        return _mapping(vars(value).items())
    if isinstance(value, FunctionalDependency):
        return dependency_text(value)
    if key in _PAIRS:
        return _mapping(zip(_PAIRS[key], value, strict=True))
    return _list(value) if isinstance(value, tuple) else _scalar(value)


def _mapping(values: Any) -> str:
    present = ((key, value) for key, value in values if value is not None)
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in present) + "}"


def dependency_text(rule: FunctionalDependency) -> str:
    """Give an entry of `functional_dependencies` as the file has it."""
    names = (*rule.determinant, rule.dependent)
    support = {} if rule.support is None else {"support": rule.support}
    if not rule.determinant or any(not _is_simple(name) for name in names):
        extra = ", ".join(f"{key}: {_scalar(value)}" for key, value in support.items())
        columns = f"determinant: {_list(rule.determinant)}, dependent: {_text(rule.dependent)}"
        return f"{{{columns}{', ' if extra else ''}{extra}}}"
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
