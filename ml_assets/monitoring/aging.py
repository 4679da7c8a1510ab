"""How the champion ages on everything that was stored since it was trained."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ml_assets.evaluation.evaluator import LINEAR
from ml_assets.evaluation.measurements import CHAMPION
from ml_assets.evaluation.models import MAJORITY, Model, is_linear
from ml_assets.evaluation.spec import ThresholdSpec
from ml_assets.evaluation.staleness import Staleness, find_staleness
from ml_assets.monitoring.later_rows import LaterRows


def age_of(
    champion: Model,
    later: LaterRows,
    time: str,
    trained_until: Any,
    metric: str,
    threshold: ThresholdSpec | None,
    **options: Any,
) -> Staleness:
    """Measure how a champion ages, beside the baselines that were trained with it.

    Parameters
    ----------
    champion : Model
        With the baselines ``linear`` and ``majority``.
    later : LaterRows
        What `later_rows` gave.
    time : str
        The column that says when a prediction was wanted.
    trained_until : timestamp
        The time of its last training row.
    metric : str
        What to measure.
    threshold : ThresholdSpec or None
        What the metric must reach.
    **options
        Of `find_staleness`: how many rows, resamples, and with which confidence.
    """
    baselines = [MAJORITY] if is_linear(champion) else [LINEAR, MAJORITY]
    scores, thresholds = _scores_and_thresholds(champion, later, baselines)
    return find_staleness(
        later.labels,
        scores.pop(CHAMPION),
        later.rows[time],
        trained_until,
        task=champion.manifest["task"],
        baselines=scores,
        metric=metric,
        threshold=threshold,
        model=CHAMPION,
        decision_threshold=thresholds,
        **options,
    )


def _scores_and_thresholds(
    champion: Model, later: LaterRows, baselines: list[str]
) -> tuple[dict[str, Any], Mapping[str, float]]:
    predictors = {CHAMPION: champion.predict} | {
        name: lambda rows, name=name: champion.predict_baseline(name, rows) for name in baselines
    }
    scores = {
        name: np.asarray(predict(later.rows), np.float64) for name, predict in predictors.items()
    }
    thresholds = {name: champion.decision_threshold(name) for name in baselines}
    return scores, {**thresholds, CHAMPION: champion.decision_threshold()}
