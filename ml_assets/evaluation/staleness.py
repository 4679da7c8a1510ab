"""How a model ages: its main metric on rows that are later and later than those it was trained on.

Rows later than the last training row are cut into periods by their age. At an age the model is not worth
serving where its metric is beyond its threshold, or worse than that of a baseline that was trained with
it, with confidence: over all ages and comparisons the chance of saying so wrongly is that of one interval
(Bonferroni). It is stale from the first such age after which no age says with confidence that it is worth
serving: one bad week does not count. Nothing is trained again: seasons and age cannot be told apart.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ml_assets.errors import DataError
from ml_assets.evaluation.ages import Age, Aging
from ml_assets.evaluation.binary import CUT
from ml_assets.evaluation.measurements import ViewKey, check_models, measure_models
from ml_assets.evaluation.names import MAIN
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.result import Metric
from ml_assets.evaluation.spec import ThresholdSpec
from ml_assets.spec import Task
from ml_assets.table import Table, split_is

# Lengths in days, by name.
_PERIODS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0, "quarter": 91.0, "year": 365.0}
_MOST_PERIODS = 20
# The share of the later rows that must lie in periods with enough rows.
_LEAST_KEPT = 0.8


@dataclass(frozen=True)
class Staleness:
    """How one model ages.

    Attributes
    ----------
    model : str
        Which one, such as ``candidate``.
    metric : str
        What was measured.
    period : str
        How long each age lasts: ``hour``, ``day``, ``week``, ``month`` (30 days), ``quarter``, ``year``.
    ages : tuple of Age
        Ascending; periods with too few rows are left out.
    decay : Metric or None
        By how much the metric gets worse in a day, on average: positive is worse.
    stale_from : float or None
        The age in days from which it is not worth serving; None where no such age was measured.
    text : str
        One sentence for a person.
    """

    model: str
    metric: str
    period: str
    ages: tuple[Age, ...]
    decay: Metric | None
    stale_from: float | None
    text: str

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)


def find_staleness(
    y_true: ArrayLike,
    y_score: ArrayLike,
    times: "pd.Series[Any]",
    trained_until: Any,
    *,
    task: Task = "binary",
    baselines: Mapping[str, ArrayLike] | None = None,
    metric: str | None = None,
    threshold: ThresholdSpec | Mapping[str, Any] | None = None,
    model: str = "candidate",
    sample_weight: ArrayLike | None = None,
    decision_threshold: float | Mapping[str, float] = CUT,
    min_rows: int = 100,
    bootstrap_samples: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> Staleness:
    """Measure how a model ages.

    Parameters
    ----------
    y_true, y_score : array-like
        As for `evaluate`: rows that the model was not trained on.
    times : Series
        When each row's prediction was wanted. Its index is not looked at.
    trained_until : timestamp
        The time of the model's last training row.
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    baselines : mapping of str to array-like, optional
        Predictions for the same rows of models that it must not fall behind.
    metric : str, optional
        What to measure; the task's usual one by default.
    threshold : ThresholdSpec or mapping, optional
        What the metric must reach: `min` and `max`.
    model : str
        The model's name, for the text.
    sample_weight : array-like, optional
        The weight of each row, >= 0.
    decision_threshold : float, or mapping of str to float
        As for `evaluate`: of all, or of each by its name.
    min_rows : int
        Periods with fewer rows are left out, >= 2.
    bootstrap_samples, seed : int
        Of the intervals.
    confidence : float
        Of the intervals, 0 to 1, exclusive.

    Raises
    ------
    DataError
        If lengths, labels or the metric's name do not fit.
    """
    metric_name, baseline_scores = metric or MAIN[task], dict(baselines or {})
    scores = {model: y_score, **baseline_scores}
    predictions = check_models(
        task, y_true, scores, sample_weight, decision_threshold, [metric_name]
    )
    days = _days_after(times, trained_until)
    if len(days) != len(predictions[model].y_true):
        raise DataError(f"times has {len(days):,} rows, y_true {len(predictions[model].y_true):,}.")
    period, rows_by_period = _cut_periods(days, min_rows)
    if not rows_by_period:
        return _too_few_rows(model, metric_name, period, int((days > 0).sum()), min_rows)
    rows_by_view: dict[ViewKey, Indices | None] = {
        (name, number): rows for name in predictions for number, rows in rows_by_period.items()
    }
    measurements = measure_models(
        predictions, rows_by_view, samples=bootstrap_samples, seed=seed, confidence=confidence
    )
    stricter = 1 - (1 - confidence) / (len(rows_by_period) * (1 + len(baseline_scores)))
    z = NormalDist().inv_cdf((1 + stricter) / 2)
    limits = None if threshold is None else ThresholdSpec.model_validate(threshold)
    aging = Aging(measurements, model, metric_name, z, list(baseline_scores), limits)
    ages = [
        aging.at(number, len(rows), _PERIODS[period]) for number, rows in rows_by_period.items()
    ]
    return _result(model, metric_name, period, ages, aging.decay(list(rows_by_period), ages))


def last_training_row(examples: Table, time: str | None) -> Any:
    """Give the time of the last training row of some examples; None where there is none."""
    import pyarrow.compute as pc

    # The champion may have been trained before the pipeline had a time.
    if time is None or time not in examples.columns:
        return None
    return pc.max(examples.to_arrow([time], where=split_is("train"))[time]).as_py()


def _days_after(times: "pd.Series[Any]", moment: Any) -> Floats:
    age = _without_zone(pd.Series(pd.to_datetime(times))) - without_zone(moment)
    return np.asarray(age / pd.Timedelta(days=1), dtype=np.float64)


def without_zone(moment: Any) -> pd.Timestamp:
    """Give a moment as one without a zone, in UTC if it had one: a column may get a zone, or lose it."""
    stamp = pd.Timestamp(moment)
    return stamp if stamp.tzinfo is None else stamp.tz_convert("UTC").tz_localize(None)


def _without_zone(times: "pd.Series[Any]") -> "pd.Series[Any]":
    return times if times.dt.tz is None else times.dt.tz_convert("UTC").dt.tz_localize(None)


def _cut_periods(days: Floats, min_rows: int) -> tuple[str, dict[int, Indices]]:
    """The shortest period that cuts the later rows into few, with most rows in large enough ones."""
    later = days[days > 0]
    for name, length in _PERIODS.items():
        rows_by_period = _rows_by_period(days, length, min_rows)
        kept = sum(len(rows) for rows in rows_by_period.values())
        few = math.ceil(later.max(initial=0.0) / length) <= _MOST_PERIODS
        if few and len(rows_by_period) > 1 and kept >= _LEAST_KEPT * len(later):
            return name, rows_by_period
    return name, {}


def _rows_by_period(days: Floats, length: float, min_rows: int) -> dict[int, Indices]:
    """The rows of each period after training that has enough of them."""
    later = np.flatnonzero(days > 0)
    periods = np.floor(days[later] / length).astype(int)
    rows_by_period = {int(period): later[periods == period] for period in np.unique(periods)}
    return {period: rows for period, rows in rows_by_period.items() if len(rows) >= min_rows}


def _result(
    model: str, metric: str, period: str, ages: Sequence[Age], decay: Metric | None
) -> Staleness:
    last_good = max((index for index, age in enumerate(ages) if age.outcome == "pass"), default=-1)
    stale = next((age for age in ages[last_good + 1 :] if age.outcome == "fail"), None)
    failed = sum(age.outcome == "fail" for age in ages)
    until = f"{_days_text(ages[-1].high)} after its last training row"
    if stale:
        verdict = f"is not worth serving from {_days_text(stale.low)} after its last training row"
        verdict += f": {stale.why}"
    elif failed:
        verdict = (
            f"was not worth serving at {failed} of {len(ages)} ages up to {until}, but later again"
        )
    elif any(age.outcome == "pass" for age in ages):
        verdict = f"is worth serving at every age measured, up to {until}, as far as can be told"
    else:
        verdict = f"may be worth serving up to {until}, but no age tells with confidence"
    text = f"the {model} {verdict}{_decay_text(metric, decay)}"
    stale_from = stale.low if stale else None
    return Staleness(model, metric, period, tuple(ages), decay, stale_from, text)


def _decay_text(metric: str, decay: Metric | None) -> str:
    if decay is None or decay.value is None or decay.low is None or decay.high is None:
        return ""
    direction = "worse" if decay.value > 0 else "better"
    low, high = sorted((abs(decay.low), abs(decay.high))) if decay.low * decay.high > 0 else (0, 0)
    ends = f", between {low:.2g} and {high:.2g}" if high else ", which may be chance"
    return f"; {metric} gets {direction} by {abs(decay.value):.2g} a day{ends}"


def _too_few_rows(model: str, metric: str, period: str, later: int, min_rows: int) -> Staleness:
    text = (
        f"cannot tell how the {model} ages: {later:,} rows are later than its last training row, "
        f"and at least two periods of {min_rows:,} rows are needed. Split by time (ingest.split: "
        "{by: time}), or wait for later spans"
    )
    return Staleness(model, metric, period, (), None, None, text)


def _days_text(days: float) -> str:
    return f"{days * 24:.0f} hours" if days < 2 and days % 1 else f"{days:g} days"
