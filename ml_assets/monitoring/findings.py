"""What the findings of skew and drift add up to, and the sentences that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ml_assets.evaluation.result import RuleOutcome
from ml_assets.validation.drift import DriftFinding
from ml_assets.validation.skew import Skew

_MAX_SHOWN = 3
_MAX_ROWS = 100
_LINE_LENGTH, _NAME_LENGTH = 40, 30
_SHOWN = ("jensen_shannon", "l_infinity", "psi", "ks", "wasserstein", "unknown")


@dataclass(frozen=True)
class Verdict:
    """What findings add up to: an outcome, how many alarm, the worst, and a sentence; a short one too."""

    outcome: RuleOutcome
    alarms: int
    worst: str | None
    text: str
    brief: str = ""


def judge_findings(findings: Sequence[DriftFinding], verb: str) -> Verdict:
    """Add findings up: one alarm is enough; where no feature can be judged, nothing can be.

    Parameters
    ----------
    findings : sequence of DriftFinding
        One for each feature.
    verb : str
        What alarming features did, such as ``drifted``.
    """
    alarms = sorted(
        (finding for finding in findings if finding.verdict == "alarm"), key=_size, reverse=True
    )
    comparable = [finding for finding in findings if finding.verdict != "cannot tell"]
    if alarms:
        shown = "; ".join(
            f"{finding.feature}: {finding.explanation}" for finding in alarms[:_MAX_SHOWN]
        )
        more = f"; and {len(alarms) - _MAX_SHOWN} more" if len(alarms) > _MAX_SHOWN else ""
        text = f"{len(alarms)} of {len(findings)} features {verb}: {shown}{more}"
        brief = f"{len(alarms)} of {len(findings)} features {verb}: {_names(alarms)}"
        return Verdict("fail", len(alarms), alarms[0].feature, text, brief)
    if not comparable:
        reason = findings[0].explanation if findings else "the model reads no column"
        return Verdict("cannot tell", 0, None, f"cannot tell: {reason}")
    worst = max(comparable, key=_size).feature
    return Verdict("pass", 0, worst, f"none of {len(comparable)} features {verb}")


def judge_skew(skew: Skew, rows: int, min_rows: int) -> Verdict:
    """Add up schema skew and distribution skew.

    Parameters
    ----------
    skew : Skew
        With the pipeline's severities.
    rows : int
        How many rows were scored.
    min_rows : int
        Of fewer rows, what single rows hold tells nothing; a missing column does.
    """
    distribution = judge_findings(skew.findings, "differ from training")
    errors = [
        anomaly
        for anomaly in skew.anomalies
        if anomaly.severity == "ERROR" and (anomaly.affected_fraction is None or rows >= min_rows)
    ]
    if not errors:
        return distribution
    features = {anomaly.feature or "(all)" for anomaly in errors}
    features |= {finding.feature for finding in skew.findings if finding.verdict == "alarm"}
    descriptions = " ".join(anomaly.description for anomaly in errors[:_MAX_SHOWN])
    text = f"{descriptions} {distribution.text}" if distribution.outcome == "fail" else descriptions
    rules = {anomaly.feature or "(all)" for anomaly in errors}
    broken = f"{len(rules)} break the schema: {_shortened(sorted(rules))}"
    brief = f"{broken}; {distribution.brief}" if distribution.outcome == "fail" else broken
    return Verdict("fail", len(features), errors[0].feature, text, brief)


def without_news(verdict: Verdict, trained: int, rows: int) -> Verdict:
    """Turn a pass into "cannot tell" where at least half of the rows are those of training.

    An alarm stays: such rows make differences look smaller, never larger.

    Parameters
    ----------
    verdict : Verdict
        What the findings add up to.
    trained : int
        How many of the scored rows the champion was trained on.
    rows : int
        How many rows were scored.
    """
    if verdict.outcome != "pass" or not trained or trained * 2 < rows:
        return verdict
    text = (
        f"cannot tell: the champion was trained on {trained:,} of the {rows:,} scored rows; score later "
        "spans (serving.window)"
    )
    return replace(verdict, outcome="cannot tell", text=text)


def finding_table(findings: Sequence[DriftFinding]) -> list[dict[str, Any]]:
    """Give one row for each feature, the worst first; at most 100."""
    order = {"alarm": 0, "ok": 1, "cannot tell": 2}
    ordered = sorted(findings, key=lambda finding: (order[finding.verdict], -_size(finding)))
    return [
        {
            "feature": finding.feature,
            "verdict": finding.verdict,
            **{name: _rounded(finding.distances.get(name)) for name in _SHOWN},
            "p_value": _rounded(finding.p_value),
            "explanation": finding.explanation,
        }
        for finding in ordered[:_MAX_ROWS]
    ]


def worst_features(findings: Sequence[DriftFinding], max_features: int) -> list[str]:
    """Give the features to draw: alarming ones first, then by size of the change."""
    compared = [finding for finding in findings if finding.distances]
    ordered = sorted(compared, key=lambda finding: (finding.verdict != "alarm", -_size(finding)))
    return [finding.feature for finding in ordered[:max_features]]


def _names(findings: Sequence[DriftFinding]) -> str:
    return _shortened([finding.feature for finding in findings])


def _shortened(names: Sequence[str]) -> str:
    """As many names as have room in a line."""
    remaining, shown = _LINE_LENGTH, list[str]()
    for name in names:
        remaining -= len(name[:_NAME_LENGTH]) + 2
        if remaining < 0:
            break
        shown.append(name[:_NAME_LENGTH])
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _size(finding: DriftFinding) -> float:
    return max(finding.distances.get(name, 0.0) for name in ("jensen_shannon", "l_infinity"))


def _rounded(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
