"""Weighted statistics against NumPy and pandas."""

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
from ml_assets.statistics.dataset_state import batch_state, merge_states
from ml_assets.statistics.describe import describe
from ml_assets.statistics.generate import generate_split_statistics, generate_statistics
from ml_assets.table import Table


def frame(rows: int = 5000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = rng.normal(size=rows)
    values[::10] = np.nan
    return pd.DataFrame(
        {
            "x": values,
            "s": rng.choice(["a", "b", "c"], rows),
            "b": rng.random(rows) < 0.3,
            "t": pd.Timestamp("2013") + pd.to_timedelta(rng.integers(0, 99, rows), "D"),
            "w": rng.gamma(1.0, 2.0, rows),
        }
    )


def test_numbers_agree_with_numpy() -> None:
    data = frame()
    statistics = generate_statistics(data, weight_column="w")
    weighted: Any = statistics.feature("x").weighted
    there = data["x"].notna()
    values, weights = data["x"][there].to_numpy(), data["w"][there].to_numpy()
    assert weighted.num_non_missing == pytest.approx(weights.sum())
    assert weighted.num_missing == pytest.approx(data["w"][~there].sum())
    mean = np.average(values, weights=weights)
    assert weighted.mean == pytest.approx(mean)
    assert weighted.std_dev == pytest.approx(
        np.sqrt(np.average((values - mean) ** 2, weights=weights))
    )
    median = np.quantile(values, 0.5, weights=weights, method="inverted_cdf")
    assert weighted.median == median
    counts, edges = np.histogram(values, 10, weights=weights)
    assert [bucket.count for bucket in weighted.histogram] == pytest.approx(counts)
    assert [bucket.high for bucket in weighted.histogram] == pytest.approx(edges[1:])
    tenths = [bucket.count for bucket in weighted.quantile_histogram]
    assert tenths == pytest.approx([weights.sum() / 10] * 10, abs=2 * weights.max())


def test_values_agree_with_pandas() -> None:
    data = frame()
    statistics = generate_statistics(data, weight_column="w")
    for name in ("s", "b"):
        expected = data.groupby(name)["w"].sum()
        weighted: Any = statistics.feature(name).weighted
        top = {key.lower(): value for key, value in weighted.top_values}
        assert top == pytest.approx({str(k).lower(): v for k, v in expected.items()})
        assert [v for _, v in weighted.top_values] == sorted(top.values(), reverse=True)
    assert statistics.feature("t").weighted.num_non_missing == pytest.approx(data["w"].sum())  # type: ignore[union-attr]


def test_weights_of_one_change_nothing() -> None:
    data = frame().assign(w=1)
    for feature in generate_statistics(data, weight_column="w").features:
        weighted: Any = feature.weighted
        assert weighted.num_non_missing == feature.num_non_missing
        if numeric := feature.numeric:
            assert weighted.mean == pytest.approx(numeric.mean)
            assert weighted.histogram == numeric.histogram
        if string := feature.string:
            assert weighted.top_values == string.top_values


def test_rows_of_weight_zero_count_for_nothing() -> None:
    data = pd.DataFrame({"x": [1.0, 2.0, 1e9], "s": ["a", "b", "z"], "w": [1, 1, 0]})
    statistics = generate_statistics(data, weight_column="w")
    x, s = statistics.feature("x").weighted, statistics.feature("s").weighted
    assert x is not None
    assert s is not None
    assert (x.mean, x.histogram[-1].high) == (1.5, 2.0)
    assert s.top_values == (("a", 1.0), ("b", 1.0))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (
            [1.0, -1.0, -2.0, 1.0],
            r"'w' has weights that are none: 2 negative, of 4 rows.*give such",
        ),
        (
            pa.array([1.0, None, float("nan"), float("inf")]),
            "1 missing, 2 NaN or above 1e.280, of 4 rows",
        ),
        (["1", "2", "3", "4"], "weight column 'w' is string; weights are numbers"),
    ],
)
def test_weights_that_are_none_are_refused(weights: Any, message: Any, tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2, 3, 4], "w": weights, "_split": ["train", "eval"] * 2})
    with pytest.raises(DataError, match=message):
        generate_statistics(table, weight_column="w")
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        generate_split_statistics(Table((tmp_path / "t.parquet",)), weight_column="w")


def test_an_absent_weight_column_is_named() -> None:
    with pytest.raises(DataError, match=r"'weigth'. Did you mean 'weight'"):
        generate_statistics(pd.DataFrame({"weight": [1]}), weight_column="weigth")


def test_every_way_of_reading_gives_the_same(tmp_path: Path) -> None:
    table = pa.Table.from_pandas(frame(), preserve_index=False)
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=700)
    read = generate_statistics(Table((tmp_path / "t.parquet",)), weight_column="w", columns=["x"])
    assert read.features == (generate_statistics(table, weight_column="w").feature("x"),)


rows = st.lists(
    st.tuples(
        st.none() | st.integers(-5, 5) | st.floats(-1e6, 1e6),
        st.none() | st.sampled_from("abc"),
        st.floats(0, 100),
    )
)


def batch_of(records: Any) -> Any:
    columns = zip(*records, strict=True) if records else [[], [], []]
    types = [pa.float64(), pa.string(), pa.float64()]
    arrays = [pa.array(list(c), t) for c, t in zip(columns, types, strict=True)]
    return pa.record_batch(arrays, ["x", "s", "w"])


def close(one: Any, other: Any, error: Any) -> bool:
    if one is None or other is None:
        return one is other
    return bool(one == pytest.approx(other, rel=1e-6, abs=error))


@settings(deadline=None, max_examples=40)
@given(rows, st.integers(0, 20))
def test_the_merge_of_any_cut_equals_the_whole(records: Any, cut: Any) -> None:
    parts = [batch_of(records[:cut]), batch_of(records[cut:])]
    merged = describe(merge_states(batch_state(p, weight_column="w") for p in parts), 9, 4)
    whole = describe(batch_state(batch_of(records), weight_column="w"), 9, 4)
    for one, other in zip(merged.features, whole.features, strict=True):
        first, second = one.weighted, other.weighted
        assert first is not None
        assert second is not None
        assert first.num_missing == pytest.approx(second.num_missing)
        assert first.num_non_missing == pytest.approx(second.num_non_missing)
        assert dict(first.top_values) == pytest.approx(dict(second.top_values))
        assert close(first.mean, second.mean, 1e-6)
        assert close(first.std_dev, second.std_dev, 1e-3)
        counts = [[bucket.count for bucket in part.histogram] for part in (first, second)]
        assert counts[0] == pytest.approx(counts[1])


def test_weighted_quantiles_of_large_data_are_within_the_stated_error() -> None:
    rng = np.random.default_rng(3)
    values, weights = rng.normal(size=400_000), rng.gamma(0.5, 1.0, 400_000)
    table = pa.table({"x": values, "w": weights})
    weighted: Any = generate_statistics(table, weight_column="w").feature("x").weighted
    order = np.argsort(values)
    ranks = np.cumsum(weights[order]) / weights.sum()
    rank = ranks[np.searchsorted(values[order], weighted.median, side="right") - 1]
    assert 0 < weighted.rank_error < 0.002
    assert abs(rank - 0.5) <= weighted.rank_error + 1e-5
