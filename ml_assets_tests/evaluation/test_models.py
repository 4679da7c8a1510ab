from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_assets.errors import ModelError
from ml_assets.evaluation.models import Model, score_models

ROWS = pd.DataFrame({"x": [0.0, 1.0, 2.0]})


class _Fake:
    manifest: dict[str, Any] = {"task": "binary", "estimator": "random_forest"}
    input_columns = ["x"]

    def __init__(self, classes: list[str] | None = None) -> None:
        self.classes = classes

    def predict(self, frame: pd.DataFrame) -> Any:
        return np.full(len(frame), 0.5)

    def predict_baseline(self, name: str, frame: pd.DataFrame) -> Any:
        return np.full(len(frame), {"linear": 0.1, "majority": 0.2}[name])

    def decision_threshold(self, name: str = "model") -> float:
        return {"model": 0.3, "linear": 0.4, "majority": 0.5}[name]


def _unloadable() -> Model:
    raise ModelError("model.skops was altered")


def test_without_a_champion_the_baselines_alone_are_scored() -> None:
    scored = score_models(ROWS, _Fake(), None)
    assert {name: scores[0] for name, scores in scored.baselines.items()} == {
        "linear": 0.1,
        "majority": 0.2,
    }
    assert scored.unscored == {}


@pytest.mark.parametrize(
    ("champion", "why"),
    [
        (_unloadable, "model.skops was altered"),
        (
            lambda: _Fake(list("abcd")),
            r"the champion knows 4 classes \(a, b, c, \.\.\.\), the cand.*If a label is a mistake",
        ),
    ],
)
def test_a_champion_that_cannot_be_scored_is_told(champion: Callable[[], Model], why: str) -> None:
    scores = score_models(ROWS, _Fake(), champion)
    assert "champion" not in scores.baselines
    assert pd.Series(scores.unscored["champion"]).str.match(why).all()


def test_the_champion_is_scored_on_the_same_rows() -> None:
    assert score_models(ROWS, _Fake(), _Fake).baselines["champion"].tolist() == [0.5] * 3


def test_each_model_has_the_threshold_of_its_own_manifest() -> None:
    thresholds = score_models(ROWS, _Fake(), _Fake).decision_thresholds
    assert thresholds == {"candidate": 0.3, "linear": 0.4, "majority": 0.5, "champion": 0.3}
    assert "champion" not in score_models(ROWS, _Fake(), None).decision_thresholds
