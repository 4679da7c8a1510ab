"""What the findings of skew and drift add up to, and how they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ml_assets.evaluation.result import RuleOutcome
from ml_assets.validation.drift import DriftFinding
from ml_assets.validation.skew import Skew

_MOST_TOLD = 3
_MOST_ROWS = 100
_ROOM, _LONGEST = 40, 30
_SHOWN = ("jensen_shannon", "l_infinity", "psi", "ks", "wasserstein", "unknown")


@dataclass(frozen=True)
class Verdict:
    """What findings add up to: an outcome, how many alarm, the worst, and a sentence; a short one too."""

    outcome: RuleOutcome
    alarms: int
    worst: str | None
    text: str
    brief: str = ""


def judge_findings(findings: Sequence[DriftFinding], word: str) -> Verdict:
    """Add findings up: one alarm is enough; without any that could be told, nothing can be.

    Parameters
    ----------
    findings : sequence of DriftFinding
        One for each feature.
    word : str
        What alarming features did, such as ``drifted``.
    """
    alarms = sorted((f for f in findings if f.verdict == "alarm"), key=_size, reverse=True)
    told = [finding for finding in findings if finding.verdict != "cannot tell"]
    if alarms:
        shown = "; ".join(f"{f.feature}: {f.explanation}" for f in alarms[:_MOST_TOLD])
        more = f"; and {len(alarms) - _MOST_TOLD} more" if len(alarms) > _MOST_TOLD else ""
        text = f"{len(alarms)} of {len(findings)} features {word}: {shown}{more}"
        brief = f"{len(alarms)} of {len(findings)} features {word}: {_names(alarms)}"
        return Verdict("fail", len(alarms), alarms[0].feature, text, brief)
    if not told:
        reason = findings[0].explanation if findings else "the model reads no column"
        return Verdict("cannot tell", 0, None, f"cannot tell: {reason}")
    worst = max(told, key=_size).feature
    return Verdict("pass", 0, worst, f"none of {len(told)} features {word}")


def judge_skew(skew: Skew, rows: int, min_rows: int) -> Verdict:
    """Add up schema skew and distribution skew.

    Parameters
    ----------
    skew : Skew
        With the severities that the pipeline wants.
    rows : int
        How many rows were scored.
    min_rows : int
        Of fewer rows, what single rows hold tells nothing; a missing column does.
    """
    moved = judge_findings(skew.findings, "differ from training")
    wrong = [
        anomaly
        for anomaly in skew.anomalies
        if anomaly.severity == "ERROR" and (anomaly.affected_fraction is None or rows >= min_rows)
    ]
    if not wrong:
        return moved
    features = {anomaly.feature or "(all)" for anomaly in wrong}
    features |= {f.feature for f in skew.findings if f.verdict == "alarm"}
    told = " ".join(anomaly.description for anomaly in wrong[:_MOST_TOLD])
    text = f"{told} {moved.text}" if moved.outcome == "fail" else told
    rules = {anomaly.feature or "(all)" for anomaly in wrong}
    broken = f"{len(rules)} break the schema: {_shortened(sorted(rules))}"
    brief = f"{broken}; {moved.brief}" if moved.outcome == "fail" else broken
    return Verdict("fail", len(features), wrong[0].feature, text, brief)


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
    ordered = sorted(findings, key=lambda f: (order[f.verdict], -_size(f)))
    return [
        {
            "feature": finding.feature,
            "verdict": finding.verdict,
            **{name: _text(finding.distances.get(name)) for name in _SHOWN},
            "p_value": _text(finding.p_value),
            "explanation": finding.explanation,
        }
        for finding in ordered[:_MOST_ROWS]
    ]


def worst_features(findings: Sequence[DriftFinding], most: int) -> list[str]:
    """Give the features to draw: alarming ones first, then by size of the change."""
    told = [finding for finding in findings if finding.distances]
    ordered = sorted(told, key=lambda f: (f.verdict != "alarm", -_size(f)))
    return [finding.feature for finding in ordered[:most]]


def _names(findings: Sequence[DriftFinding]) -> str:
    return _shortened([finding.feature for finding in findings])


def _shortened(names: Sequence[str]) -> str:
    """As many names as have room in a line."""
    room, shown = _ROOM, list[str]()
    for name in names:
        room -= len(name[:_LONGEST]) + 2
        if room < 0:
            break
        shown.append(name[:_LONGEST])
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _size(finding: DriftFinding) -> float:
    return max(finding.distances.get(name, 0.0) for name in ("jensen_shannon", "l_infinity"))


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
