"""The rules of the blessing: thresholds, changes against the champion, and what they add up to.

A threshold (`min`, `max`, both included) judges the measured value. A change (`min_change`) is judged by
the paired interval: it passes where the whole interval meets it, fails where none of it does, and
otherwise cannot be told. What is undefined or cannot be told is not blessed.
"""

from collections.abc import Iterator, Mapping, Sequence

from ml_assets.evaluation.result import BaselineResult, Metric, RuleOutcome, RuleResult
from ml_assets.evaluation.spec import ThresholdSpec

MIN_ROWS = 20


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
        The champion on the same rows; None where there is none, and `min_change` then passes.
    confidence : float
        Of the intervals, for the text.
    slice_name : str, optional
        The slice, for the text.
    """
    found = {metric.name: metric for metric in metrics}
    return [
        result
        for name, threshold in thresholds.items()
        for result in (
            *_bounds(found[name], threshold, confidence, slice_name),
            *_change(name, threshold, champion, confidence, slice_name),
        )
    ]


def check_beats_linear(
    linear: BaselineResult | None, main_metric: str, confidence: float
) -> RuleResult | None:
    """Judge whether the candidate is better than the linear baseline; None without that baseline."""
    if linear is None:
        return None
    return _judge_change("beats_linear", linear, main_metric, 0.0, confidence, None)


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


def _bounds(
    metric: Metric, threshold: ThresholdSpec, confidence: float, slice_name: str | None
) -> Iterator[RuleResult]:
    for rule, limit in (("min", threshold.min), ("max", threshold.max)):
        if limit is None:
            continue
        outcome = _bound_outcome(rule, metric.value, limit)
        text = _bound_text(rule, metric, limit, confidence, slice_name, outcome)
        interval = (metric.value, metric.low, metric.high)
        yield RuleResult(rule, metric.name, slice_name, limit, *interval, outcome, text)


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
    place = _place(metric.name, slice_name)
    if metric.value is None:
        return f"{place} is undefined: {metric.reason}"
    number = f"{metric.value:.4g}"
    if number == f"{limit:.4g}":
        number = repr(metric.value)
    between = _between(metric, confidence, "")
    but = "it" if outcome == "pass" else "but it"
    bound = "at least" if rule == "min" else "at most"
    return f"{place} is {number}{between}; {but} must be {bound} {limit:g}"


def _change(
    name: str,
    threshold: ThresholdSpec,
    champion: BaselineResult | None,
    confidence: float,
    slice_name: str | None,
) -> Iterator[RuleResult]:
    limit = threshold.min_change
    if limit is None:
        return
    if champion is None:
        text = f"{_place(name, slice_name)} has no champion to be compared with"
        yield RuleResult("min_change", name, slice_name, limit, None, None, None, "pass", text)
    else:
        yield _judge_change("min_change", champion, name, limit, confidence, slice_name)


def _judge_change(
    rule: str,
    other: BaselineResult,
    name: str,
    limit: float,
    confidence: float,
    slice_name: str | None,
) -> RuleResult:
    found = next((change for change in other.improvements if change.name == name), None)
    if found is None or found.value is None or found.low is None or found.high is None:
        why = other.reason or (found and found.reason) or "too few resamples define the metric"
        text = f"{_place(name, slice_name)} cannot be compared with the {other.name}'s: {why}"
        return RuleResult(rule, name, slice_name, limit, None, None, None, "cannot tell", text)
    outcome = _change_outcome(rule, found.low, found.high, limit)
    text = _change_text(rule, found, other.name, limit, confidence, slice_name, outcome)
    interval = (found.value, found.low, found.high)
    return RuleResult(rule, name, slice_name, limit, *interval, outcome, text)


def _change_outcome(rule: str, low: float, high: float, limit: float) -> RuleOutcome:
    # To beat is to be strictly better; a change may be exactly what is demanded.
    if rule == "beats_linear":
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
    between = _between(change, confidence, "+")
    found = f"{_place(change.name, slice_name)} is better than the {other}'s by {change.value:+.4g}"
    bound = "above 0" if rule == "beats_linear" else f"at least {limit:+g}"
    match outcome:
        case "pass":
            return f"{found}{between}; it must be {bound}"
        case "fail":
            return f"{found}{between}; but it must be {bound}"
        case _:
            return f"{found}{between}; too uncertain to say that it is {bound}"


def _place(name: str, slice_name: str | None) -> str:
    return name if slice_name is None else f"{name} of {slice_name}"


def _between(metric: Metric, confidence: float, sign: str) -> str:
    if metric.low is None or metric.high is None:
        return ""
    return f" ({confidence * 100:g} % {metric.low:{sign}.4g} to {metric.high:{sign}.4g})"
