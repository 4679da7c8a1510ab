"""`validate_statistics`: what differs from the schema, by TFDV's names."""

import json
import math
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.infer import infer_schema
from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.codes import SHORT_DESCRIPTIONS
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.shared_data import shared_path

NAN, INF = math.nan, math.inf


def anomalies(
    columns: Any, *features: Any, environment: Any = None, **schema: Any
) -> list[Anomaly]:
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return validate_statistics(generate_statistics(table), Schema(features, **schema), environment)


def codes(columns: Any, *features: Any, **options: Any) -> Any:
    return [anomaly.code for anomaly in anomalies(columns, *features, **options)]


X = {"x": [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("values", "feature", "code"),
    [
        ([1, 2], {"type": "int", "min": 1, "max": 2}, None),
        ([1, 3], {"type": "int", "max": 2}, "INT_TYPE_BIG_INT"),
        ([0, 1], {"type": "int", "min": 1}, "INT_TYPE_SMALL_INT"),
        ([1.5], {"type": "float", "max": 1.0}, "FLOAT_TYPE_BIG_FLOAT"),
        ([-1.5], {"type": "float", "min": 0.0}, "FLOAT_TYPE_SMALL_FLOAT"),
        ([7], {"type": "float", "max": 1.0}, "UNEXPECTED_DATA_TYPE FLOAT_TYPE_BIG_FLOAT"),
        ([1.0, NAN], {"type": "float"}, "FLOAT_TYPE_HAS_NAN"),
        ([1.0, NAN], {"type": "float", "allow_nan": True}, None),
        ([1.0, INF], {"type": "float"}, "FLOAT_TYPE_HAS_INF"),
        ([1.0, -INF], {"type": "float", "allow_inf": True}, None),
        (
            ["a", "c"],
            {"type": "string", "domain": ("a", "b")},
            "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        ),
        (["a"], {"type": "string", "domain": ("a", "b")}, None),
        ([b"\xff"], {"type": "string", "domain": ("a",)}, "ENUM_TYPE_INVALID_UTF8"),
        ([b"\xff"], {"type": "string"}, None),
        ([1.5], {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
        ([1], {"type": "float"}, "UNEXPECTED_DATA_TYPE"),
        ([1], {"type": "string"}, "UNEXPECTED_DATA_TYPE"),
        (["1"], {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
        ([True, None], {"type": "int", "min": 1, "min_fraction": 0.5}, None),
        ([True], {"type": "float"}, "UNEXPECTED_DATA_TYPE"),
        ([[1]], {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
        ([pd.Timestamp("2013-01-01").date()], {"type": "timestamp"}, None),
        ([pd.Timestamp("2013-01-01")], {"type": "date"}, "UNEXPECTED_DATA_TYPE"),
        ([True, False], {"type": "bool"}, None),
        ([0, 1], {"type": "bool"}, None),
        ([0, 2], {"type": "bool"}, "BOOL_TYPE_BIG_INT"),
        ([-1, 1], {"type": "bool"}, "BOOL_TYPE_SMALL_INT"),
        ([0.0, 1.0], {"type": "bool"}, None),
        ([0.5], {"type": "bool"}, "BOOL_TYPE_UNEXPECTED_FLOAT"),
        ([NAN], {"type": "bool"}, "BOOL_TYPE_UNEXPECTED_FLOAT"),
        (["yes"], {"type": "bool"}, "UNEXPECTED_DATA_TYPE BOOL_TYPE_UNEXPECTED_STRING"),
        (["true"], {"type": "bool"}, "UNEXPECTED_DATA_TYPE"),
        ([1, None], {"type": "int"}, "FEATURE_TYPE_LOW_FRACTION_PRESENT"),
        ([1, None], {"type": "int", "min_fraction": 0.5}, None),
        (
            [1, None, None],
            {"type": "int", "min_fraction": 0.5},
            "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        ),
        ([None, None], {"type": "int"}, "FEATURE_TYPE_NOT_PRESENT"),
        ([None, None], {"type": "int", "min_fraction": 0.0}, None),
        ([1, 1, 2], {"type": "int", "unique": True}, "FEATURE_TYPE_LOW_UNIQUE"),
        ([1, 2, None], {"type": "int", "unique": True, "min_fraction": 0}, None),
        (
            [1.0, NAN, INF],
            {"type": "float", "unique": True, "allow_nan": True, "allow_inf": True},
            None,
        ),
        (["a", "a"], {"type": "string", "unique": True}, "FEATURE_TYPE_LOW_UNIQUE"),
    ],
)
def test_a_column_is_judged(values: Any, feature: Any, code: Any) -> None:
    assert codes({"x": values}, Feature("x", **feature)) == (code.split() if code else [])


def test_ints_in_place_of_floats_are_only_a_warning() -> None:
    (anomaly,) = anomalies({"x": [1, 2]}, Feature("x", "float"))
    assert anomaly.severity == "WARN"
    assert "no number has a fraction" in anomaly.description


@pytest.mark.parametrize(
    ("columns", "options", "expected"),
    [
        (X, {}, []),
        ({"x": []}, {}, [(None, "DATASET_LOW_NUM_EXAMPLES")]),
        (X, {"min_rows": 5}, [(None, "DATASET_LOW_NUM_EXAMPLES")]),
        (X, {"max_rows": 3}, [(None, "DATASET_HIGH_NUM_EXAMPLES")]),
        ({**X, "z": [1] * 4}, {}, [("z", "SCHEMA_NEW_COLUMN")]),
        ({**X, "z": [1] * 4}, {"left_out": (("z", "empty"),)}, []),
        ({"y": [1] * 4}, {}, [("x", "SCHEMA_MISSING_COLUMN"), ("y", "SCHEMA_NEW_COLUMN")]),
    ],
)
def test_the_data_set_is_judged(columns: Any, options: Any, expected: Any) -> None:
    raised = anomalies(columns, Feature("x", "int"), **options)
    assert [(anomaly.feature, anomaly.code) for anomaly in raised] == expected


def test_a_column_that_may_be_absent_is_not_missed() -> None:
    assert codes(X, Feature("x", "int"), Feature("y", "int", required=False)) == []


def test_the_label_is_not_demanded_at_serving() -> None:
    features = (Feature("x", "int"), Feature("late", "bool", not_in=("SERVING",)))
    assert codes(X, *features, environment="SERVING") == []
    for environment in (None, "TRAINING"):
        assert codes(X, *features, environment=environment) == ["SCHEMA_MISSING_COLUMN"]
    with pytest.raises(ValueError, match="one of TRAINING, SERVING; got 'PROD'"):
        anomalies(X, *features, environment="PROD")


def test_a_description_says_what_where_how_many_and_what_to_do() -> None:
    (anomaly,) = anomalies({"way": ["a"] * 8 + ["b", "c"]}, Feature("way", "string", domain=("a",)))
    assert anomaly.short_description == "Unexpected string values"
    assert anomaly.description == (
        "way has 2 values outside the schema's domain of 1: 'b', 'c', in 2 of 10 rows (20.00%). "
        "Correct the data, or add what is right to the domain of way in the schema."
    )
    assert (anomaly.expected, anomaly.found, anomaly.affected_fraction) == (
        "one of 1 value",
        "'b', 'c'",
        0.2,
    )


def test_a_renamed_column_is_hinted_at() -> None:
    raised = anomalies({"company_x": ["a"]}, Feature("company", "string"))
    assert "Did you mean 'company_x'?" in raised[0].description


def test_no_more_than_three_values_are_quoted() -> None:
    (anomaly,) = anomalies({"x": list("abcdef")}, Feature("x", "string", domain=("a",)))
    assert anomaly.found == "'b', 'c', 'd' and 2 more"


def test_rows_out_of_range_are_counted() -> None:
    (anomaly,) = anomalies({"x": [1.0] * 95 + [9.0] * 5}, Feature("x", "float", max=2.0))
    assert anomaly.affected_fraction == 0.05
    assert "above the schema's maximum of 2.0, up to 9.0, in 5 of 100 rows" in anomaly.description


def test_an_anomaly_comes_back_from_json() -> None:
    (anomaly,) = anomalies({"x": [9]}, Feature("x", "int", max=2))
    assert Anomaly.from_json(json.loads(json.dumps(anomaly.to_json()))) == anomaly
    assert anomaly.code in SHORT_DESCRIPTIONS


def test_previous_and_serving_data_are_compared() -> None:
    here, there = (generate_statistics(pd.DataFrame({"x": ["a", b] * 500})) for b in ("a", "b"))
    schema = Schema((Feature("x", "string"),))
    others: list[dict[str, Any]] = [{"previous_statistics": there}, {"serving_statistics": there}]
    for options in others:
        (anomaly,) = validate_statistics(here, schema, **options)
        assert (anomaly.code, anomaly.severity) == ("COMPARATOR_DISTRIBUTION_MOVED", "WARN")
        assert "'b'" in anomaly.description or "'a'" in anomaly.description


cells = st.one_of(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | st.floats()),
    st.lists(st.none() | st.text(max_size=3)),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.datetimes()),
    st.lists(st.none() | st.dates()),
)


@settings(deadline=None, max_examples=40)
@given(cells.filter(len), st.integers(1, 5), st.floats(0, 1))
def test_data_have_no_anomaly_by_the_schema_inferred_from_them(
    values: Any, max_domain_size: Any, margin: Any
) -> None:
    statistics = generate_statistics(pa.table({"x": pa.array(values)}))
    schema = infer_schema(statistics, max_string_domain_size=max_domain_size, range_margin=margin)
    assert validate_statistics(statistics, schema) == []


def taxi() -> Any:
    options = pv.ConvertOptions(strings_can_be_null=True)
    return pv.read_csv(shared_path("chicago_taxi/data.csv"), convert_options=options).to_pandas()


def test_taxi_has_no_anomaly_and_its_corrupted_copy_has_those_that_tfdv_finds() -> None:
    golden = json.loads(shared_path("taxi_tfdv_golden.json").read_text())["corrupted_copy"]
    frame = taxi()
    frame["trip_seconds"] = frame["trip_seconds"].astype("Int64")
    statistics = generate_statistics(frame)
    schema = infer_schema(statistics, range_margin=0)
    assert validate_statistics(statistics, schema) == []

    frame.loc[:299, "payment_type"] = "Crypto"
    frame["trip_start_hour"] = frame["trip_start_hour"].astype("Int64")
    frame.loc[:199, "trip_start_hour"] = pd.NA
    frame.loc[:4, "trip_start_month"] = 13
    frame.loc[:19, "fare"] = -5.0
    raised = validate_statistics(
        generate_statistics(frame.rename(columns={"company": "company_x"})), schema
    )
    expected = {
        (name, reason["type"])
        for name, reasons in golden["anomalies"].items()
        for reason in reasons
    }
    assert {(anomaly.feature, anomaly.code) for anomaly in raised} == expected
