from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.errors import DataError
from ml_assets.ingest.sources import common_types, open_source
from ml_assets.ingest.spec import SourceSpec
from ml_assets.ingest.table_part import parquet_part
from ml_assets_tests.ingest.reading import read_rows

PARQUET = SourceSpec(parquet="data.parquet")


def _write(folder: Path, column: Any, name: str = "data.parquet") -> None:
    pq.write_table(pa.table({"a": column}), folder / name)


@pytest.mark.parametrize(
    ("column", "kind", "first"),
    [
        (pa.array([1], pa.int8()), "int", 1),
        (pa.array([1], pa.uint32()), "int", 1),
        (pa.array([1.5], pa.float32()), "float", 1.5),
        (pa.array([Decimal("7")], pa.decimal128(5, 0)), "int", 7),
        (pa.array([Decimal("7.25")], pa.decimal128(5, 2)), "float", 7.25),
        (pa.array(["x"]).dictionary_encode(), "string", "x"),
        (pa.array(["x"], pa.large_string()), "string", "x"),
        (pa.array([True]), "bool", True),
        (pa.array([np.datetime64("2013-01-01T05:00", "ns")]), "timestamp", datetime(2013, 1, 1, 5)),
        (pa.array([0], pa.timestamp("ms", "Europe/Oslo")), "timestamp", datetime(1970, 1, 1)),
        (pa.nulls(1), "string", None),
        (pa.array([float("nan")]), "float", None),
    ],
)
def test_every_plain_type_becomes_one_of_six(
    tmp_path: Path, column: Any, kind: str, first: Any
) -> None:
    _write(tmp_path, column)
    types, rows, _ = read_rows(PARQUET, tmp_path)
    assert types == {"a": kind}
    assert rows == [{"a": first}]


def test_an_infinite_value_becomes_null_and_is_counted(tmp_path: Path) -> None:
    _write(tmp_path, pa.array([1.0, float("inf"), float("-inf"), float("nan")]))
    source = open_source(PARQUET, tmp_path, tmp_path)
    (part,) = source.parts
    rows = [row for batch in part.batches({"a": "float"}) for row in batch.to_pylist()]
    assert [row["a"] for row in rows] == [1.0, None, None, None]
    assert part.infinite == {"a": 2}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([[1]]), r"1 of 1 columns cannot be read: 'a' \(list<"),
        (pa.array([b"x"]), r"'a' \(binary\)"),
        (pa.array([2**63], pa.uint64()), r"'a' does not fit into a column of type int"),
    ],
)
def test_what_cannot_be_kept_is_refused(tmp_path: Path, column: Any, message: str) -> None:
    _write(tmp_path, column)
    with pytest.raises(DataError, match=message):
        read_rows(PARQUET, tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", r"data\.parquet is empty"), (b"a,b\n1,2\n", r"is not a Parquet file, or is cut short")],
)
def test_a_file_that_is_not_parquet_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "data.parquet").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_rows(PARQUET, tmp_path)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, pa.array(range(10_000)))
    content = (tmp_path / "data.parquet").read_bytes()
    (tmp_path / "data.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"is cut short"):
        read_rows(PARQUET, tmp_path)


def test_files_whose_types_share_no_other_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, pa.array([1]), "1.parquet")
    _write(tmp_path, pa.array(["x"]), "2.parquet")
    source = open_source(SourceSpec(parquet="."), tmp_path, tmp_path)
    with pytest.raises(
        DataError, match=r"'a' has types that share no other: int in 1\.parquet, string"
    ):
        common_types(source.types(), "parquet")


def test_a_row_without_a_required_value_is_set_aside(tmp_path: Path) -> None:
    _write(tmp_path, pa.array([5, None, 7]))
    _, rows, rejected = read_rows(PARQUET, tmp_path, required=("a",))
    assert [row["a"] for row in rows] == [5, 7]
    assert [(row.line, row.reason, row.text) for row in rejected] == [
        (2, "column 'a' has no value", '{"a": null}')
    ]


def test_the_row_number_that_pandas_keeps_is_left_out_with_the_reason(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": range(10), "y": [0, 1] * 5})
    frame[frame.x % 3 > 0].to_parquet(tmp_path / "a.parquet")
    part = parquet_part(tmp_path / "a.parquet", "a.parquet")
    assert part.types() == {"x": "int", "y": "int"}
    assert list(part.left_out()) == ["__index_level_0__"]
    assert "index without a name" in part.left_out()["__index_level_0__"]
    assert [batch.schema.names for batch in part.batches(part.types())] == [["x", "y"]]


@pytest.mark.parametrize("metadata", [{}, {b"pandas": b"{"}, {b"pandas": b"[1]"}])
def test_a_column_of_that_name_that_pandas_did_not_make_is_read(
    tmp_path: Path, metadata: dict[bytes, bytes]
) -> None:
    table = pa.table({"__index_level_0__": [1, 2]}).replace_schema_metadata(metadata)
    pq.write_table(table, tmp_path / "a.parquet")
    assert parquet_part(tmp_path / "a.parquet", "a").types() == {"__index_level_0__": "int"}


def test_an_index_with_a_name_is_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="customer"))
    frame.to_parquet(tmp_path / "a.parquet")
    part = parquet_part(tmp_path / "a.parquet", "a")
    assert part.types() == {"x": "int", "customer": "string"}
    assert part.left_out() == {}


def test_a_number_beyond_64_bits_is_refused_with_advice(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([2**63], pa.uint64())}), tmp_path / "a.parquet")
    part = parquet_part(tmp_path / "a.parquet", "a")
    with pytest.raises(DataError, match=r"Write such numbers as text if they are names"):
        list(part.batches(part.types()))
