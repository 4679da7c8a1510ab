"""Schemas of TensorFlow Metadata, without TensorFlow: `from_tfmd` and `to_tfmd`.

The library `tensorflow-metadata` is pure protocol buffers. `tfmd_source` finds the message in a source
of any kind, `tfmd_reader` and `tfmd_domains` turn it into a `Schema`, `tfmd_writer` turns a `Schema` into
it, and `tfmd_words` says in comments what the message has no word for.
"""

from pathlib import Path
from typing import Any

from ml_assets.durable import write_bytes
from ml_assets.schema.model import Schema
from ml_assets.schema.tfmd_reader import read_message
from ml_assets.schema.tfmd_source import message_of
from ml_assets.schema.tfmd_writer import write_message


def from_tfmd(source: Any) -> Schema:
    """Read a schema of TensorFlow Metadata.

    What has no meaning for one value in each row is set aside with its reason: structs, sparse and
    weighted features, images, embeddings and features of several values in `left_out`; a part of a
    feature that is not judged here, such as a ``time_domain``, in the feature's `note`.

    Parameters
    ----------
    source : Path, str, bytes, dict or schema_pb2.Schema
        The path of a ``schema.pbtxt`` or its JSON form, the text of either, the JSON as a dict, the
        serialised message, or the message.

    Raises
    ------
    PipelineFileError
        If it cannot be read: file, line and what was found.
    """
    message, name = message_of(source)
    return read_message(message, name)


def to_tfmd(schema: Schema, path: Path | str | None = None) -> Any:
    """Give a schema as a message of TensorFlow Metadata.

    Dates, lengths, functional dependencies, PSI, Wasserstein and KS, and numbers that a 32-bit float
    cannot hold, are in comments of the message (``ml_assets: {...}``), from which `from_tfmd` reads them.

    Parameters
    ----------
    schema : Schema
        The schema.
    path : Path or str, optional
        Where to write it as well: as JSON if it ends in ``.json``, else as ``.pbtxt``.

    Returns
    -------
    schema_pb2.Schema
        The message.
    """
    message = write_message(schema)
    if path is not None:
        target = Path(path)
        text = _as_json(message) if target.suffix == ".json" else _as_text(message)
        write_bytes(target, text.encode())
    return message


def _as_json(message: Any) -> str:
    from google.protobuf import json_format

    return str(json_format.MessageToJson(message, preserving_proto_field_name=True)) + "\n"


def _as_text(message: Any) -> str:
    from google.protobuf import text_format

    return str(text_format.MessageToString(message, as_utf8=True))
