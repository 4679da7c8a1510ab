"""Metadata: kept as JSON, shown by Dagster, harmless whatever the data hold."""

import base64
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets import durable
from ml_assets.artifacts.outcome import Columns, File, Markdown, Picture, Rows, Shown
from ml_assets.artifacts.show import shown, to_metadata
from ml_assets.markdown import escape_markdown

KINDS: list[tuple[Shown, object]] = [
    (1, 1),
    (0.5, 0.5),
    (True, True),
    ("<b>", "<b>"),
    (Markdown("# Hi"), dg.MetadataValue.md("# Hi")),
    (
        Rows([{"a": 1, "b": "x"}, {"a": None, "b": "</script>"}]),
        dg.MetadataValue.table(
            [dg.TableRecord({"a": 1, "b": "x"}), dg.TableRecord({"a": None, "b": "</script>"})],
            dg.TableSchema([dg.TableColumn("a", "int"), dg.TableColumn("b", "string")]),
        ),
    ),
]


@pytest.mark.parametrize(("value", "expected"), KINDS)
def test_a_value_is_shown_as_what_it_is(tmp_path: Path, value: Shown, expected: object) -> None:
    stored = shown(value, tmp_path)
    durable.json_bytes(stored)
    assert to_metadata({"a": stored}, tmp_path) == {"a": expected}


def test_a_file_is_shown_by_its_path_in_the_artifact(tmp_path: Path) -> None:
    stored = shown(File("report.html"), tmp_path / "staging")
    expected = dg.MetadataValue.path(str(tmp_path / "report.html"))
    assert to_metadata({"a": stored}, tmp_path) == {"a": expected}


def test_a_table_without_rows_is_told_to_be_so(tmp_path: Path) -> None:
    assert to_metadata({"a": shown(Rows([]), tmp_path)}, tmp_path) == {"a": "none"}


@pytest.mark.parametrize("records", [[{"a": None}], [{"a": None}, {"a": 1.5}]])
def test_a_table_without_values_is_shown(
    tmp_path: Path, records: list[dict[str, float | None]]
) -> None:
    found = to_metadata({"a": shown(Rows(records), tmp_path)}, tmp_path)["a"]
    assert [record.data for record in found.records] == records


def test_nothing_is_left_out(tmp_path: Path) -> None:
    assert to_metadata({"a": shown(None, tmp_path)}, tmp_path) == {}


def test_columns_are_shown_as_the_column_schema(tmp_path: Path) -> None:
    value = Columns([("fare", "double", True, ""), ("tip|s", "int64", False, "Dollars.")])
    found = to_metadata({"columns": shown(value, tmp_path)}, tmp_path)["dagster/column_schema"]
    fare, tips = found.schema.columns
    assert (fare.name, fare.type, fare.description) == ("fare", "double", None)
    assert (tips.name, tips.constraints.nullable, tips.description) == ("tip|s", False, "Dollars.")


def test_a_picture_is_embedded_with_its_caption_escaped(tmp_path: Path) -> None:
    (tmp_path / "roc.png").write_bytes(b"PNG")
    stored = shown(Picture("roc.png", "ROC ](x) <script>"), tmp_path)
    data = base64.b64encode(b"PNG").decode()
    assert stored["text"] == rf"![ROC \]\(x\) &lt;script&gt;](data:image/png;base64,{data})"


def test_a_large_picture_is_named_only(tmp_path: Path) -> None:
    (tmp_path / "roc.png").write_bytes(bytes(200_000))
    stored = shown(Picture("roc.png", "ROC"), tmp_path)
    assert stored["text"] == "ROC: see `roc.png` in the artifact's folder."


ESCAPED = [
    ("plain words", "plain words"),
    ("a|b", r"a\|b"),
    ("</script>", "&lt;/script&gt;"),
    ("&lt;", "&amp;lt;"),
    ("[x](javascript:y)", r"\[x\]\(javascript\:y\)"),
    ("a\nb\r\tc\x1b[31m", r"a b  c \[31m"),
    ("*_`#~$", r"\*\_\`\#\~\$"),
    ("", ""),
    ("x" * 41, "x" * 39 + "…"),
]


@pytest.mark.parametrize(("text", "expected"), ESCAPED)
def test_text_is_escaped(text: str, expected: str) -> None:
    assert escape_markdown(text) == expected


@given(st.text())
def test_escaped_text_is_one_cell_without_html(text: str) -> None:
    escaped = escape_markdown(text)
    assert not {"<", ">", "\n", "\r"} & {*escaped}
    assert "|" not in escaped.replace(r"\\", "").replace(r"\|", "")


def test_a_table_keeps_the_order_of_its_columns_when_its_record_is_read_back(
    tmp_path: Path,
) -> None:
    rows = Rows([{"metric": "roc_auc", "value": 0.7, "low": 0.6, "high": 0.8}])
    durable.write_json(tmp_path / "record.json", {"metrics": shown(rows, tmp_path)})
    table = to_metadata(durable.read_json(tmp_path / "record.json"), tmp_path)["metrics"]
    assert [column.name for column in table.schema.columns] == ["metric", "value", "low", "high"]
