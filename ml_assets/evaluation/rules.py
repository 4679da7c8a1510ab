"""The rules of the blessing: thresholds, changes against the champion, and what they add up to.

A threshold (`min`, `max`, both included) judges the measured value. A change (`min_change`,
`min_relative_change`) is judged by the paired interval: it passes where the whole interval meets it,
fails where none of it does, and is otherwise "cannot tell". The rule that the linear baseline is beaten
is judged the same way. Only a pass is blessed: neither "cannot tell" nor an undefined metric is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ml_assets.evaluation.names import is_churn
from ml_assets.evaluation.result import (
    BEATS_LINEAR,
    BaselineResult,
    Metric,
    RuleOutcome,
    RuleResult,
)
from ml_assets.evaluation.spec import ThresholdSpec
from ml_assets.spec import Task
from ml_assets.training.spec import linear_name

MIN_ROWS = 20
RELATIVE = "min_relative_change"
CHANGES = ("min_change", RELATIVE)


def check_rows(rows: int) -> RuleResult:
    """Judge whether there are enough rows (`MIN_ROWS`) to evaluate on at all."""
    enough = rows >= MIN_ROWS
    text = f"there are {rows:,} rows to evaluate on; at least {MIN_ROWS} are needed"
    outcome: RuleOutcome = "pass" if enough else "cannot tell"
    return RuleResult("rows", None, None, MIN_ROWS, rows, None, None, outcome, text)


def check_thresholds(
    thresholds: Mapping[str, ThresholdSpec],
    metrics: Sequence[Metric],
    champion: BaselineResult | None,
    confidence: float,
    slice_name: str | None = None,
) -> list[RuleResult]:
    """Judge the metrics of all rows, or of one slice.

    Parameters
    ----------
    thresholds : mapping of str to ThresholdSpec
        For each metric what it must reach.
    metrics : sequence of Metric
        What was measured.
    champion : BaselineResult or None
        The champion on the same rows; None where there is none, and a change then passes.
    confidence : float
        Of the intervals, for the text.
    slice_name : str, optional
        The slice, for the text.
    """
    metric_by_name = {metric.name: metric for metric in metrics}
    return [
        _judge(rule, limit, name, metric_by_name, champion, confidence, slice_name)
        for name, threshold in thresholds.items()
        for rule, limit in threshold.limits
    ]


def check_beats_linear(
    linear: BaselineResult, main_metric: str, confidence: float, task: Task
) -> RuleResult:
    """Judge whether the candidate is better than the linear baseline, with confidence."""
    result = _judge_change(BEATS_LINEAR, linear, main_metric, 0.0, confidence, None)
    if result.outcome == "pass":
        return result
    advice = (
        f"{result.text}. The linear model is the simpler one: train it (training: {{estimator: "
        f"{linear_name(task)}}}), or waive {BEATS_LINEAR} in registry.waivers with a reason"
    )
    return replace(result, text=advice)


def bless(
    rules: Sequence[RuleResult], has_thresholds: bool, example: str
) -> tuple[bool, list[str]]:
    """Add the rules up.

    Parameters
    ----------
    rules : sequence of RuleResult
        All that must pass.
    has_thresholds : bool
        Whether a threshold for all rows is configured; without one nothing is blessed.
    example : str
        A threshold that could be set, as in the YAML.

    Returns
    -------
    bool, list of str
        Whether the candidate is blessed, and why, or everything that stands in the way.
    """
    against = [rule.text for rule in rules if rule.outcome != "pass"]
    if not has_thresholds:
        against.insert(
            0,
            "no threshold is configured, so nothing is blessed; say in the YAML what the model must "
            f"reach, such as evaluation: {{thresholds: {example}}}",
        )
    return not against, against or [rule.text for rule in rules]


def _judge(
    rule: str,
    limit: float,
    name: str,
    metric_by_name: Mapping[str, Metric],
    champion: BaselineResult | None,
    confidence: float,
    slice_name: str | None,
) -> RuleResult:
    """Judge one limit: of a change and of churn beside the champion, else of the candidate's metric."""
    if rule not in CHANGES and not is_churn(name):
        return _judge_bound(rule, metric_by_name[name], limit, confidence, slice_name)
    if champion is None:
        return _no_champion(rule, name, limit, slice_name)
    if rule in CHANGES:
        return _judge_change(rule, champion, name, limit, confidence, slice_name)
    unknown = Metric(name, None, reason=champion.reason)
    metric = next((metric for metric in champion.churn if metric.name == name), unknown)
    return _judge_bound(rule, metric, limit, confidence, slice_name)


def _judge_bound(
    rule: str, metric: Metric, limit: float, confidence: float, slice_name: str | None
) -> RuleResult:
    outcome = _bound_outcome(rule, metric.value, limit)
    text = _bound_text(rule, metric, limit, confidence, slice_name, outcome)
    interval = (metric.value, metric.low, metric.high)
    return RuleResult(rule, metric.name, slice_name, limit, *interval, outcome, text)


def _no_champion(rule: str, name: str, limit: float, slice_name: str | None) -> RuleResult:
    text = f"{_subject(name, slice_name)} has no champion to be compared with"
    return RuleResult(rule, name, slice_name, limit, None, None, None, "pass", text)


def _bound_outcome(rule: str, value: float | None, limit: float) -> RuleOutcome:
    if value is None:
        return "cannot tell"
    return "pass" if (value >= limit if rule == "min" else value <= limit) else "fail"


def _bound_text(
    rule: str,
    metric: Metric,
    limit: float,
    confidence: float,
    slice_name: str | None,
    outcome: RuleOutcome,
) -> str:
    subject = _subject(metric.name, slice_name)
    if metric.value is None:
        return f"{subject} is undefined: {metric.reason}"
    number = f"{metric.value:.4g}"
    if number == f"{limit:.4g}":
        number = repr(metric.value)
    interval = _interval_text(metric, confidence, ".4g")
    but = "it" if outcome == "pass" else "but it"
    bound = "at least" if rule == "min" else "at most"
    return f"{subject} is {number}{interval}; {but} must be {bound} {limit:g}"


def _judge_change(
    rule: str,
    other: BaselineResult,
    name: str,
    limit: float,
    confidence: float,
    slice_name: str | None,
) -> RuleResult:
    changes = other.relative if rule == RELATIVE else other.improvements
    change = next((change for change in changes if change.name == name), None)
    if change is None or change.value is None or change.low is None or change.high is None:
        reason = other.reason or (change and change.reason) or "too few resamples define the metric"
        text = f"{_subject(name, slice_name)} cannot be compared with the {other.name}'s: {reason}"
        outcome = _outcome_without_interval(rule, name, other)
        return RuleResult(rule, name, slice_name, limit, None, None, None, outcome, text)
    outcome = _change_outcome(rule, change.low, change.high, limit)
    text = _change_text(rule, change, other.name, limit, confidence, slice_name, outcome)
    interval = (change.value, change.low, change.high)
    return RuleResult(rule, name, slice_name, limit, *interval, outcome, text)


def _outcome_without_interval(rule: str, name: str, other: BaselineResult) -> RuleOutcome:
    """As in TFMA, a share of 0 fails."""
    baseline_value = next((metric.value for metric in other.metrics if metric.name == name), None)
    return "fail" if rule == RELATIVE and baseline_value == 0 else "cannot tell"


def _change_outcome(rule: str, low: float, high: float, limit: float) -> RuleOutcome:
    # To beat is to be strictly better; a change may be exactly what is demanded.
    if rule == BEATS_LINEAR:
        return "pass" if low > limit else "fail" if high <= limit else "cannot tell"
    return "pass" if low >= limit else "fail" if high < limit else "cannot tell"


def _change_text(
    rule: str,
    change: Metric,
    other: str,
    limit: float,
    confidence: float,
    slice_name: str | None,
    outcome: RuleOutcome,
) -> str:
    form = "+.2%" if rule == RELATIVE else "+.4g"
    interval = _interval_text(change, confidence, form)
    word = "worse" if (change.value or 0) < 0 else "better"
    statement = (
        f"{_subject(change.name, slice_name)} is {word} than the {other}'s by {change.value:{form}}"
    )
    bound = "above 0" if rule == BEATS_LINEAR else f"at least {limit:{form}}"
    match outcome:
        case "pass":
            return f"{statement}{interval}; it must be {bound}"
        case "fail":
            return f"{statement}{interval}; but it must be {bound}"
        case _:
            return f"{statement}{interval}; too uncertain to say that it is {bound}"


def _subject(name: str, slice_name: str | None) -> str:
    return name if slice_name is None else f"{name} of {slice_name}"


def _interval_text(metric: Metric, confidence: float, form: str) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return f" ({confidence * 100:g} % {metric.low:{form}} to {metric.high:{form}})"
