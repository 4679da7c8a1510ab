"""Everything that is found about groups of people, and how it is told: checks, tables, a picture."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ml_assets.evaluation.fairness import FAILURES, Failure, Finding, Limits, find_unfairness
from ml_assets.evaluation.group_metrics import GroupMetrics, group_metrics
from ml_assets.evaluation.proxies import Proxies, find_proxies
from ml_assets.evaluation.spec import FairnessSpec

_SHOWN_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "error_rate")
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
    """

    findings: tuple[Finding, ...]
    groups: dict[str, GroupMetrics]
    proxies: tuple[Proxies, ...]

    @property
    def failed(self) -> dict[str, str]:
        """What fails, in words, by a name that can be waived: ``fairness.selection_rate_ratio[sex]``."""
        return {
            f"fairness.{one.measure}[{one.column}]": one.text
            for one in self.findings
            if one.outcome == "fail"
        }

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return {
            "findings": [one.to_json() for one in self.findings],
            "groups": {name: asdict(found) for name, found in self.groups.items()},
            "proxies": [asdict(one) for one in self.proxies],
        }


def assess_fairness(
    y_true: NDArray[Any],
    y_score: NDArray[Any],
    rows: pd.DataFrame,
    columns: Sequence[str],
    spec: FairnessSpec,
    decision_threshold: float = 0.5,
) -> Fairness:
    """Look for the four failures.

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
    """
    cut = decision_threshold if spec.decision_threshold is None else spec.decision_threshold
    limits = Limits(**{field.name: getattr(spec, field.name) for field in fields(Limits)})
    protected, features = rows[spec.protected], rows[list(columns)]
    found = find_unfairness(
        y_true,
        y_score,
        protected,
        features=features,
        decision_threshold=cut,
        reference=spec.reference,
        limits=limits,
    )
    told, proxies = find_proxies(y_true, features, protected, limits=limits)
    decided = (y_score >= cut).astype(int)
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
    return Fairness((*found, *told), groups, tuple(proxies))


def verdicts(found: Fairness) -> dict[Failure, tuple[bool, str]]:
    """Give for each failure whether nothing fails, and why: what fails first, then what is unclear."""
    told = {}
    for failure in FAILURES:
        own = [one for one in found.findings if one.failure == failure]
        failed = [one.text for one in own if one.outcome == "fail"]
        unclear = [one.text for one in own if one.outcome == "cannot tell"]
        passed = f"{len(own)} measures are within their limits"
        text = "; ".join([*failed, *unclear][:3]) or passed
        more = len(failed) + len(unclear) - 3
        told[failure] = (not failed, f"{text}; and {more} more" if more > 0 else text)
    return told


def finding_table(found: Fairness) -> list[dict[str, str | int]]:
    """Give one row for each measure, what fails first."""
    order = ("fail", "cannot tell", "pass")
    ordered = sorted(found.findings, key=lambda one: order.index(one.outcome))
    return [
        {
            "failure": one.failure.replace("_", " "),
            "measure": one.measure.replace("_", " "),
            "column": one.column,
            "value": _text(one.value),
            "low": _text(one.low),
            "high": _text(one.high),
            "limit": _text(one.limit),
            "outcome": one.outcome,
        }
        for one in ordered
    ]


def group_table(found: Fairness) -> list[dict[str, str | int]]:
    """Give one row for each group with its rates."""
    rows: list[dict[str, str | int]] = [
        {
            "column": column,
            "group": group.name,
            "rows": group.rows,
            **{name: _text(group.rates[name].value) for name in _SHOWN_RATES},
        }
        for column, metrics in found.groups.items()
        for group in (metrics.overall, *metrics.groups)
    ]
    return rows[:_MOST_GROUPS]


def draw_groups(path: Path, found: Fairness) -> None:
    """Draw the rates of each group with their intervals, a panel for each rate."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    groups = [
        (f"{column}: {group.name}", group)
        for column, metrics in found.groups.items()
        for group in metrics.groups
    ][:_MOST_GROUPS]
    height = 1.0 + 0.26 * max(1, len(groups))
    figure = Figure(figsize=(10, height), layout="constrained")
    panels = figure.subplots(1, len(_SHOWN_RATES), sharey=True)
    for axes, name in zip(panels, _SHOWN_RATES, strict=True):
        for place, (_, group) in enumerate(groups):
            rate = group.rates[name]
            if rate.value is not None:
                axes.plot([rate.low, rate.high], [place, place], color="#2b6ca3")
                axes.plot(rate.value, place, "o", color="#2b6ca3", markersize=4)
        axes.set(title=name.replace("_", " "), xlim=(0, 1))
        axes.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(groups)), [name for name, _ in groups], parse_math=False)
    panels[0].invert_yaxis()
    FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
