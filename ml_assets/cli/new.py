"""Writes a first pipeline for a file of data, with its guesses marked as guesses."""

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_assets import durable
from ml_assets.errors import DataError, PipelineFileError, did_you_mean
from ml_assets.labels.spec import LabelSpec
from ml_assets.pipeline_file import COMPONENT_TYPE, read_pipeline_file

if TYPE_CHECKING:
    import pandas as pd

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_KEY = re.compile(r"(^|_)(id|key|uuid)$", re.IGNORECASE)
_ISO = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?$"
# A number with more values than these is a quantity, not a class.
_MAX_CLASSES = 20
_SAMPLE_ROWS = 1000
_GUESS = "  # guess"


@dataclass(frozen=True)
class Guesses:
    """What a file of data looks like."""

    task: str
    threshold: str
    key: str | None
    time: str | None
    known_after: list[str]


def new_pipeline(defs: Path, name: str, file: Path, label: str) -> int:
    """Write ``<defs>/<name>/defs.yaml`` for a CSV or Parquet file, and say what was guessed.

    Parameters
    ----------
    defs : Path
        The folder of the pipelines.
    name : str
        The new pipeline's name: small letters, digits and underscores.
    file : Path
        The data.
    label : str
        The column to predict, or an expression over columns such as ``tips > 0.2 * fare``.

    Returns
    -------
    int
        0.

    Raises
    ------
    PipelineFileError
        If the name is not allowed or taken.
    DataError
        If the file cannot be read, or lacks a column of the label.
    """
    target = defs / name / "defs.yaml"
    if not _NAME.match(name):
        raise PipelineFileError(
            f"{name!r} cannot name a pipeline; allowed are small letters, digits and underscores, "
            "with a letter first, at most 63 characters."
        )
    if target.parent.exists():
        raise PipelineFileError(f"{target.parent} exists already; choose another name.")
    frame = _read(file)
    guesses = guess(frame, _label_columns(frame, label, file), label)
    durable.write_bytes(target, pipeline_text(file, label, frame, guesses).encode())
    read_pipeline_file(target)
    print(f"Wrote {os.path.relpath(target)}:\n")
    print(target.read_text())
    print(f"Read it, mend the guesses, then: python -m ml_assets run {name}")
    return 0


def guess(frame: "pd.DataFrame", columns: list[str], label: str) -> Guesses:
    """Guess the task, key and time column of a table, and a first threshold.

    Parameters
    ----------
    frame : DataFrame
        The data.
    columns : list of str
        The columns that the label is made from.
    label : str
        The label's column or expression.
    """
    task, threshold = _task(frame, label)
    others = [name for name in frame.columns if name not in columns]
    return Guesses(
        task=task,
        threshold=threshold,
        key=next((name for name in others if _is_key(frame[name], name)), None),
        time=next((name for name in others if _is_time(frame[name])), None),
        known_after=[] if label in frame.columns else _left_side(label),
    )


def pipeline_text(file: Path, label: str, frame: "pd.DataFrame", guesses: Guesses) -> str:
    """Give the text of the YAML file: at most 20 lines."""
    kind = "parquet" if file.suffix == ".parquet" else "csv"
    what = "column" if label in frame.columns else "expression"
    lines = [
        f"type: {COMPONENT_TYPE}",
        "attributes:",
        f"  task: {guesses.task}{_GUESS}",
        "  ingest:",
        f"    source: {{{kind}: {_quoted(_path(file))}}}",
        *([f"    key: [{_quoted(guesses.key)}]{_GUESS}"] if guesses.key else []),
        *([f"    time: {_quoted(guesses.time)}{_GUESS}"] if guesses.time else []),
        f"  labels: {{{what}: {_quoted(label)}}}",
    ]
    if guesses.known_after:
        names = ", ".join(_quoted(name) for name in guesses.known_after)
        lines += ["  transform:", f"    known_after: [{names}]{_GUESS}"]
    lines += ["  evaluation:", "    thresholds:", f"      {guesses.threshold}{_GUESS}"]
    return "\n".join(lines) + "\n"


def _read(file: Path) -> "pd.DataFrame":
    import pandas as pd

    if not file.is_file():
        near = did_you_mean(file.name, [p.name for p in file.parent.glob("*")])
        raise DataError(f"{file} is not a file.{near}")
    try:
        frame = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    except (ValueError, OSError) as error:
        raise DataError(f"{file} cannot be read as {file.suffix or 'CSV'}: {error}") from error
    if frame.empty:
        raise DataError(f"{file} has no rows.")
    return frame


def _label_columns(frame: "pd.DataFrame", label: str, file: Path) -> list[str]:
    if label in frame.columns:
        return [label]
    try:
        columns = LabelSpec(expression=label).columns
    except ValueError as error:
        hint = did_you_mean(label, frame.columns)
        raise DataError(
            f"{file} has no column {label!r}, nor is it an expression.{hint}"
        ) from error
    missing = [name for name in columns if name not in frame.columns]
    if missing or not columns:
        told = "; ".join(f"{n!r}.{did_you_mean(n, frame.columns)}" for n in missing) or repr(label)
        raise DataError(
            f"{file} has no column {told} It has: {', '.join(map(str, frame.columns))}."
        )
    return columns


def _task(frame: "pd.DataFrame", label: str) -> tuple[str, str]:
    from pandas.api.types import is_numeric_dtype

    if label not in frame.columns:
        body = ast.parse(label, mode="eval").body
        is_question = isinstance(body, ast.Compare | ast.BoolOp)
        return (
            ("binary", "roc_auc: {min: 0.6}") if is_question else ("regression", "r2: {min: 0.1}")
        )
    values = frame[label].dropna()
    if values.empty:
        raise DataError(f"The label column {label!r} has no values.")
    if values.nunique() == 2:
        return "binary", "roc_auc: {min: 0.6}"
    if is_numeric_dtype(values) and values.nunique() > _MAX_CLASSES:
        return "regression", "r2: {min: 0.1}"
    share = float(values.value_counts(normalize=True).iloc[0])
    return "multiclass", f"accuracy: {{min: {min(0.99, share + 0.05):.2f}}}"


def _is_key(values: "pd.Series", name: str) -> bool:
    return bool(_KEY.search(str(name)) and values.notna().all() and values.is_unique)


def _is_time(values: "pd.Series") -> bool:
    from pandas.api.types import is_datetime64_any_dtype, is_string_dtype

    if is_datetime64_any_dtype(values):
        return True
    sample = values.dropna().head(_SAMPLE_ROWS)
    return is_string_dtype(values) and len(sample) > 0 and bool(sample.str.match(_ISO).all())


def _left_side(expression: str) -> list[str]:
    body = ast.parse(expression, mode="eval").body
    if not isinstance(body, ast.Compare):
        return []
    return list(dict.fromkeys(n.id for n in ast.walk(body.left) if isinstance(n, ast.Name)))


def _path(file: Path) -> str:
    absolute, here = file.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)


def _quoted(text: str) -> str:
    """Write a text as a YAML scalar: plain where that is safe."""
    plain = re.fullmatch(r"[A-Za-z_][\w./]*", text) and text.lower() not in _YAML_WORDS
    return text if plain else "'" + text.replace("'", "''") + "'"


_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
