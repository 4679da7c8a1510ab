"""Every code is found, says what and where, and what to do; no code is left without a case."""

import math
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.codes import KIND_OF, KINDS, SHORT_DESCRIPTIONS
from ml_assets.validation.dependencies import CODE
from ml_assets.validation.update import update_schema
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.validation.one_column import anomalies
from ml_assets_tests.validation.test_comparators import COMPARED

NAN, INF = math.nan, math.inf
DAY = date(2024, 5, 1)


# The code, the values, the feature, and what the message must say.
OF_ONE_COLUMN: list[tuple[str, Any, dict[str, Any], str]] = [
    (
        "BOOL_TYPE_BIG_INT",
        [0, 1, 2],
        {"type": "int", "holds": "bool"},
        "x should be true or false (1 or 0), and has values that are neither: up to 2, in 1 of 3 rows",
    ),
    (
        "BOOL_TYPE_SMALL_INT",
        [-1, 1, 2],
        {"type": "int", "holds": "bool"},
        "neither: down to -1 and up to 2, in 2 of 3 rows",
    ),
    (
        "BOOL_TYPE_UNEXPECTED_FLOAT",
        [0.0, 0.5, NAN],
        {"type": "float", "holds": "bool"},
        "neither: 0.5, NaN, in 2 of 3 rows",
    ),
    (
        "BOOL_TYPE_UNEXPECTED_STRING",
        ["y", "n", "maybe"],
        {"type": "string", "holds": "bool", "bool_values": ("y", "n")},
        "x should be true or false ('y' or 'n'), and has values that are neither: 'maybe', in 1 of 3",
    ),
    (
        "BOOL_TYPE_UNEXPECTED_STRING",
        ["y"],
        {"type": "string", "holds": "bool", "bool_values": (None, None)},
        "x should be true or false (the texts in bool_values of the schema, which names none), and has",
    ),
    (
        "BOOL_TYPE_INVALID_CONFIG",
        [0, 1],
        {"type": "int", "holds": "bool", "bool_values": ("y", "n")},
        "x: a int is true as 1 and false as 0, and has no texts for them.",
    ),
    (
        "ENUM_TYPE_INVALID_UTF8",
        [b"A", b"\xff"],
        {"type": "string", "domain": ("A",)},
        "x is not UTF-8 in 1 of 2 rows (50.00%). Declare the right encoding",
    ),
    (
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
        ["a"] * 8 + ["b", "c"],
        {"type": "string", "domain": ("a",), "min_domain_mass": 0.85},
        "x has 2 values outside the schema's domain of 1: 'b', 'c', in 2 of 10 rows (20.00%); 85% of the "
        "values must be in it. Correct the data",
    ),
    (
        "FEATURE_TYPE_LOW_FRACTION_PRESENT",
        [1, None, None],
        {"type": "int", "min_fraction": 0.5},
        "x has a value in 33.33% of the rows; 2 of 3 have none. The schema wants values in at least 50% "
        "of the rows. Restore them, or lower min_fraction of x in the schema.",
    ),
    (
        "FEATURE_TYPE_LOW_NUMBER_PRESENT",
        [1, None],
        {"type": "int", "min_fraction": 0.0, "min_count": 2},
        "x has a value in 1 of 2 rows; the schema wants at least 2 values. Restore them, or lower",
    ),
    (
        "FEATURE_TYPE_NOT_PRESENT",
        [None, None],
        {"type": "int", "min_fraction": 0.0, "min_count": 1},
        "x has no value in any of 2 rows. Restore the values",
    ),
    (
        "INVALID_FEATURE_SHAPE",
        [1, None],
        {"type": "int", "min_fraction": 0.0, "fixed_shape": True},
        "x should have exactly one value in every row, and has none in 1 of 2 rows (50.00%).",
    ),
    (
        "FEATURE_TYPE_HIGH_UNIQUE",
        ["a", "b", "c"],
        {"type": "string", "max_unique": 2},
        "x has 3 different values in 3; the schema wants at most 2. Correct the data, or change "
        "max_unique",
    ),
    (
        "FEATURE_TYPE_LOW_UNIQUE",
        [7, 7, 8],
        {"type": "int", "holds": "category", "min_unique": 3},
        "x has 2 different values in 3; the schema wants at least 3.",
    ),
    (
        "FEATURE_TYPE_LOW_UNIQUE",
        ["a", "b", "a"],
        {"type": "string", "unique": True},
        "x should differ in all rows, and 1 of 3 values repeat another. Remove the duplicates",
    ),
    (
        "FEATURE_TYPE_NO_UNIQUE",
        [1, 2],
        {"type": "int", "max_unique": 5},
        "x is a number that is measured, not a code. Say `holds: category` in the schema",
    ),
    (
        "FLOAT_TYPE_BIG_FLOAT",
        [0.5, 1.5],
        {"type": "float", "max": 1.0},
        "x is above the schema's maximum of 1.0, up to 1.5, in 1 of 2 rows (50.00%).",
    ),
    (
        "FLOAT_TYPE_SMALL_FLOAT",
        ["0.5", "-1e3"],
        {"type": "string", "holds": "float", "min": 0.0},
        "x is below the schema's minimum of 0.0, down to -1000.0, in 1 of 2 rows",
    ),
    (
        "FLOAT_TYPE_HAS_INF",
        [0.5, -INF],
        {"type": "float"},
        "x is infinite in 1 of 2 rows (50.00%). Correct the values, or set `allow_inf: true`",
    ),
    (
        "FLOAT_TYPE_HAS_NAN",
        [0.5, NAN],
        {"type": "float"},
        "x is NaN in 1 of 2 rows (50.00%). Store a null where there is no value",
    ),
    (
        "FLOAT_TYPE_HAS_NAN",
        ["0.5", "nan"],
        {"type": "string", "holds": "float"},
        "x is NaN in 1 of 2 rows",
    ),
    (
        "FLOAT_TYPE_STRING_NOT_FLOAT",
        ["0.5", "abc", "1_000"],
        {"type": "string", "holds": "float"},
        "x should hold numbers as texts, and has others: '1_000', 'abc', in 2 of 3 rows (66.67%).",
    ),
    (
        "INT_TYPE_BIG_INT",
        ["14", " 27 "],
        {"type": "string", "holds": "int", "max": 17},
        "x is above the schema's maximum of 17, up to 27, in 1 of 2 rows",
    ),
    (
        "INT_TYPE_SMALL_INT",
        [3, 4],
        {"type": "int", "holds": "category", "min": 4},
        "x is below the schema's minimum of 4, down to 3, in 1 of 2 rows",
    ),
    (
        "INT_TYPE_NOT_INT_STRING",
        ["1", "1.5", ""],
        {"type": "string", "holds": "int", "max": 0},
        "x should hold whole numbers as texts, and has others: '', '1.5', in 2 of 3 rows",
    ),
    (
        "STRING_TYPE_LONG_STRING",
        ["ab", "abcde"],
        {"type": "string", "max_length": 3},
        "x has texts of up to 5 characters, in 1 of 2 rows (50.00%); the schema wants at most 3 "
        "characters.",
    ),
    (
        "STRING_TYPE_SHORT_STRING",
        ["ab", ""],
        {"type": "string", "min_length": 1},
        "x has texts of down to 0 characters, in 1 of 2 rows",
    ),
    (
        "TIME_TYPE_EARLY_TIME",
        [date(2024, 4, 30), DAY],
        {"type": "date", "earliest": DAY},
        "x is before the schema's earliest of 2024-05-01, back to 2024-04-30, in at least 1 of 2 rows",
    ),
    (
        "TIME_TYPE_LATE_TIME",
        [datetime(2024, 5, 1, 23, 59), datetime(2024, 5, 2)],
        {"type": "timestamp", "latest": DAY},
        "x is after the schema's latest of 2024-05-01, up to 2024-05-02T00:00:00",
    ),
    (
        "UNEXPECTED_DATA_TYPE",
        ["1", "2x"],
        {"type": "int"},
        "x should be int, and is string: '2x'. Correct the data or declare the column's type",
    ),
    *(
        (
            code,
            ["a"],
            {"type": "string", "mistakes": ((code, "it cannot hold"),)},
            "The schema of x cannot be right: it cannot hold. Correct the schema.",
        )
        for code in (
            "DOMAIN_INVALID_FOR_TYPE", "FEATURE_MISSING_NAME", "FEATURE_MISSING_TYPE",
            "INVALID_DOMAIN_SPECIFICATION", "INVALID_SCHEMA_SPECIFICATION",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "values", "feature", "message"), OF_ONE_COLUMN)
def test_a_code_of_one_column(code: Any, values: Any, feature: Any, message: Any) -> None:
    (anomaly,) = anomalies(values, feature)
    assert anomaly.code == code
    assert message in anomaly.description
    assert anomaly.short_description == SHORT_DESCRIPTIONS[code]
    assert anomaly.expected
    assert anomaly.found


def test_a_column_of_another_environment_is_new() -> None:
    current = generate_statistics(pa.table({"x": [1], "y": [2]}))
    features = (Feature("x", "int"), Feature("y", "int", not_in=("SERVING",)))
    (anomaly,) = validate_statistics(current, Schema(features), "SERVING")
    assert (anomaly.feature, anomaly.code, anomaly.severity) == ("y", "SCHEMA_NEW_COLUMN", "WARN")
    assert "does not expect it in SERVING" in anomaly.description
    also = replace(features[1], also_in=("SERVING",))
    assert validate_statistics(current, Schema((features[0], also)), "SERVING") == []


@pytest.mark.parametrize("stage", ["PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED"])
def test_a_column_in_a_stage_that_is_not_judged_is_left_alone(stage: Any) -> None:
    for values in (["text"], [None]):
        assert anomalies(values, {"type": "int", "stage": stage}) == []
    schema = Schema((Feature("x", "int"), Feature("y", "int", stage=stage)))
    assert validate_statistics(generate_statistics(pa.table({"x": [1]})), schema) == []


def test_an_anomaly_of_a_wrong_type_says_more_where_that_helps() -> None:
    raised = anomalies(["5", "abc"], {"type": "int", "min": 0})
    assert [anomaly.code for anomaly in raised] == [
        "UNEXPECTED_DATA_TYPE",
        "INT_TYPE_NOT_INT_STRING",
    ]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"value_count": {"min": 2}}, "FEATURE_TYPE_LOW_NUMBER_VALUES"),
        ({"shape": {"dim": [{"size": 2}]}}, "INVALID_FEATURE_SHAPE"),
        ({"value_count": {"min": 2}, "lifecycle_stage": "DEPRECATED"}, None),
    ],
)
def test_one_value_in_a_row_where_the_schema_wants_several(wanted: Any, code: str | None) -> None:
    """As in TFDV 1.16.1; the feature itself is left out of the schema."""
    schema = Schema.from_tfmd({"feature": [{"name": "x", "type": "INT", **wanted}]})
    for column in (pa.nulls(2, pa.int64()), [[1, 2], [3]]):
        assert validate_statistics(generate_statistics(pa.table({"x": column})), schema) == []
    current = generate_statistics(pa.table({"x": [1, 2]}))
    raised = validate_statistics(current, schema)
    assert [(anomaly.feature, anomaly.code) for anomaly in raised] == (
        [("x", code)] if code else []
    )
    assert all("values in each row" in anomaly.description for anomaly in raised)
    assert validate_statistics(current, update_schema(schema, current)) == []


def test_no_code_is_left_without_a_case() -> None:
    elsewhere = {
        CODE, "SCHEMA_MISSING_COLUMN", "SCHEMA_NEW_COLUMN", "DATASET_LOW_NUM_EXAMPLES",
        "DATASET_HIGH_NUM_EXAMPLES", "COMPARATOR_LOW_NUM_EXAMPLES", "COMPARATOR_HIGH_NUM_EXAMPLES",
        "COMPARATOR_CONTROL_DATA_MISSING", "COMPARATOR_DISTRIBUTION_MOVED",
        "FEATURE_TYPE_LOW_NUMBER_VALUES",
    }  # fmt: skip
    here = {case[0] for case in (*OF_ONE_COLUMN, *COMPARED)}
    assert here | elsewhere == set(SHORT_DESCRIPTIONS)
    assert set(KIND_OF.values()) == set(KINDS)
