import random
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ml_assets_tests.ingest.wired import Shop

ALL = ["raw_data", "labels", "examples"]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    return Shop(tmp_path)


def _lines(rows: range) -> list[str]:
    draw = random.Random(0)
    return [
        f"{i},2013-01-{i % 20 + 1:02d} 10:{i % 60:02d},{draw.random():.3f},{'no' if i % 3 else 'yes'}"
        for i in rows
    ]


def _write(folder: Path, rows: range, *more: str, name: str = "shop.csv") -> None:
    text = "\n".join(["id,at,price,paid", *_lines(rows), *more])
    (folder / name).write_text(text + "\n")


def _without(reasons: dict[str, str], reason: str) -> list[str]:
    return [name for name, actual in reasons.items() if actual != reason]


def test_a_csv_becomes_snapshots_labels_and_examples(shop: Shop) -> None:
    _write(shop.folder, range(300), "301,2013-01-01 10:00")
    ran = shop.run(ingest={"key": "id", "time": "at", "span": "day"}, labels="paid")
    assert _without(ran.reasons, "first time") == []
    assert all(passed for passed, _ in ran.checks.values())
    raw, labels, examples = (shop.artifact(name).summary for name in ALL)
    assert {name: raw[name] for name in ("rows", "spans", "new_spans", "rejected", "last_span")} == {
        "rows": 300, "spans": 20, "new_spans": 20, "rejected": 1, "last_span": "2013-01-20",
    }  # fmt: skip
    assert labels["classes"] == {"no": 200, "yes": 100}
    assert shop.artifact("labels").json("labels.json")["positive"] == "yes"
    assert examples["rows"] == examples["train"] + examples["eval"] + examples["test"] == 300
    rejected = pq.read_table(shop.artifact("raw_data").path / "rejected.parquet").to_pylist()
    assert [(row["line"], row["text"]) for row in rejected] == [(302, "301,2013-01-01 10:00")]
    table = pq.read_table(shop.artifact("examples").path / "examples.parquet")
    assert table.column_names[4:] == ["id", "at", "price", "paid"]


def test_a_second_run_is_cached(shop: Shop) -> None:
    _write(shop.folder, range(300))
    shop.run()
    _write(shop.folder, range(300))
    assert shop.run().reasons == dict.fromkeys(ALL, "cached")


def test_a_source_that_is_cut_in_place_is_ingested_again(shop: Shop) -> None:
    _write(shop.folder, range(300))
    shop.run()
    before = shop.artifact("raw_data")
    _write(shop.folder, range(200))
    assert shop.run().reasons == {
        "raw_data": "the source changed",
        "labels": "raw_data changed: 300 -> 200 rows",
        "examples": "raw_data changed: 300 -> 200 rows (and 1 more)",
    }
    assert shop.artifact("raw_data").summary["rows"] == 200
    # What was made of the old content can still be traced to it.
    record = shop.store.record("raw_data", before.fingerprint)
    assert record is not None
    assert record.summary["rows"] == 300


def test_a_source_that_changes_back_gives_the_same_artifacts(shop: Shop) -> None:
    digests = []
    for rows in (300, 200, 300):
        _write(shop.folder, range(rows))
        ran = shop.run()
        digests.append([shop.artifact(name).digest for name in ALL])
    assert digests[0] == digests[2]
    assert ran.reasons["examples"] == "cached"


def test_an_appended_file_adds_its_span_only(shop: Shop) -> None:
    (shop.folder / "in").mkdir()
    _write(shop.folder, range(200), name="in/1.csv")
    source: dict[str, Any] = {"source": {"csv": "../in"}}
    shop.run(ingest=source)
    snapshots = shop.store.root / "spans"
    before = {path: path.stat().st_mtime_ns for path in snapshots.iterdir()}
    _write(shop.folder, range(200, 300), name="in/2.csv")
    shop.run(ingest=source)
    summary = shop.artifact("raw_data").summary
    assert (summary["rows"], summary["spans"], summary["new_spans"]) == (300, 2, 1)
    assert len(list(snapshots.iterdir())) == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before


CHANGES: list[tuple[dict[str, Any], list[str]]] = [
    ({"transform": {"exclude": ["price"]}}, []),
    ({"labels": {"column": "paid", "positive": "no"}}, ["examples", "labels"]),
    ({"ingest": {"split": {"eval": 0.2, "test": 0.2}}}, ["examples"]),
    ({"ingest": {"max_rejected_fraction": 0.5}}, ["raw_data"]),
    ({"ingest": {"key": "id"}}, ["examples", "labels"]),
]


def test_a_changed_key_of_the_yaml_remakes_what_reads_it(shop: Shop) -> None:
    _write(shop.folder, range(300))
    shop.run()
    remade = [sorted(_without(shop.run(**change).reasons, "cached")) for change, _ in CHANGES]
    assert remade == [expected for _, expected in CHANGES]


def test_too_many_rejected_rows_stop_the_run(shop: Shop) -> None:
    _write(shop.folder, range(50), *["broken"] * 10)
    ran = shop.run(raise_on_error=False)
    assert not ran.result.success
    passed, text = ran.checks["rejected_rows"]
    assert not passed
    assert text == (
        "10 of 60 rows could not be read (16.67%; allowed 1.00%). Most often: 1 field, the header has "
        "4. The first is shop.csv, line 52; all are in rejected.parquet. Mend the source, or raise "
        "ingest.max_rejected_fraction."
    )
    assert list(ran.reasons) == ["raw_data"]


def test_too_many_missing_labels_stop_the_run(shop: Shop) -> None:
    _write(shop.folder, range(50), *[f"{i},,0.5," for i in range(50, 90)])
    ran = shop.run(raise_on_error=False)
    passed, text = ran.checks["labels"]
    assert not passed
    assert text.startswith("40 of 90 rows have no label (44.44%; allowed 20.00%). Look at")
    assert "examples" not in ran.reasons


def test_a_label_that_tells_nothing_is_refused_with_the_file_the_column_and_the_rule(
    shop: Shop,
) -> None:
    (shop.folder / "shop.csv").write_text(
        "id,at,price,paid\n1,2013-01-01,0.5,no\n2,2013-01-02,0.6,no\n"
    )
    ran = shop.run(raise_on_error=False)
    assert (
        "../shop.csv: labels.column: 'paid' has one class only: all 2 labelled rows are 'no'"
        in ran.error
    )
    assert list(ran.reasons) == ["raw_data"]


def test_facts_known_too_late_stop_the_run(shop: Shop) -> None:
    lines = [
        f"{i},2013-01-{i % 20 + 1:02d},2013-01-{i % 20 + 1 + (i == 7):02d},{i % 2}"
        for i in range(200)
    ]
    (shop.folder / "shop.csv").write_text("\n".join(["id,at,known,paid", *lines]))
    ran = shop.run(raise_on_error=False, ingest={"time": "at", "known_at": ["known"], "key": "id"})
    assert ran.checks["point_in_time"] == (
        False,
        "Known only after at: known: 1 rows. None may be: join earlier facts in the source.",
    )


WRONG = {
    "ingest": {"key": ["idd"], "time": "price"},
    "labels": {"expression": "pric > 0.5"},
    "transform": {"exclude": ["price", "payd"]},
    "evaluation": {"slices": ["paid", "id,atx"]},
}
MISTAKES = [
    "ingest.key: no column 'idd'. Did you mean 'id'?",
    "ingest.time: column 'price' is of type float; allowed are date and timestamp.",
    "labels.expression: no column 'pric'. Did you mean 'price'?",
    "transform.exclude: no column 'payd'. Did you mean 'paid'?",
    "evaluation.slices: no column 'atx'. Did you mean 'at'?",
    "The source's columns are: id, at, price, paid.",
]


@pytest.mark.parametrize("ran_before", [False, True])
def test_wrong_names_in_the_yaml_are_refused_before_anything_is_stored(
    shop: Shop, ran_before: bool
) -> None:
    _write(shop.folder, range(100))
    if ran_before:
        # Then `raw_data` would come from the store, if only its own part of the YAML were looked at.
        shop.run(ingest={"time": "at"})
    wrong = {**WRONG, "ingest": {"key": ["idd"], "time": "at" if ran_before else "price"}}
    ran = shop.run(raise_on_error=False, **wrong)
    lines = ran.error.removeprefix("ml_assets.errors.PipelineFileError: ").strip().splitlines()
    expected = [text for text in MISTAKES if not (ran_before and text.startswith("ingest.time"))]
    assert [line.partition(": ")[2] for line in lines[:-1]] == expected[:-1]
    assert lines[-1] == expected[-1]
    assert all(line.startswith("shop/defs.yaml:") for line in lines[:-1])
    places = [int(line.partition(": ")[0].split(":")[1]) for line in lines[:-1]]
    text = (shop.folder / "shop" / "defs.yaml").read_text().splitlines()
    assert "idd" in text[places[0] - 1]
    assert ran_before or not (shop.store.root / "current").exists()


def test_a_missing_file_is_refused(shop: Shop) -> None:
    (shop.folder / "shops.csv").write_text("a\n1\n")
    ran = shop.run(raise_on_error=False)
    assert "shop.csv does not exist. Did you mean 'shops.csv'?" in ran.error
    assert not (shop.store.root / "current").exists()


def test_a_query_is_read_on_each_run_and_its_content_decides(shop: Shop) -> None:
    with sqlite3.connect(shop.folder / "shop.db") as connection:
        connection.execute("create table sales (id int, paid int)")
        connection.executemany("insert into sales values (?, ?)", [(i, i % 2) for i in range(100)])
    connection.close()
    source = {"sql": "sqlite:///../shop.db", "query": "select * from sales order by id"}
    shop.run(ingest={"source": source, "key": "id"})
    ran = shop.run(ingest={"source": source, "key": "id"})
    assert ran.reasons == {
        "raw_data": "only reading the source tells whether it changed",
        "labels": "cached",
        "examples": "cached",
    }


def test_a_lost_snapshot_is_written_again(shop: Shop) -> None:
    _write(shop.folder, range(100))
    shop.run()
    (snapshot,) = (shop.store.root / "spans").iterdir()
    snapshot.unlink()
    assert shop.run().reasons["raw_data"].endswith("is gone")
    assert snapshot.is_file()


def test_what_a_killed_run_left_half_written_is_removed(shop: Shop) -> None:
    _write(shop.folder, range(100))
    spans = shop.store.root / "spans"
    die = "import os, sys, pathlib; from ml_assets.durable import staging_directory\n"
    die += "with staging_directory(pathlib.Path(sys.argv[1])): os._exit(0)"
    subprocess.run([sys.executable, "-c", die, spans], check=True)
    assert len(list(spans.iterdir())) == 1
    shop.run()
    assert [path.suffix for path in spans.iterdir()] == [".parquet"]


def test_a_file_delivered_twice_is_told(shop: Shop) -> None:
    (shop.folder / "in").mkdir()
    for name in ("in/1.csv", "in/2.csv"):
        _write(shop.folder, range(100), name=name)
    shop.run(ingest={"source": {"csv": "../in"}})
    summary = shop.artifact("raw_data").summary
    assert summary["rows"] == 100
    assert summary["notes"] == ["2.csv is left out: its content is that of 1.csv"]


def test_a_key_that_comes_again_in_another_file_is_one_example_of_one_split(shop: Shop) -> None:
    (shop.folder / "in").mkdir()
    _write(shop.folder, range(200), name="in/1.csv")
    # Fifty rows again, and one that says something else of the same key.
    again = [*_lines(range(200))[:50], "60,2013-01-01 10:00,0.5,no"]
    _write(shop.folder, range(200, 300), *again, name="in/2.csv")
    ran = shop.run(ingest={"source": {"csv": "../in"}, "key": "id"})
    assert ran.checks["splits_disjoint"] == (
        True,
        "Shared between splits: 0 by key. None may be.",
    )
    summary = shop.artifact("examples").summary
    assert (summary["rows"], summary["duplicates"]) == (299, 52)
    made = pq.read_table(shop.artifact("examples").path / "examples.parquet")
    assert len(set(made["id"].to_pylist())) == 299


def test_equal_rows_that_come_into_two_splits_stop_the_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No data bring that about, so here is a splitter that counts rows, as one that is wrong might."""

    def by_position(digests: Any, eval_share: float, test_share: float) -> Any:
        return np.arange(len(digests), dtype=np.int8) % 3

    monkeypatch.setattr("ml_assets.ingest.examples.split_by_hash", by_position)
    _write(shop.folder, range(100), *_lines(range(100))[:5])
    ran = shop.run(raise_on_error=False)
    passed, text = ran.checks["splits_disjoint"]
    assert (passed, text) == (False, "Shared between splits: 5 by key. None may be.")
    assert not ran.result.success
    assert "DagsterAssetCheckFailedError" in ran.error
