"""Evaluates predictions: metrics with intervals, slices, baselines on the same rows, and the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation.binary import CUT
from ml_assets.evaluation.compare import (
    View,
    improvements,
    look_at,
    metrics_with_intervals,
    resample_views,
)
from ml_assets.evaluation.metrics import (
    METRICS,
    Predictions,
    Task,
    check_predictions,
    is_lower_better,
    with_extra,
)
from ml_assets.evaluation.ranking import Floats
from ml_assets.evaluation.result import BaselineResult, Evaluation, Metric, RuleResult, SliceResult
from ml_assets.evaluation.rules import bless, check_beats_linear, check_rows, check_thresholds
from ml_assets.evaluation.slices import Cut, Slice, cut_slices
from ml_assets.evaluation.spec import ThresholdSpec

USUAL_METRIC: dict[Task, str] = {
    "binary": "roc_auc",
    "multiclass": "log_loss",
    "regression": "rmse",
}
CHAMPION, LINEAR = "champion", "linear"
CANDIDATE = "candidate"
# A model, and a slice's key; None is all rows.
_Key = tuple[str, tuple[str, ...] | None]


def evaluate(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    task: Task = "binary",
    features: pd.DataFrame | None = None,
    slices: Sequence[str] = (),
    min_slice_size: int = 100,
    baselines: Mapping[str, ArrayLike] | None = None,
    unscored: Mapping[str, str] | None = None,
    thresholds: Mapping[str, Any] | None = None,
    slice_thresholds: Mapping[str, Any] | None = None,
    main_metric: str | None = None,
    confidence: float = 0.95,
    bootstrap_samples: int = 200,
    seed: int = 0,
    metrics: Sequence[str] = (),
    sample_weight: ArrayLike | None = None,
    decision_threshold: float | Mapping[str, float] = CUT,
) -> Evaluation:
    """Evaluate a candidate's predictions.

    Parameters
    ----------
    y_true : array-like
        binary: 0 or 1 (or bool); multiclass: class codes 0 to K - 1; regression: numbers. No nulls.
    y_score : array-like
        binary: the probability of 1; multiclass: shape (rows, K); regression: values.
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    features : DataFrame, optional
        The same rows with the columns that `slices` names.
    slices : sequence of str
        Columns, and crosses ``a,b``, whose values are evaluated on their own.
    min_slice_size : int
        Slices with fewer rows are left out.
    baselines : mapping of str to array-like, optional
        Other models' predictions for the same rows. ``champion`` is the one that `min_change` compares
        with, ``linear`` the one that the candidate ought to beat.
    unscored : mapping of str to str, optional
        Baselines that ought to be there but could not be scored, with the reason.
    thresholds, slice_thresholds : mapping, optional
        For each metric a `ThresholdSpec`, or a mapping with its keys. With no threshold for all rows
        nothing is blessed.
    main_metric : str, optional
        The metric that is reported first; by default the first with a threshold, or the task's usual.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    bootstrap_samples : int
        Resamples for each interval.
    seed : int
        Of the resampling. The same seed gives the same result, whatever slices are asked for.
    metrics : sequence of str
        Metrics to measure beside the task's usual ones: `extra.names_of` has their names.
    sample_weight : array-like, optional
        The weight of each row, >= 0, in every metric.
    decision_threshold : float, or mapping of str to float
        For a binary task, a row counts as predicted positive above this probability: one for all models,
        or one for each by its name, ``candidate`` or the baseline's, 0.5 for those that are not named.

    Returns
    -------
    Evaluation
        Undefined metrics are None with a reason, and no rule on them passes.

    Raises
    ------
    DataError
        If lengths, labels, slices or metric names do not fit.

    Examples
    --------
    >>> found = evaluate([0, 1] * 20, [0.2, 0.7] * 20, thresholds={"roc_auc": {"min": 0.9}})
    >>> found.blessed, found.metric("roc_auc").value
    (True, 1.0)
    """
    rules = _rules(task, "thresholds", thresholds, metrics)
    slice_rules = _rules(task, "slice_thresholds", slice_thresholds, metrics)
    main = main_metric or next(iter(rules), USUAL_METRIC[task])
    scored = {
        name: with_extra(
            check_predictions(
                task, y_true, scores, sample_weight, _cut_of(name, decision_threshold)
            ),
            metrics,
        )
        for name, scores in {CANDIDATE: y_score, **(baselines or {})}.items()
    }
    n_rows = len(scored[CANDIDATE].y_true)
    cut = _cut(features, slices, min_slice_size, n_rows)
    seen = _measure(scored, cut, _compares(slice_rules), bootstrap_samples, seed, confidence)
    others = [_baseline(seen, name, None) for name in scored if name != CANDIDATE]
    others += [BaselineResult(name, reason=why) for name, why in (unscored or {}).items()]
    champion = _named(others, CHAMPION)
    results = [
        check_rows(n_rows),
        *check_thresholds(rules, seen.metrics(CANDIDATE, None), champion, confidence),
        *_check_slices(seen, cut.slices, slice_rules, champion),
    ]
    blessed, reasons = bless(results, bool(rules), _example(main))
    return Evaluation(
        task=task,
        rows=n_rows,
        main_metric=main,
        confidence=confidence,
        samples=bootstrap_samples,
        seed=seed,
        metrics=seen.metrics(CANDIDATE, None),
        slices=tuple(_slice_result(seen, piece) for piece in cut.slices),
        slices_left_out=cut.left_out,
        baselines=tuple(others),
        rules=tuple(results),
        beats_linear=check_beats_linear(_named(others, LINEAR), main, confidence),
        blessed=blessed,
        reasons=tuple(reasons),
    )


@dataclass(frozen=True)
class _Seen:
    """Every model on all rows (slice None) and on the slices, with its resamples."""

    views: Mapping[_Key, View]
    drawn: Mapping[_Key, Floats]
    confidence: float

    def metrics(self, model: str, piece: tuple[str, ...] | None) -> tuple[Metric, ...]:
        key = (model, piece)
        return metrics_with_intervals(self.views[key], self.drawn[key], self.confidence)

    def improvements(self, other: str, piece: tuple[str, ...] | None) -> tuple[Metric, ...]:
        ours, theirs = (CANDIDATE, piece), (other, piece)
        views, drawn = self.views, self.drawn
        return improvements(views[ours], views[theirs], drawn[ours], drawn[theirs], self.confidence)


def _measure(
    scored: Mapping[str, Predictions],
    cut: Cut,
    champion_too: bool,
    samples: int,
    seed: int,
    confidence: float,
) -> _Seen:
    """Look at every model on all rows, and at the candidate (and champion, if asked) on the slices."""
    sliced = (CANDIDATE, CHAMPION) if champion_too else (CANDIDATE,)
    views: dict[_Key, View] = {}
    for model, predictions in scored.items():
        views[model, None] = look_at(predictions)
        for piece in cut.slices if model in sliced else ():
            views[model, piece.key] = look_at(predictions, piece.rows)
    n_rows = len(scored[CANDIDATE].y_true)
    return _Seen(views, resample_views(views, n_rows, samples, seed), confidence)


def _cut_of(model: str, given: float | Mapping[str, float]) -> float:
    return given.get(model, CUT) if isinstance(given, Mapping) else given


def _baseline(seen: _Seen, name: str, piece: tuple[str, ...] | None) -> BaselineResult:
    return BaselineResult(name, seen.metrics(name, piece), seen.improvements(name, piece))


def _slice_result(seen: _Seen, piece: Slice) -> SliceResult:
    metrics = seen.metrics(CANDIDATE, piece.key)
    return SliceResult(piece.by, piece.values, piece.name, len(piece.rows), metrics)


def _check_slices(
    seen: _Seen,
    slices: Sequence[Slice],
    rules: Mapping[str, ThresholdSpec],
    champion: BaselineResult | None,
) -> list[RuleResult]:
    results = []
    for piece in slices if rules else ():
        # A champion that could not be scored has no view, but still its reason.
        has_view = (CHAMPION, piece.key) in seen.views
        other = _baseline(seen, CHAMPION, piece.key) if has_view else champion
        metrics = seen.metrics(CANDIDATE, piece.key)
        results += check_thresholds(rules, metrics, other, seen.confidence, piece.name)
    return results


def _compares(rules: Mapping[str, ThresholdSpec]) -> bool:
    return any(threshold.min_change is not None for threshold in rules.values())


def _named(found: Sequence[BaselineResult], name: str) -> BaselineResult | None:
    return next((baseline for baseline in found if baseline.name == name), None)


def _cut(features: pd.DataFrame | None, slices: Sequence[str], min_size: int, n_rows: int) -> Cut:
    if not slices:
        return Cut((), 0, 0)
    if features is None or len(features) != n_rows:
        found = "none" if features is None else f"{len(features):,} rows"
        raise DataError(f"slices need features for the same {n_rows:,} rows; found {found}.")
    return cut_slices(features, slices, min_size)


def _rules(
    task: Task, key: str, given: Mapping[str, Any] | None, metrics: Sequence[str]
) -> dict[str, ThresholdSpec]:
    allowed = (*METRICS[task], *metrics)
    unknown = [name for name in given or {} if name not in allowed]
    if unknown:
        raise DataError(
            f"{key}: {', '.join(unknown)} cannot be measured for a {task} task; allowed are "
            f"{', '.join(allowed)}, and what metrics names.{did_you_mean(unknown[0], allowed)}"
        )
    return {name: ThresholdSpec.model_validate(value) for name, value in (given or {}).items()}


def _example(metric: str) -> str:
    bound = "max" if is_lower_better(metric) else "min"
    return f"{{{metric}: {{{bound}: <value>}}}}"
