from typing import Any

import numpy as np
import pytest

from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.report import flawless

Y = np.tile([0, 1], 100)
WRONG = np.where(np.arange(200) == 6, 1.0, Y)


@pytest.mark.parametrize(
    ("task", "metric", "scores", "is_flawless"),
    [
        ("binary", "roc_auc", Y * 0.5 + 0.2, True),
        ("binary", "roc_auc", WRONG, False),
        ("binary", "brier", Y, True),
        ("regression", "rmse", Y, True),
        ("regression", "r2", Y + 0.001, False),
        ("multiclass", "accuracy", np.eye(2)[Y], True),
    ],
)
def test_a_perfect_main_metric_is_suspicious(
    task: Any, metric: str, scores: Any, is_flawless: bool
) -> None:
    told = flawless(evaluate(Y, scores, task=task, main_metric=metric))
    assert (told is not None) == is_flawless
    if told is not None:
        assert told.startswith(
            f"{metric} is exactly {0 if metric in ('brier', 'rmse') else 1} on 200"
        )
