from datetime import datetime
from pathlib import Path

import pytest

from ml_assets.errors import DataError
from ml_assets.ingest.jsonl_file import jsonl_blocks
from ml_assets.ingest.spec import SourceSpec
from ml_assets_tests.ingest.reading import read_jsonl


def test_values_get_the_types_that_json_gives_them(tmp_path: Path) -> None:
    content = b"""{"i": 1, "f": 1, "s": "001", "b": true, "t": "2013-01-01T05:00:00", "m": 1}
{"i": 2, "f": 1e2, "s": "2", "b": false, "t": "2013-01-02", "m": "x"}
"""
    types, rows, _ = read_jsonl(tmp_path, content)
    expected = {
        "i": "int",
        "f": "float",
        "s": "string",
        "b": "bool",
        "t": "timestamp",
        "m": "string",
    }
    assert types == expected
    assert rows[0] == {
        "i": 1, "f": 1.0, "s": "001", "b": True, "t": datetime(2013, 1, 1, 5), "m": "1",
    }  # fmt: skip


def test_a_missing_key_is_null_and_a_late_key_is_a_column(tmp_path: Path) -> None:
    _, rows, _ = read_jsonl(tmp_path, b'{"a": 1}\n{"b": null, "a": 2}\n{"b": 3}\n')
    assert rows == [{"a": 1, "b": None}, {"a": 2, "b": None}, {"a": None, "b": 3}]


def test_a_long_id_is_not_rounded(tmp_path: Path) -> None:
    types, rows, _ = read_jsonl(tmp_path, b'{"id": 98765432109876543210}\n{"id": 0.5}\n')
    assert types == {"id": "string"}
    assert rows[0]["id"] == "98765432109876543210"


def test_a_number_beyond_every_float_is_not_made_infinite(tmp_path: Path) -> None:
    assert read_jsonl(tmp_path, b'{"x": 1e400}\n')[1] == [{"x": "1e400"}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1', r"not JSON: "),
        (b"[1, 2]", "a JSON array"),
        (b"7", "not a JSON object"),
        (b'{"a": 1, "a": 2}', "the key 'a' appears twice"),
        (b'{"a": {"b": 1}}', "the value of 'a' is nested"),
        (b"{}", "an object without keys"),
        (b'{"a": "\\ud800"}', "'a' holds half of a surrogate pair"),
        (b'{"a": ' + b"[" * 100_000, "not JSON: nested too deeply"),
    ],
)
def test_a_broken_line_is_set_aside(tmp_path: Path, line: bytes, reason: str) -> None:
    _, rows, rejected = read_jsonl(tmp_path, b'{"a": 1}\n\n' + line + b'\n{"a": 2}\n')
    assert [row["a"] for row in rows] == [1, 2]
    assert [row.line for row in rejected] == [3]
    assert rejected[0].reason.startswith(reason)


def test_a_value_that_is_not_of_its_declared_type_sets_its_line_aside(tmp_path: Path) -> None:
    content = b'{"a": "7"}\n{"a": "x"}\n'
    _, rows, rejected = read_jsonl(tmp_path, content, types={"a": "int"})
    assert rows == [{"a": 7}]
    assert [(row.line, row.reason) for row in rejected] == [(2, "column 'a' is not of type int")]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.jsonl is empty"):
        read_jsonl(tmp_path, b"\n")


@pytest.mark.parametrize("text", ['[{"x": 1}, {"x": 2}]', '[\n {"x": 1},\n {"x": 2}\n]'])
def test_a_json_array_is_told_as_such(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    blocks = list(jsonl_blocks(tmp_path / "a.json", "a.json", SourceSpec(jsonl="a.json")))
    first = blocks[0].rejected[0]
    assert (first.line, first.reason) == (1, "a JSON array; write one object on each line")
