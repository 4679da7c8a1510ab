"""The adapter for the schema file beside the pipeline: read where there is one, else made once."""

from dataclasses import replace
from pathlib import Path

from ml_assets.durable import file_digest, write_bytes
from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import Schema
from ml_assets.schema.yaml_file import read_schema, write_schema
from ml_assets.schema.yaml_writer import schema_body


def pin_schema(path: Path, inferred: Schema, title: str) -> Schema:
    """Write an inferred schema to a file that does not exist yet, for people to review.

    Raises
    ------
    PipelineFileError
        If the file cannot be written.
    """
    schema = replace(inferred, reviewed=False)
    try:
        write_schema(path, schema, title)
    except OSError as error:
        raise PipelineFileError(
            f"{path.parent.name}/{path.name} cannot be written: {error.strerror}. Make the folder "
            f"{path.parent} writable, so that the schema can be kept and reviewed there."
        ) from error
    return read_schema(path)


def write_copy(path: Path, schema: Schema, original: Path) -> None:
    """Write what a schema demands, without comments and reviews: these change nothing downstream."""
    name = f"{original.parent.name}/{original.name}"
    header = f"# A copy of what {name} demands. To change the schema, edit that file.\n"
    write_bytes(path, (header + schema_body(schema)).encode())


def why_not_pinned(path: Path, digest: str) -> str | None:
    """Say why a schema read from `path` when its SHA-256 was `digest` does not hold any more, if so."""
    if not path.is_file():
        return f"{path.name} is missing"
    return None if file_digest(path) == digest else f"{path.name} was edited"
