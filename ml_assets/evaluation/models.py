"""Scores the candidate, its baselines and the champion on the same rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ml_assets.errors import MLAssetsError, ModelError
from ml_assets.evaluation.evaluator import LINEAR
from ml_assets.evaluation.measurements import CANDIDATE, CHAMPION
from ml_assets.evaluation.ranking import Floats
from ml_assets.training.spec import linear_name

MAJORITY = "majority"


class Model(Protocol):
    """What is needed of a loaded model, as of `training.bundle.LoadedModel`."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What is known of it: ``task`` and ``estimator``."""

    @property
    def classes(self) -> list[str] | None:
        """The names of the class codes, in order; None for a regression."""

    @property
    def input_columns(self) -> list[str]:
        """The raw columns that it reads."""

    def predict(self, frame: pd.DataFrame) -> Any:
        """Give the predictions for raw rows."""

    def predict_baseline(self, name: str, frame: pd.DataFrame) -> Any:
        """Give the predictions of the baseline that was trained beside the model."""

    def decision_threshold(self, name: str = ...) -> float:
        """Give the probability above which the model, or the baseline of that name, calls positive."""


def is_linear(model: Model) -> bool:
    """Whether a model is of the kind of the linear baseline, which it then need not beat."""
    return bool(model.manifest["estimator"] == linear_name(model.manifest["task"]))


@dataclass(frozen=True)
class Scores:
    """Predictions for the same rows: the candidate's, the baselines', and why one is missing.

    Each model calls rows positive above its own threshold, by its name; the candidate's is ``candidate``.
    """

    candidate: Floats
    baselines: Mapping[str, Floats]
    unscored: Mapping[str, str]
    decision_thresholds: Mapping[str, float] = field(default_factory=dict)


def score_models(
    rows: pd.DataFrame, candidate: Model, champion: Callable[[], Model] | None
) -> Scores:
    """Score all models.

    Parameters
    ----------
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
    candidate_scores = np.asarray(candidate.predict(rows), dtype=np.float64)
    baselines = {
        name: np.asarray(candidate.predict_baseline(name, rows), dtype=np.float64)
        for name in (LINEAR, MAJORITY)
    }
    thresholds = {name: candidate.decision_threshold(name) for name in (LINEAR, MAJORITY)}
    thresholds[CANDIDATE] = candidate.decision_threshold()
    if champion is None:
        return Scores(candidate_scores, baselines, {}, thresholds)
    try:
        loaded_champion = _same_classes(champion(), candidate)
        champion_scores = np.asarray(loaded_champion.predict(rows), dtype=np.float64)
    except MLAssetsError as error:
        return Scores(candidate_scores, baselines, {CHAMPION: str(error)}, thresholds)
    thresholds[CHAMPION] = loaded_champion.decision_threshold()
    return Scores(candidate_scores, {**baselines, CHAMPION: champion_scores}, {}, thresholds)


def _same_classes(champion: Model, candidate: Model) -> Model:
    if champion.classes == candidate.classes:
        return champion
    raise ModelError(
        f"the champion knows {_class_text(champion.classes)}, the candidate "
        f"{_class_text(candidate.classes)}. If a label is a mistake, correct it in the source; else take "
        "the alias champion away to begin anew with these labels."
    )


def _class_text(classes: list[str] | None) -> str:
    if classes is None:
        return "no classes"
    shown = ", ".join(classes[:3]) + (", ..." if len(classes) > 3 else "")
    return f"{len(classes)} classes ({shown})"
