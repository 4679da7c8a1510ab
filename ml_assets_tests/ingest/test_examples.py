from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.errors import DataError
from ml_assets.ingest.example_ids import example_ids
from ml_assets.ingest.examples import (
    duplicate_batches,
    duplicate_schema,
    example_batches,
    example_schema,
    plan_examples,
)
from ml_assets.ingest.guarantees import late_facts, shared_units
from ml_assets.ingest.spec import SplitSpec
from ml_assets.table import Table, write_table

START = datetime(2013, 1, 1)
Rows = list[dict[str, Any]]


def _rows(count: int) -> Rows:
    return [
        {"k": f"k{i}", "g": i % 13, "t": START + timedelta(hours=i % 50), "x": i / 2}
        for i in range(count)
    ]


def _make(
    folder: Path,
    spans: Sequence[Rows],
    split: SplitSpec | None = None,
    key: Sequence[str] = ("k",),
    unlabelled: Sequence[int] = (),
    label: Sequence[str] = (),
) -> tuple[Any, Any]:
    """The examples and the duplicates of some spans of rows, as tables."""
    files = []
    for i, rows in enumerate(spans):
        files.append(folder / f"{i}.parquet")
        pq.write_table(pa.Table.from_pylist(rows), files[-1])
    table = Table(tuple(files))
    manifest = [{"span": f"s{i}", "rows": len(rows)} for i, rows in enumerate(spans)]
    ids = pa.concat_arrays([example_ids(batch, key) for batch in table.batches()])
    has_label = [i for i in range(len(ids)) if i not in unlabelled]
    labels = pa.table(
        {"_example_id": ids, "_label": pa.array([i % 2 for i in range(len(ids))], pa.int8())}
    )
    labels = (
        labels.take(pa.array(has_label, pa.int64()))
        .group_by("_example_id", use_threads=False)
        .aggregate([("_label", "min")])
    )
    labels = labels.rename_columns(["_example_id", "_label"])
    plan = plan_examples(table, manifest, labels, split or SplitSpec(), key, "t", label)
    examples = write_table(
        folder / "examples", example_batches(table, plan), example_schema(table, plan)
    )
    duplicates = write_table(
        folder / "aside", duplicate_batches(table, plan), duplicate_schema(table)
    )
    return examples, duplicates


def test_an_example_has_id_span_split_and_label_before_its_raw_columns(tmp_path: Path) -> None:
    examples, duplicates = _make(tmp_path, [_rows(60), _rows(100)[60:]], unlabelled=[3])
    table = examples.to_arrow()
    assert table.column_names == ["_example_id", "_span", "_split", "_label", "k", "g", "t", "x"]
    assert table.num_rows == 99
    assert table["_span"].to_pylist() == ["s0"] * 59 + ["s1"] * 40
    assert set(table["_split"].to_pylist()) == {"train", "eval", "test"}
    assert table.schema.field("_label").type == pa.int8()
    assert table["_label"].to_pylist()[:5] == [0, 1, 0, 0, 1]
    assert duplicates.num_rows == 0


@pytest.mark.parametrize(
    "split",
    [
        SplitSpec(eval=0.2, test=0.2),
        SplitSpec(by="group", group="g", eval=0.2, test=0.2),
        SplitSpec(by="time", eval=0.2, test=0.2),
    ],
    ids=["hash", "group", "time"],
)
@pytest.mark.parametrize("key", [("k",), ()], ids=["key", "no key"])
def test_reordered_rows_get_the_same_ids_and_splits(
    tmp_path: Path, split: SplitSpec, key: tuple[str, ...]
) -> None:
    rows = _rows(200)
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(200)]
    (tmp_path / "shuffled").mkdir()
    first, _ = _make(tmp_path, [rows], split, key)
    second, _ = _make(tmp_path / "shuffled", [shuffled[:70], shuffled[70:]], split, key)
    columns = ["_example_id", "_split", "k"]
    first_rows, second_rows = (
        table.to_arrow(columns).sort_by("_example_id") for table in (first, second)
    )
    assert first_rows.equals(second_rows)
    assert not any(shared_units(first, split, "t").values())


def test_equal_rows_with_a_key_are_one_example(tmp_path: Path) -> None:
    rows = _rows(100)
    examples, duplicates = _make(tmp_path, [rows, rows[:5]])
    assert examples.num_rows == 100
    assert duplicates.to_arrow(["_span", "_reason", "k"]).to_pylist() == [
        {"_span": "s1", "_reason": "equal to another row with the same key", "k": f"k{i}"}
        for i in range(5)
    ]


def test_rows_with_one_key_that_differ_are_all_set_aside(tmp_path: Path) -> None:
    rows = _rows(100)
    examples, duplicates = _make(tmp_path, [rows, [{**rows[7], "x": -1.0}]])
    assert examples.num_rows == 99
    assert "k7" not in examples.to_arrow(["k"])["k"].to_pylist()
    reasons = duplicates.to_arrow(["_reason", "x"]).to_pylist()
    assert reasons == [
        {"_reason": "differs from another row with the same key", "x": value}
        for value in (3.5, -1.0)
    ]


def test_equal_rows_without_a_key_are_examples_with_numbers(tmp_path: Path) -> None:
    rows = _rows(100)
    examples, duplicates = _make(tmp_path, [[*rows, rows[7], rows[7]]], key=())
    assert duplicates.num_rows == 0
    records = examples.to_arrow(["_example_id", "_split", "k"]).to_pylist()
    equal = [row for row in records if row["k"] == "k7"]
    base = equal[0]["_example_id"]
    assert [row["_example_id"] for row in equal] == [base, f"{base}-2", f"{base}-3"]
    assert len({row["_split"] for row in equal}) == 1
    assert shared_units(examples, SplitSpec(), "t") == {"key": 0}


def test_a_key_that_identifies_nothing_is_refused(tmp_path: Path) -> None:
    message = (
        r"ingest\.key: \[g\] does not identify an example: 100 of 100 rows share it with another row, "
        r"100 of them with one that differs\. Add the columns"
    )
    with pytest.raises(DataError, match=message):
        _make(tmp_path, [_rows(100)], key=("g",))


def test_rows_without_a_group_are_one_group(tmp_path: Path) -> None:
    rows = [{**row, "g": None if row["g"] == 3 else row["g"]} for row in _rows(200)]
    split = SplitSpec(by="group", group="g", eval=0.2, test=0.2)
    examples, _ = _make(tmp_path, [rows], split)
    assert shared_units(examples, split, "t") == {"key": 0, "group": 0}


def test_no_labelled_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No example is left: no row of the window has a label"):
        _make(tmp_path, [_rows(10)], unlabelled=range(10))


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"would be empty: 2 examples split by hash"):
        _make(tmp_path, [_rows(2)])


def _written(folder: Path, **columns: list[Any]) -> Table:
    pq.write_table(pa.table(columns), folder / "e.parquet")
    return Table((folder / "e.parquet",))


SPLITS = ["train", "eval", "test", "train"]


def test_a_key_in_two_splits_is_counted(tmp_path: Path) -> None:
    examples = _written(tmp_path, _example_id=["a", "b", "c", "b"], _split=SPLITS)
    assert shared_units(examples, SplitSpec(), None) == {"key": 1}


def test_a_group_in_two_splits_is_counted(tmp_path: Path) -> None:
    examples = _written(tmp_path, _example_id=list("abcd"), _split=SPLITS, g=[1, 1, 2, 2])
    split = SplitSpec(by="group", group="g")
    assert shared_units(examples, split, None) == {"key": 0, "group": 2}


def test_a_moment_in_two_splits_or_out_of_order_is_counted(tmp_path: Path) -> None:
    times = [START, START, START + timedelta(1), START + timedelta(2)]
    examples = _written(tmp_path, _example_id=list("abcd"), _split=SPLITS, t=times)
    assert shared_units(examples, SplitSpec(by="time"), "t") == {"key": 0, "time": 2}


def test_facts_that_were_known_too_late_are_counted(tmp_path: Path) -> None:
    before, after = START - timedelta(1), START + timedelta(1)
    examples = _written(
        tmp_path, t=[START] * 4, w=[before, START, after, None], v=[START.date()] * 4
    )
    assert late_facts(examples, "t", ["w", "v"]) == {"w": 1, "v": 0}


def test_few_different_rows_without_a_key_are_told_as_such(tmp_path: Path) -> None:
    rows = [{"x": i % 2, "t": START} for i in range(600)]
    message = (
        r"600 rows are only 2 different ones, and equal rows stay in one split\. Set ingest\.key"
    )
    with pytest.raises(DataError, match=message):
        _make(tmp_path, [rows], key=())


def test_a_corrected_label_moves_no_example_to_another_split(tmp_path: Path) -> None:
    rows = [{"k": f"k{i}", "y": i % 2, "t": START} for i in range(300)]
    corrected = [{**row, "y": 1 if i < 100 else row["y"]} for i, row in enumerate(rows)]
    splits = []
    for name, version in (("before", rows), ("after", corrected)):
        (tmp_path / name).mkdir()
        examples, _ = _make(tmp_path / name, [version], key=(), label=["y"])
        splits.append(examples.to_arrow(["k", "_split"]).to_pylist())
    assert splits[0] == splits[1]


def test_rows_that_differ_in_the_label_only_are_examples_of_one_split(tmp_path: Path) -> None:
    rows = [{"x": i // 4, "y": i % 2, "t": START} for i in range(400)]
    examples, _ = _make(tmp_path, [rows], key=(), label=["y"])
    assert examples.num_rows == 400
    splits = (
        examples.to_arrow(["x", "_split"]).group_by("x").aggregate([("_split", "count_distinct")])
    )
    assert set(splits["_split_count_distinct"].to_pylist()) == {1}
