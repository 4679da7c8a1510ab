from typing import Any

import numpy as np
import pytest

from ml_assets.evaluation.evaluator import evaluate
from ml_assets.evaluation.report import flawless, worse_probabilities

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


# The candidate's scores, and whether the linear model's probabilities are better.
PROBABILITIES = [
    (0.5 + (WRONG - 0.5) * 0.001, True),
    (0.5 + (WRONG - 0.5) * 0.8, False),
    (np.where(Y == 1, 0.9, 0.1), False),
]


@pytest.mark.parametrize(("scores", "is_poor"), PROBABILITIES)
def test_scores_that_rank_well_may_be_poor_probabilities(scores: Any, is_poor: bool) -> None:
    linear = {"linear": 0.5 + (WRONG - 0.5) * 0.8}
    told = worse_probabilities(evaluate(Y, scores, baselines=linear, is_linear=True))
    assert (told is not None) == is_poor
    if told is not None:
        assert told.startswith("log_loss is 0.69")
        assert "Set training.calibration, or name log_loss first" in told
    assert worse_probabilities(evaluate(Y, scores)) is None
