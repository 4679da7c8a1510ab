"""Every model on all rows and on slices of them, with the same resamples, so that all is paired."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from ml_assets.evaluation.binary import cut_of
from ml_assets.evaluation.compare import Sample, View, baseline_result, measure_rows, resample_views
from ml_assets.evaluation.metrics import Predictions, check_predictions, trials, with_extra
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.result import BaselineResult, Metric
from ml_assets.spec import Task

ViewKey = tuple[str, Hashable]
"""A model, and the key of a slice of the rows; None is all rows."""
CANDIDATE, CHAMPION = "candidate", "champion"


@dataclass(frozen=True)
class Measurements:
    """The metrics of models on slices, and their values on the resamples.

    Attributes
    ----------
    views : mapping of ViewKey to View
        Each model on each slice.
    drawn : mapping of ViewKey to array of float, shape (samples, metrics)
        Its metrics on the resamples.
    confidence : float
        Of the intervals.
    """

    views: Mapping[ViewKey, View]
    drawn: Mapping[ViewKey, Floats]
    confidence: float

    def metrics(self, model: str, piece: Hashable = None) -> tuple[Metric, ...]:
        """Give a model's metrics on a slice."""
        shares = trials(self.views[model, piece].predictions)
        return self.sample(model, piece).metrics(self.confidence, shares)

    def sample(self, model: str, piece: Hashable = None) -> Sample:
        """Give a model's metrics on a slice, with their values on the resamples."""
        return Sample(self.views[model, piece].values, self.drawn[model, piece])

    def against(self, name: str, piece: Hashable = None, model: str = CANDIDATE) -> BaselineResult:
        """Give how much better a model is on a slice than another one, by name."""
        one, other = self.sample(model, piece), self.sample(name, piece)
        return baseline_result(name, self.metrics(name, piece), one, other, self.confidence)


def check_models(
    task: Task,
    y_true: ArrayLike,
    scores: Mapping[str, ArrayLike],
    sample_weight: ArrayLike | None,
    decision_threshold: float | Mapping[str, float],
    metrics: Sequence[str],
) -> dict[str, Predictions]:
    """Check the predictions of several models for the same rows, as `check_predictions` does.

    Parameters
    ----------
    task, y_true, sample_weight
        As for `check_predictions`.
    scores : mapping of str to array-like
        The predictions of each model.
    decision_threshold : float, or mapping of str to float
        Of all models, or of each by its name.
    metrics : sequence of str
        What is measured beside the usual metrics.

    Raises
    ------
    DataError
        If lengths, labels or the metrics' names do not fit.
    """
    return {
        model: with_extra(
            check_predictions(
                task, y_true, y_score, sample_weight, cut_of(model, decision_threshold)
            ),
            metrics,
        )
        for model, y_score in scores.items()
    }


def measure_models(
    predictions: Mapping[str, Predictions],
    rows_by_view: Mapping[ViewKey, Indices | None],
    *,
    samples: int,
    seed: int,
    confidence: float,
) -> Measurements:
    """Measure models on slices of the rows.

    Parameters
    ----------
    predictions : mapping of str to Predictions
        For each model its predictions for all rows.
    rows_by_view : mapping of ViewKey to array of int or None
        What to measure: the rows of each slice; None is all of them.
    samples, seed : int
        Of the bootstrap.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    """
    views = {key: measure_rows(predictions[key[0]], rows) for key, rows in rows_by_view.items()}
    n_rows = max((len(model.y_true) for model in predictions.values()), default=0)
    return Measurements(views, resample_views(views, n_rows, samples, seed), confidence)
