"""What an evaluation gives: frozen values with a JSON round trip."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ml_assets.spec import Task

RuleOutcome = Literal["pass", "fail", "cannot tell"]
BEATS_LINEAR = "beats_linear"


@dataclass(frozen=True)
class Metric:
    """A metric with its confidence interval.

    Attributes
    ----------
    name : str
        The metric.
    value : float or None
        None where it is undefined; then `reason` says why.
    low, high : float or None
        The ends of the interval; None where too few resamples defined the metric.
    reason : str or None
        Why `value` is None.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class SliceResult:
    """The metrics of one slice; `values` are those of the columns of `by`, None for null."""

    by: str
    values: tuple[str | None, ...]
    name: str
    rows: int
    metrics: tuple[Metric, ...]


def metric_named(metrics: Iterable[Metric], name: str) -> Metric:
    """Give the metric of this name, which must be there."""
    return next(metric for metric in metrics if metric.name == name)


@dataclass(frozen=True)
class BaselineResult:
    """Another model on the same rows.

    Attributes
    ----------
    name : str
        Such as ``champion``, ``linear`` or ``majority``.
    metrics : tuple of Metric
        Its own metrics.
    improvements : tuple of Metric
        By how much the candidate is better, in each metric's own unit: positive is better whichever
        way the metric runs. The intervals are paired: both models see the same resamples.
    relative : tuple of Metric
        The same as shares of this model's own values, without their sign; undefined where one is 0.
    reason : str or None
        Why it could not be scored; all metrics are then empty.
    churn : tuple of Metric
        How far the candidate's predictions differ from this model's, as `churn` measures it.
    """

    name: str
    metrics: tuple[Metric, ...] = ()
    improvements: tuple[Metric, ...] = ()
    relative: tuple[Metric, ...] = ()
    reason: str | None = None
    churn: tuple[Metric, ...] = ()


@dataclass(frozen=True)
class RuleResult:
    """What became of one rule.

    Attributes
    ----------
    rule : str
        ``rows``, ``min``, ``max``, ``min_change``, ``min_relative_change``, ``beats_linear``, or
        ``cross_slices`` where the slices to compare are not there.
    metric : str or None
        The metric that it judges.
    slice : str or None
        The slice's name, or of a difference ``a=x less a=y``; None for all rows.
    limit : float
        What the YAML demands.
    value, low, high : float or None
        What was found, and the ends of its interval.
    outcome : {"pass", "fail", "cannot tell"}
        Whether it is met. Only ``pass`` counts in favour of a blessing.
    text : str
        One sentence for a person.
    """

    rule: str
    metric: str | None
    slice: str | None
    limit: float
    value: float | None
    low: float | None
    high: float | None
    outcome: RuleOutcome
    text: str

    @property
    def key(self) -> str:
        """The rule's name, by which it can be waived: ``roc_auc.min``, ``roc_auc.min[origin=JFK]``."""
        has_metric = self.metric is not None and self.rule != BEATS_LINEAR
        suffix = f"[{self.slice}]" if self.slice else ""
        return f"{self.metric}.{self.rule}{suffix}" if has_metric else f"{self.rule}{suffix}"


@dataclass(frozen=True)
class Evaluation:
    """How good a candidate is, and which rules it meets.

    Attributes
    ----------
    task : str
        What kind of label is predicted.
    rows : int
        How many rows it was evaluated on.
    main_metric : str
        The metric that is reported first.
    confidence, samples, seed : float, int, int
        Of the intervals.
    metrics : tuple of Metric
        On all rows.
    slices : tuple of SliceResult
        On the declared slices.
    slices_left_out : int
        How many slices were smaller than the minimum size, or too many.
    baselines : tuple of BaselineResult
        Other models on the same rows.
    rules : tuple of RuleResult
        The configured rules, overall ones first.
    blessed : bool
        Whether a threshold is configured and every rule passes.
    reasons : tuple of str
        Why it is blessed, or everything that stands in the way.
    refusals : tuple of (name, text)
        What stands in the way beside the rules, such as fairness.
    unweighted : Metric or None
        Where rows have weights, the main metric as if they had none.
    """

    task: Task
    rows: int
    main_metric: str
    confidence: float
    samples: int
    seed: int
    metrics: tuple[Metric, ...]
    slices: tuple[SliceResult, ...]
    slices_left_out: int
    baselines: tuple[BaselineResult, ...]
    rules: tuple[RuleResult, ...]
    blessed: bool
    reasons: tuple[str, ...]
    refusals: tuple[tuple[str, str], ...] = ()
    unweighted: Metric | None = None

    def refused_for(self, refusals: Mapping[str, str]) -> "Evaluation":
        """Give the evaluation with further reasons against the blessing, by their names."""
        if not refusals:
            return self
        against = () if self.blessed else self.reasons
        reasons = (*against, *refusals.values())
        return replace(self, blessed=False, reasons=reasons, refusals=tuple(refusals.items()))

    def metric(self, name: str) -> Metric:
        """Give one of the metrics on all rows."""
        return metric_named(self.metrics, name)

    def baseline(self, name: str) -> BaselineResult | None:
        """Give the baseline of this name, or None where it was not evaluated."""
        return next((baseline for baseline in self.baselines if baseline.name == name), None)

    @property
    def beats_linear(self) -> RuleResult | None:
        """The rule that the linear baseline is beaten; None where it does not apply."""
        return next((rule for rule in self.rules if rule.rule == BEATS_LINEAR), None)

    @property
    def failed(self) -> dict[str, str]:
        """The reasons against the blessing by the rule's name; ``thresholds`` if no threshold is set."""
        if self.blessed:
            return {}
        # Two rules may say the same, such as of an undefined metric: each needs a waiver of its own.
        against = {rule.key: rule.text for rule in self.rules if rule.outcome != "pass"}
        against |= dict(self.refusals)
        others = [text for text in self.reasons if text not in against.values()]
        return {**({"thresholds": others[0]} if others else {}), **against}

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Evaluation":
        """Read what `to_json` gave; keys that it does not know are left out."""
        fields = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        unweighted = fields.get("unweighted")
        return cls(
            **{
                **fields,
                "metrics": _metrics(fields["metrics"]),
                "slices": tuple(_slice(piece) for piece in fields["slices"]),
                "baselines": tuple(_baseline(baseline) for baseline in fields["baselines"]),
                "rules": tuple(RuleResult(**rule) for rule in fields["rules"]),
                "reasons": tuple(fields["reasons"]),
                "refusals": tuple((name, text) for name, text in fields.get("refusals", ())),
                "unweighted": Metric(**unweighted) if unweighted else None,
            }
        )


def _metrics(values: Iterable[dict[str, Any]]) -> tuple[Metric, ...]:
    return tuple(Metric(**value) for value in values)


def _slice(value: dict[str, Any]) -> SliceResult:
    metrics = _metrics(value["metrics"])
    return SliceResult(**{**value, "values": tuple(value["values"]), "metrics": metrics})


def _baseline(value: dict[str, Any]) -> BaselineResult:
    lists = ("metrics", "improvements", "relative", "churn")
    fields = {name: value[name] for name in BaselineResult.__dataclass_fields__ if name in value}
    return BaselineResult(**{**fields, **{name: _metrics(value.get(name, ())) for name in lists}})
