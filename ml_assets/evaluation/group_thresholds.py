"""Decision thresholds for each group that would meet a limit of fairness: offered, never applied.

For each level that the lowest group's rate could have, every group takes the most accurate threshold
whose rate is not lower and keeps the limit; the level with the most right decisions is taken. What the
thresholds do, and cost, is measured on rows that had no say in them: each half of the rows by the
thresholds of the other.

References
----------
Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413, without
their randomised decisions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ml_assets.evaluation.fairness import judge
from ml_assets.evaluation.group_metrics import group_metrics
from ml_assets.evaluation.ranking import Floats
from ml_assets.evaluation.rates import Estimate
from ml_assets.evaluation.result import RuleOutcome

Goal = Literal["selection_rate_ratio", "true_positive_rate_difference"]
RATIO: Goal = "selection_rate_ratio"
RATE_OF: Mapping[Goal, str] = {
    "selection_rate_ratio": "selection_rate",
    "true_positive_rate_difference": "true_positive_rate",
}
_MOST_LEVELS = 400


@dataclass(frozen=True)
class GroupThresholds:
    """Thresholds that would meet a limit.

    Attributes
    ----------
    goal : {"selection_rate_ratio", "true_positive_rate_difference"}
        The measure that is to be met: the four-fifths rule, or equal opportunity.
    limit : float
        What is allowed.
    thresholds : tuple of (str, float)
        For each group of at least the minimum size; a score above it is the favourable decision.
        The other groups keep the usual threshold.
    before, after : Estimate or None
        The measure with the usual threshold, and with these, each with its interval.
    outcome : {"pass", "fail", "cannot tell"}
        Whether the whole interval of `after` keeps the limit; with small groups it may not.
    accuracy : float
        The share of right decisions with the usual threshold.
    cost : Estimate
        By how much it would fall, with its interval; negative where it would rise.
    text : str
        One sentence for a person.
    """

    goal: Goal
    limit: float
    thresholds: tuple[tuple[str, float], ...]
    before: Estimate | None
    after: Estimate | None
    outcome: RuleOutcome
    accuracy: float
    cost: Estimate
    text: str

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)


def offer_group_thresholds(
    y_true: ArrayLike,
    y_score: ArrayLike,
    groups: ArrayLike,
    *,
    goal: Goal,
    limit: float,
    decision_threshold: float = 0.5,
    min_group_size: int = 100,
    confidence: float = 0.95,
    seed: int = 0,
) -> GroupThresholds | None:
    """Find thresholds for groups that meet a limit at the least cost in accuracy.

    Parameters
    ----------
    y_true : array-like of 0 and 1
        The labels; 1 is the favourable outcome.
    y_score : array-like of float
        The probability of 1.
    groups : array-like of str
        The group of each row.
    goal : {"selection_rate_ratio", "true_positive_rate_difference"}
        What is to be met.
    limit : float
        The least ratio, or the largest difference.
    decision_threshold : float
        The usual threshold.
    min_group_size : int
        Smaller groups keep the usual threshold.
    confidence : float
        Of the cost's interval, 0 to 1, exclusive.
    seed : int
        Of the halving of the rows.

    Returns
    -------
    GroupThresholds or None
        None with fewer than two groups that are large enough, where one has no row that counts for the
        goal in either half of the rows, or where no thresholds meet the limit.
    """
    truth, score = np.asarray(y_true, np.int64), np.asarray(y_score, np.float64)
    names = np.asarray(groups, dtype=str)
    group_names, sizes = np.unique(names, return_counts=True)
    large = [str(group) for group in group_names[sizes >= min_group_size]]
    halves = np.random.default_rng(seed).permutation(len(truth)) % 2

    def fit(rows: NDArray[np.bool_]) -> dict[str, float] | None:
        return _fit(truth[rows], score[rows], names[rows], large, goal, limit)

    overall, by_half = fit(np.full(len(truth), True)), [fit(halves != half) for half in (0, 1)]
    if len(large) < 2 or overall is None or None in by_half:
        return None
    usual = score > decision_threshold
    decided = np.zeros(len(truth), dtype=bool)
    for half, thresholds in enumerate(by_half):
        rows = halves == half
        decided[rows] = _decide(score[rows], names[rows], thresholds or {}, decision_threshold)
    cost = _cost(usual == truth, decided == truth, confidence)
    is_large = np.isin(names, large)
    before, after = (
        _measure(truth[is_large], decisions[is_large], names[is_large], goal, confidence)
        for decisions in (usual, decided)
    )
    accuracy = float((usual == truth).mean())
    outcome = judge("opportunity_denial", goal, "", after, limit, "").outcome
    offer = GroupThresholds(
        goal, limit, tuple(overall.items()), before, after, outcome, accuracy, cost, ""
    )
    return replace(offer, text=_offer_text(offer))


@dataclass(frozen=True)
class _Group:
    """One group: for each threshold, ascending, the rate of interest and the right decisions."""

    thresholds: Floats
    rates: Floats
    right: NDArray[np.int64]

    def best(self, low: float, high: float) -> tuple[int, float] | None:
        """The most right decisions, and their threshold, with a rate between two ends."""
        inside = np.flatnonzero((self.rates >= low - 1e-12) & (self.rates <= high + 1e-12))
        if not len(inside):
            return None
        index = inside[int(self.right[inside].argmax())]
        return int(self.right[index]), float(self.thresholds[index])


def _fit(
    truth: NDArray[np.int64],
    score: Floats,
    names: NDArray[np.str_],
    groups: list[str],
    goal: Goal,
    limit: float,
) -> dict[str, float] | None:
    curves = {group: _curve(truth[names == group], score[names == group], goal) for group in groups}
    defined = {group: curve for group, curve in curves.items() if curve is not None}
    if len(defined) < len(groups) or not defined:
        return None
    ratio: Callable[[float], float] = lambda low: low / limit if limit else 1.0  # noqa: E731
    highest = ratio if goal == RATIO else lambda low: low + limit
    options = []
    for low in _levels(defined.values()):
        best = {group: curve.best(low, highest(low)) for group, curve in defined.items()}
        if all(best.values()):
            right = sum(choice[0] for choice in best.values() if choice)
            options.append((right, {group: choice[1] for group, choice in best.items() if choice}))
    return max(options, key=lambda option: option[0])[1] if options else None


def _levels(curves: Iterable[_Group]) -> Floats:
    """The rates that the lowest group could have: those that occur, thinned; not that of nobody."""
    rates: Floats = np.unique(np.concatenate([curve.rates for curve in curves]))
    rates = rates[rates > 0]
    kept = np.unique(np.linspace(0, len(rates) - 1, _MOST_LEVELS).astype(int))
    return np.asarray(rates[kept])


def _curve(truth: NDArray[np.int64], score: Floats, goal: Goal) -> _Group | None:
    """What each threshold does; None where no row counts for the goal."""
    positives = int(truth.sum())
    total = len(truth) if goal == RATIO else positives
    if not total:
        return None
    order = np.argsort(score, kind="stable")
    ascending, hits = score[order], truth[order]
    # A threshold below each score that occurs, and one above all of them.
    first = np.append(np.flatnonzero(np.append(True, np.diff(ascending) > 0)), len(score))
    distinct = ascending[first[:-1]]
    # Between two neighbouring floats there is nothing: the middle is one of them, and must be the lower.
    middles = (np.append(0.0, distinct[:-1]) + distinct) / 2
    thresholds = np.append(np.minimum(middles, np.nextafter(distinct, -1)), (distinct[-1] + 1) / 2)
    below = np.concatenate(([0], np.cumsum(hits)))[first]
    selected = len(score) - first
    true = positives - below
    rates = (selected if goal == RATIO else true) / total
    right = true + first - below
    return _Group(thresholds, rates, right)


def _decide(
    score: Floats, names: NDArray[np.str_], thresholds: Mapping[str, float], usual: float
) -> NDArray[np.bool_]:
    limits = np.full(len(score), usual)
    for group, threshold in thresholds.items():
        limits[names == group] = threshold
    return score > limits


def _measure(
    truth: NDArray[np.int64],
    decided: NDArray[np.bool_],
    names: NDArray[np.str_],
    goal: Goal,
    confidence: float,
) -> Estimate | None:
    metrics = group_metrics(truth, decided, names, confidence=confidence, min_group_size=1)
    disparity = metrics.disparity(RATE_OF[goal])
    if disparity is None:
        return None
    return disparity.ratio if goal == RATIO else disparity.difference


def _cost(before: NDArray[np.bool_], after: NDArray[np.bool_], confidence: float) -> Estimate:
    lost = before.astype(float) - after
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    half = float(z * lost.std() / np.sqrt(len(lost)))
    value = float(lost.mean())
    return Estimate(value, value - half, value + half)


def _offer_text(offer: GroupThresholds) -> str:
    thresholds = ", ".join(f"{group} {threshold:.3g}" for group, threshold in offer.thresholds)
    bound = f"at {'least' if offer.goal == RATIO else 'most'} {offer.limit:g} is allowed"
    before, after = (
        f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
        if estimate
        else "undefined"
        for estimate in (offer.before, offer.after)
    )
    doubt = "" if offer.outcome != "fail" else "; the groups are too small to find better ones"
    return (
        f"with the thresholds {thresholds} the {offer.goal.replace('_', ' ')} would be {after} instead "
        f"of {before}; {bound}{doubt}. The accuracy would be {offer.accuracy - offer.cost.value:.3f} "
        f"instead of {offer.accuracy:.3f} (a loss of {offer.cost.low:.3f} to {offer.cost.high:.3f})"
    )
