"""Parses the text of a schema file; names every mistake with file, line and key, all at once."""

import yaml

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.schema.contradictions import contradictions
from ml_assets.schema.model import TYPES, Feature, Schema
from ml_assets.schema.yaml_lines import Mistakes, compose, entries
from ml_assets.schema.yaml_values import (
    Read,
    read_bool,
    read_bool_values,
    read_comparator,
    read_count,
    read_dependencies,
    read_fraction,
    read_holds,
    read_left_out,
    read_moment,
    read_number,
    read_ratio,
    read_reviewed,
    read_some_texts,
    read_stage,
    read_text,
    read_texts,
    read_type,
)


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
    nodes = dict(entries(root, "the schema", mistakes, tuple(_SCHEMA_READERS)))
    if isinstance(root, yaml.MappingNode) and "features" not in nodes:
        mistakes.add(root, "features is missing.")
    values = {key: _SCHEMA_READERS[key](node, key, mistakes) for key, node in nodes.items()}
    settings = {key: value for key, value in values.items() if value is not None}
    schema = Schema(**settings)
    if "features" in nodes:
        _check_together(schema, nodes, mistakes)
    mistakes.raise_any()
    return schema


def _features(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[Feature, ...]:
    features = (_feature(name, item, mistakes) for name, item in entries(node, place, mistakes))
    return tuple(feature for feature in features if feature is not None)


def _feature(name: str, node: yaml.Node, mistakes: Mistakes) -> Feature | None:
    if isinstance(node, yaml.ScalarNode):
        type_ = read_type(node, name, mistakes)
        return Feature(name, type_) if type_ else None
    nodes = dict(entries(node, name, mistakes, tuple(_FEATURE_READERS)))
    values = {
        key: _FEATURE_READERS[key](item, f"{name}.{key}", mistakes) for key, item in nodes.items()
    }
    if isinstance(node, yaml.MappingNode) and "type" not in nodes:
        mistakes.add(node, f"{name}.type is missing. Allowed: {', '.join(TYPES)}.")
    settings = {key: value for key, value in values.items() if value is not None}
    return Feature(name, **settings) if "type" in settings else None


def _check_together(schema: Schema, nodes: dict[str, yaml.Node], mistakes: Mistakes) -> None:
    """Find what each key alone cannot show."""
    feature_nodes = dict(entries(nodes["features"], "features", Mistakes(mistakes.file)))
    for feature in schema.features:
        for text in contradictions(feature, schema.environments):
            mistakes.add(feature_nodes[feature.name], f"{feature.name}{text}")
    columns = [*feature_nodes, *(name for name, _ in schema.left_out)]
    for rule in schema.functional_dependencies:
        for name in (*rule.determinant, rule.dependent):
            if name not in columns:
                text = f"functional_dependencies: {name!r} is not a column of the schema."
                hint = did_you_mean(name, columns)
                mistakes.add(nodes["functional_dependencies"], text + hint)
    for key in ("rows_vs_previous", "rows_vs_version"):
        low, high = getattr(schema, key) or (None, None)
        if low is not None and high is not None and low > high:
            mistakes.add(nodes[key], f"{key}.min {low} is above max {high}.")


_FEATURE_READERS: dict[str, Read] = {
    "type": read_type,
    "holds": read_holds,
    "bool_values": read_bool_values,
    "required": read_bool,
    "min_fraction": read_fraction,
    "min_count": read_count,
    "fixed_shape": read_bool,
    "nullable": read_bool,
    "domain": read_texts,
    "min_domain_mass": read_fraction,
    "min": read_number,
    "max": read_number,
    "earliest": read_moment,
    "latest": read_moment,
    "min_length": read_count,
    "max_length": read_count,
    "unique": read_bool,
    "min_unique": read_count,
    "max_unique": read_count,
    "allow_nan": read_bool,
    "allow_inf": read_bool,
    "not_in": read_texts,
    "also_in": read_texts,
    "stage": read_stage,
    "drift": read_comparator,
    "skew": read_comparator,
    "note": read_text,
}
_SCHEMA_READERS: dict[str, Read] = {
    "reviewed": read_reviewed,
    "reason": read_text,
    "note": read_text,
    "min_rows": read_count,
    "max_rows": read_count,
    "rows_vs_previous": read_ratio,
    "rows_vs_version": read_ratio,
    "environments": read_some_texts,
    "features": _features,
    "left_out": read_left_out,
    "functional_dependencies": read_dependencies,
}
