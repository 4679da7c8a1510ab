"""Parses the text of a schema file; names every mistake with file, line and key, all at once."""

import math
from collections.abc import Callable
from typing import Any

import yaml

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.schema.model import TYPES, Feature, Schema
from ml_assets.schema.yaml_lines import Mistakes, brief, compose, entries, items, value_of

_NUMERIC = ("int", "float")
Read = Callable[[yaml.Node, str, Mistakes], Any]


def parse_schema(text: str, file: str) -> Schema:
    """Give the schema that a YAML text describes.

    Parameters
    ----------
    text : str
        The text.
    file : str
        The file's name as messages show it.

    Raises
    ------
    PipelineFileError
        Naming every mistake, one per line.
    """
    mistakes = Mistakes(file)
    root = compose(text, mistakes)
    if root is None:
        raise PipelineFileError(f"{file}:1: the file is empty; it needs the key features.")
    found = dict(entries(root, "the schema", mistakes, tuple(_SCHEMA_READERS)))
    if isinstance(root, yaml.MappingNode) and "features" not in found:
        mistakes.add(root, "features is missing.")
    given = {key: _SCHEMA_READERS[key](node, key, mistakes) for key, node in found.items()}
    known = {key: value for key, value in given.items() if value is not None}
    schema = Schema(**known)
    if "features" in found:
        _check_together(schema, found["features"], mistakes)
    mistakes.raise_any()
    return schema


def _features(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[Feature, ...]:
    found = (_feature(name, item, mistakes) for name, item in entries(node, place, mistakes))
    return tuple(feature for feature in found if feature is not None)


def _feature(name: str, node: yaml.Node, mistakes: Mistakes) -> Feature | None:
    if isinstance(node, yaml.ScalarNode):
        type_ = _type(node, name, mistakes)
        return Feature(name, type_) if type_ else None
    found = dict(entries(node, name, mistakes, tuple(_FEATURE_READERS)))
    given = {
        key: _FEATURE_READERS[key](item, f"{name}.{key}", mistakes) for key, item in found.items()
    }
    if isinstance(node, yaml.MappingNode) and "type" not in found:
        mistakes.add(node, f"{name}.type is missing. Allowed: {', '.join(TYPES)}.")
    known = {key: value for key, value in given.items() if value is not None}
    return Feature(name, **known) if "type" in known else None


def _check_together(schema: Schema, node: yaml.Node, mistakes: Mistakes) -> None:
    """Find what each key alone cannot show."""
    nodes = dict(entries(node, "features", Mistakes(mistakes.file)))
    for feature in schema.features:
        for wrong, text in _contradictions(feature, schema.environments):
            if wrong:
                mistakes.add(nodes[feature.name], f"{feature.name}{text}")


def _contradictions(feature: Feature, environments: tuple[str, ...]) -> list[tuple[bool, str]]:
    kind, low, high = feature.type, feature.min, feature.max
    has_range = low is not None or high is not None
    halves = [limit for limit in (low, high) if isinstance(limit, float)]
    return [
        (feature.domain is not None and kind != "string", f".domain is for string; it is {kind}."),
        (has_range and kind not in _NUMERIC, f": min and max are for numbers; it is {kind}."),
        (kind == "int" and bool(halves), f": min and max of an int must be whole; found {halves}."),
        (low is not None and high is not None and low > high, f".min {low} is above max {high}."),
        (feature.allow_nan and kind != "float", f".allow_nan is for float; it is {kind}."),
        (feature.allow_inf and kind != "float", f".allow_inf is for float; it is {kind}."),
        *(
            (
                name not in environments,
                f".not_in must be one of {', '.join(environments)}; found {name!r}."
                + did_you_mean(name, environments),
            )
            for name in feature.not_in
        ),
    ]


def _type(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    if text in TYPES:
        return text
    hint = did_you_mean(str(text), TYPES)
    mistakes.add(node, f"{place} must be one of {', '.join(TYPES)}; found {brief(node)}.{hint}")
    return None


def _bool(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    return _checked(node, place, mistakes, "true or false", lambda v: isinstance(v, bool))


def _number(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    return _checked(node, place, mistakes, "a finite number", _is_number)


def _fraction(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    allowed = "a share from 0 to 1"
    return _checked(node, place, mistakes, allowed, lambda v: _is_number(v) and 0 <= v <= 1)


def _count(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    allowed = "a whole number >= 0"
    return _checked(node, place, mistakes, allowed, lambda v: type(v) is int and v >= 0)


def _note(node: yaml.Node, place: str, mistakes: Mistakes) -> str | None:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    mistakes.add(node, f"{place} must be a text; found {brief(node)}.")
    return None


def _reviewed(node: yaml.Node, place: str, mistakes: Mistakes) -> bool | str | None:
    value = value_of(node)
    if isinstance(value, bool):
        return value
    return _note(node, place, mistakes)


def _texts(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[str, ...] | None:
    """The items as they are written: in a domain, NO is the text "NO", and 007 is "007"."""
    found = [node] if isinstance(node, yaml.ScalarNode) else items(node)
    if not found:
        mistakes.add(node, f"{place} must be a list of at least one text; found {brief(node)}.")
        return None
    texts = [str(item.value) for item in found]
    for item, text in zip(found, texts, strict=True):
        if texts.count(text) > 1:
            mistakes.add(item, f"{place} has {brief(item)} more than once.")
    return tuple(texts)


def _left_out(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _note(item, f"{place}.{name}", mistakes) or "")
        for name, item in entries(node, place, mistakes)
    )


def _checked(
    node: yaml.Node, place: str, mistakes: Mistakes, allowed: str, test: Callable[[Any], bool]
) -> Any:
    value = value_of(node)
    if test(value):
        return value
    mistakes.add(node, f"{place} must be {allowed}; found {brief(node)}.")
    return None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


_FEATURE_READERS: dict[str, Read] = {
    "type": _type,
    "required": _bool,
    "min_fraction": _fraction,
    "nullable": _bool,
    "domain": _texts,
    "min": _number,
    "max": _number,
    "unique": _bool,
    "allow_nan": _bool,
    "allow_inf": _bool,
    "not_in": _texts,
    "note": _note,
}
_SCHEMA_READERS: dict[str, Read] = {
    "reviewed": _reviewed,
    "min_rows": _count,
    "max_rows": _count,
    "environments": _texts,
    "features": _features,
    "left_out": _left_out,
}
