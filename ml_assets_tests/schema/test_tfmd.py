"""Schemas of TensorFlow Metadata: what is read, and what is set aside."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, text_format

from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import Comparator, Feature, Schema


def one(**fields: Any) -> Feature:
    """The feature that a message of these fields is read as."""
    (feature,) = Schema.from_tfmd({"feature": [{"name": "x", **fields}]}).features
    return feature


EMPTY: Any = {"required": False, "min_fraction": 0.0}
FREE: Any = {"allow_nan": True, "allow_inf": True}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "BYTES"}, Feature("x", "string", **EMPTY)),
        ({"type": "INT"}, Feature("x", "int", **EMPTY)),
        ({"type": "FLOAT"}, Feature("x", "float", **EMPTY, **FREE)),
        (
            {"type": "FLOAT", "float_domain": {"min": 0.1, "disallow_nan": True}},
            Feature("x", "float", **EMPTY, min=0.1, allow_inf=True),
        ),
        (
            {"type": "FLOAT", "float_domain": {"min": "-Infinity"}},
            Feature("x", "float", **EMPTY, **FREE),
        ),
        (
            {"type": "INT", "int_domain": {"min": 1, "max": 9, "is_categorical": True}},
            Feature("x", "int", "category", **EMPTY, min=1, max=9),
        ),
        (
            {"type": "BYTES", "int_domain": {"min": 0}},
            Feature("x", "string", "int", **EMPTY, min=0),
        ),
        (
            {"type": "BYTES", "float_domain": {"max": 2}},
            Feature("x", "string", "float", **EMPTY, allow_nan=True, max=2.0),
        ),
        ({"type": "INT", "bool_domain": {}}, Feature("x", "int", "bool", **EMPTY)),
        ({"type": "FLOAT", "bool_domain": {}}, Feature("x", "float", "bool", **EMPTY, **FREE)),
        (
            {"type": "BYTES", "bool_domain": {"true_value": "Y"}},
            Feature("x", "string", "bool", ("Y", None), **EMPTY),
        ),
        (
            {
                "type": "BYTES",
                "string_domain": {"value": ["b", "a", "b"]},
                "distribution_constraints": {"min_domain_mass": 0.9},
            },
            Feature("x", "string", **EMPTY, domain=("b", "a"), min_domain_mass=0.9),
        ),
        ({"type": "INT", "presence": {"min_fraction": 1, "min_count": 1}}, Feature("x", "int")),
        (
            {"type": "INT", "presence": {"min_fraction": 0.5, "min_count": 7}},
            Feature("x", "int", min_fraction=0.5, min_count=7),
        ),
        ({"type": "INT", "presence": {"min_count": 0}}, Feature("x", "int", **EMPTY)),
        (
            {"type": "INT", "presence": {"min_count": 1}, "value_count": {"min": 1, "max": 1}},
            Feature("x", "int", min_fraction=0.0, min_count=1),
        ),
        ({"type": "INT", "shape": {}}, Feature("x", "int", **EMPTY, fixed_shape=True)),
        (
            {"type": "INT", "shape": {"dim": [{"size": 1}, {"size": 1}]}},
            Feature("x", "int", **EMPTY, fixed_shape=True),
        ),
        ({"type": "INT", "deprecated": True}, Feature("x", "int", **EMPTY, stage="DEPRECATED")),
        ({"type": "INT", "lifecycle_stage": "BETA"}, Feature("x", "int", **EMPTY, stage="BETA")),
        (
            {"type": "INT", "in_environment": ["A"], "not_in_environment": ["B", "C"]},
            Feature("x", "int", **EMPTY, also_in=("A",), not_in=("B", "C")),
        ),
        (
            {"type": "BYTES", "unique_constraints": {"min": 2, "max": 5}},
            Feature("x", "string", **EMPTY, min_unique=2, max_unique=5),
        ),
        (
            {
                "type": "INT",
                "drift_comparator": {"infinity_norm": {"threshold": 0.1}},
                "skew_comparator": {
                    "jensen_shannon_divergence": {"threshold": 0.2},
                    "normalized_abs_difference": {"threshold": 0.3},
                },
            },
            Feature(
                "x",
                "int",
                **EMPTY,
                drift=Comparator(l_infinity=0.1),
                skew=Comparator(jensen_shannon=0.2, normalized_abs_difference=0.3),
            ),
        ),
        (
            {"type": "INT", "annotation": {"comment": ["age", "in years"], "tag": ["pii"]}},
            Feature("x", "int", **EMPTY, note="age; in years; tag pii"),
        ),
    ],
)
def test_what_is_read(fields: Any, expected: Any) -> None:
    assert one(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        (
            {"type": "BYTES", "time_domain": {"string_format": "%Y"}},
            'time_domain { string_format: "%Y" }',
        ),
        ({"type": "INT", "time_of_day_domain": {}}, "time_of_day_domain"),
        ({"type": "BYTES", "url_domain": {}}, "url_domain"),
        ({"type": "BYTES", "natural_language_domain": {}}, "natural_language_domain"),
        (
            {"type": "INT", "value_count": {"min": 0, "max": 3}},
            "value_count: up to 3 values in a row",
        ),
        (
            {"type": "INT", "group_presence": {"required": True}},
            "group_presence { required: true }",
        ),
        (
            {"type": "FLOAT", "float_domain": {"is_categorical": True}},
            "float_domain.is_categorical",
        ),
        (
            {"type": "INT", "drift_comparator": {"jensen_shannon_divergence": {"source": {}}}},
            "drift_comparator.jensen_shannon_divergence.source",
        ),
    ],
)
def test_what_is_not_judged_here_is_named_in_the_note(fields: Any, note: Any) -> None:
    assert one(**fields).note == f"not kept from TensorFlow Metadata: {note}"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": "STRUCT", "struct_domain": {"feature": [{"name": "y"}]}}, "a struct of 'y'"),
        ({"type": "BYTES", "image_domain": {}}, "images are not supported"),
        ({"type": "BYTES", "content_chunk_domain": {}}, "content chunks are not supported"),
        (
            {"type": "FLOAT", "float_domain": {"is_embedding": True}},
            "an embedding: lists of numbers are not supported",
        ),
        ({"type": "INT", "value_count": {"min": 2}}, "it has 2 values in each row"),
        (
            {"type": "INT", "shape": {"dim": [{"size": 3}, {"size": 4}]}},
            "its shape has 12 values in each row",
        ),
        (
            {"type": "INT", "value_counts": {"value_count": [{}, {}]}},
            "nested lists are not supported",
        ),
    ],
)
def test_what_is_no_single_value_is_left_out_with_the_reason(fields: Any, reason: Any) -> None:
    schema = Schema.from_tfmd({"feature": [{"name": "x", **fields}]})
    assert (schema.features, schema.left_out) == ((), (("x", reason),))


def test_what_is_made_of_several_columns_is_left_out() -> None:
    text = 'sparse_feature { name: "s" } weighted_feature { name: "w" } feature { name: "x" type: INT }'
    schema = Schema.from_tfmd(text)
    assert [f.name for f in schema.features] == ["x"]
    assert schema.left_out == (("s", "a sparse feature"), ("w", "a weighted feature"))


@pytest.mark.parametrize(
    ("fields", "mistakes"),
    [
        ({}, ["FEATURE_MISSING_TYPE"]),
        ({"name": None, "type": "INT"}, ["FEATURE_MISSING_NAME"]),
        ({"type": "INT", "presence": {"min_fraction": 1.5}}, ["INVALID_SCHEMA_SPECIFICATION"]),
        ({"type": "INT", "presence": {"min_fraction": -1}}, ["INVALID_SCHEMA_SPECIFICATION"]),
        ({"type": "INT", "presence": {"min_fraction": "NaN"}}, ["INVALID_SCHEMA_SPECIFICATION"]),
        ({"type": "INT", "value_count": {"min": 1, "max": 0}}, ["INVALID_SCHEMA_SPECIFICATION"]),
        ({"type": "INT", "shape": {"dim": [{"size": 0}]}}, ["INVALID_SCHEMA_SPECIFICATION"]),
        ({"type": "INT", "float_domain": {}}, ["DOMAIN_INVALID_FOR_TYPE"]),
        ({"type": "INT", "domain": "d"}, ["DOMAIN_INVALID_FOR_TYPE"]),
        ({"type": "BYTES", "domain": "d"}, ["INVALID_DOMAIN_SPECIFICATION"]),
        (
            {"type": "INT", "int_domain": {}, "distribution_constraints": {"min_domain_mass": 0.5}},
            ["INVALID_SCHEMA_SPECIFICATION"],
        ),
        ({"type": "INT", "distribution_constraints": {}}, ["INVALID_SCHEMA_SPECIFICATION"]),
        ({"lifecycle_stage": "PLANNED"}, []),
    ],
)
def test_what_cannot_hold_is_a_mistake_of_the_schema(fields: Any, mistakes: Any) -> None:
    fields = {key: value for key, value in {"name": "x", **fields}.items() if value is not None}
    (feature,) = Schema.from_tfmd({"feature": [fields]}).features
    assert [code for code, _ in feature.mistakes] == mistakes


def test_the_data_set_s_limits_and_environments() -> None:
    schema = Schema.from_tfmd(
        """
        default_environment: "TRAINING"
        default_environment: "SERVING"
        dataset_constraints {
          num_examples_drift_comparator { min_fraction_threshold: 0.5 max_fraction_threshold: 2 }
          num_examples_version_comparator { max_fraction_threshold: 1.5 }
          min_examples_count: 10
        }
        annotation { comment: "the taxi schema" }
        represent_variable_length_as_ragged: true
        """
    )
    assert schema == Schema(
        min_rows=10,
        rows_vs_previous=(0.5, 2.0),
        rows_vs_version=(None, 1.5),
        note="the taxi schema; not kept from TensorFlow Metadata: represent_variable_length_as_ragged",
    )


def test_without_environments_none_is_known() -> None:
    schema = Schema.from_tfmd('feature { name: "x" type: INT }')
    assert schema.environments == ()
    with pytest.raises(
        ValueError, match="those that the schema names, which are none; got 'SERVING'"
    ):
        schema.expected_in("SERVING")


FORMS: Any = {
    "a path": lambda message, path: path,
    "a path as text": lambda message, path: str(path),
    "a JSON path": lambda message, path: path.with_suffix(".json"),
    "text": lambda message, path: text_format.MessageToString(message),
    "JSON text": lambda message, path: json_format.MessageToJson(message),
    "a dict": lambda message, path: json_format.MessageToDict(message),
    "bytes of text": lambda message, path: text_format.MessageToString(message).encode(),
    "a serialised message": lambda message, path: message.SerializeToString(),
    "a message": lambda message, path: message,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_schema_is_read(form: Any, tmp_path: Path) -> None:
    schema = Schema((Feature("naïve", "string", domain=("é", "b")), Feature("n", "int", min=3)))
    message = schema.to_tfmd(tmp_path / "schema.pbtxt")
    schema.to_tfmd(tmp_path / "schema.json")
    assert Schema.from_tfmd(FORMS[form](message, tmp_path / "schema.pbtxt")) == schema


def test_an_empty_text_is_an_empty_schema() -> None:
    assert Schema.from_tfmd("") == Schema(environments=())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            'feature {\n  nam: "x"\n}',
            r"^the text:2: not a schema of TensorFlow Metadata, at column 3: Feature has no field 'nam'. "
            "Did you mean 'name'",
        ),
        ("feature {\n  type: INTEGER }", "^the text:2: .* at column 9: .*INTEGER"),
        ("feature {", "^the text:1: "),
        (
            '{"feature": [\n{"nmae": "x"}]}',
            "^the text:2: .*Feature has no field 'nmae'. Did you mean",
        ),
        ('{"feature": [\n', "^the text:2: this is not JSON"),
        ({"feature": [{"type": "INTEGER"}]}, "^the schema: not a schema .*INTEGER"),
        ({"colour": 1}, "^the schema: .*Schema has no field 'colour'. Allowed: feature, "),
        (b"\x0a\xff\x01", "^the schema is neither text nor a serialised schema"),
        (b"feature { # \xff }", "^the schema is not UTF-8 at byte 12"),
        (3, "must be a path, a text, bytes, a dict or a schema_pb2.Schema; found int"),
        ("nowhere/schema.pbtxt", "^nowhere/schema.pbtxt cannot be read: No such file"),
        (
            'feature { name: "x" type: INT annotation { comment: "ml_assets: {\\"kind\\": 1}" } }',
            "feature 'x': the comment ml_assets: ... has an unknown key 'kind'. Allowed: type, holds",
        ),
        (
            'feature { name: "x" type: INT annotation { comment: "ml_assets: {\\"min\\": true}" } }',
            "feature 'x': the comment ml_assets: ... cannot be read: True must be int or float or null",
        ),
        (
            'annotation { comment: "ml_assets: {" }',
            "the text: the comment ml_assets: ... cannot be read",
        ),
    ],
)
def test_what_cannot_be_read_is_named(source: Any, message: Any) -> None:
    with pytest.raises(PipelineFileError, match=message):
        Schema.from_tfmd(source)


@pytest.mark.parametrize("name", ["schema.pbtxt", "schema.json"])
def test_a_mistake_in_a_file_names_the_file(name: Any, tmp_path: Path) -> None:
    (tmp_path / name).write_text("{" if name.endswith("json") else "\nfeatur {}")
    with pytest.raises(PipelineFileError, match=f"^{tmp_path.name}/{name}:[12]: "):
        Schema.from_tfmd(tmp_path / name)
