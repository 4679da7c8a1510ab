"""The verdict of each check on an assessment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_assets.evaluation import report
from ml_assets.evaluation.assessment import Assessment
from ml_assets.evaluation.fairness_report import verdicts as fairness_verdicts
from ml_assets.evaluation.result import Evaluation


@dataclass(frozen=True)
class Verdict:
    """The verdict of one check.

    Attributes
    ----------
    name : str
        The check.
    passed : bool
        Whether it is satisfied.
    text : str
        Why, for a person.
    is_warning : bool
        Whether a failure is only a warning.
    values : mapping
        The numbers behind it.
    """

    name: str
    passed: bool
    text: str
    is_warning: bool = False
    values: Mapping[str, float | None] = field(default_factory=dict)


def verdicts(assessment: Assessment, max_model_age_days: float) -> list[Verdict]:
    """Give the verdict of each check.

    Parameters
    ----------
    assessment : Assessment
        What to judge.
    max_model_age_days : float
        The age at which a model is to be trained anew.
    """
    evaluation = assessment.evaluation
    suspicion = report.flawless(evaluation)
    usual = f"{evaluation.main_metric} is not perfect"
    results = [
        _blessing(evaluation),
        Verdict("not_flawless", suspicion is None, suspicion or usual, is_warning=True),
    ]
    if evaluation.task != "regression":
        poor = report.worse_probabilities(evaluation)
        fine = "the linear model's probabilities are not better with confidence"
        results.append(Verdict("probabilities", poor is None, poor or fine, is_warning=True))
    if assessment.staleness is not None:
        passed, text = report.staleness_verdict(assessment.staleness, max_model_age_days)
        results.append(Verdict("staleness", passed, text, is_warning=True))
    if assessment.people is not None:
        failures = fairness_verdicts(assessment.people).items()
        results += [Verdict(name, passed, text) for name, (passed, text) in failures]
    return results


def _blessing(evaluation: Evaluation) -> Verdict:
    main, linear = evaluation.metric(evaluation.main_metric), evaluation.beats_linear
    values = {main.name: main.value, f"{main.name}_low": main.low, f"{main.name}_high": main.high}
    if linear is not None:
        values |= {f"{linear.rule}_{end}": getattr(linear, end) for end in ("value", "low", "high")}
    return Verdict("blessing", evaluation.blessed, report.blessing_text(evaluation), values=values)
