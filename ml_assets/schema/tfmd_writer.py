"""Turns a `Schema` into a message of TensorFlow Metadata: see `tfmd`."""

import math
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.schema.tfmd_domains import BYTES, FLOAT, INT
from ml_assets.schema.tfmd_reader import plain_feature, plain_schema
from ml_assets.schema.tfmd_words import PREFIX, words_for

_TYPES = {
    "int": INT,
    "bool": INT,
    "float": FLOAT,
    "string": BYTES,
    "date": BYTES,
    "timestamp": BYTES,
}
_FORMATS = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%dT%H:%M:%S"}
# Of 32 bits; the JSON form rounds the very greatest, and cannot read what it wrote.
_FLOAT_MAX = 3.402823e38


def write_message(schema: Schema) -> Any:
    """Give a schema as a message.

    Returns
    -------
    schema_pb2.Schema
        Each string domain bears the name of its feature.
    """
    message = schema_pb2.Schema(default_environment=schema.environments)
    for feature in schema.features:
        _write_feature(feature, message)
    _write_limits(schema, message)
    _annotate(message, schema.note)
    words = words_for(schema, plain_schema(message))
    if words is not None:
        message.annotation.comment.append(words)
    return message


def _write_feature(feature: Feature, message: Any) -> None:
    proto = message.feature.add()
    codes = {code for code, _ in feature.mistakes}
    if "FEATURE_MISSING_NAME" not in codes:
        proto.name = feature.name
    if "FEATURE_MISSING_TYPE" not in codes:
        proto.type = _TYPES[feature.type]
    _write_domain(feature, proto, message)
    _write_presence(feature, proto)
    _write_rest(feature, proto)
    _annotate(proto, feature.note)
    domains = {domain.name: domain for domain in message.string_domain}
    is_ours = plain_feature(proto, domains).type != feature.type
    words = words_for(feature, plain_feature(proto, domains, is_ours))
    if words is not None:
        proto.annotation.comment.append(words)


def _write_domain(feature: Feature, proto: Any, message: Any) -> None:
    stands_for = feature.holds or feature.type
    if feature.type in _FORMATS:
        proto.time_domain.string_format = _FORMATS[feature.type]
    elif stands_for == "bool":
        _write_bool(feature, proto.bool_domain)
    elif stands_for in ("int", "category"):
        _write_int(feature, proto)
    elif stands_for == "float":
        _write_float(feature, proto)
    elif feature.domain is not None:
        proto.domain = feature.name
        message.string_domain.add(name=feature.name, value=feature.domain)
        if feature.min_domain_mass != 1:
            proto.distribution_constraints.min_domain_mass = feature.min_domain_mass


def _write_bool(feature: Feature, domain: Any) -> None:
    domain.SetInParent()
    usual = ("true", "false") if feature.type == "string" else (None, None)
    true, false = feature.bool_values or usual
    if true is not None:
        domain.true_value = true
    if false is not None:
        domain.false_value = false


def _write_int(feature: Feature, proto: Any) -> None:
    for key in ("min", "max"):
        limit = getattr(feature, key)
        if limit is not None and limit == int(limit) and -(2**63) <= limit < 2**63:
            setattr(proto.int_domain, key, int(limit))
    if feature.holds == "category":
        proto.int_domain.is_categorical = True
    elif feature.type == "string":
        proto.int_domain.SetInParent()


def _write_float(feature: Feature, proto: Any) -> None:
    for key in ("min", "max"):
        limit = getattr(feature, key)
        if limit is not None and abs(limit) <= _FLOAT_MAX:
            setattr(proto.float_domain, key, limit)
    if not feature.allow_nan:
        proto.float_domain.disallow_nan = True
    if not feature.allow_inf and not proto.float_domain.HasField("max"):
        proto.float_domain.disallow_inf = True
    if feature.type == "string":
        proto.float_domain.SetInParent()


def _write_presence(feature: Feature, proto: Any) -> None:
    """A column that must have a value in every row has at least one, and TFDV says both."""
    if feature.min_fraction > 0:
        proto.presence.min_fraction = feature.min_fraction
    count = feature.min_count or int(feature.min_fraction == 1)
    if count or not feature.min_fraction:
        proto.presence.min_count = count
    if feature.fixed_shape:
        proto.shape.dim.add(size=1)
    elif feature.min_fraction or feature.min_count:
        proto.value_count.min = proto.value_count.max = 1


def _write_rest(feature: Feature, proto: Any) -> None:
    if feature.stage is not None:
        proto.lifecycle_stage = schema_pb2.LifecycleStage.Value(feature.stage)
    proto.in_environment.extend(feature.also_in)
    proto.not_in_environment.extend(feature.not_in)
    if feature.min_unique is not None:
        proto.unique_constraints.min = feature.min_unique
    if feature.max_unique is not None:
        proto.unique_constraints.max = feature.max_unique
    if feature.drift is not None:
        _write_comparator(feature.drift, proto.drift_comparator)
    if feature.skew is not None:
        _write_comparator(feature.skew, proto.skew_comparator)


def _write_comparator(comparator: Comparator, proto: Any) -> None:
    proto.SetInParent()
    for threshold, part in (
        (comparator.l_infinity, proto.infinity_norm),
        (comparator.jensen_shannon, proto.jensen_shannon_divergence),
        (comparator.normalized_abs_difference, proto.normalized_abs_difference),
    ):
        if threshold is not None and math.isfinite(threshold):
            part.threshold = threshold


def _write_limits(schema: Schema, message: Any) -> None:
    if schema.min_rows is not None:
        message.dataset_constraints.min_examples_count = schema.min_rows
    if schema.max_rows is not None:
        message.dataset_constraints.max_examples_count = schema.max_rows
    for limits, name in (
        (schema.rows_vs_previous, "num_examples_drift_comparator"),
        (schema.rows_vs_version, "num_examples_version_comparator"),
    ):
        if limits is not None:
            comparator = getattr(message.dataset_constraints, name)
            comparator.SetInParent()
            for key, limit in zip(("min", "max"), limits, strict=True):
                if limit is not None:
                    setattr(comparator, f"{key}_fraction_threshold", limit)


def _annotate(message: Any, note: str) -> None:
    if note and not note.startswith(PREFIX):
        message.annotation.comment.append(note)
