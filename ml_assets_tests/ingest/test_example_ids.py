from datetime import datetime
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.ingest.example_ids import example_ids

VALUES = st.one_of(st.none(), st.text(max_size=5))


def _ids(columns: dict[str, list[Any]], *key: str) -> list[str]:
    ids: list[str] = example_ids(pa.record_batch(columns), key).to_pylist()
    return ids


def test_an_id_is_the_hash_of_the_canonical_key() -> None:
    expected = blake2b(b"UA\x1f7\x1f2013-01-01 05:15:00.000000", digest_size=16).hexdigest()
    columns: dict[str, list[Any]] = {
        "c": ["UA"],
        "f": [7],
        "t": [datetime(2013, 1, 1, 5, 15)],
        "x": ["other"],
    }
    assert _ids(columns, "c", "f", "t") == [expected]


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("key", [("a", "b"), ()])
def test_ids_are_equal_exactly_where_keys_are(
    key: tuple[str, ...], rows: list[tuple[str | None, str | None]]
) -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    batch = pa.RecordBatch.from_pylist([{"a": left, "b": right} for left, right in rows], schema)
    ids = example_ids(batch, key).to_pylist()
    assert len(set(ids)) == len(set(rows))
    assert dict(zip(ids, rows, strict=True)) == {
        example_id: row for row, example_id in zip(rows, ids, strict=True)
    }


@pytest.mark.parametrize("value", ["\\N", "\\", "\x1f", "\\u", "", "a\x1fb"], ids=ascii)
def test_no_value_is_taken_for_a_null_or_for_two_values(value: str) -> None:
    ids = _ids({"a": [value, None, "a"], "b": ["", "", "b"]}, "a", "b")
    assert len(set(ids)) == 3


def test_a_whole_number_has_the_same_id_as_int_and_as_float() -> None:
    assert _ids({"a": [7]}, "a") == _ids({"a": [7.0]}, "a")


def test_without_a_key_the_order_of_columns_and_empty_columns_do_not_matter() -> None:
    ids = _ids({"a": [1], "b": ["x"]})
    assert _ids({"b": ["x"], "a": [1], "c": [None], "_split": ["train"]}) == ids
    assert _ids({"a": ["x"], "b": [1]}) != ids


def test_no_rows_have_no_ids() -> None:
    schema = pa.schema([("a", pa.string())])
    assert example_ids(pa.RecordBatch.from_pylist([], schema), ["a"]).to_pylist() == []
