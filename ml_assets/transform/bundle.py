"""Model files: skops archives whose bytes depend on the model alone, read against our list of types."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import skops.io
from skops.io.exceptions import UnsupportedTypeException

from ml_assets import durable
from ml_assets.errors import ModelError

_SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Where scikit-learn's vectorizers keep the address of the stop words that they have checked.
_ADDRESS = "_stop_words_id"
_VALUES = ("JsonNode", "TupleNode", "TypeNode", "FunctionNode", "NdArrayNode", "BytesNode")
_MAX_BYTES = 2_000_000_000


def write_skops(model: object, path: Path, trusted: Sequence[str]) -> None:
    """Write a fitted estimator as a skops file; the same estimator always gives the same bytes.

    skops names things by their address in memory and dates its archive; both are replaced here, by
    content, by order of appearance and by a fixed date.

    Parameters
    ----------
    model : object
        A fitted scikit-learn estimator.
    path : Path
        The file to write.
    trusted : sequence of str
        The types that `read_skops` will allow, as ``package.module.Class``.

    Raises
    ------
    ModelError
        If the model holds a type that skops cannot write, or that `read_skops` would refuse, naming it.
    """
    try:
        content = _canonical(skops.io.dumps(model))
    except (UnsupportedTypeException, TypeError) as error:
        raise ModelError(f"{path.name} cannot be written as a skops file: {error}") from error
    _refuse_foreign_types(skops.io.get_untrusted_types(data=content), trusted, path.name)
    durable.write_bytes(path, content)


def read_skops(path: Path, trusted: Sequence[str]) -> Any:
    """Read a skops file if it holds nothing but trusted types. Nothing in it is run before that.

    Parameters
    ----------
    path : Path
        The file.
    trusted : sequence of str
        The types to allow beside those that skops trusts by itself. A list inside the file counts for
        nothing.

    Raises
    ------
    ModelError
        If it is not a skops file (a pickle under that name, say), is damaged, or holds another type.
    """
    content = _checked_archive(path)
    try:
        _refuse_foreign_types(skops.io.get_untrusted_types(data=content), trusted, path.name)
        return skops.io.loads(content, trusted=list(trusted))
    except ModelError:
        raise
    except Exception as error:  # skops raises whatever the content of a crafted archive provokes
        kind = type(error).__name__
        raise ModelError(f"{path.name} is damaged and cannot be read ({kind}).") from error


def _checked_archive(path: Path) -> bytes:
    """The file's bytes, if they are an archive with nothing but a schema and arrays."""
    if not path.is_file():
        raise ModelError(f"{path} does not exist.")
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ModelError(
            f"{path.name} is not a skops file{_describe_content(content)}. It was not opened."
        ) from error
    foreign = [
        name
        for name in names
        if name != _SCHEMA and Path(name).suffix not in (".npy", ".npz", ".bin")
    ]
    if _SCHEMA not in names or foreign or size > _MAX_BYTES:
        raise ModelError(
            f"{path.name} is not a skops file: it holds other things. It was not opened."
        )
    return content


def _describe_content(content: bytes) -> str:
    # A pickle of protocol 2 or later starts with 0x80 and the protocol's number.
    is_pickle = content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05"
    return " but a pickle, which can run any code" if is_pickle else ""


def _refuse_foreign_types(types: Sequence[str], trusted: Sequence[str], name: str) -> None:
    foreign = sorted(set(types) - set(trusted))
    if foreign:
        raise ModelError(
            f"{name} holds types that are not trusted: {', '.join(foreign)}. If they are yours and safe "
            f"to load, name them in training.trusted_types."
        )


def _canonical(content: bytes) -> bytes:
    """The archive with files named by their content, objects numbered in order of appearance."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        members = {name: archive.read(name) for name in archive.namelist() if name != _SCHEMA}
    names = {name: _content_name(name, data) for name, data in members.items()}
    _rename(schema, names, {})
    text = json.dumps(schema, separators=(",", ":")).encode()
    return _archive({_SCHEMA: text} | {names[name]: data for name, data in members.items()})


def _content_name(name: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32] + Path(name).suffix


def _rename(node: Any, names: Mapping[str, str], numbers: dict[Any, int]) -> None:
    """Put the names of files and numbers of objects into a skops schema, in place."""
    if isinstance(node, list):
        for item in node:
            _rename(item, names, numbers)
    if not isinstance(node, dict):
        return
    if node.get("__loader__") in _VALUES:
        # Whether two equal values are one object in memory is an accident of the process.
        node.pop("__id__", None)
    elif "__id__" in node:
        node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
    if isinstance(node.get(_ADDRESS), dict):
        node[_ADDRESS]["content"] = "0"
    if node.get("file") in names:
        node["file"] = names[node["file"]]
    for value in node.values():
        _rename(value, names, numbers)


def _archive(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            member = zipfile.ZipInfo(name, _EPOCH)
            archive.writestr(member, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()
