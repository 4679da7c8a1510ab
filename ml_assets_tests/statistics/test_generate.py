"""`generate_statistics` against NumPy, pandas and TFDV."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest

from ml_assets.errors import DataError
from ml_assets.statistics.generate import generate_split_statistics, generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.table import Table
from ml_assets_tests.shared_data import shared_path


def only(values: Any, type_: Any = None) -> Any:
    return generate_statistics(pa.table({"x": pa.array(values, type_)})).feature("x")


def test_numbers_agree_with_numpy() -> None:
    values = np.random.default_rng(0).gamma(2.0, 3.0, 5000)
    numeric = only(values).numeric
    assert numeric.mean == pytest.approx(values.mean(), rel=1e-12)
    assert numeric.std_dev == pytest.approx(values.std(), rel=1e-12)
    assert (numeric.min, numeric.median, numeric.max) == (
        values.min(),
        pytest.approx(np.median(values)),
        values.max(),
    )
    expected = np.quantile(values, np.arange(21) / 20, method="inverted_cdf")
    np.testing.assert_array_equal(numeric.quantiles, expected)
    counts, edges = np.histogram(values, 10)
    assert [bucket.count for bucket in numeric.histogram] == counts.tolist()
    assert [bucket.high for bucket in numeric.histogram] == pytest.approx(edges[1:])
    assert (numeric.unique, numeric.unique_is_exact, numeric.rank_error) == (5000, True, 0)


def test_every_number_is_counted_once() -> None:
    feature = only([None, 0.0, -0.0, float("nan"), float("inf"), float("-inf"), 2.0])
    assert (feature.num_rows, feature.num_missing) == (7, 1)
    numeric = feature.numeric
    assert (numeric.num_zeros, numeric.num_nan, numeric.num_inf) == (2, 1, 2)
    assert (numeric.min, numeric.max, numeric.unique) == (0.0, 2.0, 2)
    assert numeric.distribution == ((0.0, 2), (2.0, 1))


def test_quantile_histogram_has_about_equal_counts() -> None:
    histogram = only(np.arange(1000.0)).numeric.quantile_histogram
    assert len(histogram) == 10
    assert sum(bucket.count for bucket in histogram) == 1000
    assert all(99 <= bucket.count <= 101 for bucket in histogram)


def test_texts_agree_with_pandas() -> None:
    values = pd.Series(["b", "a", "a", "", "é", None, "a", "b"])
    feature: Any = generate_statistics(values.to_frame("x"), top_values=2).feature("x")
    counts = values.value_counts()
    assert dict(feature.string.value_counts) == counts.to_dict()
    assert feature.string.top_values == (("a", 3), ("b", 2))
    assert (feature.num_missing, feature.string.unique, feature.string.num_empty) == (1, 4, 1)
    assert (feature.string.min_length, feature.string.max_length) == (0, 1)
    assert feature.string.avg_length == pytest.approx(values.dropna().str.len().mean())


def test_times_have_hours_and_weekdays() -> None:
    moments = pd.date_range("2013-01-01 05:30", periods=48, freq="h")
    feature = only(moments.to_pydatetime(), pa.timestamp("us"))
    assert (feature.type, feature.time.min, feature.time.max) == (
        "timestamp",
        "2013-01-01T05:30:00",
        "2013-01-03T04:30:00",
    )
    assert feature.time.hours == (2,) * 24
    assert feature.time.weekdays == (0, 19, 24, 5, 0, 0, 0)


@pytest.mark.parametrize(
    ("array", "type_"),
    [
        (pa.array([True, False, None]), "bool"),
        (pa.array([1, 2], pa.uint8()), "int"),
        (pa.array([2**64 - 1], pa.uint64()), "int"),
        (pa.array([2**63 - 1, -(2**63)]), "int"),
        (pa.array([1.5], pa.float32()), "float"),
        (pa.array([1], pa.duration("ms")), "float"),
        (pa.array(["1.10"]).cast(pa.decimal128(9, 2)), "float"),
        (pa.array(["a"], pa.large_string()), "string"),
        (pa.array(["a", "a"]).dictionary_encode(), "string"),
        (pa.array([b"\xff", b"a"]), "string"),
        (pa.array([1], pa.time64("us")), "string"),
        (pa.array([0], pa.date64()), "date"),
        (pa.array([0, -(2**62)], pa.timestamp("s", "UTC")), "timestamp"),
        (pa.nulls(3), "null"),
        (pa.array([[1], None]), "nested"),
        (pa.array([{"a": 1}]), "nested"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_common_arrow_types_are_described(array: Any, type_: Any) -> None:
    statistics = generate_statistics(pa.table({"x": array}))
    assert (statistics.num_rows, statistics.feature("x").type) == (len(array), type_)
    assert DatasetStatistics.from_json(json.loads(dumped(statistics))) == statistics


def dumped(statistics: DatasetStatistics) -> str:
    return json.dumps(statistics.to_json(), allow_nan=False)


def test_what_is_derived_once_is_not_stored() -> None:
    statistics = generate_statistics(pa.table({"x": [1, 2, 2], "y": ["a", "b", "b"]}))
    before = dumped(statistics)
    numeric, string = statistics.feature("x").numeric, statistics.feature("y").string
    assert numeric
    assert string
    values, counts = numeric.points
    assert (values.tolist(), counts.tolist()) == ([1.0, 2.0], [1.0, 2.0])
    assert string.counts == {"b": 2, "a": 1}
    assert dumped(statistics) == before


def test_invalid_utf8_is_counted() -> None:
    assert only([b"\xff\xfe", b"ok"], pa.binary()).string.invalid_utf8_count == 1


@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"x": pa.array([], pa.float64()), "s": pa.array([], pa.string())}),
        pa.table({"x": pa.array([], pa.timestamp("ns"))}),
        pa.table({"x": [float("nan")], "y": [1e308]}),
        pa.table({"x": [-1.7e308, 1.7e308]}),
    ],
)
def test_empty_and_extreme_tables_give_plain_json(table: Any) -> None:
    statistics = generate_statistics(table)
    assert DatasetStatistics.from_json(json.loads(dumped(statistics))) == statistics


def test_a_long_text_is_cut() -> None:
    string = only(["x" * 5000, "x" * 6000]).string
    assert string.value_counts == (("x" * 1000, 2),)
    assert string.max_length == 6000


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"x": [1, "a"]}), "column 'x'.* 2 types \\(int, str\\). Convert it to one"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), "more than once: 'x'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "more than once: '1'"),
        ([1, 2], "need a Table, a pandas DataFrame, .*Arrow stream; found list"),
    ],
)
def test_what_cannot_be_described_is_named(frame: Any, message: Any) -> None:
    with pytest.raises(DataError, match=message):
        generate_statistics(frame)


def test_all_columns_that_cannot_be_described_are_named() -> None:
    frame = pd.DataFrame({"x": [1, "a"], "ok": [1, 2], "y": ["b", 1.5]})
    with pytest.raises(DataError, match=r"(?s)'x'.*'y'"):
        generate_statistics(frame)


def test_wanted_columns_that_are_absent_are_named() -> None:
    frame = pd.DataFrame({"hours": [1]})
    with pytest.raises(DataError, match=r"'hour'. Did you mean 'hours'"):
        generate_statistics(frame, columns=["hour"])


def test_a_dataframe_has_its_own_conventions() -> None:
    frame = pd.DataFrame({7: [1.0, float("nan")], "nested": [[1], [2]]}, index=[5, 5])
    statistics = generate_statistics(frame)
    assert [f.name for f in statistics.features] == ["7", "nested"]
    assert statistics.feature("7").num_missing == 1


def test_reserved_columns_are_left_out() -> None:
    table = pa.table({"_split": ["train"], "_label": [1], "x": [1]})
    assert [f.name for f in generate_statistics(table).features] == ["x"]
    assert len(generate_statistics(table, columns=["_label"]).features) == 1


def test_small_row_groups_change_nothing(tmp_path: Path) -> None:
    table = pa.table({"x": np.arange(3000) % 7, "s": [str(i % 5) for i in range(3000)]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=100)
    assert generate_statistics(Table((tmp_path / "t.parquet",))) == generate_statistics(table)


def test_splits_are_described_apart_and_together(tmp_path: Path) -> None:
    table = pa.table({"_split": ["train", "test", "train"], "x": [1, 2, 3], "s": ["a", None, "b"]})
    pq.write_table(table, tmp_path / "t.parquet")
    by_split = generate_split_statistics(Table((tmp_path / "t.parquet",)))
    assert {name: s.num_rows for name, s in by_split.items()} == {
        "train": 2,
        "eval": 0,
        "test": 1,
        "all": 3,
    }
    assert by_split["eval"].feature("x").type == "int"
    assert by_split["all"] == generate_statistics(table)


def test_taxi_agrees_with_tfdv() -> None:
    golden = json.loads(shared_path("taxi_tfdv_golden.json").read_text())["statistics"]
    data = pv.read_csv(
        shared_path("chicago_taxi/data.csv"),
        convert_options=pv.ConvertOptions(strings_can_be_null=True),
    )
    statistics = generate_statistics(data.cast(_single_precision(data.schema)))
    assert statistics.num_rows == golden["num_examples"]
    for name, expected in golden["features"].items():
        _compare_with_tfdv(statistics.feature(name), expected)


def _single_precision(schema: pa.Schema) -> pa.Schema:
    """TFDV reads floats in single precision."""
    fields = [f.with_type(pa.float32()) if f.type == pa.float64() else f for f in schema]
    return pa.schema(fields)


def _compare_with_tfdv(found: Any, expected: dict[str, Any]) -> None:
    counts = found.num_missing, found.num_non_missing
    assert counts == (expected["num_missing"], expected["num_non_missing"])
    if found.string:
        assert found.string.unique == expected["unique"]
        # TFDV computes the average in single precision.
        assert found.string.avg_length == pytest.approx(expected["avg_length"], rel=1e-7)
        # Of equally frequent values TFDV lists the last ones by name, we the first.
        assert [c for _, c in found.string.top_values] == [c for _, c in expected["top_values"]]
        assert set(map(tuple, expected["top_values"])) <= set(found.string.value_counts)
        return
    numeric = found.numeric
    assert numeric.mean == pytest.approx(expected["mean"], rel=1e-14)
    assert numeric.std_dev == pytest.approx(expected["std_dev"], rel=1e-12, abs=1e-12)
    assert numeric.num_zeros == expected["num_zeros"]
    for key in ("min", "median", "max"):
        assert getattr(numeric, key) == expected[key]
    _compare_histograms(numeric, expected)


def _compare_histograms(numeric: Any, expected: dict[str, Any]) -> None:
    """TFDV's edges are ours; its counts come from quantiles, to within its sketch's error of 1 %."""
    standard = expected["histogram_standard"]
    assert numeric.num_nan == standard["num_nan"]
    edges = [high for _, high, _ in standard["buckets"]]
    if len(numeric.histogram) == len(edges):
        assert [b.high for b in numeric.histogram] == pytest.approx(edges)
        error = 0.01 * sum(count for _, _, count in standard["buckets"])
        counts = [count for _, _, count in standard["buckets"]]
        assert [b.count for b in numeric.histogram] == pytest.approx(counts, abs=error)
    # TFDV may give one value several buckets, we do not: compared is what lies up to a shared edge.
    ours, theirs = (
        dict(zip([b[0] for b in buckets], np.cumsum([b[1] for b in buckets]).tolist(), strict=True))
        for buckets in (
            [(b.high, b.count) for b in numeric.quantile_histogram],
            [(high, count) for _, high, count in expected["histogram_quantiles"]["buckets"]],
        )
    )
    shared = ours.keys() & theirs.keys()
    assert shared
    error = 0.01 * max(theirs.values())
    assert [ours[high] for high in shared] == pytest.approx(
        [theirs[high] for high in shared], abs=error
    )
