from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ml_assets import durable
from ml_assets.evaluation import evaluate
from ml_assets.monitoring.performance import LabelledScores, join_labels, judge_performance


def _labelled(rows: int = 3000, signal: float = 1.5, seed: int = 0) -> LabelledScores:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, rows)
    return LabelledScores(
        labels, 1 / (1 + np.exp(-random.normal(size=rows) - signal * (labels - 0.5))), 0
    )


def _then(metric: str = "roc_auc", signal: float = 1.5) -> dict[str, Any]:
    labelled = _labelled(signal=signal, seed=9)
    measured = evaluate(labelled.labels, labelled.scores, main_metric=metric).metric(metric)
    return {"value": measured.value, "low": measured.low, "high": measured.high}


@pytest.mark.parametrize(
    ("signal", "rows", "limit", "metric", "outcome"),
    [
        (1.5, 3000, 0.05, "roc_auc", "pass"),
        (3.0, 3000, 0.05, "roc_auc", "pass"),
        (0.5, 3000, 0.05, "roc_auc", "fail"),
        (0.5, 3000, 0.05, "log_loss", "fail"),
        (3.0, 3000, 0.05, "log_loss", "pass"),
        (0.5, 3000, 0.30, "roc_auc", "pass"),
        (0.5, 3000, 0.05, "recall_at_precision@0.8", "fail"),
        (0.5, 3000, 0.05, "false_positive_rate", "fail"),
        (1.0, 210, 0.05, "roc_auc", "cannot tell"),
        (0.5, 199, 0.05, "roc_auc", "cannot tell"),
        (0.5, 0, 0.05, "roc_auc", "cannot tell"),
    ],
)
def test_a_drop_alarms_only_beyond_the_limit_and_beyond_chance(
    signal: float, rows: int, limit: float, metric: str, outcome: str
) -> None:
    performance = judge_performance(
        "binary",
        metric,
        _labelled(rows, signal),
        5000,
        _then(metric),
        max_drop=limit,
        min_rows=200,
    )
    assert performance.outcome == outcome
    assert performance.text.endswith(f"({rows:,} of 5,000 scored rows have a label)")
    durable.json_bytes(performance.to_json())


def test_the_champion_is_measured_at_its_own_threshold() -> None:
    labelled = _labelled()
    judged = judge_performance(
        "binary", "recall", labelled, 3000, None, max_drop=0, min_rows=200, decision_threshold=0.2
    )
    assert judged.now is not None
    assert judged.now.value == np.mean(labelled.scores[labelled.labels == 1] > 0.2)


@pytest.mark.parametrize(
    ("labelled", "then", "text"),
    [
        (_labelled(50), _then(), "cannot tell: at least 200 labelled rows are needed"),
        (_labelled(300), None, "cannot tell: the champion's evaluation has no roc_auc"),
        (LabelledScores(np.ones(300), np.full(300, 0.5), 0), _then(),
         "cannot tell: a class does not occur among the rows"),
        (_labelled(3000, 0.2), _then(), "roc_auc is 0.5.*worse than in its evaluation.*at most 0.05"),
    ],
)  # fmt: skip
def test_the_text_says_what_was_found(
    labelled: LabelledScores, then: dict[str, Any] | None, text: str
) -> None:
    judged = judge_performance(
        "binary", "roc_auc", labelled, 900, then, max_drop=0.05, min_rows=200
    )
    assert pa.compute.match_substring_regex(pa.array([judged.text]), text)[0].as_py()


def test_an_alarm_without_a_change_is_rare() -> None:
    alarms = [
        judge_performance(
            "binary", "roc_auc", _labelled(300, seed=seed), 300, _then(), max_drop=0.0, min_rows=200,
            bootstrap_samples=100,
        ).outcome == "fail"
        for seed in range(40)
    ]  # fmt: skip
    assert sum(alarms) <= 4


def test_labels_are_joined_by_example_id_and_contradictions_are_left_out() -> None:
    predictions = pa.table({"_example_id": ["a", "b", "c", "d"], "score": [0.1, 0.2, 0.3, 0.4]})
    labels = pa.table(
        {
            "_example_id": ["d", "c", "c", "a", "a", "x"],
            "_label": pa.array([1, 0, 0, 0, 1, 1], "int8"),
        }
    )
    joined = join_labels(predictions, labels, ["score"])
    assert joined.labels.tolist() == [0, 1]
    assert joined.scores.tolist() == [0.3, 0.4]
    assert joined.contradictory == 1


def test_rows_that_the_champion_was_made_from_are_left_out_and_counted() -> None:
    predictions = pa.table({"_example_id": list("abc"), "score": [0.1, 0.2, 0.3]})
    labels = pa.table({"_example_id": list("abc"), "_label": pa.array([0, 1, 0], "int8")})
    own = pa.array([True, False, True])
    joined = join_labels(predictions, labels, ["score"], own=own)
    assert (joined.scores.tolist(), joined.own) == ([0.2], 2)
    judged = judge_performance("binary", "roc_auc", joined, 3, _then(), max_drop=0.1, min_rows=200)
    assert judged.outcome == "cannot tell"
    assert judged.text == (
        "cannot tell: at least 200 new labelled rows are needed (1 of 3 scored rows have a label; "
        "2 are its own examples and left out)"
    )


def test_the_scores_of_all_classes_are_joined() -> None:
    predictions = pa.table(
        {"_example_id": ["a", "b"], "score_x": [0.1, 0.2], "score_y": [0.9, 0.8]}
    )
    labels = pa.table({"_example_id": ["b"], "_label": pa.array([1], "int16")})
    assert join_labels(predictions, labels, ["score_x", "score_y"]).scores.tolist() == [[0.2, 0.8]]


def test_labels_whose_classes_were_numbered_anew_are_translated() -> None:
    predictions = pa.table({"_example_id": list("abc"), "score": [0.1, 0.2, 0.3]})
    labels = pa.table({"_example_id": list("abc"), "_label": pa.array([0, 1, 2], "int8")})
    joined = join_labels(predictions, labels, ["score"], ["no", "yes"], ["maybe", "no", "yes"])
    assert joined.labels.tolist() == [0, 1]
    assert joined.scores.tolist() == [0.2, 0.3]
