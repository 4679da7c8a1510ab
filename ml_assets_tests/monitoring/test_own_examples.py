from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ml_assets.monitoring.own_examples import own_splits

A, B, C = ("a" * 32, "b" * 32, "c" * 32)


def test_scored_rows_are_found_among_the_examples_by_their_id(tmp_path: Path) -> None:
    table = pa.table({"_example_id": [C, A, f"{A}-2"], "_split": ["test", "train", "train"]})
    pq.write_table(table, tmp_path / "examples.parquet")
    splits = own_splits(pa.array([A, B, C, A]), tmp_path / "examples.parquet")
    assert splits.to_pylist() == ["train", None, "test", "train"]


def test_without_the_examples_every_row_is_new(tmp_path: Path) -> None:
    assert own_splits(pa.array([A]), tmp_path / "gone.parquet").to_pylist() == [None]
