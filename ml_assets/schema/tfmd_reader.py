"""Turns a message of TensorFlow Metadata into a `Schema`: see `tfmd`."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from ml_assets.schema.model import (
    IGNORED_STAGES,
    SEVERAL_IN_SHAPE,
    SEVERAL_VALUES,
    Comparator,
    Feature,
    Schema,
)
from ml_assets.schema.tfmd_domains import (
    STRUCT,
    Meaning,
    fits_domain,
    read_domain,
    read_type,
    shown,
)
from ml_assets.schema.tfmd_words import read_words, split_comments

# What is read of a feature, and of a schema; whatever else is set is named as not kept.
_READ = {
    "name", "type", "deprecated", "presence", "shape", "value_count", "value_counts", "domain",
    "int_domain", "float_domain", "string_domain", "bool_domain", "natural_language_domain",
    "mid_domain", "url_domain", "time_domain", "time_of_day_domain", "distribution_constraints",
    "annotation", "skew_comparator", "drift_comparator", "in_environment", "not_in_environment",
    "lifecycle_stage", "unique_constraints",
}  # fmt: skip
_SCHEMA_READ = {
    "feature", "sparse_feature", "weighted_feature", "string_domain", "float_domain", "int_domain",
    "default_environment", "annotation", "dataset_constraints",
}  # fmt: skip
_MEDIA = ("image_domain", "audio_domain", "video_domain", "content_chunk_domain")
_COMPARATORS = {
    "l_infinity": "infinity_norm",
    "jensen_shannon": "jensen_shannon_divergence",
    "normalized_abs_difference": "normalized_abs_difference",
}
_INVALID = "INVALID_SCHEMA_SPECIFICATION"
_NOT_KEPT = "not kept from TensorFlow Metadata: "


def read_message(message: Any, name: str) -> Schema:
    """Give the `Schema` that a message describes.

    Parameters
    ----------
    message : schema_pb2.Schema
        The message.
    name : str
        What messages call its source.

    Raises
    ------
    PipelineFileError
        If a comment of ours in it cannot be read.
    """
    domains = {domain.name: domain for domain in message.string_domain}
    reasons = [(feature, _reason_to_leave_out(feature)) for feature in message.feature]
    schema = replace(
        plain_schema(message),
        features=tuple(
            _feature(feature, domains, name) for feature, reason in reasons if not reason
        ),
        left_out=(
            *((feature.name, reason) for feature, reason in reasons if reason),
            *((feature.name, "a sparse feature") for feature in message.sparse_feature),
            *((feature.name, "a weighted feature") for feature in message.weighted_feature),
        ),
    )
    _, ours = split_comments(message.annotation.comment)
    words = read_words(ours, Schema, name)
    left_out = dict.fromkeys((*schema.left_out, *words.pop("left_out", ())))
    return replace(schema, left_out=tuple(left_out), **words)


def plain_schema(message: Any) -> Schema:
    """Give what a message says of the data set, without its features and our comment."""
    limits = message.dataset_constraints
    people, _ = split_comments(message.annotation.comment)
    remarks = [
        shown(message, field.name)
        for field, _ in message.ListFields()
        if field.name not in _SCHEMA_READ
    ]
    return Schema(
        min_rows=limits.min_examples_count if limits.HasField("min_examples_count") else None,
        max_rows=limits.max_examples_count if limits.HasField("max_examples_count") else None,
        rows_vs_previous=_fractions(limits, "num_examples_drift_comparator"),
        rows_vs_version=_fractions(limits, "num_examples_version_comparator"),
        environments=tuple(dict.fromkeys(message.default_environment)),
        note=_note(message.annotation, people, remarks),
    )


def plain_feature(feature: Any, domains: Mapping[str, Any], is_ours: bool = False) -> Feature:
    """Give what a feature's message says, without our comment.

    Parameters
    ----------
    feature : schema_pb2.Feature
        The message.
    domains : mapping of str to schema_pb2.StringDomain
        The schema's string domains by name.
    is_ours : bool
        Whether our comment says the type, so that the message's domain only stands for it.
    """
    meaning = Meaning()
    if not feature.HasField("name"):
        meaning.mistakes.append(("FEATURE_MISSING_NAME", "it has no name"))
    type_ = read_type(feature, meaning)
    _read_presence(feature, meaning)
    _read_shape(feature, meaning)
    num_remarks = len(meaning.remarks)
    read_domain(feature, type_, domains, meaning)
    if is_ours:
        del meaning.remarks[num_remarks:]
    _read_limits(feature, meaning)
    meaning.remarks += [
        shown(feature, field.name) for field, _ in feature.ListFields() if field.name not in _READ
    ]
    people, _ = split_comments(feature.annotation.comment)
    stage = _stage(feature)
    return Feature(
        name=feature.name,
        stage=stage,
        also_in=tuple(dict.fromkeys(feature.in_environment)),
        not_in=tuple(dict.fromkeys(feature.not_in_environment)),
        mistakes=() if stage in IGNORED_STAGES else _mistakes(meaning),
        note=_note(feature.annotation, people, meaning.remarks),
        **meaning.fields,
    )


def _mistakes(meaning: Meaning) -> tuple[tuple[str, str], ...]:
    """All that cannot hold, in TFDV's order: without a name or a type, that alone."""
    first = meaning.mistakes[0][0] if meaning.mistakes else ""
    is_all = first == "FEATURE_MISSING_NAME" or (
        first == "FEATURE_MISSING_TYPE" and "domain" not in meaning.fields
    )
    return tuple(meaning.mistakes[:1] if is_all else meaning.mistakes)


def _feature(feature: Any, domains: Mapping[str, Any], name: str) -> Feature:
    _, ours = split_comments(feature.annotation.comment)
    words = read_words(ours, Feature, f"{name}, feature {feature.name!r}")
    return replace(plain_feature(feature, domains, "type" in words), **words)


def _reason_to_leave_out(feature: Any) -> str:
    kind = feature.WhichOneof("domain_info")
    if not fits_domain(feature):
        return _several_values(feature)
    if feature.type == STRUCT or kind == "struct_domain":
        names = ", ".join(repr(field.name) for field in list(feature.struct_domain.feature)[:3])
        return f"a struct{f' of {names}' if names else ''}"
    if kind in _MEDIA:
        return f"{str(kind).removesuffix('_domain').replace('_', ' ')}s are not supported"
    if kind == "float_domain" and feature.float_domain.is_embedding:
        return "an embedding: lists of numbers are not supported"
    return _several_values(feature)


def _several_values(feature: Any) -> str:
    """Why a single value in each row can never be what the feature wants."""
    if _stage(feature) in IGNORED_STAGES:
        return ""
    sizes = [dim.size for dim in feature.shape.dim if dim.HasField("size")]
    counts = [feature.value_count, *feature.value_counts.value_count]
    possible = [count for count in counts if not count.HasField("max") or count.min <= count.max]
    least = max((count.min for count in possible), default=0)
    if len(feature.value_counts.value_count) > 1:
        return "nested lists are not supported"
    if least > 1:
        return SEVERAL_VALUES.format(least)
    size = math.prod(sizes) if all(size > 0 for size in sizes) else 1
    return SEVERAL_IN_SHAPE.format(size) if size > 1 else ""


def _stage(feature: Any) -> Any:
    if feature.deprecated:
        return "DEPRECATED"
    name = schema_pb2.LifecycleStage.Name(feature.lifecycle_stage)
    return None if name == "UNKNOWN_STAGE" else name


def _read_presence(feature: Any, meaning: Meaning) -> None:
    """One value at least is what a share of 1 says already."""
    share, count = feature.presence.min_fraction, feature.presence.min_count
    if not 0 <= share <= 1:
        problem = "is above 1" if share > 1 else "is below 0" if share < 0 else "is no number"
        meaning.mistakes.append((_INVALID, f"min_fraction {problem}"))
    meaning.fields.update(
        required=count >= 1 or share > 0,
        min_fraction=min(share, 1.0) if share > 0 else 0.0,
        min_count=max(0, count) if (share, count) != (1, 1) else 0,
    )


def _read_shape(feature: Any, meaning: Meaning) -> None:
    if any(dim.size <= 0 for dim in feature.shape.dim):
        meaning.mistakes.append((_INVALID, "a dimension of its shape must have a size above 0"))
    elif feature.HasField("shape"):
        meaning.fields["fixed_shape"] = True
    for name, count in _value_counts(feature):
        if count.min < 0:
            meaning.mistakes.append((_INVALID, f"{name}.min is below 0"))
        if count.HasField("max") and count.max < count.min:
            meaning.mistakes.append((_INVALID, f"{name}.max is below its min"))
        elif count.HasField("max") and count.max > 1:
            meaning.remarks.append(f"{name}: up to {count.max} values in a row")


def _value_counts(feature: Any) -> Iterator[tuple[str, Any]]:
    if feature.HasField("value_count"):
        yield "value_count", feature.value_count
    yield from (("value_counts", count) for count in feature.value_counts.value_count)


def _read_limits(feature: Any, meaning: Meaning) -> None:
    unique = feature.unique_constraints
    meaning.fields.update(
        min_unique=unique.min if unique.HasField("min") else None,
        max_unique=unique.max if unique.HasField("max") else None,
        drift=_comparator(feature, "drift_comparator", meaning),
        skew=_comparator(feature, "skew_comparator", meaning),
    )


def _comparator(feature: Any, name: str, meaning: Meaning) -> Comparator | None:
    if not feature.HasField(name):
        return None
    message = getattr(feature, name)
    if message.jensen_shannon_divergence.HasField("source"):
        meaning.remarks.append(f"{name}.jensen_shannon_divergence.source")
    return Comparator(
        **{key: _threshold(getattr(message, field)) for key, field in _COMPARATORS.items()}
    )


def _threshold(message: Any) -> float | None:
    has_limit = message.HasField("threshold") and math.isfinite(message.threshold)
    return float(message.threshold) if has_limit else None


def _fractions(limits: Any, name: str) -> tuple[float | None, float | None] | None:
    if not limits.HasField(name):
        return None
    message = getattr(limits, name)
    least, most = (
        float(getattr(message, key)) if message.HasField(key) else None
        for key in ("min_fraction_threshold", "max_fraction_threshold")
    )
    return least, most


def _note(annotation: Any, people: list[str], remarks: list[str]) -> str:
    tags = [f"tag {tag}" for tag in annotation.tag]
    if annotation.extra_metadata:
        remarks = [*remarks, "annotation.extra_metadata"]
    not_kept = [_NOT_KEPT + ", ".join(dict.fromkeys(remarks))] if remarks else []
    return "; ".join([*people, *tags, *not_kept])
