"""`infer_schema`: what is concluded from statistics."""

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.validation.tfdv_cases import frame_of, load_cases


def inferred(values: Any, type_: Any = None, **options: Any) -> Schema:
    return infer_schema(generate_statistics(pa.table({"x": pa.array(values, type_)})), **options)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 3, 11], {"type": "int", "min": 0, "max": 16}),
        ([-10, 10], {"type": "int", "min": -20, "max": 20}),
        ([-4, -2], {"type": "int", "min": -5, "max": -1}),
        ([0.0, 703.5], {"type": "float", "min": 0.0, "max": 1060.0}),
        ([41.6949, 42.0096], {"type": "float", "min": 41.53, "max": 42.17}),
        ([7, 7], {"type": "int", "note": "constant: 7"}),
        ([1.0, float("nan"), float("inf")], {"allow_nan": True, "allow_inf": True}),
        (["b", "a", "b"], {"type": "string", "domain": ("a", "b")}),
        ([True, False], {"type": "bool", "domain": None}),
        ([1, 2, 3, None] * 5, {"min_fraction": 0.5}),
        ([1, 2, None, None, None], {"min_fraction": 0.0}),
        ([1, 2], {"min_fraction": 1.0, "nullable": None, "required": True}),
        ([1, 2, None, None, None], {"min_count": 1, "required": True, "fixed_shape": False}),
        ([None, None], {"type": "string", "required": False, "min_fraction": 0.0, "min_count": 0}),
        ([1, 2], {"fixed_shape": True, "min_count": 0}),
        ([0, 1, 1], {"type": "int", "holds": "bool", "min": None}),
        ([1, 1], {"holds": "bool"}),
        ([0, 0], {"holds": None}),
        (["1", "0"], {"holds": "bool", "bool_values": ("1", "0"), "domain": None}),
        (["false"], {"holds": "bool", "bool_values": (None, "false")}),
        (["TRUE", "true"], {"holds": None, "domain": ("TRUE", "true")}),
        (["", ""], {"holds": None, "domain": ("",)}),
        (["5", " -7"], {"holds": "int", "min": -13, "max": 11, "domain": None}),
        (["9223372036854775807", "0"], {"holds": "int", "min": 0}),
        (["5", "x"], {"holds": None, "domain": ("5", "x")}),
        (["1.5", "x"], {"holds": None}),
        ([f"{i}.5" for i in range(101)], {"holds": "float", "min": 0.0, "allow_nan": False}),
        (["1e999"] + [f"{i}.5" for i in range(101)], {"holds": None}),
        (list(range(1000)), {"unique": True, "min": None, "max": None}),
        ([str(i) for i in range(1000)], {"holds": "int", "unique": True, "min": None, "max": None}),
        ([i * 10**6 for i in range(1000)], {"unique": False}),
        (list(range(50)), {"unique": False, "min": 0, "max": 74}),
        ([f"{i:032x}" for i in range(1000)], {"unique": True, "min_length": 16, "max_length": 48}),
        ([f"name {i}" for i in range(1000)], {"unique": False, "min_length": 3, "max_length": 12}),
        (["x" * 300, ""], {"min_length": None, "max_length": 450}),
        (
            [dt.date(2013, 5, 1), dt.date(2019, 5, 1)],
            {"earliest": dt.date(2009, 1, 1), "latest": None},
        ),
        ([dt.datetime(2013, 5, 1, 7)], {"earliest": dt.date(2012, 1, 1)}),
        ([dt.date(1, 1, 1)], {"earliest": None}),
    ],
)
def test_what_is_inferred(values: Any, expected: Any) -> None:
    (feature,) = inferred(values, presence_margin=1).features
    assert {key: getattr(feature, key) for key in expected} == expected


def test_without_a_margin_the_range_is_the_one_seen() -> None:
    (feature,) = inferred([3, 900], range_margin=0).features
    assert (feature.min, feature.max) == (0, 900)


@pytest.mark.parametrize(
    ("values", "has_domain"),
    [
        ([f"v{i}" for i in range(7)], True),
        ([f"v{i}" for i in range(20)], False),
        ([f"v{i % 19}" for i in range(20)], False),
        ([f"v{i}" for i in range(10)] * 2, True),
        ([f"v{i}" for i in range(10)] + ["v"] * 10, True),
        ([f"v{i % 150}" for i in range(600)], False),
        (["x" * 300], False),
    ],
    ids=["few", "all differ", "nearly all differ", "all repeat", "half repeat", "too many", "long"],
)
def test_which_texts_get_a_domain(values: Any, has_domain: Any) -> None:
    (feature,) = inferred(values).features
    assert (feature.domain is not None) == has_domain


def test_the_size_of_a_domain_can_be_limited() -> None:
    assert inferred(["a", "a", "b"], max_string_domain_size=1).features[0].domain is None


def test_columns_without_values_can_be_left_out_with_the_reason() -> None:
    table = pa.table(
        {"tract": pa.nulls(3, pa.int64()), "none": pa.nulls(3), "list": [[1], [2], []]}
    )
    schema = infer_schema(generate_statistics(table), leave_out_empty=True)
    assert schema.features == ()
    assert dict(schema.left_out) == {
        "tract": "all 3 rows are without a value",
        "none": "all 3 rows are without a value",
        "list": "nested values are not supported",
    }


def test_only_what_tfdv_infers_without_a_margin() -> None:
    table = pa.table({"x": [1.5, 2.5], "s": ["a" * 300] * 2, "d": [dt.date(2013, 1, 1)] * 2})
    x, s, d = infer_schema(generate_statistics(table), range_margin=None).features
    assert (x.min, x.max, x.allow_nan, x.allow_inf) == (None, None, True, True)
    assert (s.min_length, s.max_length, d.earliest) == (None, None, None)
    assert s.domain == ("a" * 300,)


@pytest.mark.parametrize(
    ("values", "holds", "has_domain"),
    [
        ([f"v{i}" for i in range(100)], None, True),
        ([f"v{i}" for i in range(101)], None, False),
        ([f"{i}.5" for i in range(101)], None, False),
        (["9223372036854775807", "-9223372036854775808"], "int", False),
        (["9223372036854775808"], None, True),
    ],
    ids=["100 names", "101 names", "101 floats", "64 bits", "65 bits"],
)
def test_texts_without_a_margin_are_as_in_tfdv(values: Any, holds: Any, has_domain: Any) -> None:
    (feature,) = inferred(values, range_margin=None).features
    assert (feature.holds, feature.domain is not None) == (holds, has_domain)


def test_cases_of_tfdv_are_inferred_alike() -> None:
    """Compared as messages, without notes and beside the ranges that TFDV never infers."""
    cases = load_cases("infer_schema")
    assert len(cases) == 8
    for case in cases:
        statistics = generate_statistics(frame_of(case["data"]))
        message = infer_schema(statistics, range_margin=None, **case["options"]).to_tfmd()
        for feature in message.feature:
            feature.ClearField("annotation")
        message.ClearField("default_environment")
        expected = json_format.ParseDict(case["expected_schema"], schema_pb2.Schema())
        assert message == expected, case["name"]


columns = st.one_of(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.integers(0, 1)),
    st.lists(st.none() | st.floats()),
    st.lists(st.none() | st.text(max_size=3)),
    st.lists(st.none() | st.sampled_from(["true", "false", "1", "0", "7", "1.5", "nan", " 1", ""])),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.datetimes()),
    st.lists(st.none() | st.datetimes(timezones=st.just(dt.UTC))),
    st.lists(st.none() | st.dates()),
    st.lists(st.none()),
)


@settings(deadline=None, max_examples=40)
@given(
    columns.filter(len),
    st.fixed_dictionaries(
        {
            "infer_feature_shape": st.booleans(),
            "max_string_domain_size": st.integers(0, 5),
            "range_margin": st.none() | st.floats(0, 1),
            "presence_margin": st.none() | st.floats(0, 1),
            "leave_out_empty": st.booleans(),
        }
    ),
)
def test_data_have_no_anomaly_by_the_schema_inferred_from_them(values: Any, options: Any) -> None:
    statistics = generate_statistics(pa.table({"x": pa.array(values)}))
    assert validate_statistics(statistics, infer_schema(statistics, **options)) == []


def test_what_is_absent_in_serving_is_marked() -> None:
    statistics = generate_statistics(pd.DataFrame({"late": [True, False], "hour": [1, 2]}))
    schema = infer_schema(statistics, absent_in_serving={"late"})
    assert [f.name for f in schema.expected_in("SERVING")] == ["hour"]
    assert [f.name for f in schema.expected_in("TRAINING")] == ["late", "hour"]


def test_an_unknown_environment_is_refused() -> None:
    with pytest.raises(ValueError, match="one of TRAINING, SERVING; got 'PROD'"):
        Schema().expected_in("PROD")


def test_a_schema_is_not_reviewed_when_it_is_inferred() -> None:
    assert inferred([1]).reviewed is False


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1)
    | st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    st.floats(0, 1),
)
def test_a_range_holds_all_that_was_seen(values: Any, margin: Any) -> None:
    (feature,) = inferred(values, range_margin=margin).features
    assert feature.min is None or feature.min <= min(values)
    assert feature.max is None or feature.max >= max(values)
    assert feature.min is None or min(values) < 0 or feature.min >= 0


def test_a_feature_allows_null_as_its_share_says_unless_told() -> None:
    assert not Feature("x", "int").allows_null
    assert Feature("x", "int", min_fraction=0.9).allows_null
    assert not Feature("x", "int", min_fraction=0.9, nullable=False).allows_null
