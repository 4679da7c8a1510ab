"""Everything that is found about groups of people, and how it is shown: checks, tables, a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ml_assets.evaluation.fairness import Finding, Limits, find_unfairness
from ml_assets.evaluation.group_metrics import GroupMetrics, group_metrics, group_names
from ml_assets.evaluation.group_thresholds import RATE_OF, GroupThresholds, offer_group_thresholds
from ml_assets.evaluation.pictures import BLUE, new_figure
from ml_assets.evaluation.proxies import Proxies, find_proxies
from ml_assets.evaluation.spec import FAILURES, Failure, FairnessSpec
from ml_assets.markdown import cut
from ml_assets.pages.figure import save_figure

SHOWN_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate")
_MOST_GROUPS = 40


@dataclass(frozen=True)
class Fairness:
    """What was found about groups of people.

    Attributes
    ----------
    findings : tuple of Finding
        One for each measure of each protected column.
    groups : mapping of str to GroupMetrics
        For each protected column.
    proxies : tuple of Proxies
        Columns that stand for a protected one.
    offers : tuple of (str, GroupThresholds)
        For protected columns whose opportunity fails, thresholds that would mend it.
    """

    findings: tuple[Finding, ...]
    groups: dict[str, GroupMetrics]
    proxies: tuple[Proxies, ...]
    offers: tuple[tuple[str, GroupThresholds], ...] = ()

    @property
    def failed(self) -> dict[str, str]:
        """What fails, in words, by a name that can be waived: ``fairness.selection_rate_ratio[sex]``."""
        return {
            f"fairness.{finding.measure}[{finding.column}]": finding.text
            for finding in self.findings
            if finding.outcome == "fail"
        }

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "groups": {name: asdict(metrics) for name, metrics in self.groups.items()},
            "proxies": [asdict(proxies) for proxies in self.proxies],
            "offers": [{"column": column, **offer.to_json()} for column, offer in self.offers],
        }


def assess_fairness(
    y_true: NDArray[Any],
    y_score: NDArray[Any],
    rows: pd.DataFrame,
    columns: Sequence[str],
    spec: FairnessSpec,
    decision_threshold: float = 0.5,
) -> Fairness:
    """Judge a binary model's decisions by protected group, and look for proxies of the groups.

    Parameters
    ----------
    y_true, y_score : array
        0 or 1, and the probability of 1.
    rows : DataFrame
        Raw rows, with the protected columns.
    columns : sequence of str
        The raw columns that the model reads.
    spec : FairnessSpec
        What is looked at, and what is allowed; at least one protected column.
    decision_threshold : float
        The model's own, where `spec` has none.

    Returns
    -------
    Fairness
        The findings, the measures of each group, the proxies, and the group thresholds on offer.
    """
    cut = decision_threshold if spec.decision_threshold is None else spec.decision_threshold
    limits = Limits(**{field.name: getattr(spec, field.name) for field in fields(Limits)})
    protected, features = rows[spec.protected], rows[list(columns)]
    findings = find_unfairness(
        y_true,
        y_score,
        protected,
        features=features,
        decision_threshold=cut,
        reference=spec.reference,
        limits=limits,
    )
    proxy_findings, proxies = find_proxies(y_true, features, protected, limits=limits)
    decided = (y_score > cut).astype(int)
    groups = {
        name: group_metrics(
            y_true,
            decided,
            rows[name],
            confidence=spec.confidence,
            min_group_size=spec.min_group_size,
        )
        for name in spec.protected
    }
    offers = _offers(findings, y_true, y_score, rows, spec, cut)
    return Fairness((*findings, *proxy_findings), groups, tuple(proxies), tuple(offers))


def _offers(
    findings: Sequence[Finding],
    y_true: NDArray[Any],
    y_score: NDArray[Any],
    rows: pd.DataFrame,
    spec: FairnessSpec,
    cut: float,
) -> Iterator[tuple[str, GroupThresholds]]:
    """Thresholds for each protected column, or their cross, whose opportunity fails."""
    for goal in RATE_OF:
        failed = [
            finding for finding in findings if finding.measure == goal and finding.outcome == "fail"
        ]
        for finding in failed:
            is_one = finding.column in spec.protected
            columns = [finding.column] if is_one else spec.protected
            offer = offer_group_thresholds(
                y_true,
                y_score,
                group_names(rows[columns]),
                goal=goal,
                limit=finding.limit,
                decision_threshold=cut,
                min_group_size=spec.min_group_size,
                confidence=spec.confidence,
            )
            if offer is not None:
                yield finding.column, offer


def verdicts(fairness: Fairness) -> dict[Failure, tuple[bool, str]]:
    """Give for each failure whether nothing fails, and why: what fails first, then what is unclear."""
    verdict_by_failure = {}
    for failure in FAILURES:
        findings = [finding for finding in fairness.findings if finding.failure == failure]
        failed = [finding.text for finding in findings if finding.outcome == "fail"]
        unclear = [finding.text for finding in findings if finding.outcome == "cannot tell"]
        passed = f"{len(findings)} measures are within their limits"
        text = "; ".join([*failed, *unclear][:3]) or passed
        more = len(failed) + len(unclear) - 3
        verdict_by_failure[failure] = (not failed, f"{text}; and {more} more" if more > 0 else text)
    return verdict_by_failure


def finding_table(fairness: Fairness) -> list[dict[str, str | int]]:
    """Give one row for each measure, what fails first."""
    order = ("fail", "cannot tell", "pass")
    ordered = sorted(fairness.findings, key=lambda finding: order.index(finding.outcome))
    return [
        {
            "failure": finding.failure.replace("_", " "),
            "measure": finding.measure.replace("_", " "),
            "column": finding.column,
            "value": _text(finding.value),
            "low": _text(finding.low),
            "high": _text(finding.high),
            "limit": _text(finding.limit),
            "outcome": finding.outcome,
        }
        for finding in ordered
    ]


def group_table(fairness: Fairness) -> list[dict[str, str | int]]:
    """Give one row for each group with its rates."""
    rows: list[dict[str, str | int]] = [
        {
            "column": column,
            "group": group.name,
            "rows": group.rows,
            **{name: _text(group.rates[name].value) for name in SHOWN_RATES},
        }
        for column, metrics in fairness.groups.items()
        for group in (metrics.overall, *metrics.groups)
    ]
    return rows[:_MOST_GROUPS]


def threshold_table(fairness: Fairness) -> list[dict[str, str]]:
    """Give one row for each group of each offer: its threshold, and what all of them do together."""
    rows = [
        {
            "column": column,
            "to meet": offer.goal.replace("_", " "),
            "group": group,
            "threshold": _text(threshold),
            "limit": _text(offer.limit),
            "now": _text(offer.before.value if offer.before else None),
            "then": _text(offer.after.value if offer.after else None),
            "outcome": offer.outcome,
            "accuracy": _text(offer.accuracy),
            "loss of accuracy": f"{offer.cost.low:.3f} to {offer.cost.high:.3f}",
        }
        for column, offer in fairness.offers
        for group, threshold in offer.thresholds
    ]
    return rows[:_MOST_GROUPS]


def draw_groups(path: Path, fairness: Fairness) -> None:
    """Draw the rates of each group with their intervals, a panel for each rate."""
    groups = [
        (cut(f"{column}={group.name}", 40), group)
        for column, metrics in fairness.groups.items()
        for group in metrics.groups
    ][:_MOST_GROUPS]
    figure, panels = new_figure(10, 1.2 + 0.26 * max(1, len(groups)), len(SHOWN_RATES))
    for axes, name in zip(panels, SHOWN_RATES, strict=True):
        for row, (_, group) in enumerate(groups):
            rate = group.rates[name]
            if rate.value is not None:
                axes.plot([rate.low, rate.high], [row, row], color=BLUE)
                axes.plot(rate.value, row, "o", color=BLUE, markersize=4)
        axes.set(title=name.replace("_", " "), xlim=(0, 1), ylim=(len(groups) - 0.4, -0.6))
        axes.grid(axis="x", alpha=0.3)
        axes.set_yticks([])
    names = [name for name, _ in groups]
    panels[0].set_yticks(range(len(groups)), names, fontsize=7, parse_math=False)
    save_figure(figure, path)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
