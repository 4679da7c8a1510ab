"""Reads a pipeline's YAML file and names every mistake in it with file, line and key, all at once."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.spec import SchemaSpec
from ml_assets.spec_mistakes import brief, describe_errors
from ml_assets.yaml_lines import KeyPath, LinedYaml, Mistake, line_of, read_yaml

COMPONENT_TYPE = "ml_assets.component.MLPipeline"
# The other keys that Dagster allows at the top of a component's file.
_TOP = ("type", "attributes", "template_vars_module", "requirements", "post_processing")
_BELOW = ("attributes",)
_MOST_ROUNDS = 5
_TYPE = re.compile(rb"^type:\s*['\"]?([\w.]+)", re.MULTILINE)


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
    lines: Mapping[KeyPath, int]

    def where(self, *key: str | int) -> str:
        """Name the file and line of a key, or of the nearest key above it."""
        return f"{_display_name(self.path)}:{line_of(self.lines, key)}"


def read_pipeline_file(path: Path) -> PipelineFile:
    """Read a pipeline's YAML file.

    Parameters
    ----------
    path : Path
        The file. Its top level has ``type`` and ``attributes``. In a text, ``{{ env.NAME }}`` and
        ``{{ env('NAME', 'default') }}`` are replaced by that environment variable.
        ``attributes.name`` defaults to the folder's name.

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
    path = path.absolute()
    document = read_yaml(path, _display_name(path))
    mistakes = [*document.mistakes, *_top_mistakes(document)]
    spec, invalid = _validate(document, path.parent)
    unreadable_keys = {mistake.key for mistake in document.mistakes}
    mistakes += [
        mistake
        for mistake in invalid
        if not any(mistake.key[: len(key)] == key for key in unreadable_keys)
    ]
    if mistakes or spec is None:
        lines = (
            f"{_display_name(path)}:{mistake.line}: {mistake.text}"
            for mistake in sorted(set(mistakes))
        )
        raise PipelineFileError("\n".join(lines))
    return PipelineFile(path, spec, _lines_below(document))


def read_valid_parts(path: Path) -> PipelineFile | None:
    """Read a YAML file with mistakes as if the wrong keys were absent, so that the others can be checked.

    Gives None if the file cannot be read, if the rest is no pipeline, or if the source is among the wrong
    keys: its columns are then unknown.
    """
    path = path.absolute()
    try:
        document = read_yaml(path, _display_name(path))
    except PipelineFileError:
        return None
    values = deepcopy(document.values)
    for _ in range(_MOST_ROUNDS):
        # What is left can be wrong without what was removed, such as a threshold without a limit.
        spec, invalid = _validate(replace(document, values=values), path.parent)
        if any(
            mistake.key[1:3] == ("ingest", "source") for mistake in (*invalid, *document.mistakes)
        ):
            return None
        if spec is not None:
            return PipelineFile(path, spec, _lines_below(document))
        for mistake in invalid:
            _remove_key(values, mistake.key)
    return None


def pipeline_files(folder: Path) -> list[Path]:
    """Give the YAML files of all pipelines below a ``defs`` folder, sorted."""
    kind = COMPONENT_TYPE.encode()
    return [path for path in component_files(folder) if kind in _content(path)]


def component_files(folder: Path) -> list[Path]:
    """Give the YAML files of all components below a ``defs`` folder, sorted, whatever they hold."""
    return sorted(folder.glob("*/defs.yaml"))


def is_meant_as_pipeline(path: Path) -> bool:
    """Whether a component's file is that of a pipeline, or would be but for a mistake in its type.

    Dagster reads every such file, so one without a type stops every pipeline.
    """
    text = _content(path)
    match = _TYPE.search(text)
    kind = match[1].decode("utf-8", "replace") if match else COMPONENT_TYPE
    return bool(did_you_mean(kind, [COMPONENT_TYPE])) or COMPONENT_TYPE.encode() in text


def _content(path: Path) -> bytes:
    """A file's content; nothing where it cannot be read, which who reads it as a pipeline says."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _top_mistakes(document: LinedYaml) -> list[Mistake]:
    """What is wrong outside ``attributes``."""
    mistakes = []
    for key in document.values:
        if key not in _TOP:
            hint = did_you_mean(key, _TOP)
            text = f"{key} is not a key of the file.{hint} Allowed: {', '.join(_TOP)}."
            mistakes.append(Mistake(line_of(document.lines, (key,)), text, (key,)))
    kind = document.values.get("type")
    if kind != COMPONENT_TYPE:
        hint = did_you_mean(str(kind), [COMPONENT_TYPE])
        text = f"type must be {COMPONENT_TYPE}; found {brief(kind)}.{hint}"
        mistakes.append(Mistake(line_of(document.lines, ("type",)), text, ("type",)))
    return mistakes


def _validate(document: LinedYaml, folder: Path) -> tuple[PipelineSpec | None, list[Mistake]]:
    attributes = document.values.get("attributes")
    line = line_of(document.lines, _BELOW)
    if not isinstance(attributes, dict):
        text = f"attributes must be a mapping; found {brief(attributes)}."
        return None, [Mistake(line, text, _BELOW)]
    values: dict[str, Any] = {"name": folder.name, **attributes}
    try:
        spec = PipelineSpec.model_validate({**values, "directory": folder})
        return spec, [*_hidden_keys(document), *_missing_schema(document, spec)]
    except ValidationError as error:
        invalid = describe_errors(error.errors(), PipelineSpec, document, _BELOW)
        return None, [*invalid, *_hidden_keys(document)]


def _remove_key(values: dict[str, Any], key: KeyPath) -> None:
    """Take out what stands at a key, if anything does; of a list all of it, so that no line moves."""
    for part, below in pairwise(key):
        inside = values.get(str(part))
        if not isinstance(inside, dict) or below not in inside:
            values.pop(str(part), None)
            return
        values = inside
    values.pop(str(key[-1]), None)


def _lines_below(document: LinedYaml) -> dict[KeyPath, int]:
    """The lines of the keys below ``attributes``, by their path there."""
    return {key[1:]: line for key, line in document.lines.items() if key[:1] == _BELOW}


def _hidden_keys(document: LinedYaml) -> list[Mistake]:
    """The folder is a field of the specification, but not a key of the file."""
    key = (*_BELOW, "directory")
    text = "directory is not a key of attributes; it is the folder of this file."
    return [Mistake(document.lines[key], text, key)] if key in document.lines else []


def _missing_schema(document: LinedYaml, spec: PipelineSpec) -> list[Mistake]:
    """A schema of another name than the usual is one that somebody wrote: it is not inferred."""
    name, folder = spec.schema_.file, spec.directory
    if name == SchemaSpec().file or (folder / name).is_file():
        return []
    others = [path.name for path in sorted(folder.glob("*.y*ml")) if path.name != "defs.yaml"]
    hint = did_you_mean(name, others) or (f" There is {', '.join(others[:3])}." if others else "")
    key = (*_BELOW, "schema", "file")
    advice = "Without schema.file, a schema is inferred."
    text = f"schema.file: {folder.name}/{name} does not exist.{hint} {advice}"
    return [Mistake(line_of(document.lines, key), text, key)]


def _display_name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
