"""Evaluates predictions: metrics with intervals, slices, baselines on the same rows, and the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from numpy.typing import ArrayLike

from ml_assets.errors import DataError
from ml_assets.evaluation import names
from ml_assets.evaluation.binary import CUT
from ml_assets.evaluation.churn import churn
from ml_assets.evaluation.cross_slices import check_cross_slices
from ml_assets.evaluation.extra import is_lower_better
from ml_assets.evaluation.measurements import (
    CANDIDATE,
    CHAMPION,
    Measurements,
    ViewKey,
    check_models,
    measure_models,
)
from ml_assets.evaluation.metrics import Predictions
from ml_assets.evaluation.ranking import Indices
from ml_assets.evaluation.result import BaselineResult, Evaluation, Metric, RuleResult, SliceResult
from ml_assets.evaluation.rules import bless, check_beats_linear, check_rows, check_thresholds
from ml_assets.evaluation.slices import Slice, Slicing, cut_slices
from ml_assets.evaluation.spec import CrossSliceSpec, ThresholdSpec
from ml_assets.evaluation.sql_slices import sql_columns
from ml_assets.spec import Task

LINEAR = "linear"


@dataclass(frozen=True)
class Demands:
    """The thresholds that a candidate must reach.

    Attributes
    ----------
    overall, on_slices : mapping of str to ThresholdSpec
        For each metric its threshold on all rows, and on every slice.
    across_slices : tuple of CrossSliceSpec
        The thresholds for the differences between slices.
    """

    overall: Mapping[str, ThresholdSpec]
    on_slices: Mapping[str, ThresholdSpec]
    across_slices: tuple[CrossSliceSpec, ...]

    def metrics(self, task: Task) -> list[str]:
        """Give the metrics to measure on each model; churn, which compares two models, is left out."""
        metrics = [*self.overall, *self.on_slices]
        metrics += [name for spec in self.across_slices for name in spec.thresholds]
        return [name for name in metrics if name not in names.CHURN[task]]

    @property
    def compare_slices(self) -> bool:
        """Whether a threshold needs the champion's metrics on the slices."""
        mappings = [self.on_slices, *(spec.thresholds for spec in self.across_slices)]
        return any(threshold.compares for mapping in mappings for threshold in mapping.values())


def evaluate(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    task: Task = "binary",
    features: pd.DataFrame | None = None,
    slices: Sequence[str] = (),
    sql_slices: Mapping[str, str] | None = None,
    min_slice_size: int = 100,
    baselines: Mapping[str, ArrayLike] | None = None,
    unscored: Mapping[str, str] | None = None,
    thresholds: Mapping[str, Any] | None = None,
    slice_thresholds: Mapping[str, Any] | None = None,
    cross_slices: Sequence[Any] = (),
    main_metric: str | None = None,
    confidence: float = 0.95,
    bootstrap_samples: int = 200,
    seed: int = 0,
    metrics: Sequence[str] = (),
    sample_weight: ArrayLike | None = None,
    decision_threshold: float | Mapping[str, float] = CUT,
    is_linear: bool = False,
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
        Columns, quantile bins of a column ``a:4``, and crosses of these ``a,b:4``, whose values are
        evaluated on their own.
    sql_slices : mapping of str to str, optional
        Further slices by name: SQLite expressions over a row's columns, as `sql_columns` takes them.
    min_slice_size : int
        Slices with fewer rows are left out.
    baselines : mapping of str to array-like, optional
        Other models' predictions for the same rows. ``champion`` is the one that changes are compared
        with, ``linear`` the one that the candidate must beat, with confidence, to be blessed.
    unscored : mapping of str to str, optional
        Baselines that ought to be there but could not be scored, with the reason.
    thresholds, slice_thresholds : mapping, optional
        For each metric a `ThresholdSpec`, or a mapping with its keys; the metric is then measured.
        With no threshold for a metric on all rows nothing is blessed. `names.CHURN` is judged against
        the champion.
    cross_slices : sequence
        For each a `CrossSliceSpec`, or a mapping with its keys: thresholds for the difference of slices.
    main_metric : str, optional
        The metric that is reported first; by default the first with a threshold, or the task's usual.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    bootstrap_samples : int
        Resamples for each interval.
    seed : int
        Of the resampling. The same seed gives the same result, whichever slices are named.
    metrics : sequence of str
        Metrics to measure beside the task's usual ones; `names` has them all.
    sample_weight : array-like, optional
        The weight of each row, >= 0, in every metric.
    decision_threshold : float, or mapping of str to float
        For a binary task, a row counts as predicted positive above this probability: one for all models,
        or one for each by its name, ``candidate`` or the baseline's, 0.5 for those that are not named.
    is_linear : bool
        Whether the candidate is itself the linear model; it then need not beat the baseline ``linear``.

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
    >>> evaluation = evaluate([0, 1] * 20, [0.2, 0.7] * 20, thresholds={"roc_auc": {"min": 0.9}})
    >>> evaluation.blessed, evaluation.metric("roc_auc").value
    (True, 1.0)
    """
    demands = Demands(
        _parse_thresholds(thresholds),
        _parse_thresholds(slice_thresholds),
        tuple(CrossSliceSpec.model_validate(spec) for spec in cross_slices),
    )
    main = main_metric or names.main_metric(demands.overall, task)
    metric_names = [*metrics, *demands.metrics(task), main]
    scores = {CANDIDATE: y_score, **(baselines or {})}
    predictions = check_models(
        task, y_true, scores, sample_weight, decision_threshold, metric_names
    )
    candidate = predictions[CANDIDATE]
    n_rows = len(candidate.y_true)
    slicing = _slice_rows(features, slices, sql_slices or {}, min_slice_size, n_rows)
    rows_by_view = _rows_by_view(predictions, slicing.slices, demands.compare_slices)
    bootstrap: Any = {"samples": bootstrap_samples, "seed": seed, "confidence": confidence}
    measurements = measure_models(predictions, rows_by_view, **bootstrap)
    results = [
        replace(measurements.against(name), churn=churn(candidate, baseline, confidence))
        for name, baseline in predictions.items()
        if name != CANDIDATE
    ]
    results += [BaselineResult(name, reason=reason) for name, reason in (unscored or {}).items()]
    champion, linear = (_find_baseline(results, name) for name in (CHAMPION, LINEAR))
    rules = [
        check_rows(n_rows),
        *check_thresholds(demands.overall, measurements.metrics(CANDIDATE), champion, confidence),
        *([check_beats_linear(linear, main, confidence, task)] if linear and not is_linear else []),
        *_check_slices(measurements, predictions, slicing.slices, demands.on_slices, champion),
        *check_cross_slices(
            measurements, slicing.slices, demands.across_slices, champion, min_slice_size
        ),
    ]
    has_thresholds = not all(map(names.is_churn, demands.overall))
    blessed, reasons = bless(rules, has_thresholds, _example(main))
    return Evaluation(
        task=task,
        rows=n_rows,
        main_metric=main,
        **bootstrap,
        metrics=measurements.metrics(CANDIDATE),
        slices=tuple(_slice_result(measurements, piece) for piece in slicing.slices),
        slices_left_out=slicing.left_out,
        baselines=tuple(results),
        rules=tuple(rules),
        blessed=blessed,
        reasons=tuple(reasons),
        unweighted=_unweighted(candidate, main, bootstrap),
    )


def _rows_by_view(
    models: Iterable[str], slices: Sequence[Slice], champion_too: bool
) -> dict[ViewKey, Indices | None]:
    """Every model on all rows; the candidate, and the champion if `champion_too`, on the slices."""
    sliced = (CANDIDATE, CHAMPION) if champion_too else (CANDIDATE,)
    rows_by_view: dict[ViewKey, Indices | None] = {}
    for model in models:
        rows_by_view[model, None] = None
        for piece in slices if model in sliced else ():
            rows_by_view[model, piece.key] = piece.rows
    return rows_by_view


def _unweighted(predictions: Predictions, name: str, bootstrap: Any) -> Metric | None:
    """The candidate's main metric without the weights; None where the rows have none."""
    if predictions.weight is None:
        return None
    unweighted = {CANDIDATE: replace(predictions, weight=None)}
    metrics = measure_models(unweighted, {(CANDIDATE, None): None}, **bootstrap).metrics(CANDIDATE)
    return next(metric for metric in metrics if metric.name == name)


def _slice_result(measurements: Measurements, piece: Slice) -> SliceResult:
    metrics = measurements.metrics(CANDIDATE, piece.key)
    return SliceResult(piece.by, piece.values, piece.name, len(piece.rows), metrics)


def _check_slices(
    measurements: Measurements,
    predictions: Mapping[str, Predictions],
    slices: Sequence[Slice],
    thresholds: Mapping[str, ThresholdSpec],
    champion: BaselineResult | None,
) -> list[RuleResult]:
    results = []
    for piece in slices if thresholds else ():
        # A champion that could not be scored has no view, but still its reason.
        champion_on_slice = champion
        if (CHAMPION, piece.key) in measurements.views:
            champion_on_slice = measurements.against(CHAMPION, piece.key)
        if champion_on_slice and CHAMPION in predictions and any(map(names.is_churn, thresholds)):
            ours, theirs = (predictions[name].at(piece.rows) for name in (CANDIDATE, CHAMPION))
            champion_on_slice = replace(
                champion_on_slice, churn=churn(ours, theirs, measurements.confidence)
            )
        metrics = measurements.metrics(CANDIDATE, piece.key)
        results += check_thresholds(
            thresholds, metrics, champion_on_slice, measurements.confidence, piece.name
        )
    return results


def _find_baseline(baselines: Sequence[BaselineResult], name: str) -> BaselineResult | None:
    return next((baseline for baseline in baselines if baseline.name == name), None)


def _slice_rows(
    features: pd.DataFrame | None,
    slices: Sequence[str],
    by_sql: Mapping[str, str],
    min_size: int,
    n_rows: int,
) -> Slicing:
    if not slices and not by_sql:
        return Slicing((), 0)
    if features is None or len(features) != n_rows:
        found = "none" if features is None else f"{len(features):,} rows"
        raise DataError(f"slices need features for the same {n_rows:,} rows; found {found}.")
    columns = features.assign(**sql_columns(features, by_sql)) if by_sql else features
    return cut_slices(columns, [*slices, *by_sql], min_size)


def _parse_thresholds(thresholds: Mapping[str, Any] | None) -> dict[str, ThresholdSpec]:
    return {
        name: ThresholdSpec.model_validate(threshold)
        for name, threshold in (thresholds or {}).items()
    }


def _example(metric: str) -> str:
    bound = "max" if is_lower_better(metric) else "min"
    return f"{{{metric}: {{{bound}: <value>}}}}"
