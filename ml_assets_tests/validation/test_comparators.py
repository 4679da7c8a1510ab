"""What is found in comparison with other data: distances, the default alarm, numbers of rows."""

from typing import Any

import pyarrow as pa
import pytest

from ml_assets.schema.model import Comparator, Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.validation.one_column import anomalies

STRINGS = ["a"] * 6 + ["b"] * 4
MOVED = ["a"] * 2 + ["b"] * 8
NUMBERS = [float(n) for n in range(100)]
# The limits, the distance in words, and its value.
COMPARED: list[tuple[str, Any, Any, str, str, float]] = [
    ("COMPARATOR_L_INFTY_HIGH", STRINGS, MOVED, "l_infinity", "'b' went from 80.0% to 40.0%", 0.4),
    (
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
        STRINGS,
        MOVED,
        "normalized_abs_difference",
        "'b' went from 80.0% to 40.0%",
        0.2,
    ),
    (
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
        ["a"],
        ["b"],
        "jensen_shannon",
        "the Jensen-Shannon divergence is 1, and the schema allows 0.01",
        1.0,
    ),
    ("COMPARATOR_PSI_HIGH", STRINGS, MOVED, "psi", "population stability index", 0.5787),
    (
        "COMPARATOR_WASSERSTEIN_HIGH",
        [n + 10 for n in NUMBERS],
        NUMBERS,
        "wasserstein",
        "raise drift.wasserstein of x in the schema",
        10 / 28.86607,
    ),
    ("COMPARATOR_KS_HIGH", [n + 10 for n in NUMBERS], NUMBERS, "ks", "Kolmogorov", 0.1),
]


@pytest.mark.parametrize(("code", "values", "other", "key", "message", "value"), COMPARED)
def test_a_code_of_a_comparator(
    code: Any, values: Any, other: Any, key: Any, message: Any, value: Any
) -> None:
    type_: Any = "string" if isinstance(values[0], str) else "float"
    feature = {"type": type_, "drift": Comparator(**{key: 0.01})}
    (anomaly,) = anomalies(values, feature, other)
    assert anomaly.code == code
    assert message in anomaly.description
    assert (anomaly.value, anomaly.limit) == (pytest.approx(value, abs=1e-4), 0.01)
    within = {"type": type_, "drift": Comparator(**{key: value + 0.001})}
    assert anomalies(values, within, other) == []


def test_nothing_to_compare_with() -> None:
    current = generate_statistics(pa.table({"x": ["a"]}))
    schema = Schema((Feature("x", "string", drift=Comparator(l_infinity=0.1)),))
    without = generate_statistics(pa.table({"y": ["a"]}))
    (anomaly,) = validate_statistics(current, schema, previous_statistics=without)
    assert anomaly.code == "COMPARATOR_CONTROL_DATA_MISSING"
    assert "The schema compares x with the previous data, which have no such column." in (
        anomaly.description
    )


def test_the_default_alarm_judges_what_has_no_comparator() -> None:
    feature: dict[str, Any] = {"type": "string"}
    (anomaly,) = anomalies(["a", "b"] * 500, feature, ["a"] * 1000)
    assert (anomaly.code, anomaly.severity) == ("COMPARATOR_DISTRIBUTION_MOVED", "WARN")
    assert "'b'" in anomaly.description
    feature["drift"] = Comparator(l_infinity=0.9)
    assert anomalies(["a", "b"] * 500, feature, ["a"] * 1000) == []


def test_a_comparator_that_can_measure_nothing_hides_no_change() -> None:
    """L-infinity is not of numbers; TFDV calls it 0."""
    feature = {"type": "float", "drift": Comparator(l_infinity=0.1)}
    now, before = [n + 90 for n in NUMBERS] * 3, NUMBERS * 3
    (anomaly,) = anomalies(now, feature, before)
    assert (anomaly.code, anomaly.severity) == ("COMPARATOR_DISTRIBUTION_MOVED", "WARN")
    assert anomalies(now, {**feature, "drift": Comparator(l_infinity=0.1, ks=1.0)}, before) == []


@pytest.mark.parametrize(
    ("rows", "limits", "code", "message"),
    [
        (
            4,
            (0.5, 2.0),
            "COMPARATOR_LOW_NUM_EXAMPLES",
            "4 rows, and the previous span had 10, 0.4 times",
        ),
        (
            30,
            (0.5, 2.0),
            "COMPARATOR_HIGH_NUM_EXAMPLES",
            "the schema wants at most 2 times as many",
        ),
        (20, (None, 2.0), None, ""),
        (9, (0.9, None), None, ""),
    ],
)
def test_rows_compared_with_before(rows: Any, limits: Any, code: Any, message: Any) -> None:
    raised = anomalies([1] * rows, {"type": "int"}, [1] * 10, rows_vs_previous=limits)
    assert [anomaly.code for anomaly in raised] == ([code] if code else [])
    assert all(message in anomaly.description for anomaly in raised)


def test_rows_compared_with_an_earlier_version_of_the_same_span() -> None:
    now, before = (generate_statistics(pa.table({"x": [1] * rows})) for rows in (10, 30))
    schema = Schema((Feature("x", "int"),), rows_vs_version=(0.9, 1.1))
    (anomaly,) = validate_statistics(now, schema, previous_version_statistics=before)
    assert "the previous version had 30" in anomaly.description
    assert validate_statistics(now, schema, previous_statistics=before) == []


def test_more_rows_than_none_are_too_many() -> None:
    empty = generate_statistics(pa.table({"x": pa.array([], pa.int64())}))
    schema = Schema((Feature("x", "int"),), rows_vs_previous=(0.5, 2.0))
    (anomaly,) = validate_statistics(
        generate_statistics(pa.table({"x": [1]})), schema, previous_statistics=empty
    )
    assert anomaly.code == "COMPARATOR_HIGH_NUM_EXAMPLES"
