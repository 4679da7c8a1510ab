from datetime import date

import numpy as np
import pandas as pd
import pytest

from ml_assets.errors import DataError
from ml_assets.evaluation.slices import MAX_SLICES, cut_slices
from ml_assets.spec import columns_and_bins

TABLE = pd.DataFrame(
    {
        "origin": ["EWR", "JFK", "EWR", None, "JFK", "EWR"],
        "month": [1, 1, 2, 2, 1, 2],
        "day": pd.to_datetime(["2013-01-01"] * 6),
    }
)


def test_each_value_is_a_slice_and_null_is_a_value() -> None:
    slicing = cut_slices(TABLE, ["origin"], 1)
    rows = {piece.name: piece.rows.tolist() for piece in slicing.slices}
    assert rows == {"origin=EWR": [0, 2, 5], "origin=JFK": [1, 4], "origin=(null)": [3]}
    assert slicing.slices[-1].values == (None,)


def test_crosses_have_a_slice_for_each_combination_that_occurs() -> None:
    rows = {p.name: p.rows.tolist() for p in cut_slices(TABLE, ["origin,month"], 1).slices}
    assert rows == {
        "origin=EWR, month=1": [0],
        "origin=EWR, month=2": [2, 5],
        "origin=JFK, month=1": [1, 4],
        "origin=(null), month=2": [3],
    }


def test_small_slices_are_left_out_and_counted() -> None:
    slicing = cut_slices(TABLE, ["origin", "day"], 2)
    names = [piece.name for piece in slicing.slices]
    assert names == ["origin=EWR", "origin=JFK", "day=2013-01-01T00:00:00"]
    assert slicing.left_out == 1


def test_a_text_that_looks_like_null_is_another_slice_than_null() -> None:
    slicing = cut_slices(pd.DataFrame({"a": ["(null)", None]}), ["a"], 1)
    assert len({piece.key for piece in slicing.slices}) == 2


def test_the_largest_slices_are_kept_where_there_are_too_many() -> None:
    table = pd.DataFrame({"id": np.concatenate([np.arange(300), [7, 7, 299]])})
    slicing = cut_slices(table, ["id"], 1)
    assert len(slicing.slices) == MAX_SLICES
    assert slicing.left_out == 300 - MAX_SLICES
    assert {"id=7", "id=299"} <= {piece.name for piece in slicing.slices}


def test_no_rows_give_no_slices() -> None:
    assert cut_slices(TABLE.head(0), ["origin,month"], 1).slices == ()


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(DataError, match=r"evaluation.slices: 'orign', 'x'.*mean 'origin'"):
        cut_slices(TABLE, ["orign", "month,x"], 1)


def test_quantile_bins_of_numbers_and_times_are_slices_and_null_is_one() -> None:
    table = pd.DataFrame(
        {
            "x": [*range(8), None],
            "day": [*pd.date_range("2026-01-01", periods=8), None],
            "date": [*(date(2026, 1, 1 + day) for day in range(8)), None],
        }
    )
    for column, names in {
        "x": ["0 to 1", "2 to 3", "4 to 5", "6 to 7"],
        "day": [f"2026-01-0{d}T00:00:00 to 2026-01-0{d + 1}T00:00:00" for d in (1, 3, 5, 7)],
        "date": [f"2026-01-0{d} to 2026-01-0{d + 1}" for d in (1, 3, 5, 7)],
    }.items():
        pieces = cut_slices(table, [f"{column}:4"], 1).slices
        assert [piece.name for piece in pieces] == [f"{column}={n}" for n in [*names, "(null)"]]
        assert [piece.rows.tolist() for piece in pieces] == [[0, 1], [2, 3], [4, 5], [6, 7], [8]]


def test_a_cross_may_hold_bins_and_few_values_are_a_bin_each() -> None:
    table = pd.DataFrame({"a": ["u", "v"] * 4, "x": [1, 1, 2, 2, 10, 10, 10, 10]})
    rows = {p.name: p.rows.tolist() for p in cut_slices(table, ["a, x:3"], 1).slices}
    assert rows == {
        "a=u, x=1": [0], "a=u, x=2": [2], "a=u, x=10": [4, 6],
        "a=v, x=1": [1], "a=v, x=2": [3], "a=v, x=10": [5, 7],
    }  # fmt: skip


def test_bins_ascend_whatever_their_names() -> None:
    table = pd.DataFrame({"x": np.arange(40)})
    pieces = cut_slices(table, ["x:4"], 1).slices
    assert [piece.values[0] for piece in pieces] == ["0 to 9", "10 to 19", "20 to 29", "30 to 39"]


def test_what_has_no_quantiles_is_refused() -> None:
    with pytest.raises(DataError, match=r"'origin:4': only numbers and times have quantiles"):
        cut_slices(TABLE, ["origin:4"], 1)


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("a", [("a", None)]),
        ("a:4", [("a", 4)]),
        ("a, b:10", [("a", None), ("b", 10)]),
        ("a:b", [("a:b", None)]),
        ("a:b:3", [("a:b", 3)]),
        ("a:1", [("a:1", None)]),
    ],
)
def test_a_number_behind_a_colon_is_how_many_bins(
    by: str, parts: list[tuple[str, int | None]]
) -> None:
    assert columns_and_bins(by) == parts
