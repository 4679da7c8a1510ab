"""Puts into words why a cell does not fit its fellow columns or is of an unusual magnitude."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml_assets.validation.cells.codes import parts_of
from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import Suspicion, quoted, shown
from ml_assets.validation.cells.groups import Grouping
from ml_assets.validation.cells.outliers import Limits
from ml_assets.validation.cells.placeholders import shown_scalar
from ml_assets.validation.cells.rules import ColumnRules, Rules
from ml_assets.validation.cells.votes import Votes, columns_of

_MAX_REPAIR = 1000


def dependency_suspicion(
    name: str, column: ColumnRules, rules: Rules, joints: Sequence[int], score: float
) -> list[Suspicion]:
    """Explain the strongest vote against a cell; the repair is what most votes ask for."""
    against: list[tuple[float, Votes, int]] = []
    for votes, joint in zip(column.votes, joints, strict=True):
        places, is_found = votes.find(np.array([joint]))
        if is_found[0] and votes.vote[places[0]] > 0:
            place = int(places[0])
            against.append((float(votes.weight[place] * votes.vote[place]), votes, place))
    if not against:
        return []
    strengths: dict[int, float] = {}
    for strength, votes, place in against:
        usual = int(votes.usual[place])
        strengths[usual] = strengths.get(usual, 0.0) + strength
    _, votes, place = max(against, key=lambda candidate: candidate[0])
    repair = max(strengths, key=lambda usual: (strengths[usual], -usual))
    text = shown_scalar(column.counts.values[repair])
    is_own = int(votes.pairs[place]) % len(column.counts.values) == repair
    return [
        Suspicion(
            score,
            "broken_dependency",
            _explain(name, column, rules, votes, place),
            text if len(text) <= _MAX_REPAIR and not is_own else None,
        )
    ]


def _explain(name: str, column: ColumnRules, rules: Rules, votes: Votes, place: int) -> str:
    names = columns_of(votes.dependency)
    *parts, _ = parts_of(int(votes.pairs[place]), names, rules.sizes)
    determinant = " and ".join(
        f"{fellow} {_quoted(rules.columns[fellow].counts, part)}"
        for fellow, part in zip(votes.dependency.determinant, parts, strict=True)
    )
    usual, most = int(votes.usual[place]), int(votes.usual_counts[place])
    return (
        f"{determinant} has {name} {_quoted(column.counts, usual)} in {most:,} of "
        f"{int(votes.totals[place]):,} rows"
    )


def _quoted(column: ColumnCounts, place: int) -> str:
    scalar = column.values[place]
    return quoted(scalar.as_py()) if column.kind == "text" else shown(shown_scalar(scalar))


def outlier_suspicion(column: ColumnCounts, limits: Limits, value: Any, score: float) -> Suspicion:
    """Explain an outlier of a whole column."""
    number = _number(value)
    if column.kind == "time":
        text = f"{shown_scalar(value)} is {limits.spreads(number):,.0f} robust standard deviations "
        return Suspicion(score, "outlier", text + "from the median of the column")
    text = (
        f"{number:,.6g} is {limits.spreads(number):,.0f} robust standard deviations from the median "
        f"{limits.median:,.6g}; the column's tail ends at "
        f"{limits.high if number > limits.median else limits.low:,.6g}"
    )
    return Suspicion(score, "outlier", text)


def group_suspicion(
    grouping: Grouping, value: Any, group: Any, median: float, score: float
) -> Suspicion:
    """Explain an outlier within the group of a category."""
    number = _number(value)
    away = grouping.spreads(number, median)
    text = (
        f"{number:,.6g} is {away:,.0f} robust standard deviations from {median:,.6g}, the median where "
        f"{grouping.category} is {_plain(group)}"
    )
    return Suspicion(score, "outlier_in_group", text)


def _plain(scalar: Any) -> str:
    value = scalar.as_py()
    return quoted(value) if isinstance(value, str) else f"{value:,.6g}"


def _number(value: Any) -> float:
    plain = (
        value.cast("int64").as_py() if str(value.type).startswith("timestamp") else value.as_py()
    )
    return float(plain)
