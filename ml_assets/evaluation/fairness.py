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
from ml_assets.evaluation.rates import Apart, Rate, difference, rate, ratio
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
    found: list[Finding] = []
    for column, frame in views:
        names = group_names(frame)
        options = {"confidence": limits.confidence, "min_group_size": limits.min_group_size}
        measured = group_metrics(truth, decided, names, **options)  # type: ignore[arg-type]
        found += _representation(measured, column, (reference or {}).get(column), limits)
        found += _opportunity(measured, column, limits)
        found += _failures(measured, column, limits)
        found += _calibration(truth, scores, names, measured, column, limits)
        if features is not None:
            found += _missing(features, names, measured, column, limits)
    return sorted(found, key=lambda one: FAILURES.index(one.failure))


def judge(
    failure: Failure, measure: str, column: str, apart: Apart | None, limit: float, told: str
) -> Finding:
    """Judge a measure by its whole interval: the limits of `_FLOORS` are lower bounds."""
    is_floor = measure in _FLOORS
    bound = f"at least {limit:g}" if is_floor else f"at most {limit:g}"
    if apart is None:
        text = f"{told}: cannot be measured, too few rows; it must be {bound}"
        return Finding(failure, measure, column, None, None, None, limit, "cannot tell", text)
    keeps = apart.low >= limit if is_floor else apart.high <= limit
    breaks = apart.high < limit if is_floor else apart.low > limit
    outcome: RuleOutcome = "pass" if keeps else "fail" if breaks else "cannot tell"
    between = f"{apart.value:.3f} ({apart.low:.3f} to {apart.high:.3f})"
    word = {"pass": "it must be", "fail": "but it must be", "cannot tell": "cannot tell if it is"}
    text = f"{told} is {between}; {word[outcome]} {bound}"
    ends = (apart.value, apart.low, apart.high)
    return Finding(failure, measure, column, *ends, limit, outcome, text)


def _representation(
    found: GroupMetrics, column: str, reference: Mapping[str, float] | None, limits: Limits
) -> Iterator[Finding]:
    shares = {group.name: group.rows for group in found.groups} | dict(found.too_small)
    for name, expected in (reference or {}).items():
        key = f"{column}={name}"
        share = rate(shares.get(key, 0), found.overall.rows, limits.confidence)
        exact = Rate(0, 0, expected, expected, expected)
        told = f"the share of {key} over its share of {expected:.1%} among people"
        apart = ratio(share, exact)
        yield judge(
            "representational_harm", "share_ratio", column, apart, limits.min_share_ratio, told
        )
    yield from _gap(
        found,
        "representational_harm",
        "base_rate",
        column,
        limits.max_base_rate_difference,
        "the difference in the share of positive labels",
    )


def _opportunity(found: GroupMetrics, column: str, limits: Limits) -> Iterator[Finding]:
    apart = found.disparity("selection_rate")
    pair = f" of {apart.lowest} to {apart.highest}" if apart else ""
    yield judge(
        "opportunity_denial",
        "selection_rate_ratio",
        column,
        apart.ratio if apart else None,
        limits.min_selection_rate_ratio,
        f"{column}: the ratio of selection rates{pair}",
    )
    yield from _gap(
        found,
        "opportunity_denial",
        "true_positive_rate",
        column,
        limits.max_true_positive_rate_difference,
        "the difference in true positive rates (equal opportunity)",
    )


def _failures(found: GroupMetrics, column: str, limits: Limits) -> Iterator[Finding]:
    worst = _highest(found.groups, "error_rate")
    overall = found.overall.rates["error_rate"]
    # The worst of many groups was picked (Bonferroni).
    stricter = 1 - (1 - limits.confidence) / max(1, len(found.groups))
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
        yield from _gap(
            found,
            "disproportionate_failure",
            name,
            column,
            limits.max_equalized_odds_difference,
            f"the difference in {name.replace('_', ' ')}s (equalized odds)",
            "equalized_odds_",
        )


def _calibration(
    truth: NDArray[Any],
    scores: NDArray[np.float64],
    names: NDArray[np.object_],
    found: GroupMetrics,
    column: str,
    limits: Limits,
) -> Iterator[Finding]:
    """The mean score of a group against its share of positives, for the group where they differ most."""
    z = NormalDist().inv_cdf(1 - (1 - limits.confidence) / 2 / max(1, len(found.groups)))
    apart: dict[str, Apart] = {}
    for group in found.groups:
        residual = (truth - scores)[names == group.name]
        centre, half = abs(residual.mean()), z * residual.std() / np.sqrt(len(residual))
        apart[group.name] = Apart(float(centre), float(max(0, centre - half)), float(centre + half))
    worst = max(apart, key=lambda name: apart[name].low, default=None)
    yield judge(
        "disproportionate_failure",
        "calibration_difference",
        column,
        apart[worst] if worst else None,
        limits.max_calibration_difference,
        f"{column}: the distance of mean score and share of positives for {worst or 'any group'}",
    )


def _missing(
    features: pd.DataFrame,
    names: NDArray[np.object_],
    found: GroupMetrics,
    column: str,
    limits: Limits,
) -> Iterator[Finding]:
    """The raw column whose share of missing values differs most between two groups."""
    stricter = 1 - (1 - limits.confidence) / max(1, len(found.groups) - 1)
    gaps: dict[str, tuple[Apart, str]] = {}
    for name in features.columns:
        absent = features[name].isna().to_numpy()
        if not absent.any():
            continue
        rates = {
            g.name: rate(int(absent[names == g.name].sum()), g.rows, stricter) for g in found.groups
        }
        ordered = sorted(rates, key=lambda group: rates[group].value or 0.0)
        if len(ordered) > 1 and (apart := difference(rates[ordered[-1]], rates[ordered[0]])):
            gaps[str(name)] = (apart, f"{ordered[-1]} and {ordered[0]}")
    if gaps:
        worst = max(gaps, key=lambda name: gaps[name][0].low)
        told = f"{column}: the difference in missing {worst} between {gaps[worst][1]}"
        yield judge(
            "disproportionate_failure",
            "missing_difference",
            column,
            gaps[worst][0],
            limits.max_missing_difference,
            told,
        )


def _gap(
    found: GroupMetrics,
    failure: Failure,
    name: str,
    column: str,
    limit: float,
    told: str,
    prefix: str = "",
) -> Iterator[Finding]:
    apart = found.disparity(name)
    pair = f" of {apart.highest} and {apart.lowest}" if apart else ""
    gap = apart.difference if apart else None
    measure = f"{prefix}{name}_difference"
    yield judge(failure, measure, column, gap, limit, f"{column}: {told}{pair}")


def _highest(groups: Sequence[GroupResult], name: str) -> GroupResult | None:
    known = [group for group in groups if group.rates[name].value is not None]
    return max(known, key=lambda group: group.rates[name].value or 0.0, default=None)


def _check_reference(reference: Mapping[str, Mapping[str, float]], protected: pd.DataFrame) -> None:
    mistakes = []
    for column, shares in reference.items():
        if column not in protected:
            hint = did_you_mean(column, map(str, protected.columns))
            mistakes.append(f"reference names {column!r}, which is no protected column.{hint}")
            continue
        known = {NULL if pd.isna(v) else str(v) for v in protected[column].unique()}
        mistakes += [
            f"reference of {column!r} names the group {name!r}, which no row has."
            f"{did_you_mean(name, known)}"
            for name in shares
            if name not in known
        ]
    if mistakes:
        raise DataError("\n".join(mistakes))
