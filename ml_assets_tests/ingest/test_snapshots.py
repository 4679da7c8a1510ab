import errno
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ml_assets import durable
from ml_assets.errors import DataError
from ml_assets.ingest import snapshots, text_file
from ml_assets.ingest.snapshots import Ingested, Snapshots, take_snapshots
from ml_assets.ingest.sources import open_source
from ml_assets.ingest.spec import Granularity, SourceSpec
from ml_assets.ingest.spool import Spool
from ml_assets_tests.dying import DONE, KILL, fail_at_each, folders_for, kill_at_each

FOLDER = SourceSpec(csv="in")


def _deliver(folder: Path, **contents: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / "in" / f"{name}.csv").write_text(content)


def _take(folder: Path, span: Granularity = "file", before: Snapshots | None = None) -> Snapshots:
    source = open_source(FOLDER, folder, folder / "scratch")
    previous = Ingested(before.manifest(None), before.rejections.kept) if before else None
    types = source.types(known=previous.types_of(source) if previous else None)
    time = None if span == "file" else "t"
    return take_snapshots(source, types, time, span, folder / "spans", previous)


def _rows(folder: Path, ingested: Snapshots) -> dict[str, Any]:
    return {
        span["span"]: pq.read_table(folder / "spans" / span["file"]).to_pylist()
        for span in ingested.manifest(None)["spans"]
    }


def _snapshots(folder: Path) -> set[str]:
    return {path.name for path in (folder / "spans").iterdir()}


def test_each_file_is_a_span_named_by_its_content(tmp_path: Path) -> None:
    _deliver(tmp_path, jan="a,b\n1,x\n", feb="a,b\n2,y\n3,z\n")
    ingested = _take(tmp_path)
    assert _rows(tmp_path, ingested) == {
        "feb.csv": [{"a": 2, "b": "y"}, {"a": 3, "b": "z"}],
        "jan.csv": [{"a": 1, "b": "x"}],
    }
    assert {f"{span['sha256']}.parquet" for span in ingested.spans} == _snapshots(tmp_path)
    assert ingested.rows == 3


def test_a_new_file_is_a_new_span_and_nothing_else_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deliver(tmp_path, jan="a,b\n1,x\n2\n", feb="a,b\n2,y\n")
    first = _take(tmp_path)
    _deliver(tmp_path, mar="a,b\n4,w\n")
    parsed = []
    read = text_file.TextFile.batches

    def watch(part: text_file.TextFile, *rest: Any) -> Any:
        parsed.append(part.name)
        return read(part, *rest)

    monkeypatch.setattr(text_file.TextFile, "batches", watch)
    second = _take(tmp_path, before=first)
    assert parsed == ["mar.csv"]
    assert [span for span in second.spans if span["span"] != "mar.csv"] == first.spans
    # The rows that were set aside stay set aside.
    assert second.rejections.kept == first.rejections.kept
    assert second.rejections.count == 1


def test_a_file_that_was_renamed_is_the_same_snapshot(tmp_path: Path) -> None:
    _deliver(tmp_path, jan="a,b\n1,x\n2\n")
    first = _take(tmp_path)
    (tmp_path / "in" / "jan.csv").rename(tmp_path / "in" / "january.csv")
    second = _take(tmp_path, before=first)
    assert [(span["span"], span["sha256"]) for span in second.spans] == [
        ("january.csv", first.spans[0]["sha256"])
    ]
    assert [row.file for row in second.rejections.kept] == ["january.csv"]


def test_a_file_delivered_twice_is_one_span_and_reported(tmp_path: Path) -> None:
    _deliver(tmp_path, a="a\n1\n", b="a\n1\n")
    ingested = _take(tmp_path)
    assert ingested.rows == 1
    assert ingested.notes == ["b.csv is left out: its content is that of a.csv"]


def test_a_new_file_with_a_wider_type_changes_every_span(tmp_path: Path) -> None:
    _deliver(tmp_path, jan="a\n1\n")
    first = _take(tmp_path)
    _deliver(tmp_path, feb="a\n0.5\n", mar="a\nx\n")
    second = _take(tmp_path, before=first)
    assert first.columns == {"a": "int"}
    assert second.columns == {"a": "string"}
    assert _rows(tmp_path, second)["jan.csv"] == [{"a": "1"}]


def test_a_column_that_a_file_lacks_is_null_there_and_reported(tmp_path: Path) -> None:
    _deliver(tmp_path, jan="a,b\n1,x\n", feb="b\ny\n")
    ingested = _take(tmp_path)
    assert _rows(tmp_path, ingested)["feb.csv"] == [{"b": "y", "a": None}]
    assert ingested.notes == ["feb.csv lacks a: null there"]


DAYS = "t,a\n2013-01-02 05:00,1\n2013-01-01 06:00,2\n2013-01-02 07:00,3\n"


def test_rows_are_cut_by_time_in_their_order(tmp_path: Path) -> None:
    _deliver(tmp_path, a=DAYS)
    ingested = _take(tmp_path, "day")
    rows = _rows(tmp_path, ingested)
    assert {name: [row["a"] for row in span_records] for name, span_records in rows.items()} == {
        "2013-01-01": [2],
        "2013-01-02": [1, 3],
    }
    last = ingested.manifest(None)["spans"][-1]
    assert last["min_time"] == "2013-01-02T05:00:00"
    assert last["max_time"] == "2013-01-02T07:00:00"


def test_late_rows_change_only_their_span(tmp_path: Path) -> None:
    _deliver(tmp_path, a=DAYS)
    first = _take(tmp_path, "day")
    before = _snapshots(tmp_path)
    _deliver(tmp_path, b="t,a\n2013-01-02 09:00,4\n2013-01-03 05:00,5\n")
    second = _take(tmp_path, "day", first)
    assert len(_snapshots(tmp_path) - before) == 2
    assert second.spans[0] == first.spans[0]
    assert [row["a"] for row in _rows(tmp_path, second)["2013-01-02"]] == [1, 3, 4]


def test_rows_without_a_time_are_set_aside(tmp_path: Path) -> None:
    _deliver(tmp_path, a="t,a\n2013-01-01 06:00,1\n,2\n")
    ingested = _take(tmp_path, "day")
    assert ingested.rows == 1
    assert [(row.line, row.reason, row.text) for row in ingested.rejections.kept] == [
        (3, "column 't' has no value", ",2")
    ]


def test_spans_that_do_not_fit_into_memory_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deliver(tmp_path, a=DAYS, b=DAYS.replace(":00", ":30"))
    whole = _take(tmp_path, "day")
    monkeypatch.setattr(snapshots, "Spool", lambda folder: Spool(folder, 0))
    assert _take(tmp_path, "day").spans == whole.spans


def test_infinite_values_are_counted_also_when_a_file_is_not_parsed_again(tmp_path: Path) -> None:
    _deliver(tmp_path, a="a\n1.5\ninf\n")
    first = _take(tmp_path)
    second = _take(tmp_path, before=first)
    assert first.infinite == second.infinite == {"a": 1}
    assert first.notes == second.notes == ["a.csv: 'a' has 1 infinite number: null there"]
    assert _rows(tmp_path, second)["a.csv"] == [{"a": 1.5}, {"a": None}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n", r"a\.csv has column names but no rows"),
        ("a,b\n1\n2\n", r"None of the 2 rows of a\.csv can be read\. Most often: 1 field.*line 2"),
    ],
)
def test_a_source_without_rows_is_refused(tmp_path: Path, content: str, message: str) -> None:
    _deliver(tmp_path, a=content)
    with pytest.raises(DataError, match=message):
        _take(tmp_path)
    assert not _snapshots(tmp_path)


@pytest.mark.parametrize("span", ["file", "day"])
def test_one_file_without_rows_among_others_is_reported(tmp_path: Path, span: Granularity) -> None:
    _deliver(tmp_path, a="t,a\n2013-01-01,1\n", b="t,a\n")
    assert _take(tmp_path, span).notes == ["b.csv has no rows"]


@pytest.mark.parametrize("span", ["file", "day"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, span: Granularity
) -> None:
    _deliver(tmp_path, a=DAYS)
    read = text_file.TextFile.batches

    def meddle(part: Any, *rest: Any) -> Any:
        yield from read(part, *rest)
        _deliver(tmp_path, a=DAYS + "2013-01-03 05:00,9\n")

    monkeypatch.setattr(text_file.TextFile, "batches", meddle)
    with pytest.raises(DataError, match=r"a\.csv changed while it was read"):
        _take(tmp_path, span)


def test_the_same_rows_give_the_same_snapshot_bytes(tmp_path: Path) -> None:
    ingested = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        _deliver(tmp_path / name, a=DAYS)
        ingested.append(_take(tmp_path / name, "day"))
    assert ingested[0].spans == ingested[1].spans


def take_february(folder: Path) -> None:
    _deliver(folder, feb="a,b\n2,y\n")
    _take(folder)


def take_january(folder: Path) -> None:
    folder.mkdir()
    _deliver(folder, jan="a,b\n1,x\n")
    _take(folder)


def _whole_snapshots(folder: Path) -> int:
    """How many snapshots there are; each must be whole."""
    paths = list((folder / "spans").glob("[!.]*.parquet"))
    assert [durable.file_digest(path) for path in paths] == [path.stem for path in paths]
    return len(paths)


def test_a_process_killed_at_any_step_leaves_whole_snapshots_only(tmp_path: Path) -> None:
    folders = folders_for(take_february, KILL, tmp_path, take_january)
    kill_at_each(take_february, folders)
    assert any(list((folder / "spans").glob(".*/*")) for folder in folders)
    assert {_whole_snapshots(folder) for folder in folders} == {1, 2}
    for folder in folders:
        durable.sweep_staging(folder / "spans", lambda pid: False)
        take_february(folder)
        assert len(_snapshots(folder)) == _whole_snapshots(folder) == 2


def test_a_disk_that_fills_at_any_step_leaves_whole_snapshots_only(tmp_path: Path) -> None:
    folders = folders_for(take_february, "ENOSPC", tmp_path, take_january)
    outcomes = fail_at_each(take_february, folders, errno.ENOSPC)
    assert any("No space left on device" in text for text in outcomes)
    for folder, outcome in zip(folders, outcomes, strict=True):
        assert len(_snapshots(folder)) == _whole_snapshots(folder) >= (2 if outcome == DONE else 1)
