"""`generate_statistics` takes any frame: it gives a result, or an error that names the columns."""

import datetime as dt
import json
import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.statistics.arrow_input import equal_batches
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.table import Table


class Unknown:
    """Of a type that nobody knows."""


def described(data: Any) -> Any:
    """The first column, after a round trip through JSON."""
    statistics = generate_statistics(data)
    text = json.dumps(statistics.to_json(), allow_nan=False)
    assert DatasetStatistics.from_json(json.loads(text)) == statistics
    return statistics.features[0]


def series(values: Any, dtype: Any = None) -> Any:
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


RECURSIVE: list[Any] = []
RECURSIVE.append(RECURSIVE)
FRAMES = {
    "a list that holds itself": (series([RECURSIVE], object), "nested", 0),
    "unknown objects": (series([Unknown(), None], object), "nested", 1),
    "lists": (series([[1], [2, 3], None]), "nested", 1),
    "lists and dicts": (series([[1, "a"], {"a": 1}]), "nested", 0),
    "sets": (series([{1}, {2}]), "nested", 0),
    "arrays": (series([np.array([1]), np.array([1, 2])], object), "nested", 0),
    "frames": (series([pd.DataFrame({"a": [1]})], object), "nested", 0),
    "beyond 64 bits": (series([2**70, 1]), "float", 0),
    "unsigned and negative": (series([2**64 - 1, -1]), "float", 0),
    "beyond floats": (series([10**400, 1]), "string", 0),
    "no rows": (series([], object), "null", 0),
    "categories": (series(pd.Categorical(["a", None, "a"], ["a", "unused"])), "string", 1),
    "categories of ints": (series(pd.Categorical([1, 2, None])), "int", 1),
    "intervals as categories": (series(pd.cut([1, 2, np.nan], 2)), "string", 1),
    "decimals": (series([Decimal("1.5"), Decimal("NaN")]), "float", 1),
    "large decimals": (series([Decimal("1e500"), Decimal(1)]), "float", 0),
    "fractions": (series([Fraction(1, 3)]), "float", 0),
    "several kinds of number": (series([1, Decimal("2.5"), np.float32(1)], object), "float", 0),
    "complex": (series([1j, 2]), "string", 0),
    "complex and int": (series([1j, 2], object), "string", 0),
    "periods": (series(pd.period_range("2013-01", periods=3, freq="M")), "timestamp", 0),
    "far periods": (series([pd.Period(year=300_000, freq="Y")]), "string", 0),
    "intervals": (series(pd.interval_range(0, 3)), "string", 0),
    "sparse": (series(pd.arrays.SparseArray([0, 1.5, np.nan])), "float", 1),
    "NaT": (series([pd.NaT, pd.NaT]), "timestamp", 2),
    "with a zone": (series(pd.date_range("2013", periods=3, tz="Asia/Tokyo")), "timestamp", 0),
    "with and without zone": (
        series([pd.Timestamp("2013", tz="UTC"), pd.Timestamp("2013")], object), "timestamp", 0),
    "dates": (series([dt.date(2013, 1, 1), None]), "date", 1),
    "dates and moments": (series([dt.date(2013, 1, 1), dt.datetime(2013, 1, 1, 5)]), "timestamp", 0),
    "far dates": (series([dt.date(9999, 1, 1), dt.datetime(1, 1, 1)], object), "timestamp", 0),
    "times of the day": (series([dt.time(1), None]), "string", 1),
    "durations": (series(pd.to_timedelta([1, None], unit="s")), "float", 1),
    "bytes": (series([b"a", b"\xff", None]), "string", 1),
    "byte arrays": (series([bytearray(b"a"), memoryview(b"b")]), "string", 0),
    "UUIDs": (series([uuid.UUID(int=1), None]), "string", 1),
    "surrogates": (series(["\ud800", "b"], object), "string", 0),
    "bools with None": (series([True, None]), "bool", 1),
    "every missing value": (series(["a", None, np.nan, pd.NA, pd.NaT], object), "string", 4),
    "long double": (series(np.array([1.0], np.longdouble)), "float", 0),
}  # fmt: skip


@pytest.mark.parametrize(("frame", "type_", "missing"), FRAMES.values(), ids=FRAMES)
def test_every_frame_is_described(frame: Any, type_: Any, missing: Any) -> None:
    feature = described(frame)
    assert (feature.type, feature.num_missing, feature.num_rows) == (
        type_,
        missing,
        len(frame),
    )


UNION = pa.UnionArray.from_sparse(
    pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, None]), pa.array(["a", "b", "c"])]
)
RUNS = pa.RunEndEncodedArray.from_arrays([2, 5], pa.array(["a", None]))
KEYS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16), None], pa.binary(16)))
NOT_UTF8 = pa.Array.from_buffers(
    pa.string(),
    1,
    [None, pa.py_buffer(np.array([0, 2], np.int32).tobytes()), pa.py_buffer(b"\xff\xfe")],
)
ARRAYS = {
    "union": (UNION, "nested", 1),
    "run-end encoded": (RUNS, "string", 3),
    "string view": (pa.array(["a", None], pa.string_view()), "string", 1),
    "binary view": (pa.array([b"a", None], pa.binary_view()), "string", 1),
    "list view": (pa.array([[1]], pa.list_view(pa.int64())), "nested", 0),
    "map": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "nested", 0),
    "dictionary with a null": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["a", None])), "string", 2),
    "dictionary of ints": (pa.array([1, None]).dictionary_encode(), "int", 1),
    "dictionary of lists": (
        pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array([[1]])), "nested", 0),
    "UUIDs": (KEYS, "string", 1),
    "bool8": (pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8())), "int", 0),
    "half floats": (pa.array([np.float16(1.5), None], pa.float16()), "float", 1),
    "decimal256": (pa.array([Decimal("1.5")], pa.decimal256(50, 2)), "float", 0),
    "calendar intervals": (pa.array([pa.MonthDayNano([1, 2, 3])]), "nested", 0),
    "extreme moments": (pa.array([-(2**63), 2**63 - 1], pa.timestamp("s")), "timestamp", 0),
    "an unknown zone": (pa.array([1], pa.timestamp("us", "Nowhere/X")), "timestamp", 0),
    "long durations": (pa.array([2**62], pa.duration("s")), "float", 0),
    "strings that are not UTF-8": (NOT_UTF8, "string", 0),
    "codes without a sign": (
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.uint64()), pa.array(["a", "b"])),
        "string", 1),
    "small decimals": (pa.array([Decimal("1.5")], pa.decimal32(5, 2)), "float", 0),
    "seconds of the day": (pa.array([1, None], pa.time32("s")), "string", 1),
}  # fmt: skip


@pytest.mark.parametrize(("array", "type_", "missing"), ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("chunks", [1, 2])
def test_every_arrow_type_is_described(array: Any, type_: Any, missing: Any, chunks: Any) -> None:
    feature = described(pa.table({"x": pa.chunked_array([array] * chunks)}))
    assert (feature.type, feature.num_missing) == (type_, missing * chunks)


@pytest.mark.parametrize(("array", "type_", "missing"), ARRAYS.values(), ids=ARRAYS)
def test_every_arrow_type_is_related_to_others(array: Any, type_: Any, missing: Any) -> None:
    table = pa.table({"x": array, "y": [*"ababa"][: len(array)]})
    by = ["y"] if type_ == "nested" else ["y", "x,y"]
    options: Any = {"slices": by, "min_slice_rows": 1, "cross_features": True}
    statistics = generate_statistics(table, label="y", **options)
    assert sum(piece.num_rows for piece in statistics.slices if piece.by == by[-1]) == len(array)
    if type_ in ("string", "bool", "int", "float") and missing < len(array):
        assert generate_statistics(table, label="x", **options).association
    assert DatasetStatistics.from_json(json.loads(json.dumps(statistics.to_json()))) == statistics


def test_times_of_the_day_are_shown_alike_whatever_their_unit() -> None:
    arrays = [
        pa.array([dt.time(1, 2, 3), dt.time(1, 2, 3, 500_000)], type_)
        for type_ in (pa.time32("ms"), pa.time64("us"), pa.time64("ns"))
    ]
    for array in arrays:
        values = [value for value, _ in described(pa.table({"x": array})).string.value_counts]
        assert values == ["01:02:03", "01:02:03.500000"]


def test_a_value_twice_in_a_dictionary_is_one_value() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), pa.array(["a", "a"]))
    assert described(pa.table({"x": array})).string.value_counts == (("a", 3),)


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (pd.DataFrame(), 0),
        (pd.DataFrame(index=range(5)), 5),
        (pa.table({}), 0),
        (pa.table({"_split": ["train"] * 3}), 3),
        (Table(()), 0),
    ],
)
def test_data_without_columns_has_rows(data: Any, rows: Any) -> None:
    statistics = generate_statistics(data)
    assert (statistics.num_rows, statistics.features) == (rows, ())


def test_names_become_strings() -> None:
    names = pd.Index([1, None, ("a", 2), "\ud800"], dtype=object)
    statistics = generate_statistics(pd.DataFrame([[1, 2, 3, 4]], columns=names))
    assert [f.name for f in statistics.features] == ["1", "None", "('a', 2)", "\\ud800"]


def test_nan_is_a_value_in_arrow_and_missing_in_pandas() -> None:
    arrow = described(pa.table({"x": [float("nan"), None, 1.0]}))
    pandas = described(pd.DataFrame({"x": [float("nan"), None, 1.0]}))
    assert (arrow.num_missing, arrow.numeric.num_nan) == (1, 1)
    assert (pandas.num_missing, pandas.numeric.num_nan) == (2, 0)


class Stream:
    """What polars, DuckDB and others give."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


def test_every_kind_of_data_gives_the_same(tmp_path: Path) -> None:
    table = pa.table(
        {
            "x": np.random.default_rng(0).normal(size=200_000),
            "s": [str(number % 999) for number in range(200_000)],
            "n": pa.array([None, 1, 2, 3] * 50_000),
        }
    )
    pq.write_table(table[:70_000], tmp_path / "1.parquet", row_group_size=999)
    pq.write_table(table[70_000:], tmp_path / "2.parquet", use_dictionary=False)
    expected = generate_statistics(table)
    paths = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    for data in (
        Table(tuple(paths)),
        ds.dataset(paths),
        pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=777)),
        Stream(table),
        table.to_pandas().astype({"n": "Int64"}),
    ):
        assert generate_statistics(data) == expected


def test_files_need_not_have_the_same_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2], "y": ["a", "b"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"x": [0.5]}), tmp_path / "2.parquet")
    statistics = generate_statistics(Table((tmp_path / "1.parquet", tmp_path / "2.parquet")))
    assert (statistics.feature("x").type, statistics.feature("x").numeric.min) == ("float", 0.5)  # type: ignore[union-attr]
    assert (statistics.feature("y").num_rows, statistics.feature("y").num_missing) == (3, 1)


def test_batches_do_not_depend_on_how_rows_are_stored() -> None:
    pieces = [pa.record_batch({"x": list(range(start, start + 3))}) for start in range(0, 12, 3)]
    batches = [batch.column(0).to_pylist() for batch in equal_batches(pieces, 5)]
    assert batches == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=4),
    st.decimals(), st.fractions(), st.complex_numbers(), st.datetimes(), st.dates(), st.times(),
    st.timedeltas(), st.uuids(), st.builds(Unknown),
    st.datetimes(timezones=st.just(dt.UTC)), st.sampled_from([pd.NA, pd.NaT, np.nan]),
)  # fmt: skip
cells = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=2), scalars)
names = st.one_of(
    st.text(max_size=2), st.integers(0, 3), st.none(), st.tuples(st.text(), st.none())
)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_frame_crashes(data: Any) -> None:
    """Columns of one kind or of several, of any name; the only error is one that names a column."""
    rows = data.draw(st.integers(0, 4))
    labels = data.draw(st.lists(names, max_size=3))
    kinds = st.sampled_from([cells, st.integers(), st.floats(), st.text(max_size=3), st.dates()])
    columns = [data.draw(st.lists(data.draw(kinds), min_size=rows, max_size=rows)) for _ in labels]
    frame = pd.DataFrame({place: pd.Series(values, dtype=object) for place, values in
                          enumerate(columns)}, index=range(rows))  # fmt: skip
    frame.columns = pd.Index(labels, dtype=object, tupleize_cols=False)
    try:
        statistics = generate_statistics(frame)
    except DataError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert "column" in refused
        return
    assert statistics.num_rows == rows
    assert len(statistics.features) == len(labels)
    text = json.dumps(statistics.to_json(), allow_nan=False)
    assert DatasetStatistics.from_json(json.loads(text)) == statistics


def test_an_empty_dictionary_of_nulls_is_described() -> None:
    nothing = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.nulls(0))
    table = pa.table({"a": nothing})

    assert generate_statistics(table).num_rows == 0
