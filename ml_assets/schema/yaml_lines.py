"""Reads YAML as nodes that know their line, and collects mistakes instead of stopping at the first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.safe_yaml import SafeLoader, scalar_of

_MAX_CHARACTERS = 5_000_000


@dataclass
class Mistakes:
    """The mistakes found so far in one file.

    Attributes
    ----------
    file : str
        The file's name as messages show it.
    found : list of (line, text)
        The mistakes; the line is counted from 1.
    """

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, node: yaml.Node, text: str) -> None:
        """Note a mistake at a node."""
        self.found.append((line_of(node), text))

    def raise_any(self) -> None:
        """Raise all mistakes as one `PipelineFileError`, in the order of their lines."""
        if self.found:
            lines = (f"{self.file}:{line}: {text}" for line, text in sorted(set(self.found)))
            raise PipelineFileError("\n".join(lines))


def compose(text: str, mistakes: Mistakes) -> yaml.Node | None:
    """Give the root node of a YAML text, or None where it is empty.

    Raises
    ------
    PipelineFileError
        If the text is not YAML, uses aliases, is nested deeply, or is very large.
    """
    if len(text) > _MAX_CHARACTERS:
        raise PipelineFileError(f"{mistakes.file} is larger than {_MAX_CHARACTERS:,} characters.")
    try:
        return SafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{mistakes.file}:{line}: this is not YAML: {error.problem}."
        raise PipelineFileError(message) from error
    except yaml.reader.ReaderError as error:
        message = f"{mistakes.file}: this is not YAML: {error.reason} at {error.position}."
        raise PipelineFileError(message) from error


def entries(
    node: yaml.Node, place: str, mistakes: Mistakes, allowed: Collection[str] | None = None
) -> Iterator[tuple[str, yaml.Node]]:
    """Give the keys and value nodes of a mapping; duplicate and unknown keys are mistakes.

    Parameters
    ----------
    node : yaml.Node
        The mapping.
    place : str
        What messages call it.
    mistakes : Mistakes
        Where mistakes are noted.
    allowed : collection of str, optional
        The keys that are allowed; all by default.
    """
    if not isinstance(node, yaml.MappingNode):
        mistakes.add(node, f"{place} must be a mapping of keys to values; found {brief(node)}.")
        return
    first_lines: dict[str, int] = {}
    for key_node, value in node.value:
        key = str(key_node.value)
        if key in first_lines:
            mistakes.add(key_node, f"{key} appears twice (first in line {first_lines[key]}).")
        elif allowed is not None and key not in allowed:
            hint = did_you_mean(key, allowed) or f" Allowed: {', '.join(allowed)}."
            mistakes.add(key_node, f"{key} is not a key of {place}.{hint}")
        else:
            yield key, value
        first_lines.setdefault(key, line_of(key_node))


def value_of(node: yaml.Node) -> Any:
    """Give a scalar's value as YAML understands it; None for what is no scalar."""
    if not isinstance(node, yaml.ScalarNode):
        return None
    try:
        return scalar_of(node)
    except ValueError:
        return node.value


def items(node: yaml.Node) -> list[yaml.Node] | None:
    """Give the item nodes of a sequence of scalars; None for anything else."""
    if not isinstance(node, yaml.SequenceNode):
        return None
    nodes: list[yaml.Node] = list(node.value)
    return nodes if all(isinstance(item, yaml.ScalarNode) for item in nodes) else None


def line_of(node: yaml.Node) -> int:
    """Give the line at which a node begins, from 1."""
    return int(node.start_mark.line) + 1


def brief(node: yaml.Node) -> str:
    """Give a node as messages quote it."""
    if isinstance(node, yaml.ScalarNode):
        text = str(node.value)
        return repr(text if len(text) <= 40 else text[:37] + "...")
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
