"""Finds the message of TensorFlow Metadata in a file, a text, bytes or a dict; names what is wrong."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format, text_format
from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import schema_pb2

from ml_assets.errors import PipelineFileError, did_you_mean

_SUFFIXES = (".pbtxt", ".pbtext", ".textproto", ".prototxt", ".json", ".pb", ".binpb", ".txt")
_MAX_BYTES = 50_000_000
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_UNKNOWN = re.compile(r'[Mm]essage type "(?P<type>[\w.]+)" has no field named "(?P<field>[^"]*)"')


def message_of(source: Any) -> tuple[Any, str]:
    """Give the message that a source holds, and what messages call the source.

    Raises
    ------
    PipelineFileError
        If it cannot be read: file, line and what was found.
    """
    match source:
        case schema_pb2.Schema():
            return source, "the schema"
        case Mapping():
            return _from_dict(source, "the schema"), "the schema"
        case bytes():
            return _from_bytes(source, "the schema"), "the schema"
        case Path():
            return _from_file(source), _name(source)
        case str() if _is_path(source):
            return _from_file(Path(source)), _name(Path(source))
        case str():
            return _from_text(source, "the text"), "the text"
    raise PipelineFileError(
        "A schema of TensorFlow Metadata must be a path, a text, bytes, a dict or a schema_pb2.Schema; "
        f"found {type(source).__name__}."
    )


def _is_path(text: str) -> bool:
    """A text of a schema has braces or a colon, or is empty."""
    return bool(text) and "\n" not in text and (text.endswith(_SUFFIXES) or "{" not in text)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


def _from_file(path: Path) -> Any:
    name = _name(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PipelineFileError(f"{name} cannot be read: {error.strerror}.") from error
    return _from_bytes(content, name)


def _from_bytes(content: bytes, name: str) -> Any:
    """A text has no control characters; a serialised message has, as the lengths of its parts."""
    if len(content) > _MAX_BYTES:
        raise PipelineFileError(f"{name} is larger than {_MAX_BYTES:,} bytes.")
    if not _CONTROL.search(content):
        try:
            return _from_text(content.decode("utf-8"), name)
        except UnicodeDecodeError as error:
            raise PipelineFileError(f"{name} is not UTF-8 at byte {error.start}.") from error
    try:
        return schema_pb2.Schema.FromString(content)
    except DecodeError as error:
        raise PipelineFileError(
            f"{name} is neither text nor a serialised schema of TensorFlow Metadata."
        ) from error


def _from_text(text: str, name: str) -> Any:
    if text.lstrip().startswith("{"):
        return _from_json(text, name)
    try:
        return text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError as error:
        line, column = error.GetLine() or 1, error.GetColumn()
        problem = re.sub(r"^\d+:\d+ : ", "", str(error))
        raise PipelineFileError(
            f"{name}:{line}: not a schema of TensorFlow Metadata, at column {column or 1}: "
            f"{_explained(problem)}"
        ) from error


def _from_json(text: str, name: str) -> Any:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise PipelineFileError(f"{name}:{error.lineno}: this is not JSON: {error.msg}.") from error
    except RecursionError as error:
        raise PipelineFileError(f"{name}: the JSON is nested too deeply.") from error
    return _from_dict(values, name, text)


def _from_dict(values: Mapping[str, Any], name: str, text: str = "") -> Any:
    try:
        return json_format.ParseDict(values, schema_pb2.Schema())
    except (json_format.ParseError, RecursionError) as error:
        problem = str(error)
        unknown = _UNKNOWN.search(problem)
        line = _line_of(text, unknown["field"]) if unknown else ""
        raise PipelineFileError(
            f"{name}{line}: not a schema of TensorFlow Metadata: {_explained(problem)}"
        ) from error


def _line_of(text: str, key: str) -> str:
    """The first line of a JSON text that has a key."""
    index = text.find(json.dumps(key))
    return f":{text.count(chr(10), 0, index) + 1}" if index >= 0 else ""


def _explained(problem: str) -> str:
    """The library's message in one line, with the nearest field where it does not know one."""
    line = " ".join(problem.split())
    unknown = _UNKNOWN.search(line)
    if not unknown:
        return f"{line.rstrip('.')}."
    fields = _fields(unknown["type"].rsplit(".", 1)[-1])
    hint = did_you_mean(unknown["field"], fields) or f" Allowed: {', '.join(fields)}."
    return f"{unknown['type'].rsplit('.', 1)[-1]} has no field {unknown['field']!r}.{hint}"


def _fields(message: str) -> list[str]:
    kind = getattr(schema_pb2, message, None)
    return [] if kind is None else [field.name for field in kind.DESCRIPTOR.fields]
