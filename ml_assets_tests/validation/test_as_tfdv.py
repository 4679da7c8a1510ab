"""Cases of our own, by the borders of each rule; TFDV 1.16.1 was asked for what it finds in each."""

import math
from typing import Any

import pyarrow as pa
import pytest

from ml_assets.schema.model import Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.comparators import measure_distances
from ml_assets.validation.validate import validate_statistics

NAN, INF, NOT_UTF8 = math.nan, math.inf, b"\xff"
WRONG_TYPE, NOT_INT, NOT_FLOAT = (
    "UNEXPECTED_DATA_TYPE",
    "INT_TYPE_NOT_INT_STRING",
    "FLOAT_TYPE_STRING_NOT_FLOAT",
)
NO_BOOL, OFF_DOMAIN = "BOOL_TYPE_UNEXPECTED_STRING", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
BAD_SCHEMA, BAD_DOMAIN = "INVALID_SCHEMA_SPECIFICATION", "DOMAIN_INVALID_FOR_TYPE"
FEW, FEW_OF_ALL = "FEATURE_TYPE_LOW_NUMBER_PRESENT", "FEATURE_TYPE_LOW_FRACTION_PRESENT"
TEN = ["a"] * 5 + ["z"] * 5

# What the schema says of x beside its name, the cells of x, and the anomalies of x.
OF_ONE_COLUMN: list[tuple[str, list[Any], list[str]]] = [
    ("type: INT bool_domain {}", [0, 1, None], []),
    ("type: INT bool_domain {}", [0, 1, 2], ["BOOL_TYPE_BIG_INT"]),
    ("type: INT bool_domain {}", [-1, 0, 2], ["BOOL_TYPE_SMALL_INT"]),
    ('type: INT bool_domain { true_value: "y" }', [0, 1], []),
    ('type: INT bool_domain { true_value: "y" }', [2], ["BOOL_TYPE_BIG_INT"]),
    ('type: INT bool_domain { true_value: "y" }', ["n"], [WRONG_TYPE, NO_BOOL]),
    ("type: FLOAT bool_domain {}", [0.0, 1.0], []),
    ("type: FLOAT bool_domain {}", [0.0, 0.5], ["BOOL_TYPE_UNEXPECTED_FLOAT"]),
    ("type: FLOAT bool_domain {}", [1.0, NAN], ["BOOL_TYPE_UNEXPECTED_FLOAT"]),
    ("type: FLOAT bool_domain {}", [1.0, INF], ["BOOL_TYPE_UNEXPECTED_FLOAT"]),
    ("type: BYTES bool_domain {}", ["true"], [NO_BOOL]),
    ('type: BYTES bool_domain { true_value: "y" }', ["y", None], []),
    ('type: BYTES bool_domain { true_value: "y" }', ["y", "n"], [NO_BOOL]),
    ('type: BYTES bool_domain { true_value: "y" }', ["y", ""], [NO_BOOL]),
    ('type: BYTES bool_domain { true_value: "y" }', [1, 0], [WRONG_TYPE]),
    ("type: INT int_domain { min: 7 max: 10 }", [7, 10], []),
    ("type: INT int_domain { min: 7 max: 10 }", [6, 8], ["INT_TYPE_SMALL_INT"]),
    ("type: INT int_domain { min: 7 max: 10 }", [8, 11], ["INT_TYPE_BIG_INT"]),
    (
        "type: INT int_domain { min: 7 max: 10 }",
        [6, 11],
        ["INT_TYPE_SMALL_INT", "INT_TYPE_BIG_INT"],
    ),
    ("type: INT int_domain { min: 0 }", ["5", "x"], [WRONG_TYPE, NOT_INT]),
    ("type: INT int_domain { min: 0 }", ["5", "-5"], [WRONG_TYPE, "INT_TYPE_SMALL_INT"]),
    ("type: INT int_domain { is_categorical: true }", ["a"], [WRONG_TYPE, NOT_INT]),
    ("type: INT int_domain { max: 1 }", [0.5, 9.5], [WRONG_TYPE]),
    ("type: INT", [True, False, None], []),
    ("type: INT int_domain { min: 1 }", [True, False], ["INT_TYPE_SMALL_INT"]),
    ("type: INT int_domain { max: 0 }", [True, False], ["INT_TYPE_BIG_INT"]),
    ("type: FLOAT", [True], [WRONG_TYPE]),
    ("type: BYTES", [True], [WRONG_TYPE]),
    ("type: BYTES int_domain {}", [" 14", "+17 ", "0007", "-9223372036854775808"], []),
    ("type: BYTES int_domain {}", ["14", ""], [NOT_INT]),
    ("type: BYTES int_domain {}", ["14", "1.0"], [NOT_INT]),
    ("type: BYTES int_domain {}", ["14", "9223372036854775808"], [NOT_INT]),
    ("type: BYTES int_domain {}", [b"14", NOT_UTF8], [NOT_INT]),
    ("type: BYTES int_domain { max: 16 }", ["14", "17"], ["INT_TYPE_BIG_INT"]),
    ("type: BYTES int_domain { max: 16 }", [14, 17], [WRONG_TYPE, "INT_TYPE_BIG_INT"]),
    ("type: FLOAT", [1.5, NAN, INF], []),
    ("type: FLOAT float_domain { min: 0.5 max: 1.5 }", [0.5, 1.5, NAN], []),
    ("type: FLOAT float_domain { min: 0.5 max: 1.5 }", [0.25, 1.0], ["FLOAT_TYPE_SMALL_FLOAT"]),
    ("type: FLOAT float_domain { min: 0.5 max: 1.5 }", [1.0, 1.75], ["FLOAT_TYPE_BIG_FLOAT"]),
    ("type: FLOAT float_domain { disallow_nan: true }", [1.0, NAN], ["FLOAT_TYPE_HAS_NAN"]),
    ("type: FLOAT float_domain { disallow_nan: true }", [1.0, None, INF], []),
    ("type: FLOAT float_domain { disallow_inf: true }", [1.0, -INF], ["FLOAT_TYPE_HAS_INF"]),
    (
        "type: FLOAT float_domain { max: 1 disallow_nan: true disallow_inf: true }",
        [2.0, NAN, INF],
        ["FLOAT_TYPE_HAS_NAN", "FLOAT_TYPE_BIG_FLOAT", "FLOAT_TYPE_HAS_INF"],
    ),
    ("type: FLOAT float_domain { disallow_nan: true }", ["a"], [WRONG_TYPE, NOT_FLOAT]),
    (
        "type: FLOAT float_domain { disallow_nan: true }",
        ["nan"],
        [WRONG_TYPE, "FLOAT_TYPE_HAS_NAN"],
    ),
    ("type: BYTES float_domain {}", ["1e3", ".5", " 2. ", "NaN", "inf"], []),
    ("type: BYTES float_domain {}", ["1.5", ""], [NOT_FLOAT]),
    ("type: BYTES float_domain {}", ["1.5", "1,5"], [NOT_FLOAT]),
    ("type: BYTES float_domain {}", [NOT_UTF8], [NOT_FLOAT]),
    ("type: BYTES float_domain { min: 3 }", ["2.5"], ["FLOAT_TYPE_SMALL_FLOAT"]),
    ("type: BYTES float_domain { min: 3 }", [1, 2], [WRONG_TYPE]),
    ("type: BYTES float_domain { min: 3 }", [1.5], [WRONG_TYPE, "FLOAT_TYPE_SMALL_FLOAT"]),
    ("type: BYTES float_domain { disallow_inf: true }", ["inf"], ["FLOAT_TYPE_HAS_INF"]),
    ('type: BYTES string_domain { value: "a" }', ["a", None], []),
    ('type: BYTES string_domain { value: "a" }', ["a", "A"], [OFF_DOMAIN]),
    ('type: BYTES string_domain { value: "a" }', ["a", ""], [OFF_DOMAIN]),
    ("type: BYTES string_domain {}", ["a"], [OFF_DOMAIN]),
    ('type: BYTES string_domain { value: "a" }', [b"a", NOT_UTF8], ["ENUM_TYPE_INVALID_UTF8"]),
    ('type: BYTES string_domain { value: "a" }', [1], [WRONG_TYPE]),
    ("type: BYTES", [b"a", NOT_UTF8], []),
    (
        'type: BYTES string_domain { value: "a" } distribution_constraints { min_domain_mass: 0.5 }',
        [*TEN, None],
        [],
    ),
    (
        'type: BYTES string_domain { value: "a" } distribution_constraints { min_domain_mass: 0.5 }',
        [*TEN, "z"],
        [OFF_DOMAIN],
    ),
    (
        'type: BYTES string_domain { value: "a" } distribution_constraints { min_domain_mass: 0 }',
        ["z"],
        [],
    ),
    ('type: BYTES domain: "D"', ["a"], ["INVALID_DOMAIN_SPECIFICATION"]),
    ('type: INT domain: "D"', [1], [BAD_DOMAIN]),
    ("type: FLOAT int_domain {}", [0.5], [BAD_DOMAIN]),
    ("type: FLOAT natural_language_domain {}", [0.5], [BAD_DOMAIN]),
    ("type: BYTES struct_domain {}", ["a"], [BAD_DOMAIN]),
    ("type: FLOAT image_domain {}", [0.5], [BAD_DOMAIN]),
    ("type: INT image_domain {}", ["a"], [BAD_DOMAIN, WRONG_TYPE]),
    ("int_domain { min: 3 } presence { min_fraction: 2 }", [1], ["FEATURE_MISSING_TYPE"]),
    (
        'string_domain { value: "a" } presence { min_fraction: 2 }',
        ["b"],
        ["FEATURE_MISSING_TYPE", BAD_SCHEMA, OFF_DOMAIN],
    ),
    ("type: INT presence { min_fraction: -1 }", [1], [BAD_SCHEMA]),
    ("type: INT value_count { min: -1 }", [1], [BAD_SCHEMA]),
    ("type: INT value_count { min: 1 max: 0 }", [None], [BAD_SCHEMA]),
    ("type: INT shape { dim { size: 0 } }", [1], [BAD_SCHEMA]),
    ("type: INT distribution_constraints { min_domain_mass: 0.5 }", [1], [BAD_SCHEMA]),
    (
        'type: INT string_domain { value: "a" } presence { min_fraction: 1.5 }',
        ["a"],
        [BAD_SCHEMA, BAD_DOMAIN, WRONG_TYPE],
    ),
    ("type: INT presence { min_fraction: 0.5 }", [1, None], []),
    ("type: INT presence { min_fraction: 0.7142857142857143 }", [1] * 5 + [None] * 2, []),
    ("type: INT presence { min_fraction: 0.51 }", [1, None], [FEW_OF_ALL]),
    ("type: INT presence { min_count: 2 }", [1, 2, None], []),
    ("type: INT presence { min_fraction: 1 min_count: 3 }", [1, None], [FEW, FEW_OF_ALL]),
    ("type: INT presence { min_count: 1 }", [None], ["FEATURE_TYPE_NOT_PRESENT"]),
    ("type: INT presence { min_count: 0 }", [None], []),
    (
        "type: INT presence { min_fraction: 1 } shape { dim { size: 1 } }",
        [1.5, None],
        ["INVALID_FEATURE_SHAPE", FEW_OF_ALL, WRONG_TYPE],
    ),
    ("type: BYTES unique_constraints { min: 2 max: 3 }", ["a", "b", "a"], []),
    ("type: BYTES unique_constraints { min: 2 max: 3 }", ["a"], ["FEATURE_TYPE_LOW_UNIQUE"]),
    ("type: BYTES unique_constraints { min: 0 max: 1 }", ["a", "b"], ["FEATURE_TYPE_HIGH_UNIQUE"]),
    ("type: INT unique_constraints { min: 1 max: 3 }", [1, 2], ["FEATURE_TYPE_NO_UNIQUE"]),
    ("type: INT deprecated: true", ["a"], []),
    ("type: INT lifecycle_stage: PRODUCTION", ["a"], [WRONG_TYPE]),
]

# The comparator of x, its cells now and before, the anomalies, and what is measured.
COMPARED: list[tuple[str, list[Any], list[Any], list[str], list[float]]] = [
    ("infinity_norm { threshold: 0.5 }", ["a", "b"], [1, 2], [], [0.5]),
    ("infinity_norm { threshold: 0.4 }", ["a", "b"], [1, 2], ["COMPARATOR_L_INFTY_HIGH"], [0.5]),
    ("infinity_norm { threshold: 0.4 }", ["a", "b"], [None], ["COMPARATOR_L_INFTY_HIGH"], [0.5]),
    ("infinity_norm { threshold: 0.4 }", [None], ["a", "b"], [], []),
    ("infinity_norm {}", ["a"], ["b"], [], []),
    ("normalized_abs_difference { threshold: 0.5 }", ["a", "b"], [1, 2], [], [0.5]),
    ("jensen_shannon_divergence { threshold: 0.5 }", ["a"], [1], [], []),
    ("jensen_shannon_divergence { threshold: 0.9 }", [1.0, NAN], [2.0, 3.0], [
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"], [1.0]),
    (
        "infinity_norm { threshold: 0.4 } jensen_shannon_divergence { threshold: 0.4 } "
        "normalized_abs_difference { threshold: 0.4 }",
        ["a", "a"],
        ["b", "b"],
        [
            "COMPARATOR_L_INFTY_HIGH",
            "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
            "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        ],
        [1.0, 0.5, 1.0],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "cells", "codes"), OF_ONE_COLUMN)
def test_a_column_has_the_anomalies_that_tfdv_finds(feature: str, cells: Any, codes: Any) -> None:
    schema = Schema.from_tfmd(f'feature {{ name: "x" {feature} }}')
    assert [anomaly.code for anomaly in validate_statistics(described(cells), schema)] == codes


@pytest.mark.parametrize("side", ["drift", "skew"])
@pytest.mark.parametrize(("comparator", "now", "before", "codes", "distances"), COMPARED)
def test_a_column_is_as_far_from_another_as_tfdv_says(
    comparator: str, now: Any, before: Any, codes: Any, distances: Any, side: str
) -> None:
    type_ = "FLOAT" if isinstance(now[0], float) else "BYTES"
    schema = Schema.from_tfmd(
        f'feature {{ name: "x" type: {type_} {side}_comparator {{ {comparator} }} }}'
    )
    previous = described(before) if side == "drift" else None
    serving = described(before) if side == "skew" else None
    anomalies = validate_statistics(described(now), schema, None, previous, serving)
    assert [anomaly.code for anomaly in anomalies] == codes
    measured = measure_distances(described(now), schema, previous, serving)
    assert [measurement.value for measurement in measured] == pytest.approx(distances)


def test_nothing_is_compared_without_a_type() -> None:
    comparator = "drift_comparator { infinity_norm { threshold: 0 } }"
    schema = Schema.from_tfmd(f'feature {{ name: "x" {comparator} }}')
    previous = described(["b"])
    anomalies = validate_statistics(described(["a"]), schema, None, previous)
    assert [anomaly.code for anomaly in anomalies] == ["FEATURE_MISSING_TYPE"]
    assert measure_distances(described(["a"]), schema, previous) == []


def described(cells: list[Any]) -> DatasetStatistics:
    return generate_statistics(pa.table({"x": pa.array(cells)}))
