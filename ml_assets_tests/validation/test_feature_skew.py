"""Rows that training and serving share are compared value by value."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.table import write_table
from ml_assets.validation import detect_feature_skew


def training(rows: int = 100) -> pd.DataFrame:
    ids = np.arange(rows)
    return pd.DataFrame(
        {
            "id": ids,
            "miles": ids * 10.0 + 1,
            "city": np.where(ids % 2, "Oslo", "Rome"),
            "n": ids % 7,
        }
    )


def test_equal_rows_in_another_order_do_not_differ() -> None:
    frame = training()
    skew = detect_feature_skew(frame, frame.sample(frac=1, random_state=0), key=["id"])
    assert skew.mismatched == ()
    assert (skew.match.matched, skew.match.only_training, skew.match.only_serving) == (100, 0, 0)
    assert [feature.rows for feature in skew.features] == [100, 100, 100]


def test_mismatches_are_counted_named_and_shown() -> None:
    serving = training()
    serving.loc[:9, "city"] = "OSLO"
    serving["miles"] *= 1.609344
    skew = detect_feature_skew(training(), serving, key=["id"], max_samples=2)
    miles, city, n = skew.features
    assert (miles.feature, miles.mismatches, miles.fraction) == ("miles", 100, 1.0)
    assert "1.609 times those of training: miles to kilometres?" in miles.explanation
    assert (city.feature, city.mismatches) == ("city", 10)
    assert city.confusion == (("Rome", "OSLO", 5), ("Oslo", "OSLO", 5))
    assert city.samples == (
        {"key": {"id": 0}, "training": "Rome", "serving": "OSLO"},
        {"key": {"id": 1}, "training": "Oslo", "serving": "OSLO"},
    )
    assert (n.mismatches, n.explanation) == (0, "")
    json.dumps(skew.to_json(), allow_nan=False)


def test_keys_that_repeat_or_are_missing_are_counted_and_not_compared() -> None:
    here = pd.DataFrame({"k": ["a", "b", "b", "c", None], "x": [1, 2, 3, 4, 5]})
    there = pd.DataFrame({"k": ["a", "b", "d", "d", "e"], "x": [1, 9, 9, 9, 9]})
    match = detect_feature_skew(here, there, key=["k"]).match
    assert match.matched == 1
    assert (match.training_rows, match.serving_rows) == (5, 5)
    assert (match.training_duplicates, match.serving_duplicates) == (1, 1)
    assert (match.training_without_key, match.serving_without_key) == (1, 0)
    assert (match.only_training, match.only_serving) == (1, 2)


@pytest.mark.parametrize(
    ("here", "there", "options", "differ"),
    [
        ([1.0, np.nan], [1.0 + 1e-9, np.nan], {}, 0),
        ([1.0, 2.0], [1.05, 2.0], {}, 1),
        ([1.0, 2.0], [1.05, 2.0], {"relative_tolerance": 0.1}, 0),
        ([0.0, 2.0], [0.05, 2.0], {"absolute_tolerance": 0.1}, 0),
        ([1, 2], [1.0, 2.0], {}, 0),
        ([1, 2], ["1", "2"], {}, 2),
        ([True, False], [True, True], {}, 1),
        ([np.inf, -np.inf], [np.inf, np.inf], {}, 1),
        (["a", None], ["a", None], {}, 0),
        (["a", None], ["a", "b"], {}, 1),
        ([2**62, 1], [2**62 + 1, 1], {}, 1),
        ([[1], [2]], [[1], [3]], {}, 1),
    ],
)
def test_what_equals_what(here: Any, there: Any, options: Any, differ: int) -> None:
    sides = (pa.table({"k": [1, 2], "x": pa.array(side)}) for side in (here, there))
    (mismatch,) = detect_feature_skew(*sides, key=["k"], **options).features
    assert mismatch.mismatches == differ


def test_a_value_on_one_side_only_is_told_as_such() -> None:
    here = pd.DataFrame({"k": [1, 2, 3], "x": ["a", "b", None]})
    there = pd.DataFrame({"k": [1, 2, 3], "x": ["a", None, "c"]})
    (mismatch,) = detect_feature_skew(here, there, key=["k"]).features
    assert (mismatch.mismatches, mismatch.only_training, mismatch.only_serving) == (2, 1, 1)
    assert "1 have no value at serving; 1 have a value at serving only" in mismatch.explanation


def test_a_key_of_two_columns_and_columns_of_one_side() -> None:
    here = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "x"], "v": [1, 2, 3], "old": 0})
    there = pd.DataFrame({"a": [1, 1, 2], "b": ["y", "x", "x"], "v": [2, 1, 4], "new": 0})
    skew = detect_feature_skew(here, there, key=["a", "b"])
    assert [(feature.feature, feature.mismatches) for feature in skew.features] == [("v", 1)]
    assert (skew.only_training, skew.only_serving) == (("old",), ("new",))
    assert skew.features[0].samples[0]["key"] == {"a": 2, "b": "x"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"key": []}, "key names no column"),
        ({"key": ["ids"]}, r"'ids' is not a column of training.*Did you mean 'id'\?"),
        ({"key": ["id"], "columns": ["mile"]}, "'mile' is not a column of training"),
    ],
)
def test_what_cannot_be_compared_is_refused(options: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        detect_feature_skew(training(), training(), **options)


def test_a_key_of_two_types_is_refused() -> None:
    with pytest.raises(DataError, match=r"'id' is int64 in training and .*string at serving"):
        detect_feature_skew(
            training(), training().assign(id=lambda f: f.id.astype(str)), key=["id"]
        )


def test_ids_that_became_floats_still_match() -> None:
    serving = training().assign(id=lambda f: f.id.astype(float))
    for part_rows in (10, 1000):
        skew = detect_feature_skew(training(), serving, key=["id"], part_rows=part_rows)
        assert skew.match.matched == 100


keys = st.lists(st.integers(0, 20) | st.none(), max_size=40)


@settings(deadline=None, max_examples=30)
@given(keys, keys, st.integers(1, 30))
def test_parts_give_what_the_whole_gives(here: Any, there: Any, part_rows: int) -> None:
    sides = [
        pa.table({"k": pa.array(side, pa.int64()), "v": pa.array(range(len(side)), pa.int64())})
        for side in (here, there)
    ]
    whole, parts = (
        detect_feature_skew(*sides, key=["k"], max_samples=0, part_rows=rows)
        for rows in (1000, part_rows)
    )
    assert parts == whole
    once = [{k for k in side if k is not None and side.count(k) == 1} for side in (here, there)]
    assert whole.match.matched == len(once[0] & once[1])


def test_tables_on_disk_are_compared(tmp_path: Path) -> None:
    data = pa.Table.from_pandas(training(), preserve_index=False)
    tables = [
        write_table(tmp_path / f"{name}.parquet", data.to_batches(), data.schema) for name in "ab"
    ]
    skew = detect_feature_skew(*tables, key=["id"], part_rows=50)
    assert (skew.match.matched, skew.mismatched) == (100, ())


@pytest.mark.parametrize(
    "values",
    [
        pa.nulls(3),
        pa.array([b"\xff", b"", None]),
        pa.array([2**62, -(2**62), 0]),
        pa.array([float("nan"), float("inf"), None]),
        pa.array([[1], None, []]),
        pa.array(["a", None, "a"]).dictionary_encode(),
        pa.array([True, None, False]),
        pa.array([0, 1, None], pa.timestamp("ns", "UTC")),
        pa.array([0, 1, None], pa.time32("s")),
    ],
    ids=str,
)
@pytest.mark.parametrize("part_rows", [2, 100])
def test_odd_values_equal_themselves_and_may_be_a_key(values: Any, part_rows: int) -> None:
    table = pa.table({"k": [1, 2, 3], "x": values})
    skew = detect_feature_skew(table, table, key=["k"], part_rows=part_rows)
    assert (skew.match.matched, skew.mismatched) == (3, ())
    if pa.types.is_nested(values.type):
        with pytest.raises(DataError, match="'x' holds lists or structs"):
            detect_feature_skew(table, table, key=["x"], part_rows=part_rows)
    else:
        assert detect_feature_skew(table, table, key=["x"], part_rows=part_rows).mismatched == ()
