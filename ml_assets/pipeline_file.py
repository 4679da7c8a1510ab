"""Reads a pipeline's YAML file and names every mistake in it with file, line and key, all at once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.pipeline import PipelineSpec

COMPONENT_TYPE = "ml_assets.component.MLPipeline"
_ENV = re.compile(r"^\{\{\s*env\.(\w+)\s*\}\}$")
_MAX_BYTES = 1_000_000
Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class PipelineFile:
    """A pipeline's YAML file.

    Attributes
    ----------
    path : Path
        The file.
    spec : PipelineSpec
        What it says.
    lines : mapping
        The line, from 1, of each key by its path below ``attributes``.
    """

    path: Path
    spec: PipelineSpec
    lines: Mapping[Path_, int]

    def where(self, *key: str | int) -> str:
        """Name the file and line of a key, or of the nearest key above it."""
        return f"{self.path.parent.name}/{self.path.name}:{_line(self.lines, key)}"


def read_pipeline_file(path: Path) -> PipelineFile:
    """Read a pipeline's YAML file.

    Parameters
    ----------
    path : Path
        The file. Its top level has ``type`` and ``attributes``. A value ``{{ env.NAME }}`` is replaced
        by that environment variable. ``attributes.name`` defaults to the folder's name.

    Returns
    -------
    PipelineFile
        The validated specification with the lines of its keys.

    Raises
    ------
    PipelineFileError
        Naming every mistake, one per line: file and line, key, what was found, what is allowed, and the
        nearest right key. Duplicate keys are mistakes.
    """
    values, lines, mistakes = _load(path)
    attributes = values.get("attributes")
    if not isinstance(attributes, dict):
        mistakes.append(f"{_place(path, lines, ())}: attributes is missing or not a mapping.")
        attributes = {}
    given = {"name": path.parent.name, **attributes, "directory": path.parent.absolute()}
    try:
        spec = PipelineSpec.model_validate(given)
    except ValidationError as error:
        mistakes += [_mistake(path, lines, found) for found in error.errors()]
        spec = None
    if mistakes or spec is None:
        raise PipelineFileError("\n".join(sorted(set(mistakes), key=_by_line)))
    return PipelineFile(path, spec, lines)


def pipeline_files(folder: Path) -> list[Path]:
    """Give the YAML files of all pipelines below a ``defs`` folder, sorted."""
    return sorted(
        path for path in folder.glob("*/defs.yaml") if COMPONENT_TYPE in path.read_text("utf-8")
    )


def _load(path: Path) -> tuple[dict[str, Any], dict[Path_, int], list[str]]:
    """The file's values, the line of each key below ``attributes``, and mistakes of the YAML."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text("utf-8")
        if len(text) > _MAX_BYTES:
            raise PipelineFileError(f"{name} is larger than {_MAX_BYTES:,} characters.")
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        if any(isinstance(event, yaml.AliasEvent) for event in events):
            raise PipelineFileError(f"{name} uses YAML aliases (*name); write the values out.")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise PipelineFileError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise PipelineFileError(f"{name} is not UTF-8 at byte {error.start}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PipelineFileError(f"{name}:{line}: not YAML: {error.problem}.") from error
    if not isinstance(root, yaml.MappingNode):
        raise PipelineFileError(f"{name}:1: needs the keys type and attributes.")
    lines: dict[Path_, int] = {}
    mistakes: list[str] = []
    values = _construct(root, (), lines, mistakes, name)
    below = {key[1:]: line for key, line in lines.items() if key[:1] == ("attributes",)}
    return values, below, mistakes


def _construct(
    node: yaml.Node, at: Path_, lines: dict[Path_, int], mistakes: list[str], name: str
) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(at, line)
    if isinstance(node, yaml.SequenceNode):
        items = enumerate(node.value)
        return [_construct(item, (*at, i), lines, mistakes, name) for i, item in items]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, key_line = str(key_node.value), key_node.start_mark.line + 1
            place = (*at, key)
            if key in found:
                first = lines[place]
                mistakes.append(f"{name}:{key_line}: {key} appears twice (first in line {first}).")
            lines.setdefault(place, key_line)
            found[key] = _construct(value_node, place, lines, mistakes, name)
        return found
    return _scalar(node, mistakes, name)


def _scalar(node: yaml.Node, mistakes: list[str], name: str) -> Any:
    line = node.start_mark.line + 1
    try:
        value = yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        mistakes.append(f"{name}:{line}: {node.value!r} cannot be read: {error}")
        return None
    reference = _ENV.match(value) if isinstance(value, str) else None
    if reference is None:
        return value
    if reference[1] not in os.environ:
        mistakes.append(f"{name}:{line}: the environment variable {reference[1]} is not set.")
    return os.environ.get(reference[1], "")


def _mistake(path: Path, lines: Mapping[Path_, int], error: Mapping[str, Any]) -> str:
    # Pydantic puts the branches of a union into the location; only what the file has is a key.
    location = tuple(error["loc"])
    place = _place(path, lines, location)
    key = ".".join(str(part) for part in location if not _is_branch(part, location, lines))
    found = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            known = _known_keys(location[:-1])
            hint = did_you_mean(str(location[-1]), known)
            allowed = f" Allowed: {', '.join(sorted(known))}." if known and not hint else ""
            return f"{place}: {key} is not a key of {PipelineSpec.__name__}.{hint}{allowed}"
        case "missing":
            return f"{place}: {key} is missing."
        case "value_error":
            text = str(error["msg"]).removeprefix("Value error, ")
            return f"{place}: {key + ' ' if key else ''}{text}."
        case "literal_error":
            hint = did_you_mean(str(found), re.findall(r"'([^']*)'", str(error["ctx"]["expected"])))
            allowed = error["ctx"]["expected"]
            return f"{place}: {key} must be one of {allowed}; found {_brief(found)}.{hint}"
        case _:
            text = str(error["msg"])
            return f"{place}: {key}: {text[:1].lower()}{text[1:]}; found {_brief(found)}."


def _is_branch(part: str | int, location: Path_, lines: Mapping[Path_, int]) -> bool:
    at = location.index(part)
    return at > 0 and location[: at + 1] not in lines and at < len(location) - 1


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _known_keys(location: Path_) -> list[str]:
    """The keys that are allowed at a place of the file."""
    model: type[BaseModel] | None = PipelineSpec
    for part in location:
        fields = {(f.alias or n): f for n, f in model.model_fields.items()} if model else {}
        model = _model_in(fields[part].annotation) if part in fields else None
    if model is None:
        return []
    return [f.alias or n for n, f in model.model_fields.items() if n != "directory"]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) in (Annotated, Union, UnionType):
        found = (_model_in(part) for part in get_args(annotation))
        return next((model for model in found if model is not None), None)
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def _place(path: Path, lines: Mapping[Path_, int], key: Path_) -> str:
    return f"{path.parent.name}/{path.name}:{_line(lines, key)}"


def _line(lines: Mapping[Path_, int], key: Path_) -> int:
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)


def _by_line(mistake: str) -> tuple[int, str]:
    found = re.match(r"[^:]*:(\d+)", mistake)
    return (int(found[1]) if found else 0, mistake)
