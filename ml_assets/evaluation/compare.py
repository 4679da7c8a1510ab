"""One model on some of the rows: its metrics with intervals, and how much better it is than another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ml_assets.evaluation.bootstrap import percentile_interval, resample, wilson_interval
from ml_assets.evaluation.extra import is_lower_better
from ml_assets.evaluation.metrics import (
    Measure,
    Predictions,
    Value,
    measure,
    values_of,
)
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.result import BaselineResult, Metric

Key = TypeVar("Key")


@dataclass(frozen=True)
class View:
    """One model's predictions on some of the rows, with the values of its metrics there.

    Attributes
    ----------
    predictions : Predictions
        The rows.
    measured : callable
        From weights of *all* rows to the metrics of these.
    values : dict of str to Value
        The metrics.
    """

    predictions: Predictions
    measured: Measure
    values: dict[str, Value]


@dataclass(frozen=True)
class Sample:
    """The values of metrics, and what they are on the bootstrap's resamples.

    Attributes
    ----------
    values : dict of str to Value
        The metrics.
    drawn : array of float, shape (samples, metrics)
        The same on each resample, NaN where undefined.
    """

    values: dict[str, Value]
    drawn: Floats

    def metrics(
        self, confidence: float, trials: Mapping[str, int] | None = None
    ) -> tuple[Metric, ...]:
        """Give the metrics with the bootstrap's intervals; of shares of so many rows with Wilson's."""
        counts = trials or {}
        return tuple(
            _metric(
                name, value, _interval(value, self.drawn[:, index], counts.get(name), confidence)
            )
            for index, (name, value) in enumerate(self.values.items())
        )


def measure_rows(predictions: Predictions, rows: Indices | None = None) -> View:
    """Measure one model's predictions on all rows, or on the rows at these places."""
    part = predictions if rows is None else predictions.at(rows)
    measure_weights = measure(part, rows)
    numbers = measure_weights(np.ones(len(predictions.y_true)))
    return View(part, measure_weights, values_of(part, numbers))


def resample_views(
    views: Mapping[Key, View], n_rows: int, samples: int, seed: int
) -> dict[Key, Floats]:
    """Evaluate all views on the same bootstrap resamples, so that their differences are paired."""
    drawn = resample([view.measured for view in views.values()], n_rows, samples, seed)
    return dict(zip(views, drawn, strict=True))


def improvements(one: Sample, other: Sample, confidence: float) -> tuple[Metric, ...]:
    """Give by how much `one` is better than `other`, metric by metric, with paired intervals.

    Positive is better, whichever way the metric runs.
    """
    signs = _signs(one)
    values = {
        name: _difference(value, other.values[name], sign)
        for (name, value), sign in zip(one.values.items(), signs, strict=True)
    }
    return Sample(values, (one.drawn - other.drawn) * signs).metrics(confidence)


def relative_to(
    changes: Sequence[Metric], one: Sample, other: Sample, confidence: float
) -> tuple[Metric, ...]:
    """Give what `improvements` gave as shares of the other's values, with paired intervals.

    The value that is divided by counts without its sign, so that positive is better here too. A share
    of 0 is undefined.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (one.drawn - other.drawn) * _signs(one) / np.abs(other.drawn)
    values = {change.name: _share(change, other.values[change.name].value) for change in changes}
    return Sample(values, shares).metrics(confidence)


def baseline_result(
    name: str, metrics: tuple[Metric, ...], one: Sample, other: Sample, confidence: float
) -> BaselineResult:
    """Give another model, by name and with its own metrics, and how much better `one` is."""
    changes = improvements(one, other, confidence)
    return BaselineResult(name, metrics, changes, relative_to(changes, one, other, confidence))


def difference_sample(one: Sample, other: Sample) -> Sample:
    """Give the metrics of some rows less those of others, in each metric's own unit."""
    values = {
        name: _difference(value, other.values[name], 1.0) for name, value in one.values.items()
    }
    return Sample(values, one.drawn - other.drawn)


def _signs(sample: Sample) -> Floats:
    return np.array([-1.0 if is_lower_better(name) else 1.0 for name in sample.values])


def _share(change: Metric, whole: float | None) -> Value:
    if change.value is None or whole is None:
        return Value(None, change.reason)
    return Value(change.value / abs(whole)) if whole else Value(None, "that is 0")


def _difference(value: Value, other: Value, sign: float) -> Value:
    if value.value is None or other.value is None:
        return Value(None, value.reason or other.reason)
    return Value(float(sign * (value.value - other.value)))


def _interval(
    value: Value, drawn: Floats, count: int | None, confidence: float
) -> tuple[float, float] | None:
    if value.value is None:
        return None
    if count:
        return wilson_interval(value.value, count, confidence)
    return percentile_interval(drawn, confidence)


def _metric(name: str, value: Value, interval: tuple[float, float] | None) -> Metric:
    low, high = interval or (None, None)
    return Metric(name, value.value, low, high, value.reason)
