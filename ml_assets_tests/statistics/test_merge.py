"""States merge: any cut of the data gives the same statistics, within the stated error."""

import hashlib
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.durable import json_bytes
from ml_assets.errors import DataError
from ml_assets.statistics.category_state import CAPACITY as CATEGORY_CAPACITY
from ml_assets.statistics.category_state import category_state, merge_category
from ml_assets.statistics.dataset_state import batch_state, merge_states
from ml_assets.statistics.describe import describe
from ml_assets.statistics.distinct_sketch import estimate_distinct
from ml_assets.statistics.numeric_state import merge_numeric, numeric_state
from ml_assets.statistics.points import points_of_sorted, thin

numbers = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.0])
texts = st.none() | st.text(max_size=3)
moments = st.none() | st.integers(-50, 50).map(lambda day: day * 86_400_000_000) | st.integers(0, 9)
odd_texts = st.none() | st.sampled_from(
    ["7", "-1.5", "x", "2013-01-01", "a@b.co", "http://x", "1 2"]
)
rows = st.lists(
    st.tuples(
        numbers,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        texts,
        moments,
        odd_texts,
        st.none() | st.booleans(),
    )
)


def batch_of(records: Any) -> Any:
    names = ["x", "i", "s", "t", "o", "b"]
    types = [pa.float64(), pa.int64(), pa.string(), pa.timestamp("us"), pa.string(), pa.bool_()]
    columns = zip(*records, strict=True) if records else [[]] * len(names)
    arrays = [pa.array(list(c), t) for c, t in zip(columns, types, strict=True)]
    return pa.record_batch(arrays, names)


@settings(deadline=None, max_examples=40)
@given(rows, st.integers(0, 20), st.integers(0, 20))
def test_the_merge_of_any_cut_equals_the_whole(records: Any, first: Any, second: Any) -> None:
    low, high = sorted((first, second))
    parts = [records[:low], records[low:high], records[high:]]
    cut = describe(merge_states(batch_state(batch_of(part)) for part in parts), 5, 4)
    whole = describe(batch_state(batch_of(records)), 5, 4)
    assert without_moments(cut) == without_moments(whole)
    for one, other in zip(cut.features, whole.features, strict=True):
        assert_same_moments(one.numeric, other.numeric)


def without_moments(statistics: Any) -> Any:
    json_ = statistics.to_json()
    for feature in json_["features"]:
        for key in ("mean", "std_dev"):
            feature.get("numeric", {}).pop(key, None)
    return json_


def assert_same_moments(one: Any, other: Any) -> None:
    if one is None or one.mean is None or one.std_dev is None or other.std_dev is None:
        return
    size = max(abs(one.min), abs(one.max))
    assert one.mean == pytest.approx(other.mean, rel=1e-9, abs=1e-9 * size)
    assert one.std_dev == pytest.approx(other.std_dev, rel=1e-6, abs=1e-6 * size)


def test_moments_do_not_cancel_far_from_zero() -> None:
    values = 1e9 + np.random.default_rng(1).normal(size=10_000)
    parts = [numeric_state(part) for part in np.array_split(values, 17)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merge_numeric(merged, part)
    variance = merged.moments.squares / merged.moments.count
    assert variance == pytest.approx(values.var(), rel=1e-6)


whole_numbers = st.lists(st.integers(-(10**6), 10**6) | st.integers(-50, 50), min_size=1)


@settings(deadline=None)
@given(whole_numbers, st.integers(0, 20), st.booleans())
def test_moments_of_whole_numbers_are_exact(values: Any, cut: Any, as_floats: Any) -> None:
    array = np.array(values, np.float64 if as_floats else np.int64)
    merged = merge_numeric(numeric_state(array[:cut]), numeric_state(array[cut:])).moments
    count, total = len(values), sum(values)
    assert merged.mean == total / count
    assert merged.squares == float(sum((value - Fraction(total, count)) ** 2 for value in values))
    assert merged == numeric_state(array).moments


def merged_numbers(values: Any, pieces: Any) -> Any:
    parts = [numeric_state(part) for part in np.array_split(values, pieces)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merge_numeric(merged, part)
    return merged


@pytest.mark.parametrize("pieces", [1, 7, 40])
@pytest.mark.parametrize("order", ["random", "sorted"])
def test_quantiles_of_large_data_are_within_the_stated_error(pieces: Any, order: Any) -> None:
    values = np.random.default_rng(2).lognormal(0, 3, 400_000)
    if order == "sorted":
        values.sort()
    state = merged_numbers(values, pieces)
    numeric = describe_numbers(state)
    exact = np.sort(values)
    ranks = np.searchsorted(exact, numeric.quantiles, side="right") / len(values)
    assert 0 < numeric.rank_error < 0.002
    error = np.abs(ranks - np.arange(21) / 20).max()
    assert error <= numeric.rank_error + 1e-5
    assert sum(count for _, count in numeric.distribution) == len(values)


def describe_numbers(state: Any) -> Any:
    from ml_assets.statistics.describe import _numeric

    return _numeric(state, 10)


def test_heavy_values_keep_their_exact_counts() -> None:
    values = np.concatenate([np.zeros(30_000), np.random.default_rng(3).normal(size=70_000)])
    points = thin(points_of_sorted(np.sort(values)), 100)
    assert len(points.values) <= 201
    assert points.counts[points.values == 0.0] == 30_000
    assert points.total == 100_000


@pytest.mark.parametrize("different", [50, 2_000, 100_000])
def test_different_numbers_are_counted_within_the_stated_error(different: Any) -> None:
    values = np.random.default_rng(4).permutation(np.arange(200_000) % different)
    whole, cut = merged_numbers(values, 1), merged_numbers(values, 9)
    assert whole.unique == cut.unique
    assert whole.unique == pytest.approx(different, rel=0.08 if different > 8192 else 0)


def test_an_integer_and_its_float_count_once() -> None:
    merged = merge_numeric(
        numeric_state(np.arange(20_000)), numeric_state(np.arange(20_000).astype(float))
    )
    assert merged.unique == pytest.approx(20_000, rel=0.08)


def test_frequent_texts_keep_their_counts_among_many_rare_ones() -> None:
    rare = [f"id{number}" for number in range(30_000)]
    parts = [category_state(pa.array(["often"] * 500 + rare[i::3])) for i in range(3)]
    merged = merge_category(merge_category(parts[0], parts[1]), parts[2])
    assert len(merged.values) <= CATEGORY_CAPACITY
    assert merged.num_values == 31_500
    (value, count), *_ = merged.most_frequent(1)
    assert value == "often"
    assert 1500 - merged.error <= count <= 1500
    assert merged.error <= merged.num_values / CATEGORY_CAPACITY
    assert merged.unique == pytest.approx(30_001, rel=0.08)


def test_the_estimate_of_an_empty_sketch_is_zero() -> None:
    assert estimate_distinct(np.empty(0, np.uint64)) == 0


def test_a_column_whose_type_changes_is_named() -> None:
    one, other = (batch_state(pa.record_batch({"x": pa.array(v)})) for v in ([1], ["a"]))
    with pytest.raises(DataError, match="'x' is int in one part of the data and string in another"):
        merge_states([one, other])


def test_a_column_that_a_part_lacks_is_missing_there() -> None:
    parts = (pa.record_batch({"x": [1, 2]}), pa.record_batch({"y": [1.5]}))
    merged = describe(merge_states(batch_state(part) for part in parts), 5, 4)
    assert (merged.feature("x").num_missing, merged.feature("y").num_missing) == (1, 2)


def test_equal_data_give_equal_bytes() -> None:
    values = np.random.default_rng(5).normal(size=300_000)
    texts = pa.array((np.random.default_rng(6).integers(0, 50_000, 300_000)).astype(str))

    def digest() -> Any:
        batches = pa.table({"x": values, "s": texts}).to_batches(max_chunksize=65_536)
        described = describe(merge_states(batch_state(batch) for batch in batches), 20, 10)
        return hashlib.sha256(json_bytes(described.to_json())).hexdigest()

    assert digest() == digest()
