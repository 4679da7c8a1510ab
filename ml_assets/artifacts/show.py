"""How metadata is kept in a record, as plain JSON, and shown by Dagster."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from ml_assets.artifacts.outcome import Columns, File, Lineage, Markdown, Picture, Rows, Shown
from ml_assets.markdown import escape_markdown

# Dagster keeps metadata in its event log, so a larger picture is linked, not embedded.
_MAX_PICTURE_BYTES = 120_000
# Where Dagster looks for what it draws itself.
_DAGSTER_KEYS = {"columns": "dagster/column_schema", "lineage": "dagster/column_lineage"}


def shown(value: Shown, directory: Path) -> dict[str, Any]:
    """Give a metadata value as plain JSON: its kind, and what that kind needs."""
    match value:
        case Markdown(text):
            return {"kind": "markdown", "text": text}
        case Picture(file, caption):
            return {"kind": "markdown", "text": _picture(directory / file, caption)}
        case File(file):
            return {"kind": "file", "file": file}
        case Rows(records) if not records:  # Dagster has no table without rows
            return {"kind": "plain", "value": "none"}
        case Rows(records):
            # As a list, because a record's JSON sorts the keys of mappings.
            return {"kind": "rows", "records": [list(record.items()) for record in records]}
        case Columns(columns):
            return {"kind": "columns", "columns": [list(column) for column in columns]}
        case Lineage(asset, columns):
            column_sources = [[name, list(sources)] for name, sources in columns]
            return {"kind": "lineage", "asset": list(asset), "columns": column_sources}
        case _:
            return {"kind": "plain", "value": value}


def to_metadata(stored: Mapping[str, Mapping[str, Any]], folder: Path) -> dict[str, Any]:
    """Give stored metadata as Dagster's metadata values. A null is left out.

    Parameters
    ----------
    stored : mapping
        As `shown` gave it, by name.
    folder : Path
        The artifact's folder.
    """
    return {
        _DAGSTER_KEYS.get(value["kind"], name): _to_value(value, folder)
        for name, value in stored.items()
        if value.get("value", value) is not None
    }


def _picture(path: Path, caption: str) -> str:
    content, title = path.read_bytes(), escape_markdown(caption, 200)
    if len(content) > _MAX_PICTURE_BYTES:
        return f"{title}: see `{path.name}` in the artifact's folder."
    return f"![{title}](data:image/png;base64,{base64.b64encode(content).decode()})"


def _to_value(stored: Mapping[str, Any], folder: Path) -> Any:
    match stored["kind"]:
        case "file":
            return dg.MetadataValue.path(str(folder / stored["file"]))
        case "markdown":
            return dg.MetadataValue.md(stored["text"])
        case "rows":
            return dg.MetadataValue.table(
                [dg.TableRecord(dict(record)) for record in stored["records"]]
            )
        case "columns":
            return dg.MetadataValue.table_schema(_table_schema(stored["columns"]))
        case "lineage":
            return dg.MetadataValue.column_lineage(_lineage(stored["asset"], stored["columns"]))
        case _:
            return stored["value"]


def _table_schema(columns: list[list[Any]]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                type=kind,
                description=description or None,
                constraints=dg.TableColumnConstraints(nullable=nullable),
            )
            for name, kind, nullable, description in columns
        ]
    )


def _lineage(asset: list[str], columns: list[list[Any]]) -> dg.TableColumnLineage:
    key = dg.AssetKey(asset)
    return dg.TableColumnLineage(
        {name: [dg.TableColumnDep(key, source) for source in sources] for name, sources in columns}
    )
