"""A single request is judged as rows are."""

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.schema.model import Feature, Schema
from ml_assets.table import Table
from ml_assets.validation.example import validate_example
from ml_assets.validation.rows import find_broken_rows

NAN, INF = math.nan, math.inf


def codes(value: Any, **feature: Any) -> list[str]:
    schema = Schema((Feature("x", **feature),))
    return [anomaly.code for anomaly in validate_example({"x": value}, schema)]


FINE: list[tuple[Any, dict[str, Any]]] = [
    (3, {"type": "int"}),
    (3.0, {"type": "int"}),
    (np.int64(3), {"type": "int"}),
    (True, {"type": "int", "holds": "bool"}),
    (False, {"type": "int", "max": 0}),
    (3, {"type": "float"}),
    (Decimal("3.5"), {"type": "float", "max": 4.0}),
    (np.float32(3.5), {"type": "float"}),
    ("a", {"type": "string"}),
    (np.str_("a"), {"type": "string", "domain": ("a",)}),
    (b"a", {"type": "string"}),
    (b"\xff", {"type": "string", "max_length": 1}),
    ("007", {"type": "string", "holds": "int", "max": 7}),
    ("y", {"type": "string", "holds": "bool", "bool_values": ("y", "n")}),
    (True, {"type": "bool"}),
    (np.True_, {"type": "bool"}),
    (1, {"type": "bool"}),
    (date(2024, 5, 17), {"type": "date"}),
    ("2024-05-17", {"type": "date", "latest": date(2024, 5, 17)}),
    (pd.Timestamp("2024-05-17"), {"type": "date"}),
    ("2024-05-17T23:59:59", {"type": "timestamp", "latest": date(2024, 5, 17)}),
    ("2024-05-17T08:30:00Z", {"type": "timestamp"}),
    (np.datetime64("2024-05-17T08:30"), {"type": "timestamp"}),
    (date(2024, 5, 17), {"type": "timestamp"}),
    ("0001-01-01T00:00:00+05:00", {"type": "timestamp"}),
    (pd.Timestamp(np.datetime64(2**62, "s")), {"type": "timestamp", "earliest": date(1, 1, 1)}),
    (pd.Timedelta("1s"), {"type": "float", "min": 1.0, "max": 1.0}),
    (np.longdouble(1.5), {"type": "float", "max": 1.5}),
    (time(5, 6), {"type": "string", "domain": ("05:06:00",)}),
    (pd.Period("2020-01"), {"type": "timestamp", "latest": date(2020, 1, 1)}),
    (Decimal("sNaN"), {"type": "float", "allow_nan": True}),
    (None, {"type": "int", "min_fraction": 0.5}),
    (pd.NA, {"type": "int", "nullable": True}),
    (pd.NaT, {"type": "timestamp", "nullable": True}),
    (NAN, {"type": "float", "allow_nan": True}),
    (INF, {"type": "float", "allow_inf": True, "max": 1.0}),
    ("off", {"type": "string", "domain": ("on",), "min_domain_mass": 0.9}),
    (object(), {"type": "int", "stage": "DEPRECATED"}),
]


@pytest.mark.parametrize(("value", "feature"), FINE)
def test_what_is_fine(value: Any, feature: Any) -> None:
    assert codes(value, **feature) == []


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (3.5, {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
    ("3", {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
    (True, {"type": "float"}, "UNEXPECTED_DATA_TYPE"),
    (True, {"type": "int", "max": 0}, "INT_TYPE_BIG_INT"),
    ([3], {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
    (np.array([1, 2]), {"type": "int"}, "UNEXPECTED_DATA_TYPE"),
    (np.array([1, 2]), {"type": "timestamp"}, "UNEXPECTED_DATA_TYPE"),
    (3, {"type": "string"}, "UNEXPECTED_DATA_TYPE"),
    ("true", {"type": "bool"}, "UNEXPECTED_DATA_TYPE"),
    ("17.5.2024", {"type": "date"}, "UNEXPECTED_DATA_TYPE"),
    ("2024-05-17T08:30:00", {"type": "date"}, "UNEXPECTED_DATA_TYPE"),
    (1715934600, {"type": "timestamp"}, "UNEXPECTED_DATA_TYPE"),
    (None, {"type": "int"}, "FEATURE_TYPE_NOT_PRESENT"),
    (2, {"type": "bool"}, "BOOL_TYPE_BIG_INT"),
    (-1, {"type": "int", "holds": "bool"}, "BOOL_TYPE_SMALL_INT"),
    (0.5, {"type": "float", "holds": "bool"}, "BOOL_TYPE_UNEXPECTED_FLOAT"),
    ("?", {"type": "string", "holds": "bool"}, "BOOL_TYPE_UNEXPECTED_STRING"),
    (b"\xff", {"type": "string", "domain": ("a",)}, "ENUM_TYPE_INVALID_UTF8"),
    (b"\xff", {"type": "string", "holds": "int"}, "INT_TYPE_NOT_INT_STRING"),
    ("b", {"type": "string", "domain": ("a",)}, "ENUM_TYPE_UNEXPECTED_STRING_VALUES"),
    ("x1", {"type": "string", "holds": "int"}, "INT_TYPE_NOT_INT_STRING"),
    ("1.5x", {"type": "string", "holds": "float"}, "FLOAT_TYPE_STRING_NOT_FLOAT"),
    ("9", {"type": "string", "holds": "int", "max": 7}, "INT_TYPE_BIG_INT"),
    (0, {"type": "int", "min": 1}, "INT_TYPE_SMALL_INT"),
    (2, {"type": "float", "max": 1.0}, "FLOAT_TYPE_BIG_FLOAT"),
    (NAN, {"type": "float"}, "FLOAT_TYPE_HAS_NAN"),
    (-INF, {"type": "float", "min": 0.0}, "FLOAT_TYPE_HAS_INF"),
    ("abcd", {"type": "string", "max_length": 3}, "STRING_TYPE_LONG_STRING"),
    ("", {"type": "string", "min_length": 1}, "STRING_TYPE_SHORT_STRING"),
    (
        "0001-01-01T00:00:00+05:00",
        {"type": "timestamp", "earliest": date(1, 1, 1)},
        "TIME_TYPE_EARLY_TIME",
    ),
    ("2024-05-18", {"type": "date", "latest": date(2024, 5, 17)}, "TIME_TYPE_LATE_TIME"),
    (
        datetime(2024, 5, 17, 1, tzinfo=timezone(timedelta(hours=2))),
        {"type": "timestamp", "earliest": datetime(2024, 5, 17, tzinfo=UTC)},
        "TIME_TYPE_EARLY_TIME",
    ),
]


@pytest.mark.parametrize(("value", "feature", "code"), WRONG)
def test_what_is_wrong(value: Any, feature: Any, code: Any) -> None:
    assert codes(value, **feature) == [code]


SCHEMA = Schema(
    (
        Feature("age", "int", min=0),
        Feature("city", "string", min_fraction=0.9),
        Feature("label", "bool", not_in=("SERVING",)),
    ),
    left_out=(("id", "a key"),),
)


def test_messages_say_what_is_wrong_and_what_to_do() -> None:
    anomalies = validate_example({"age": -1, "label": True, "citi": "x", "id": 7}, SCHEMA)
    assert [(anomaly.feature, anomaly.code, anomaly.severity) for anomaly in anomalies] == [
        ("age", "INT_TYPE_SMALL_INT", "ERROR"),
        ("label", "SCHEMA_NEW_COLUMN", "WARN"),
        ("citi", "SCHEMA_NEW_COLUMN", "WARN"),
    ]
    assert anomalies[0].description == (
        "age is -1, below its minimum of 0. Correct the value, or what the schema says of age."
    )
    assert (anomalies[0].expected, anomalies[0].found) == ("at least 0", "-1")
    assert "label is not expected in SERVING" in anomalies[1].description
    assert "Did you mean 'city'?" in anomalies[2].description


def test_an_absent_column_is_missed_where_it_must_have_a_value() -> None:
    (anomaly,) = validate_example({}, SCHEMA)
    assert (anomaly.feature, anomaly.code) == ("age", "SCHEMA_MISSING_COLUMN")
    (label,) = validate_example({"age": 1}, SCHEMA, "TRAINING")
    assert label.feature == "label"
    with pytest.raises(
        ValueError, match="environment must be one of TRAINING, SERVING; got 'PROD'"
    ):
        validate_example({}, SCHEMA, "PROD")


def test_a_row_of_a_frame_is_an_example() -> None:
    frame = pd.DataFrame({"age": [3], "city": [np.nan]})
    for example in (frame, frame.iloc[0], frame.to_dict("records")[0] | {"city": None}):
        assert validate_example(example, SCHEMA) == []
    with pytest.raises(DataError, match=r"an example is one row; the DataFrame has 2"):
        validate_example(pd.concat([frame, frame]), SCHEMA)
    with pytest.raises(DataError, match="a name occurs more than once"):
        validate_example(pd.DataFrame([[1, 2]], columns=["x", "x"]), Schema())
    with pytest.raises(
        DataError, match="a mapping, a pandas Series or a DataFrame with one row; found list"
    ):
        validate_example([3], SCHEMA)


ints = st.integers(-5, 5)
numbers = st.one_of(ints.map(float), st.sampled_from([0.5, NAN, INF, -INF]))
texts = st.sampled_from(["", "a", "b", "7", "-3", "1.5", "nan", "inf", "true", "äöü", "1e2"])
days = st.dates(date(2024, 1, 1), date(2024, 1, 9))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 9))
limit = st.none() | ints
nothing: dict[str, Any] = {"min_fraction": st.sampled_from([0.0, 1.0])}


def features(type_: str, **options: Any) -> Any:
    return st.builds(Feature, st.just("x"), st.just(type_), **{**nothing, **options})


TYPED = st.sampled_from([None, ("a", "7", "true")])
FLAGS = {"allow_nan": st.booleans(), "allow_inf": st.booleans()}
RANGE = {"min": limit, "max": limit}
FROM, UNTIL = st.none() | moments, st.none() | days
COLUMNS: dict[Any, tuple[Any, Any]] = {
    pa.int64(): (
        ints,
        features("int", **RANGE, holds=st.sampled_from([None, "bool", "category"]))
        | features("float", **RANGE)
        | features("bool"),
    ),
    pa.float64(): (
        numbers,
        features("float", **RANGE, **FLAGS) | features("float", holds=st.just("bool")),
    ),
    pa.string(): (
        texts,
        features("string", domain=TYPED, min_length=st.sampled_from([None, 1]))
        | features("string", **RANGE, **FLAGS, holds=st.sampled_from(["int", "float"]))
        | features("string", max_length=st.sampled_from([None, 2]), holds=st.just("int"))
        | features(
            "string", holds=st.just("bool"), bool_values=st.sampled_from([None, ("a", None)])
        ),
    ),
    pa.binary(): (
        st.sampled_from([b"a", b"7", b"\xff", b""]),
        features("string", domain=TYPED, max_length=st.sampled_from([None, 0]))
        | features("string", **RANGE, holds=st.just("int")),
    ),
    pa.date32(): (
        days,
        features("date", earliest=UNTIL, latest=UNTIL)
        | features("timestamp", earliest=FROM, latest=UNTIL),
    ),
    pa.timestamp("us"): (moments, features("timestamp", earliest=FROM, latest=UNTIL)),
}


@settings(deadline=None, max_examples=40)
@given(st.data(), st.sampled_from(list(COLUMNS)))
def test_examples_and_rows_agree(tmp_path_factory: Any, data: Any, type_: Any) -> None:
    values, feature = COLUMNS[type_]
    cells = data.draw(st.lists(st.none() | values, min_size=1, max_size=20))
    schema = Schema((data.draw(feature),))
    folder: Path = tmp_path_factory.mktemp("rows")
    pq.write_table(pa.table({"x": pa.array(cells, type_)}), folder / "t.parquet")
    by_row: dict[int, list[str]] = {row: [] for row in range(len(cells))}
    for found in find_broken_rows(Table((folder / "t.parquet",)), schema):
        code = "FEATURE_TYPE_NOT_PRESENT" if found.rule == "not_nullable" else found.code
        by_row[found.row].append(code)
    for row, cell in enumerate(cells):
        judged = [anomaly.code for anomaly in validate_example({"x": cell}, schema, None)]
        assert judged == by_row[row], (cell, schema.features[0])


def test_what_a_pipeline_adds_to_rows_is_no_new_column() -> None:
    """As in statistics, which leave these columns out."""
    row = {"x": 1, "_example_id": "a", "_span": "2024", "_split": "train", "_label": 1}
    assert validate_example(row, Schema((Feature("x", "int"),))) == []
