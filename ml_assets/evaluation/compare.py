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
    trials,
    values_of,
)
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.result import Metric

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


def look_at(predictions: Predictions, rows: Indices | None = None) -> View:
    """Measure one model's predictions on all rows, or on the rows at these places."""
    part = predictions if rows is None else predictions.at(rows)
    measured = measure(part, rows)
    numbers = measured(np.ones(len(predictions.y_true)))
    return View(part, measured, values_of(part, numbers))


def resample_views(
    views: Mapping[Key, View], n_rows: int, samples: int, seed: int
) -> dict[Key, Floats]:
    """Evaluate all views on the same bootstrap resamples, so that their differences are paired."""
    drawn = resample([view.measured for view in views.values()], n_rows, samples, seed)
    return dict(zip(views, drawn, strict=True))


def metrics_with_intervals(view: View, drawn: Floats, confidence: float) -> tuple[Metric, ...]:
    """Give the metrics of a view: Wilson's interval for shares of rows, the bootstrap's otherwise.

    Parameters
    ----------
    view : View
        Where the values come from.
    drawn : array of float, shape (samples, metrics)
        Its values on resamples, as from `resample_views`.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    """
    counts = trials(view.predictions)
    return tuple(
        _metric(name, value, _interval(value, drawn[:, i], counts.get(name), confidence))
        for i, (name, value) in enumerate(view.values.items())
    )


def improvements(
    view: View, other: View, drawn: Floats, drawn_other: Floats, confidence: float
) -> tuple[Metric, ...]:
    """Give by how much `view` is better than `other`, metric by metric, with paired intervals.

    Positive is better, whichever way the metric runs.
    """
    names = view.predictions.names
    signs = [-1.0 if is_lower_better(name) else 1.0 for name in names]
    changes = (drawn - drawn_other) * signs
    pairs = ((view.values[name], other.values[name]) for name in names)
    values = [_difference(*pair, sign) for pair, sign in zip(pairs, signs, strict=True)]
    return _metrics(names, values, changes, confidence)


def relative_to(
    changes: Sequence[Metric], other: View, drawn: Floats, drawn_other: Floats, confidence: float
) -> tuple[Metric, ...]:
    """Give what `improvements` gave as shares of the other's values, with paired intervals.

    The value that is divided by counts without its sign, so that positive is better here too. A share
    of 0 is undefined.
    """
    names = other.predictions.names
    signs = [-1.0 if is_lower_better(name) else 1.0 for name in names]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (drawn - drawn_other) * signs / np.abs(drawn_other)
    values = [_share(change, other.values[change.name].value) for change in changes]
    return _metrics(names, values, shares, confidence)


def _share(change: Metric, whole: float | None) -> Value:
    if change.value is None or whole is None:
        return Value(None, change.reason)
    return Value(change.value / abs(whole)) if whole else Value(None, "that is 0")


def _difference(value: Value, other: Value, sign: float) -> Value:
    if value.value is None or other.value is None:
        return Value(None, value.reason or other.reason)
    return Value(sign * (value.value - other.value))


def _metrics(
    names: Sequence[str], values: Sequence[Value], drawn: Floats, confidence: float
) -> tuple[Metric, ...]:
    return tuple(
        _metric(name, value, _interval(value, drawn[:, i], None, confidence))
        for i, (name, value) in enumerate(zip(names, values, strict=True))
    )


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
