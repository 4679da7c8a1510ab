"""The schema as a YAML file that people read, review and edit: `read_schema` and `write_schema`."""

from pathlib import Path

from ml_assets.durable import write_bytes
from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import Schema
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import schema_text


def read_schema(path: Path) -> Schema:
    """Read a schema file.

    Parameters
    ----------
    path : Path
        The file, as `write_schema` writes it and people edit it.

    Raises
    ------
    PipelineFileError
        Naming every mistake, one per line: file and line, key, what was found, what is allowed, and the
        nearest right key. Duplicate keys are mistakes.
    """
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise PipelineFileError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PipelineFileError(f"{name} is not UTF-8 at byte {error.start}.") from error
    return parse_schema(text, name)


def write_schema(path: Path, schema: Schema, title: str = "") -> None:
    """Replace the file `path` with a schema in one step; `read_schema` gives it back equal.

    Parameters
    ----------
    path : Path
        The file.
    schema : Schema
        What it shall say.
    title : str
        What the schema is of; named in the comment at the top.
    """
    write_bytes(path, schema_text(schema, title).encode())
