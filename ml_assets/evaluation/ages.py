"""Judges a model at one age after another: whether it is still worth serving, and how fast it decays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ml_assets.evaluation.bootstrap import percentile_interval
from ml_assets.evaluation.extra import is_lower_better
from ml_assets.evaluation.measurements import Measurements
from ml_assets.evaluation.ranking import Floats
from ml_assets.evaluation.result import Metric, RuleOutcome, metric_named
from ml_assets.evaluation.spec import ThresholdSpec


@dataclass(frozen=True)
class Age:
    """The model at one age.

    Attributes
    ----------
    low, high : float
        The age in days, from `low` to before `high`.
    rows : int
        How many rows are that much later than the last training row.
    metric : Metric
        The main metric on these rows.
    over : tuple of (str, Metric)
        By how much it is better than each baseline there; positive is better.
    outcome : {"pass", "fail", "cannot tell"}
        Whether it is worth serving, with confidence.
    why : str
        What says that it is not; empty where nothing does.
    """

    low: float
    high: float
    rows: int
    metric: Metric
    over: tuple[tuple[str, Metric], ...]
    outcome: RuleOutcome
    why: str


@dataclass(frozen=True)
class _Margin:
    """By how much something holds, half of its interval, and what it means where it does not."""

    value: float
    half: float
    text: str


@dataclass(frozen=True)
class Aging:
    """The model that ages.

    Attributes
    ----------
    measurements : Measurements
        It and its baselines in each period.
    name, metric : str
        Which model, and what is measured.
    z : float
        How many standard errors count as confidence.
    baselines : sequence of str
        The models that it must not fall behind.
    threshold : ThresholdSpec or None
        What the metric must reach.
    """

    measurements: Measurements
    name: str
    metric: str
    z: float
    baselines: Sequence[str]
    threshold: ThresholdSpec | None

    def at(self, period: int, rows: int, length: float) -> Age:
        """Judge it in one period, by its number; `length` is in days."""
        metric = metric_named(self.measurements.metrics(self.name, period), self.metric)
        over = tuple(
            (
                baseline,
                metric_named(
                    self.measurements.against(baseline, period, self.name).improvements, self.metric
                ),
            )
            for baseline in self.baselines
        )
        margins = [
            *self._threshold_margins(metric, period),
            *self._baseline_margins(over, period),
        ]
        reasons = "; ".join(margin.text for margin in margins if margin.value + margin.half < 0)
        is_clear = (
            all(margin.value - margin.half >= 0 for margin in margins) and metric.value is not None
        )
        outcome: RuleOutcome = "fail" if reasons else "pass" if is_clear else "cannot tell"
        return Age(period * length, (period + 1) * length, rows, metric, over, outcome, reasons)

    def decay(self, periods: Sequence[int], ages: Sequence[Age]) -> Metric | None:
        """The slope of the least squares through the ages, each weighing as many rows as it has."""
        values = [age.metric.value for age in ages]
        if None in values:
            return None
        middles = np.array([(age.low + age.high) / 2 for age in ages])
        weights = np.array([age.rows for age in ages], dtype=np.float64)
        centred = middles - np.average(middles, weights=weights)
        slope = weights * centred / (weights @ centred**2)
        slope *= 1 if is_lower_better(self.metric) else -1
        slopes = np.column_stack([self._drawn(self.name, period) for period in periods]) @ slope
        low, high = percentile_interval(slopes, self.measurements.confidence) or (None, None)
        return Metric(self.metric, float(np.array(values, dtype=np.float64) @ slope), low, high)

    def _threshold_margins(self, metric: Metric, period: int) -> Iterator[_Margin]:
        threshold = self.threshold
        if threshold is None or metric.value is None:
            return
        half = self._half_width(self._drawn(self.name, period))
        text = f"{self.metric} is {metric.value:.4g}"
        if (least := threshold.min) is not None:
            yield _Margin(metric.value - least, half, f"{text}, at least {least:g} is needed")
        if (most := threshold.max) is not None:
            yield _Margin(most - metric.value, half, f"{text}, at most {most:g} is allowed")

    def _baseline_margins(
        self, over: Sequence[tuple[str, Metric]], period: int
    ) -> Iterator[_Margin]:
        drawn = self._drawn(self.name, period)
        for baseline, change in over:
            half = self._half_width(drawn - self._drawn(baseline, period))
            value = 0.0 if change.value is None else change.value
            text = f"the {baseline}'s {self.metric} is better by {-value:.4g}"
            yield _Margin(value, half, text)

    def _half_width(self, drawn: Floats) -> float:
        """Half of the interval; infinite where too few resamples define the metric."""
        defined = drawn[np.isfinite(drawn)]
        return self.z * float(defined.std()) if 2 * len(defined) > len(drawn) else float("inf")

    def _drawn(self, name: str, period: int) -> Floats:
        names = self.measurements.views[name, period].predictions.names
        return self.measurements.drawn[name, period][:, names.index(self.metric)]
