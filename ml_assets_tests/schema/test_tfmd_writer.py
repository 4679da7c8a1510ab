"""Schemas of TensorFlow Metadata: what is written, and that nothing is lost on the way back."""

import json
from datetime import date
from typing import Any

import pytest
from google.protobuf import json_format, text_format
from hypothesis import example, given, settings
from tensorflow_metadata.proto.v0 import schema_pb2

from ml_assets.schema.model import Feature, FunctionalDependency, Schema
from ml_assets_tests.schema.schemas import schemas
from ml_assets_tests.shared_data import shared_path


def test_what_has_no_word_there_is_in_a_comment() -> None:
    schema = Schema(
        (Feature("day", "date", earliest=date(2013, 1, 1)), Feature("ok", "bool")),
        functional_dependencies=(FunctionalDependency(("city",), "county", 0.99),),
    )
    message = schema.to_tfmd()
    day, ok = message.feature
    assert (day.type, ok.type) == (schema_pb2.BYTES, schema_pb2.INT)
    assert day.time_domain.string_format == "%Y-%m-%d"
    assert ok.HasField("bool_domain")
    assert json.loads(day.annotation.comment[0].removeprefix("ml_assets: ")) == {
        "type": "date",
        "earliest": "2013-01-01",
    }
    assert Schema.from_tfmd(message) == schema


@pytest.mark.parametrize(
    ("domain", "allow_inf"),
    [
        ("", True),
        ("min: 0", True),
        ("min: 0 max: 1", False),
        ("min: 0 disallow_inf: true", False),
        ("min: -inf max: inf", True),
        ("min: -inf max: 1", True),
    ],
)
def test_below_a_greatest_value_there_is_no_infinity(domain: str, allow_inf: bool) -> None:
    source = f'feature {{ name: "x" type: FLOAT float_domain {{ {domain} }} }}'
    schema = Schema.from_tfmd(source)
    assert schema.by_name["x"].allow_inf == allow_inf
    assert schema.to_tfmd().feature[0].float_domain.disallow_inf == ("disallow_inf" in domain)
    wider = Schema((Feature("x", "float", min=0.0, max=1.0, allow_inf=True),))
    assert Schema.from_tfmd(wider.to_tfmd()) == wider


@pytest.mark.parametrize("limit", [3.4e38, 3.4028234663852886e38, 1e300])
def test_the_greatest_limits_are_read_back_from_json(limit: float) -> None:
    schema = Schema((Feature("x", "float", min=-limit, max=limit),))
    assert Schema.from_tfmd(json_format.MessageToDict(schema.to_tfmd())) == schema


def test_a_plain_column_needs_no_comment() -> None:
    schema = Schema(
        (Feature("fare", "float", min=0.1, max=1060.0), Feature("s", "string", domain=("a",)))
    )
    message = schema.to_tfmd()
    assert not any(feature.HasField("annotation") for feature in message.feature)
    assert [d.name for d in message.string_domain] == ["s"]


@settings(deadline=None, max_examples=40)
@given(schemas())
@example(Schema((Feature("x", "float", max=3.4028234663852886e38),)))
def test_what_is_written_is_read_back(schema: Schema) -> None:
    message = schema.to_tfmd()
    assert Schema.from_tfmd(message) == schema
    assert Schema.from_tfmd(text_format.MessageToString(message, as_utf8=True)) == schema
    assert Schema.from_tfmd(json_format.MessageToDict(message)) == schema


def curated() -> list[Any]:
    """The schemas of TFDV's recorded cases."""
    cases = json.loads(shared_path("tfdv_cases.json").read_text())
    return [case["schema"] for case in cases if "schema" in case]


def test_curated_schemas_keep_their_meaning() -> None:
    sources = curated()
    assert len(sources) == 52
    for source in sources:
        schema = Schema.from_tfmd(source)
        text = text_format.MessageToString(schema.to_tfmd())
        assert Schema.from_tfmd(text) == schema
        before, after = json_format.ParseDict(source, schema_pb2.Schema()), schema.to_tfmd()
        for old, new in zip(before.feature, after.feature, strict=True):
            assert meaning(old, before) == meaning(new, after) or schema.by_name[old.name].mistakes
        assert before.dataset_constraints == after.dataset_constraints
        assert before.default_environment == after.default_environment


def meaning(feature: Any, schema: Any) -> Any:
    """A feature's message, its domain inline, without what says nothing for single values."""
    made = schema_pb2.Feature()
    made.CopyFrom(feature)
    if made.domain:
        domains = {domain.name: domain.value for domain in schema.string_domain}
        made.string_domain.value.extend(domains.get(feature.domain, ()))
    made.ClearField("value_count")
    if made.type == schema_pb2.BYTES and made.HasField("int_domain"):
        made.int_domain.ClearField("is_categorical")
    if made.distribution_constraints.min_domain_mass == 1:
        made.ClearField("distribution_constraints")
    if made.type != schema_pb2.BYTES:
        for name in ("int_domain", "float_domain"):
            if made.HasField(name) and not getattr(made, name).ListFields():
                made.ClearField(name)
    if not made.presence.min_count and not made.presence.min_fraction:
        made.ClearField("presence")
    return made
