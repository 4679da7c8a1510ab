"""Turns batches of raw rows into batches of predictions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ml_assets.errors import DataError, ModelError
from ml_assets.evaluation.binary import CUT
from ml_assets.ingest.example_ids import example_ids
from ml_assets.ingest.spans import span_of_rows
from ml_assets.serving.sound import ScoreCheck
from ml_assets.spec import Task
from ml_assets.table import EXAMPLE_ID, SPAN, Table, write_table

MODEL_VERSION, SCORE, PREDICTION = "model_version", "score", "prediction"
Predict = Callable[[pd.DataFrame], NDArray[Any]]


@dataclass(frozen=True)
class Scoring:
    """How predictions are written.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    classes : tuple of str
        The names of the classes by code; empty for a regression.
    key : tuple of str
        The columns that identify a row; without them the whole row does.
    time : str or None
        The column with the moment of the prediction.
    model_version : int
        The registered version that scores.
    decision_threshold : float
        For a binary task, the probability above which the prediction is the positive class.
    """

    task: Task
    classes: tuple[str, ...]
    key: tuple[str, ...]
    time: str | None
    model_version: int
    decision_threshold: float = CUT

    @property
    def raw_columns(self) -> list[str]:
        """The raw columns that are written beside the scores."""
        return list(dict.fromkeys([*self.key, *([self.time] if self.time else [])]))


def score_columns(task: Task, classes: Sequence[str]) -> list[str]:
    """Name the columns of scores: ``score``, or ``score_<class>`` for each class of a multiclass task."""
    return [f"{SCORE}_{name}" for name in classes] if task == "multiclass" else [SCORE]


def prediction_schema(raw: pa.Schema, scoring: Scoring) -> pa.Schema:
    """Give the columns of the predictions.

    Parameters
    ----------
    raw : pyarrow.Schema
        The columns of the raw rows.
    scoring : Scoring
        How predictions are written.

    Raises
    ------
    DataError
        If the raw rows lack a key or time column, or one has the name of a column of predictions.
    """
    missing = [name for name in scoring.raw_columns if name not in raw.names]
    if missing:
        raise DataError(f"predictions: the raw rows lack {', '.join(map(repr, missing))}.")
    kind = pa.float64() if scoring.task == "regression" else pa.string()
    prediction_fields = [
        pa.field(EXAMPLE_ID, pa.string(), nullable=False),
        pa.field(SPAN, pa.string(), nullable=False),
        pa.field(MODEL_VERSION, pa.int32(), nullable=False),
        *(pa.field(name, pa.float64()) for name in score_columns(scoring.task, scoring.classes)),
        pa.field(PREDICTION, kind),
    ]
    clashing = [field.name for field in prediction_fields if field.name in scoring.raw_columns]
    if clashing:
        names = ", ".join(map(repr, clashing))
        raise DataError(
            f"predictions: the key or time column {names} has the name of a column of the predictions. "
            "Rename it in the source, and ingest.key and ingest.time with it."
        )
    return pa.schema([*(raw.field(name) for name in scoring.raw_columns), *prediction_fields])


def score_table(
    rows: Table,
    spans: Sequence[Mapping[str, Any]],
    predict: Predict,
    scoring: Scoring,
    path: Path,
    batch_rows: int,
) -> ScoreCheck:
    """Score the rows of spans into a Parquet file, batch by batch.

    Parameters
    ----------
    rows : Table
        The raw rows of `spans`, as `open_spans` gives them.
    spans : sequence of mapping
        The spans, as `select_spans` gives them.
    predict : callable
        From a DataFrame of raw rows to binary: P(positive), multiclass: (rows, K), regression: values.
    scoring : Scoring
        How predictions are written.
    path : Path
        The file to write.
    batch_rows : int
        Rows in one batch, >= 1.

    Returns
    -------
    ScoreCheck
        What was written, counted.

    Raises
    ------
    DataError
        If a column is missing, or has the name of a column of predictions.
    ModelError
        If the model does not give one prediction for each row.
    """
    schema = prediction_schema(rows.schema, scoring)
    check = ScoreCheck(scoring.task, score_columns(scoring.task, scoring.classes))
    batches = rows.batches(batch_rows=batch_rows)
    scored = score_batches(batches, span_of_rows(spans), predict, schema, scoring)
    write_table(path, check.watch(scored), schema)
    return check


def score_batches(
    batches: Iterable[pa.RecordBatch],
    spans: pa.Array,
    predict: Predict,
    schema: pa.Schema,
    scoring: Scoring,
) -> Iterator[pa.RecordBatch]:
    """Score raw rows batch by batch, in their order.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        Raw rows.
    spans : pyarrow.Array
        The name of the span of each row, over all batches.
    predict : callable
        From a DataFrame of raw rows to binary: P(positive), multiclass: (rows, K), regression: values.
    schema : pyarrow.Schema
        What `prediction_schema` gave.
    scoring : Scoring
        How predictions are written.

    Raises
    ------
    ModelError
        If the model does not give one prediction for each row.
    """
    start = 0
    for batch in batches:
        scores = np.asarray(predict(batch.to_pandas()), dtype=np.float64)
        _check_shape(scores, batch.num_rows, scoring)
        names = spans.slice(start, batch.num_rows).cast(pa.string())
        start += batch.num_rows
        columns = [
            *(batch.column(name) for name in scoring.raw_columns),
            example_ids(batch, list(scoring.key)),
            names,
            pa.array(np.full(batch.num_rows, scoring.model_version), pa.int32()),
            *(pa.array(column, pa.float64()) for column in np.atleast_2d(scores.T)),
            _prediction(scores, scoring),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _prediction(scores: NDArray[np.float64], scoring: Scoring) -> pa.Array:
    match scoring.task:
        case "regression":
            return pa.array(scores, pa.float64())
        case "binary":
            codes = (scores > scoring.decision_threshold).astype(int)
        case "multiclass":
            codes = np.nan_to_num(scores, nan=-1.0).argmax(axis=1)
    return pa.array(np.asarray(scoring.classes, dtype=object)[codes], pa.string())


def _check_shape(scores: NDArray[np.float64], rows: int, scoring: Scoring) -> None:
    expected = (rows, len(scoring.classes)) if scoring.task == "multiclass" else (rows,)
    if scores.shape != expected:
        raise ModelError(
            f"version {scoring.model_version} gave predictions of the shape {scores.shape} for "
            f"{rows:,} rows; a {scoring.task} model must give {expected}."
        )
