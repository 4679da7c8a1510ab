from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.errors import DataError, ModelError
from ml_assets.ingest.example_ids import example_ids
from ml_assets.serving.score import Scoring, prediction_schema, score_columns, score_table
from ml_assets.serving.sound import ScoreCheck
from ml_assets.table import Table

ROWS = pa.table(
    {
        "order": ["a", "b", "c", "d", "e"],
        "when": pa.array([1, 2, 3, 4, 5], pa.timestamp("us")),
        "x": [0.1, 0.9, 0.5, 0.51, 0.0],
    }
)
SPANS = [{"span": "2026-01-01", "rows": 2}, {"span": "2026-01-02", "rows": 3}]
BINARY = Scoring("binary", ("no", "yes"), ("order",), "when", 7)


def _score(tmp_path: Path, scoring: Scoring, predict: Any, batch_rows: int = 2) -> dict[str, Any]:
    pq.write_table(ROWS.slice(0, 2), tmp_path / "1.parquet")
    pq.write_table(ROWS.slice(2), tmp_path / "2.parquet")
    rows = Table((tmp_path / "1.parquet", tmp_path / "2.parquet"))
    path = tmp_path / "predictions.parquet"
    score_table(rows, SPANS, predict, scoring, path, batch_rows)
    return dict(pq.read_table(path).to_pydict())


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_every_row_is_scored_in_order_whatever_the_batches(batch_rows: int, tmp_path: Path) -> None:
    predictions = _score(tmp_path, BINARY, lambda frame: frame["x"].to_numpy(), batch_rows)
    assert predictions["score"] == [0.1, 0.9, 0.5, 0.51, 0.0]
    assert predictions["prediction"] == ["no", "yes", "no", "yes", "no"]
    assert predictions["order"] == ["a", "b", "c", "d", "e"]
    assert predictions["_span"] == ["2026-01-01"] * 2 + ["2026-01-02"] * 3
    assert predictions["model_version"] == [7] * 5
    expected = example_ids(ROWS.to_batches()[0], ["order"]).to_pylist()
    assert predictions["_example_id"] == expected


def test_the_prediction_is_positive_above_the_models_own_threshold(tmp_path: Path) -> None:
    scoring = replace(BINARY, decision_threshold=0.51)
    predictions = _score(tmp_path, scoring, lambda frame: frame["x"].to_numpy())
    assert predictions["prediction"] == ["no", "yes", "no", "no", "no"]


def test_a_multiclass_model_has_a_score_for_each_class(tmp_path: Path) -> None:
    scoring = Scoring("multiclass", ("x", "y", "z"), ("order",), None, 1)
    scores = {"a": [1.0, 0, 0], "b": [0, 1.0, 0], "c": [0.2, 0.3, 0.5]}
    predictions = _score(
        tmp_path, scoring, lambda f: np.array([scores.get(o, [0.4, 0.3, 0.3]) for o in f["order"]])
    )
    assert predictions["prediction"] == ["x", "y", "z", "x", "x"]
    assert predictions["score_z"] == [0.0, 0.0, 0.5, 0.3, 0.3]
    assert "when" not in predictions


def test_a_regression_predicts_its_score(tmp_path: Path) -> None:
    scoring = Scoring("regression", (), (), "when", 1)
    predictions = _score(tmp_path, scoring, lambda frame: frame["x"].to_numpy() * 100)
    assert predictions["prediction"] == predictions["score"] == [10.0, 90.0, 50.0, 51.0, 0.0]
    assert "order" not in predictions


@pytest.mark.parametrize("predictions", [np.ones(3), np.ones((2, 2)), np.float64(1.0)])
def test_predictions_of_another_shape_are_refused(predictions: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"version 7 gave predictions of the shape .* must give"):
        _score(tmp_path, BINARY, lambda frame: predictions)


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        (Scoring("binary", ("n", "y"), ("order", "oder"), "at", 1), "lack 'oder', 'at'"),
        (Scoring("binary", ("n", "y"), ("score",), None, 1), "'score' has the name of a column of"),
    ],
)
def test_columns_that_do_not_fit_are_refused(scoring: Scoring, message: str) -> None:
    raw = pa.schema([("order", pa.string()), ("score", pa.int64())])
    with pytest.raises(DataError, match=message):
        prediction_schema(raw, scoring)


@pytest.mark.parametrize(
    ("task", "scores", "text"),
    [
        ("binary", [0.0, 0.5, 1.0], None),
        ("binary", [0.0, np.nan, np.inf], "2 rows have a score that is NaN or infinite"),
        ("binary", [-0.1, 0.5, 1.1], "2 rows have a probability outside 0 to 1"),
        ("regression", [-1e9, 0.0, 1e9], None),
        ("regression", [np.nan, 0.0, 1.0], "1 rows have a score that is NaN or infinite"),
        ("multiclass", [[0.5, 0.5], [0.0, 1.0], [0.25, 0.75]], None),
        ("multiclass", [[0.5, 0.6], [0.0, 1.0], [0.3, 0.3]],
         "2 rows have probabilities that do not add up to 1"),
        ("multiclass", [[0.5, np.nan], [-1.0, 2.0], [0.3, 0.7]],
         "1 rows have a score that is NaN or infinite; 1 rows have a probability outside 0 to 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_scores_is_counted(task: Any, scores: Any, text: str | None) -> None:
    columns = score_columns(task, ["a", "b"])
    frame = pd.DataFrame(np.array(scores, ndmin=2).reshape(3, -1), columns=columns)
    batches = pa.Table.from_pandas(frame).to_batches(max_chunksize=2)
    check = ScoreCheck(task, columns)
    assert sum(batch.num_rows for batch in check.watch(batches)) == 3
    assert check.verdict(3) == (text is None, text or "3 rows have a sound score")


def test_a_row_that_is_lost_is_noticed() -> None:
    assert ScoreCheck("binary", ["score"]).verdict(3) == (
        False,
        "3 rows came in but 0 predictions went out",
    )
