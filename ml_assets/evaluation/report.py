"""Tables and short texts of an evaluation, for the UI and for the run's summary."""

from collections.abc import Sequence
from typing import Any

from ml_assets.evaluation.assessment import Assessment
from ml_assets.evaluation.evaluator import LINEAR
from ml_assets.evaluation.extra import is_lower_better
from ml_assets.evaluation.fairness_report import finding_table, group_table, threshold_table
from ml_assets.evaluation.importance import Importance
from ml_assets.evaluation.measurements import CHAMPION
from ml_assets.evaluation.names import LIMITS
from ml_assets.evaluation.result import Evaluation, Metric, RuleResult
from ml_assets.evaluation.staleness import Staleness
from ml_assets.evaluation.weak_slices import WeakSlices

# What a summary shows beside the main metric and those with a threshold.
_USUAL = ("roc_auc", "average_precision", "log_loss", "accuracy", "rmse", "mae", "r2")
_MOST_USUAL = 3
_MOST_ROWS = 50
# What judges probabilities, and not only their order.
_LOSS = "log_loss"

Triple = list[float | None]


def headline_metrics(evaluation: Evaluation) -> list[str]:
    """Give the names of the metrics to show first: the main one, those with rules, the usual ones."""
    measured = [metric.name for metric in evaluation.metrics]
    usual = [name for name in _USUAL if name in measured][:_MOST_USUAL]
    ruled = [rule.metric for rule in evaluation.rules if rule.slice is None]
    judged = [name for name in ruled if name in measured]
    return list(dict.fromkeys([evaluation.main_metric, *judged, *usual]))


def metric_triples(evaluation: Evaluation) -> dict[str, Triple]:
    """Give ``[value, low, high]`` for each headline metric of the candidate."""
    return _triples(evaluation.metrics, headline_metrics(evaluation))


def baseline_triples(evaluation: Evaluation) -> dict[str, dict[str, Triple]]:
    """Give ``[value, low, high]`` for each headline metric of each baseline that was scored."""
    names = headline_metrics(evaluation)
    return {
        baseline.name: _triples(baseline.metrics, names)
        for baseline in evaluation.baselines
        if baseline.metrics
    }


def tables(assessment: Assessment) -> dict[str, list[dict[str, Any]]]:
    """Give every table of an assessment that has rows, by name."""
    evaluation, people, weak = assessment.evaluation, assessment.people, assessment.weak
    tables_by_name = {
        "metrics": metric_table(evaluation),
        "rules": rule_table(evaluation.rules),
        "churn": churn_table(evaluation),
        "slices": slice_table(evaluation),
        "weak_slices": weak_slice_table(weak) if weak else [],
        "importance": importance_table(assessment.importance),
        "staleness": age_table(assessment.staleness or ()),
        "fairness": finding_table(people) if people else [],
        "groups": group_table(people) if people else [],
        "group_thresholds": threshold_table(people) if people else [],
    }
    return {name: rows for name, rows in tables_by_name.items() if rows}


def metric_table(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Give one row for each metric: the candidate's, with its interval, beside the baselines'."""
    baselines = {
        baseline.name: {metric.name: metric.value for metric in baseline.metrics}
        for baseline in evaluation.baselines
    }
    return [
        {
            "metric": metric.name,
            "value": _text(metric.value, metric.reason),
            "low": _text(metric.low),
            "high": _text(metric.high),
            **{name: _text(values.get(metric.name)) for name, values in baselines.items()},
        }
        for metric in evaluation.metrics
    ]


def rule_table(rules: tuple[RuleResult, ...]) -> list[dict[str, Any]]:
    """Give one row for each rule, those that do not pass first; at most 50."""
    ordered = sorted(rules, key=lambda rule: rule.outcome == "pass")
    return [
        {
            "rule": rule.key,
            "on": rule.slice or "all rows",
            "limit": _text(rule.limit),
            "found": _text(rule.value),
            "low": _text(rule.low),
            "high": _text(rule.high),
            "outcome": rule.outcome,
        }
        for rule in ordered[:_MOST_ROWS]
    ]


def slice_table(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Give one row for each slice with its headline metrics; at most the 50 largest."""
    names = headline_metrics(evaluation)
    largest = sorted(evaluation.slices, key=lambda piece: -piece.rows)[:_MOST_ROWS]
    rows = []
    for piece in largest:
        metrics = {metric.name: metric for metric in piece.metrics}
        texts = {name: _with_interval(metrics[name]) for name in names}
        rows.append({"slice": piece.name, "rows": piece.rows, **texts})
    return rows


def importance_table(importances: Sequence[Importance]) -> list[dict[str, Any]]:
    """Give one row for each column with what it is worth, the most important first; at most 50."""
    return [
        {
            "column": importance.column,
            "rise of the loss": _text(importance.value),
            "low": _text(importance.low),
            "high": _text(importance.high),
            "share of the loss": f"{importance.share:.1%}",
        }
        for importance in importances[:_MOST_ROWS]
    ]


def weak_slice_table(weak: WeakSlices) -> list[dict[str, Any]]:
    """Give one row for each weak slice, the most striking first."""
    return [
        {
            "slice": piece.name,
            "weak": piece.kind,
            "rows": piece.rows,
            weak.loss: _text(piece.loss),
            "the rest": _text(piece.loss_of_rest),
            "promised": _text(piece.promised),
            "p value": f"{piece.p_value:.2g}",
        }
        for piece in weak.slices
    ]


def age_table(results: Sequence[Staleness]) -> list[dict[str, Any]]:
    """Give one row for each age of each model."""
    return [
        {
            "model": result.model,
            "days": f"{age.low:.4g} to {age.high:.4g}",
            "rows": age.rows,
            result.metric: _with_interval(age.metric),
            "worth serving": {"pass": "yes", "fail": "no"}.get(age.outcome, age.outcome),
            "why not": age.why or "-",
        }
        for result in results
        for age in result.ages
    ]


def churn_table(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Give one row for each measure of churn: the candidate against each baseline, with its interval."""
    measures = {metric.name: None for baseline in evaluation.baselines for metric in baseline.churn}
    baselines = {
        baseline.name: {metric.name: metric for metric in baseline.churn}
        for baseline in evaluation.baselines
        if baseline.churn
    }
    return [
        {
            "churn": measure,
            **{name: _with_interval(metrics[measure]) for name, metrics in baselines.items()},
        }
        for measure in measures
    ]


def champion_churn(evaluation: Evaluation) -> dict[str, float]:
    """Give the known measures of churn against the champion, by name; empty where there is none."""
    champion = evaluation.baseline(CHAMPION)
    measures = champion.churn if champion is not None else ()
    return {metric.name: metric.value for metric in measures if metric.value is not None}


def staleness_verdict(results: Sequence[Staleness], limit_days: float) -> tuple[bool, str]:
    """Say whether no model goes stale before the age at which it is to be trained anew, and of which."""
    text = "; ".join(result.text for result in results) or "cannot tell: no training row has a time"
    ages = [result.stale_from for result in results if result.stale_from is not None]
    if not ages or min(ages) >= limit_days:
        return True, text
    advice = (
        f"; it is to be trained anew after {limit_days:g} days only: set "
        "monitoring.retraining.max_age_days to less"
    )
    return False, text + advice


def blessing_text(evaluation: Evaluation) -> str:
    """Give the verdict in one paragraph: at most five reasons."""
    word = "blessed" if evaluation.blessed else "not blessed"
    reasons, more = evaluation.reasons[:5], len(evaluation.reasons) - 5
    rest = f"; and {more} more" if more > 0 else ""
    return f"{word}: {'; '.join(reasons)}{rest}"


def flawless(evaluation: Evaluation) -> str | None:
    """Say what to look for where the main metric has the best value that there is; None elsewhere."""
    name, value = evaluation.main_metric, evaluation.metric(evaluation.main_metric).value
    best = LIMITS.get(name, (None, None))[0 if is_lower_better(name) else 1]
    if value is None or value != best:
        return None
    return (
        f"{name} is exactly {value:g} on {evaluation.rows:,} test rows, which real data hardly allow: "
        "look for a column that tells the label, and name it in transform.known_after"
    )


def worse_probabilities(evaluation: Evaluation) -> str | None:
    """Say where the scores are worse probabilities than the linear model's, with confidence; else None.

    A search for the best ranking alone may end at a model whose probabilities are all nearly the same.
    """
    linear = next((baseline for baseline in evaluation.baselines if baseline.name == LINEAR), None)
    changes = linear.improvements if linear is not None else ()
    change = next((change for change in changes if change.name == _LOSS), None)
    if change is None or change.high is None or change.high >= 0:
        return None
    return (
        f"{_LOSS} is {_with_interval(evaluation.metric(_LOSS))}, worse than the linear model's by "
        f"{-(change.value or 0):.4g}, at least {-change.high:.4g}: the scores may rank well, but are "
        f"poor probabilities. Set training.calibration, or name {_LOSS} first in evaluation.thresholds: "
        "it is tuned then"
    )


def _triples(metrics: tuple[Metric, ...], names: list[str]) -> dict[str, Triple]:
    by_name = {metric.name: metric for metric in metrics}
    return {name: [by_name[name].value, by_name[name].low, by_name[name].high] for name in names}


def _with_interval(metric: Metric) -> str:
    if metric.value is None:
        return _text(None, metric.reason)
    interval = "" if metric.low is None else f" [{metric.low:.4g}, {metric.high:.4g}]"
    return f"{metric.value:.4g}{interval}"


def _text(value: float | None, reason: str | None = None) -> str:
    return f"{value:.5g}" if value is not None else f"undefined: {reason}" if reason else "-"
