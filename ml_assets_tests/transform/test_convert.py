from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.transform.convert import (
    parse_numbers,
    to_date_parts,
    to_numbers,
    to_seconds,
    to_texts,
)

NAN = float("nan")


def frame(values: Any, dtype: Any = None) -> Any:
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2], "int64", [1.0, 2.0]),
        ([1, None], "Int64", [1.0, NAN]),
        ([True, False], "bool", [1.0, 0.0]),
        ([True, None], "boolean", [1.0, NAN]),
        ([True, None, 0], "object", [1.0, NAN, 0.0]),
        ([1.5, np.inf, -np.inf], "float64", [1.5, NAN, NAN]),
        (["1", "2.5", None], "str", [1.0, 2.5, NAN]),
        ([Decimal("1.5"), None], "object", [1.5, NAN]),
        ([2**70, None], "object", [2.0**70, NAN]),
        ([None, None], "object", [NAN, NAN]),
        ([1, 2], "category", [1.0, 2.0]),
    ],
)
def test_numbers_are_the_same_in_every_dtype(values: Any, dtype: Any, expected: Any) -> None:
    np.testing.assert_array_equal(to_numbers(frame(values, dtype))[:, 0], expected)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [(["abc"], "str"), ([datetime(2020, 1, 1)], None), ([[1]], "object"), (["1", "x"], "object")],
)
def test_what_is_no_number_is_refused_without_showing_it(values: Any, dtype: Any) -> None:
    with pytest.raises(DataError, match=r"column 'x' must hold numbers; found .* dtype") as error:
        to_numbers(frame(values, dtype))
    assert "abc" not in str(error.value)


def test_parsed_texts_that_are_no_numbers_are_missing() -> None:
    numbers = parse_numbers(frame(["1", "1e400", "one", None, " 2 "]))
    np.testing.assert_array_equal(numbers[:, 0], [1.0, NAN, NAN, NAN, 2.0])


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["a", None, ""], "str", ["a", NAN, ""]),
        (["001", "NA"], "object", ["001", "NA"]),
        ([1, 2], "int64", ["1", "2"]),
        ([1.0, None], "float64", ["1", NAN]),
        ([1.5], "float64", ["1.5"]),
        (["a", "b"], "category", ["a", "b"]),
        ([True, None], "object", ["True", NAN]),
    ],
)
def test_texts_are_the_same_in_every_dtype(values: Any, dtype: Any, expected: Any) -> None:
    assert list(to_texts(frame(values, dtype))[:, 0]) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    "values",
    [
        [datetime(2013, 7, 4, 15, 30), None],
        ["2013-07-04T15:30:00", None],
        ["2013-07-04T17:30:00+02:00", None],
        [pd.Timestamp("2013-07-04 15:30", tz="UTC"), None],
        pd.Series(["2013-07-04 15:30", None], dtype="datetime64[ns, UTC]"),
    ],
)
def test_date_parts_do_not_depend_on_how_a_moment_is_written(values: Any) -> None:
    parts = {"x": ["month", "day", "day_of_week", "hour", "minute"]}
    dates = to_date_parts(frame(values), parts)
    np.testing.assert_array_equal(dates, [[7, 4, 3, 15, 30], [NAN] * 5])


def test_dates_far_away_have_parts() -> None:
    dates = to_date_parts(frame([date(9999, 12, 31), date(1, 1, 2)]), {"x": ["month", "day"]})
    np.testing.assert_array_equal(dates, [[12, 31], [1, 2]])


@pytest.mark.parametrize("values", [[20130704], ["soon"], [1.5, None]])
def test_what_is_no_date_is_refused(values: Any) -> None:
    with pytest.raises(DataError, match="column 'x' must hold dates or timestamps"):
        to_date_parts(frame(values), {"x": ["month"]})


def test_a_column_of_nulls_has_missing_parts() -> None:
    assert np.isnan(to_date_parts(frame([NAN, NAN]), {"x": ["month"]})).all()


@given(st.lists(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)), min_size=1))
def test_seconds_are_those_since_1970(moments: Any) -> None:
    expected = [(moment - datetime(1970, 1, 1)).total_seconds() for moment in moments]
    np.testing.assert_allclose(to_seconds(frame(moments))[:, 0], expected, rtol=0, atol=1e-5)


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(2**63), 2**64))))
def test_numbers_are_finite_or_missing(values: Any) -> None:
    numbers = to_numbers(frame(values, "object"))
    assert not np.isinf(numbers).any()
    assert len(numbers) == len(values)
