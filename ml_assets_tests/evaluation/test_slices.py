import numpy as np
import pandas as pd
import pytest

from ml_assets.errors import DataError
from ml_assets.evaluation.slices import MAX_SLICES, cut_slices

TABLE = pd.DataFrame(
    {
        "origin": ["EWR", "JFK", "EWR", None, "JFK", "EWR"],
        "month": [1, 1, 2, 2, 1, 2],
        "day": pd.to_datetime(["2013-01-01"] * 6),
    }
)


def test_each_value_is_a_slice_and_null_is_a_value() -> None:
    found = cut_slices(TABLE, ["origin"], 1)
    rows = {piece.name: piece.rows.tolist() for piece in found.slices}
    assert rows == {"origin=EWR": [0, 2, 5], "origin=JFK": [1, 4], "origin=(null)": [3]}
    assert found.slices[-1].values == (None,)


def test_crosses_have_a_slice_for_each_combination_that_occurs() -> None:
    rows = {p.name: p.rows.tolist() for p in cut_slices(TABLE, ["origin,month"], 1).slices}
    assert rows == {
        "origin=EWR, month=1": [0],
        "origin=EWR, month=2": [2, 5],
        "origin=JFK, month=1": [1, 4],
        "origin=(null), month=2": [3],
    }


def test_small_slices_are_left_out_and_counted() -> None:
    found = cut_slices(TABLE, ["origin", "day"], 2)
    names = [piece.name for piece in found.slices]
    assert names == ["origin=EWR", "origin=JFK", "day=2013-01-01T00:00:00"]
    assert (found.left_out, found.rows_left_out) == (1, 1)


def test_a_text_that_looks_like_null_is_another_slice_than_null() -> None:
    found = cut_slices(pd.DataFrame({"a": ["(null)", None]}), ["a"], 1)
    assert len({piece.key for piece in found.slices}) == 2


def test_the_largest_slices_are_kept_where_there_are_too_many() -> None:
    table = pd.DataFrame({"id": np.concatenate([np.arange(300), [7, 7, 299]])})
    found = cut_slices(table, ["id"], 1)
    assert len(found.slices) == MAX_SLICES
    assert found.left_out == 300 - MAX_SLICES
    assert {"id=7", "id=299"} <= {piece.name for piece in found.slices}


def test_no_rows_give_no_slices() -> None:
    assert cut_slices(TABLE.head(0), ["origin,month"], 1).slices == ()


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(DataError, match=r"evaluation.slices: 'orign', 'x'.*mean 'origin'"):
        cut_slices(TABLE, ["orign", "month,x"], 1)
