"""`find_unfairness`: the four ways in which a model fails people, each measured with its uncertainty.

Representational harm: a group is rarer in the data than among people, or its labels differ. Opportunity
denial: those who deserve the favourable decision get it less often in one group. Disproportionate product
failure: the model errs more for one group. Harm by disadvantage: other columns tell the group, so that
leaving the group out does not help (`proxies`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation.group_metrics import (
    GroupMetrics,
    GroupResult,
    group_metrics,
    group_names,
)
from ml_assets.evaluation.quantiles import NULL
from ml_assets.evaluation.rates import Estimate, Rate, difference, rate, ratio
from ml_assets.evaluation.result import RuleOutcome
from ml_assets.evaluation.spec import FAILURES, Failure

# What must be at least its limit; everything else must be at most.
_FLOORS = ("share_ratio", "selection_rate_ratio")


@dataclass(frozen=True)
class Limits:
    """What is still fair; see `FairnessSpec` for their meaning."""

    min_group_size: int = 100
    min_share_ratio: float = 0.8
    max_base_rate_difference: float = 0.1
    min_selection_rate_ratio: float = 0.8
    max_true_positive_rate_difference: float = 0.1
    max_error_ratio: float = 1.25
    max_equalized_odds_difference: float = 0.1
    max_calibration_difference: float = 0.05
    max_missing_difference: float = 0.1
    max_proxy_auc: float = 0.75
    confidence: float = 0.95


USUAL_LIMITS = Limits()


@dataclass(frozen=True)
class Finding:
    """One measure of one protected column.

    Attributes
    ----------
    failure : str
        One of `FAILURES`.
    measure : str
        What was measured, such as ``selection_rate_ratio``.
    column : str
        The protected column, or an intersection ``sex, race``.
    value, low, high : float, optional
        What was found, with its interval; None where it is undefined.
    limit : float
        What is allowed.
    outcome : {"pass", "fail", "cannot tell"}
        ``fail`` only where the whole interval breaks the limit, ``pass`` only where all of it keeps it.
    text : str
        One sentence for a person.
    """

    failure: Failure
    measure: str
    column: str
    value: float | None
    low: float | None
    high: float | None
    limit: float
    outcome: RuleOutcome
    text: str

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON; an infinite end is null."""
        return {
            key: None if isinstance(value, float) and not np.isfinite(value) else value
            for key, value in asdict(self).items()
        }


def find_unfairness(
    y_true: ArrayLike,
    y_score: ArrayLike,
    protected: pd.DataFrame,
    *,
    features: pd.DataFrame | None = None,
    decision_threshold: float = 0.5,
    reference: Mapping[str, Mapping[str, float]] | None = None,
    limits: Limits = USUAL_LIMITS,
) -> list[Finding]:
    """Look for the first three failures in a binary model's scores; for the fourth see `find_proxies`.

    Parameters
    ----------
    y_true : array-like of 0 and 1
        The labels; 1 is the favourable outcome.
    y_score : array-like of float
        The probability of 1.
    protected : DataFrame
        The same rows with the protected columns. Each is looked at, and all together.
    features : DataFrame, optional
        The same rows with the model's raw columns, whose missing values are counted by group.
    decision_threshold : float
        A score above it is the favourable decision.
    reference : mapping, optional
        For a protected column the share of each of its groups among the people that the model is for.
    limits : Limits
        What is still fair.

    Returns
    -------
    list of Finding
        Failures in the order of `FAILURES`.

    Raises
    ------
    DataError
        If lengths differ, or `reference` names a column or group that does not exist.
    """
    truth, scores = np.asarray(y_true), np.asarray(y_score, np.float64)
    decided = (scores > decision_threshold).astype(np.int64)
    _check_reference(reference or {}, protected)
    views = [(str(name), protected[[name]]) for name in protected.columns]
    if len(views) > 1:
        views.append((", ".join(name for name, _ in views), protected))
    findings: list[Finding] = []
    for column, frame in views:
        names = group_names(frame)
        options = {"confidence": limits.confidence, "min_group_size": limits.min_group_size}
        metrics = group_metrics(truth, decided, names, **options)  # type: ignore[arg-type]
        findings += _check_representation(metrics, column, (reference or {}).get(column), limits)
        findings += _check_opportunity(metrics, column, limits)
        findings += _check_errors(metrics, column, limits)
        findings += _check_calibration(truth, scores, names, metrics, column, limits)
        if features is not None:
            findings += _check_missing(features, names, metrics, column, limits)
    return sorted(findings, key=lambda finding: FAILURES.index(finding.failure))


def judge(
    failure: Failure,
    measure: str,
    column: str,
    estimate: Estimate | None,
    limit: float,
    subject: str,
) -> Finding:
    """Judge a measure by its whole interval: the limits of `_FLOORS` are lower bounds."""
    is_floor = measure in _FLOORS
    bound = f"at least {limit:g}" if is_floor else f"at most {limit:g}"
    if estimate is None:
        text = f"{subject}: cannot be measured, too few rows; it must be {bound}"
        return Finding(failure, measure, column, None, None, None, limit, "cannot tell", text)
    keeps = estimate.low >= limit if is_floor else estimate.high <= limit
    breaks = estimate.high < limit if is_floor else estimate.low > limit
    outcome: RuleOutcome = "pass" if keeps else "fail" if breaks else "cannot tell"
    interval = f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
    word = {"pass": "it must be", "fail": "but it must be", "cannot tell": "cannot tell if it is"}
    text = f"{subject} is {interval}; {word[outcome]} {bound}"
    ends = (estimate.value, estimate.low, estimate.high)
    return Finding(failure, measure, column, *ends, limit, outcome, text)


def _check_representation(
    metrics: GroupMetrics, column: str, reference: Mapping[str, float] | None, limits: Limits
) -> Iterator[Finding]:
    shares = {group.name: group.rows for group in metrics.groups} | dict(metrics.too_small)
    for name, expected in (reference or {}).items():
        key = f"{column}={name}"
        share = rate(shares.get(key, 0), metrics.overall.rows, limits.confidence)
        exact = Rate(0, 0, expected, expected, expected)
        subject = f"the share of {key} over its share of {expected:.1%} among people"
        estimate = ratio(share, exact)
        yield judge(
            "representational_harm",
            "share_ratio",
            column,
            estimate,
            limits.min_share_ratio,
            subject,
        )
    yield from _check_difference(
        metrics,
        "representational_harm",
        "base_rate",
        column,
        limits.max_base_rate_difference,
        "the difference in the share of positive labels",
    )


def _check_opportunity(metrics: GroupMetrics, column: str, limits: Limits) -> Iterator[Finding]:
    disparity = metrics.disparity("selection_rate")
    pair = f" of {disparity.lowest} to {disparity.highest}" if disparity else ""
    yield judge(
        "opportunity_denial",
        "selection_rate_ratio",
        column,
        disparity.ratio if disparity else None,
        limits.min_selection_rate_ratio,
        f"{column}: the ratio of selection rates{pair}",
    )
    yield from _check_difference(
        metrics,
        "opportunity_denial",
        "true_positive_rate",
        column,
        limits.max_true_positive_rate_difference,
        "the difference in true positive rates (equal opportunity)",
    )


def _check_errors(metrics: GroupMetrics, column: str, limits: Limits) -> Iterator[Finding]:
    worst = _highest(metrics.groups, "error_rate")
    overall = metrics.overall.rates["error_rate"]
    # The worst of many groups was picked (Bonferroni).
    stricter = 1 - (1 - limits.confidence) / max(1, len(metrics.groups))
    highest = worst and worst.rates["error_rate"]
    yield judge(
        "disproportionate_failure",
        "error_ratio",
        column,
        ratio(rate(highest.hits, highest.trials, stricter), overall) if highest else None,
        limits.max_error_ratio,
        f"{column}: the error rate of {worst.name if worst else 'any group'} over that of all",
    )
    for name in ("true_positive_rate", "false_positive_rate"):
        yield from _check_difference(
            metrics,
            "disproportionate_failure",
            name,
            column,
            limits.max_equalized_odds_difference,
            f"the difference in {name.replace('_', ' ')}s (equalized odds)",
            "equalized_odds_",
        )


def _check_calibration(
    truth: NDArray[Any],
    scores: NDArray[np.float64],
    names: NDArray[np.object_],
    metrics: GroupMetrics,
    column: str,
    limits: Limits,
) -> Iterator[Finding]:
    """The mean score of a group against its share of positives, for the group where they differ most."""
    z = NormalDist().inv_cdf(1 - (1 - limits.confidence) / 2 / max(1, len(metrics.groups)))
    distances: dict[str, Estimate] = {}
    for group in metrics.groups:
        residual = (truth - scores)[names == group.name]
        centre, half = abs(residual.mean()), z * residual.std() / np.sqrt(len(residual))
        distances[group.name] = Estimate(
            float(centre), float(max(0, centre - half)), float(centre + half)
        )
    worst = max(distances, key=lambda name: distances[name].low, default=None)
    yield judge(
        "disproportionate_failure",
        "calibration_difference",
        column,
        distances[worst] if worst else None,
        limits.max_calibration_difference,
        f"{column}: the distance of mean score and share of positives for {worst or 'any group'}",
    )


def _check_missing(
    features: pd.DataFrame,
    names: NDArray[np.object_],
    metrics: GroupMetrics,
    column: str,
    limits: Limits,
) -> Iterator[Finding]:
    """The raw column whose share of missing values differs most between two groups."""
    stricter = 1 - (1 - limits.confidence) / max(1, len(metrics.groups) - 1)
    gaps: dict[str, tuple[Estimate, str]] = {}
    for name in features.columns:
        absent = features[name].isna().to_numpy()
        if not absent.any():
            continue
        rates = {
            group.name: rate(int(absent[names == group.name].sum()), group.rows, stricter)
            for group in metrics.groups
        }
        ordered = sorted(rates, key=lambda group: rates[group].value or 0.0)
        if len(ordered) > 1 and (gap := difference(rates[ordered[-1]], rates[ordered[0]])):
            gaps[str(name)] = (gap, f"{ordered[-1]} and {ordered[0]}")
    if gaps:
        worst = max(gaps, key=lambda name: gaps[name][0].low)
        subject = f"{column}: the difference in missing {worst} between {gaps[worst][1]}"
        yield judge(
            "disproportionate_failure",
            "missing_difference",
            column,
            gaps[worst][0],
            limits.max_missing_difference,
            subject,
        )


def _check_difference(
    metrics: GroupMetrics,
    failure: Failure,
    name: str,
    column: str,
    limit: float,
    subject: str,
    prefix: str = "",
) -> Iterator[Finding]:
    disparity = metrics.disparity(name)
    pair = f" of {disparity.highest} and {disparity.lowest}" if disparity else ""
    estimate = disparity.difference if disparity else None
    measure = f"{prefix}{name}_difference"
    yield judge(failure, measure, column, estimate, limit, f"{column}: {subject}{pair}")


def _highest(groups: Sequence[GroupResult], name: str) -> GroupResult | None:
    defined = [group for group in groups if group.rates[name].value is not None]
    return max(defined, key=lambda group: group.rates[name].value or 0.0, default=None)


def _check_reference(reference: Mapping[str, Mapping[str, float]], protected: pd.DataFrame) -> None:
    mistakes = []
    for column, shares in reference.items():
        if column not in protected:
            hint = did_you_mean(column, map(str, protected.columns))
            mistakes.append(f"reference names {column!r}, which is no protected column.{hint}")
            continue
        groups = {NULL if pd.isna(value) else str(value) for value in protected[column].unique()}
        mistakes += [
            f"reference of {column!r} names the group {name!r}, which no row has."
            f"{did_you_mean(name, groups)}"
            for name in shares
            if name not in groups
        ]
    if mistakes:
        raise DataError("\n".join(mistakes))
