"""Reads a YAML file together with the line of every key: strict, and safe for untrusted text.

Not taken from YAML: aliases (a few lines of them can stand for gigabytes), tags, infinite numbers and
duplicate keys. ``{{ env.NAME }}`` and ``{{ env('NAME', 'default') }}`` are replaced as in Dagster.
"""

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ml_assets.errors import PipelineFileError
from ml_assets.safe_yaml import SafeLoader, scalar_of

_MAX_CHARACTERS = 200_000
_MOST_SHOWN = 40
_REFERENCE = re.compile(r"\{\{(.*?)\}\}")
_ENV = re.compile(r"\s*env(?:\.(\w+)|\(\s*(['\"])(\w+)\2\s*(?:,\s*(['\"])(.*?)\4\s*)?\))\s*")

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake in a YAML file: its line, its text, and the path of its key."""

    line: int
    text: str
    key: KeyPath


@dataclass(frozen=True)
class LinedYaml:
    """What a YAML file says, and where.

    Attributes
    ----------
    values : dict
        The file's values, references to the environment replaced.
    lines : mapping
        The line, from 1, of each key by its path. The empty path is the whole file.
    references : mapping
        The text of each value that names environment variables, as written. Messages show this and
        never the variable's value, which may be a secret.
    mistakes : list of Mistake
        What is wrong with the YAML itself.
    """

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    references: dict[KeyPath, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def read_yaml(path: Path, name: str) -> LinedYaml:
    """Read a YAML file whose top level is a mapping.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What messages call it.

    Returns
    -------
    LinedYaml
        With the mistakes that leave the rest readable, such as duplicate keys.

    Raises
    ------
    PipelineFileError
        If it cannot be read at all.
    """
    root = _compose(_read_text(path, name), name)
    if not isinstance(root, yaml.MappingNode):
        raise PipelineFileError(f"{name}:1: needs the keys type and attributes.")
    document = LinedYaml()
    document.lines[()] = 1
    document.values.update(_construct(root, (), document))
    return document


def line_of(lines: Mapping[KeyPath, int], key: KeyPath) -> int:
    """Give the line of a key, or of the nearest key above it."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)


def _read_text(path: Path, name: str) -> str:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise PipelineFileError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PipelineFileError(f"{name} is not UTF-8 at byte {error.start}.") from error
    if len(text) > _MAX_CHARACTERS:
        raise PipelineFileError(f"{name} is larger than {_MAX_CHARACTERS:,} characters.")
    return text


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        return SafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        start = f" (from line {error.context_mark.line + 1})" if error.context_mark else ""
        context = f"{error.context}{start}: " if error.context else ""
        raise PipelineFileError(f"{name}:{line}: not YAML: {context}{error.problem}.") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        wrong = f"character {error.character:#x} is not allowed"
        raise PipelineFileError(f"{name}:{line}: not YAML: {wrong}.") from error


def _construct(node: yaml.Node, key_path: KeyPath, document: LinedYaml) -> Any:
    line = node.start_mark.line + 1
    document.lines.setdefault(key_path, line)
    if not isinstance(node, yaml.ScalarNode) and node.tag not in (
        "tag:yaml.org,2002:map",
        "tag:yaml.org,2002:seq",
    ):
        text = f"{dotted(key_path)}: the tag {node.tag} is not allowed."
        document.mistakes.append(Mistake(line, text, key_path))
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(item, (*key_path, index), document) for index, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, key_path, document))
    return _scalar(node, key_path, document)


def _items(
    node: yaml.MappingNode, key_path: KeyPath, document: LinedYaml
) -> Iterator[tuple[str, Any]]:
    first_lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.mistakes.append(
                Mistake(line, f"{dotted(key_path)}: a key must be text.", key_path)
            )
            continue
        key = str(key_node.value)
        place = (*key_path, key)
        if key in first_lines:
            text = f"{dotted(place)} appears twice (first in line {first_lines[key]}); keep one."
            document.mistakes.append(Mistake(line, text, place))
        first_lines.setdefault(key, line)
        document.lines[place] = line
        yield key, _construct(value_node, place, document)


def _scalar(node: yaml.Node, key_path: KeyPath, document: LinedYaml) -> Any:
    line = node.start_mark.line + 1
    try:
        value = scalar_of(node)
    except ValueError as error:
        text = f"{dotted(key_path)}: {node.value[:_MOST_SHOWN]!r} cannot be read: {error}."
        document.mistakes.append(Mistake(line, text, key_path))
        return None
    if isinstance(value, float) and not math.isfinite(value):
        text = f"{dotted(key_path)} must be a finite number; found {node.value}."
        document.mistakes.append(Mistake(line, text, key_path))
        return None
    return _resolved(value, line, key_path, document) if isinstance(value, str) else value


def _resolved(value: str, line: int, key_path: KeyPath, document: LinedYaml) -> str:
    """The text with its references to the environment replaced."""

    def replace(reference: re.Match[str]) -> str:
        match = _ENV.fullmatch(reference[1])
        if match is None:
            allowed = "allowed are {{ env.NAME }} and {{ env('NAME', 'default') }}"
            text = f"{dotted(key_path)}: {reference[0]} cannot be resolved; {allowed}."
            document.mistakes.append(Mistake(line, text, key_path))
            return reference[0]
        name, default = match[1] or match[3], match[5]
        if name not in os.environ and default is None:
            text = f"{dotted(key_path)}: the environment variable {name} is not set."
            document.mistakes.append(Mistake(line, text, key_path))
        return os.environ.get(name, default or "")

    if _REFERENCE.search(value):
        document.references[key_path] = value
    return _REFERENCE.sub(replace, value)


def dotted(key: KeyPath) -> str:
    """Name a key by its path below ``attributes``."""
    below = key[1:] if key[:1] == ("attributes",) and len(key) > 1 else key
    return ".".join(str(part) for part in below) or "the file"
