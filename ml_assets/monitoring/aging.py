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
    beside = [MAJORITY] if is_linear(champion) else [LINEAR, MAJORITY]
    scores, cuts = _scored(champion, later, beside)
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
        decision_threshold=cuts,
        **options,
    )


def _scored(
    champion: Model, later: LaterRows, beside: list[str]
) -> tuple[dict[str, Any], Mapping[str, float]]:
    ask = {CHAMPION: champion.predict} | {
        name: lambda rows, name=name: champion.predict_baseline(name, rows) for name in beside
    }
    scores = {name: np.asarray(predict(later.rows), np.float64) for name, predict in ask.items()}
    cuts = {name: champion.decision_threshold(name) for name in beside}
    return scores, {**cuts, CHAMPION: champion.decision_threshold()}
