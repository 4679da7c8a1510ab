"""Scores the candidate, its baselines and the champion on the same rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ml_assets.errors import MLAssetsError
from ml_assets.evaluation.evaluator import CHAMPION, LINEAR
from ml_assets.evaluation.metrics import Task
from ml_assets.evaluation.ranking import Floats

MAJORITY = "majority"


class Model(Protocol):
    """What is asked of a loaded model, as of `training.bundle.LoadedModel`."""

    def predict(self, frame: pd.DataFrame) -> Any:
        """Give the predictions for raw rows."""

    def predict_baseline(self, name: str, frame: pd.DataFrame) -> Any:
        """Give the predictions of the baseline that was trained beside the model."""


@dataclass(frozen=True)
class Scores:
    """Predictions for the same rows: the candidate's, the baselines', and why one is missing."""

    candidate: Floats
    baselines: Mapping[str, Floats]
    unscored: Mapping[str, str]


def score_models(
    task: Task, rows: pd.DataFrame, candidate: Model, champion: Callable[[], Model] | None
) -> Scores:
    """Score all models.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    rows : DataFrame
        Raw rows.
    candidate : Model
        The candidate, with the baselines ``linear`` and ``majority``.
    champion : callable, optional
        Loads the champion; None where there is none.

    Returns
    -------
    Scores
        A champion that cannot be loaded or asked, or that knows other classes, is in `unscored`: the
        candidate can then not be compared with it, which is for the rules to judge.
    """
    ours = np.asarray(candidate.predict(rows), dtype=np.float64)
    baselines = {
        name: np.asarray(candidate.predict_baseline(name, rows), dtype=np.float64)
        for name in (LINEAR, MAJORITY)
    }
    if champion is None:
        return Scores(ours, baselines, {})
    try:
        theirs = np.asarray(champion().predict(rows), dtype=np.float64)
    except MLAssetsError as error:
        return Scores(ours, baselines, {CHAMPION: str(error)})
    if theirs.shape != ours.shape:
        why = f"it gives predictions of another form ({theirs.shape[1:]}, not {ours.shape[1:]})"
        return Scores(ours, baselines, {CHAMPION: f"{why} for a {task} task"})
    return Scores(ours, {**baselines, CHAMPION: theirs}, {})
