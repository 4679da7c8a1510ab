"""The streaming table."""

from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_assets.durable import file_digest
from ml_assets.table import SPLIT, Table, split_is, write_table

ROWS = pa.table({"a": [1, 2, 3, 4], SPLIT: ["train", "test", "train", None], "b": list("wxyz")})


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return write_table(tmp_path / "a.parquet", ROWS.to_batches(), ROWS.schema)


def test_a_table_reads_back_what_was_written(table: Table) -> None:
    assert table.to_arrow().equals(ROWS)
    assert (table.columns, table.num_rows) == (["a", SPLIT, "b"], 4)


def test_columns_and_rows_are_chosen_while_reading(table: Table) -> None:
    assert table.to_arrow(["b", "a"], split_is("train")).to_pydict() == {
        "b": ["w", "y"],
        "a": [1, 3],
    }
    assert table.to_pandas(["a"], ds.field("a") > 3)["a"].tolist() == [4]


def test_batches_have_at_most_the_wanted_rows_and_none_is_empty(table: Table) -> None:
    sizes = [batch.num_rows for batch in table.batches(["a"], batch_rows=3)]
    assert sum(sizes) == 4
    assert max(sizes) <= 3
    assert list(table.batches(where=ds.field("a") > 9)) == []


def test_a_table_without_files_is_empty() -> None:
    empty = Table(())
    assert (empty.columns, empty.num_rows, list(empty.batches())) == ([], 0, [])


def test_files_follow_each_other(tmp_path: Path, table: Table) -> None:
    other = write_table(tmp_path / "0.parquet", ROWS.slice(0, 1).to_batches(), ROWS.schema)
    both = Table((*table.files, *other.files))
    assert both.to_arrow(["a"]).to_pydict() == {"a": [1, 2, 3, 4, 1]}


@given(st.lists(st.tuples(st.integers(0, 9), st.text(max_size=3)), max_size=30), st.integers(1, 9))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
def test_the_same_batches_give_the_same_bytes(
    tmp_path: Path, rows: list[tuple[int, str]], size: int
) -> None:
    data = pa.table({"n": pa.array([n for n, _ in rows], pa.int64()),
                     "t": pa.array([t for _, t in rows], pa.string())})  # fmt: skip
    batches = data.to_batches(max_chunksize=size)
    paths = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    tables = [write_table(path, batches, data.schema) for path in paths]
    assert file_digest(paths[0]) == file_digest(paths[1])
    assert tables[0].to_arrow().equals(data)
