"""Writes a first pipeline for a file of data, with its guesses marked as guesses."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ml_assets import durable
from ml_assets.cli.data_file import kind_of, open_data_file
from ml_assets.cli.guess import ColumnGuesses, guess_columns
from ml_assets.cli.guess_label import LabelGuesses, guess_label, label_spec
from ml_assets.errors import PipelineFileError
from ml_assets.ingest.source_files import project_directory
from ml_assets.pipeline import PipelineName
from ml_assets.pipeline_file import COMPONENT_TYPE, read_pipeline_file
from ml_assets.spec_types import in_words

_MAX_REMARKS = 5
_INSTALLED = {"site-packages", "dist-packages"}
_MAX_LINE = 10_000  # characters, so that a value is never broken into several lines


def new_pipeline(defs: Path, name: str, file: Path, label: str, encoding: str | None = None) -> int:
    """Write ``<defs>/<name>/defs.yaml`` for a file of data, and say what was guessed.

    Parameters
    ----------
    defs : Path
        The folder of the pipelines.
    name : str
        The new pipeline's name.
    file : Path
        A CSV, Parquet or JSON Lines file.
    label : str
        The column to predict, or an expression over columns such as ``tips > 0.2 * fare``.
    encoding : str, optional
        Of a text file; guessed by default.

    Returns
    -------
    int
        0.

    Raises
    ------
    PipelineFileError
        If the name is not allowed or taken. An existing pipeline is never touched.
    DataError
        If the file cannot be read, lacks a column of the label, or nothing can be learned from it.
    """
    folder = defs / name
    _check_name(folder, name)
    data = open_data_file(file, encoding)
    spec = label_spec(label, list(data.types))
    source = {
        kind_of(file): _source_path(file, project_directory(folder.absolute())),
        **data.source,
    }
    columns = guess_columns(data.rows, data.types, spec, data.foreign)
    text = pipeline_text(source, guess_label(data.rows, spec), columns, data.remarks)
    _check_text(name, text)
    durable.write_bytes(folder / "defs.yaml", text.encode())
    print(f"Wrote {os.path.relpath(folder / 'defs.yaml')}:\n\n{text}")
    print(f"Mend the guesses, then: python -m ml_assets run {name}")
    return 0


def pipeline_text(
    source: Mapping[str, Any],
    label: LabelGuesses,
    columns: ColumnGuesses,
    remarks: Sequence[str] = (),
) -> str:
    """Give the text of the YAML file: at most 20 lines.

    Parameters
    ----------
    source : mapping
        What ``ingest.source`` says.
    label : LabelGuesses
        What is to be predicted.
    columns : ColumnGuesses
        What the columns are.
    remarks : sequence of str
        What the data's owner should know; the first lines, as comments.
    """
    notes = [*remarks, *label.remarks, *columns.remarks]
    more = [f"and {len(notes) - _MAX_REMARKS + 1} more"] if len(notes) > _MAX_REMARKS else []
    shown = [*notes[: _MAX_REMARKS - len(more)], *more]
    lines = [*(f"# Mind: {remark}" for remark in shown), *_lines(source, label, columns)]
    return "\n".join(lines) + "\n"


def _lines(source: Mapping[str, Any], label: LabelGuesses, guesses: ColumnGuesses) -> Iterator[str]:
    yield f"type: {COMPONENT_TYPE}"
    yield "attributes:"
    yield f"  task: {label.task}  # guess: {label.why}"
    yield "  ingest:"
    declared = "  # guess: how it is written" if len(source) > 1 else ""
    yield f"    source: {_inline_yaml(source)}{declared}"
    if guesses.key:
        yield f"    key: {_inline_yaml(guesses.key)}  # guess: tells all rows apart"
    if guesses.time:
        yield f"    time: {_yaml_scalar(guesses.time)}  # guess: the first column of times"
    if guesses.by_time:
        yield "    split: {by: time}  # guess: the last rows judge what was learnt from those before"
    guessed = f"  # guess: {', '.join(label.guessed)}" if label.guessed else ""
    yield f"  labels: {_inline_yaml(label.spec)}{guessed}"
    if guesses.exclude or guesses.known_after:
        yield "  transform:"
    if guesses.known_after:
        yield f"    known_after: {_inline_yaml(guesses.known_after)}  # guess: the outcome itself"
    if guesses.exclude:
        yield f"    exclude: {_inline_yaml([*guesses.exclude])}  # guess: {_reasons(guesses.exclude)}"
    if label.estimator:
        yield f"  training: {{estimator: {label.estimator}}}  # guess: too few rows to tell a better one"
    metric, minimum = label.threshold
    yield "  evaluation:"
    yield f"    thresholds: {{{metric}: {{min: {minimum:g}}}}}  # guess: raise it to what you need"


def _reasons(exclude: Mapping[str, str]) -> str:
    """Why columns are left out, with their names where the reasons differ."""
    names = dict[str, list[str]]()
    for name, reason in exclude.items():
        names.setdefault(reason, []).append(name)
    if len(names) == 1:
        return next(iter(names))
    return "; ".join(f"{_inline_yaml(columns)} {reason}" for reason, columns in names.items())


def _check_name(folder: Path, name: str) -> None:
    if _INSTALLED & set(folder.absolute().parts):
        raise PipelineFileError(
            f"{folder.parent} belongs to an installed package, where an upgrade would delete what is "
            "written. Pipelines live in a clone: install that with `pip install -e .`."
        )
    try:
        TypeAdapter(PipelineName).validate_python(name)
    except ValidationError:
        allowed = in_words(PipelineName)
        raise PipelineFileError(f"A pipeline's name must be {allowed}; found {name!r}.") from None
    if folder.exists():
        raise PipelineFileError(
            f"{os.path.relpath(folder)} exists already and is not touched; choose another name."
        )


def _check_text(name: str, text: str) -> None:
    """See that what is going to be written can be read."""
    with tempfile.TemporaryDirectory() as folder:
        durable.write_bytes(Path(folder) / name / "defs.yaml", text.encode())
        read_pipeline_file(Path(folder) / name / "defs.yaml")


def _source_path(file: Path, project: Path) -> str:
    absolute = Path(os.path.abspath(file))  # noqa: PTH100 - links are kept as they are
    return str(absolute.relative_to(project) if absolute.is_relative_to(project) else absolute)


def _inline_yaml(value: Any) -> str:
    """Write a list or mapping as YAML in one line."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, width=_MAX_LINE, allow_unicode=True
    )
    return text.strip()


def _yaml_scalar(text: str) -> str:
    return _inline_yaml([text])[1:-1]
