"""What was learnt of the columns: which values, magnitudes, groups and pairs are suspicious."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.schema.model import Schema
from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import Suspicion, scores_of, strongest
from ml_assets.validation.cells.groups import (
    Grouping,
    best_grouping,
    categories_of,
    rows_to_choose_by,
)
from ml_assets.validation.cells.misplaced import misplaced_values
from ml_assets.validation.cells.near_values import near_frequent_values
from ml_assets.validation.cells.outliers import Limits, limits_of
from ml_assets.validation.cells.patterns import RegularPatterns, rare_patterns, regular_patterns
from ml_assets.validation.cells.placeholders import placeholders
from ml_assets.validation.cells.rare_values import rare_values
from ml_assets.validation.cells.source import as_numbers
from ml_assets.validation.cells.votes import Votes


@dataclass(frozen=True)
class ColumnRules:
    """What is suspicious in one column.

    Attributes
    ----------
    counts : ColumnCounts
        What the column holds.
    values : mapping of int to list of Suspicion
        The suspicious values by their place, strongest suspicion first.
    scores : ndarray
        The score of each value's form, and a 0 last.
    limits : Limits, optional
        Beyond which a number is an outlier.
    grouping : Grouping, optional
        The category that says most about a number.
    regular : RegularPatterns, optional
        The usual patterns of a text column with too many values to count.
    votes : tuple of Votes
        What its dependencies say.
    """

    counts: ColumnCounts
    values: Mapping[int, list[Suspicion]]
    scores: Any
    limits: Limits | None
    grouping: Grouping | None
    regular: RegularPatterns | None
    votes: tuple[Votes, ...]

    @property
    def rows(self) -> int:
        """How many cells have a value."""
        return self.counts.rows


@dataclass(frozen=True)
class Rules:
    """What is suspicious in a table: rules by column, and what was left out with the reason."""

    columns: Mapping[str, ColumnRules]
    left_out: Mapping[str, str]

    @property
    def sizes(self) -> dict[str, int]:
        """How many different values each column has."""
        return {name: len(column.counts.values) for name, column in self.columns.items()}


def make_rules(
    columns: Sequence[ColumnCounts],
    votes: Sequence[Votes],
    schema: Schema | None,
    left_out: Mapping[str, str],
) -> Rules:
    """Say what is suspicious, from what was counted."""
    misplaced = misplaced_values(columns)
    categories = categories_of(columns)
    rows = rows_to_choose_by(len(categories) * sum(column.kind == "number" for column in columns))
    rules = {}
    for column in columns:
        values = _suspicious(column, misplaced.get(column.name, {}), _domain(column, schema))
        is_number = column.kind in ("number", "time")
        rules[column.name] = ColumnRules(
            counts=column,
            values=values,
            scores=scores_of(values, len(column.values)),
            limits=_limits(column) if is_number else None,
            grouping=best_grouping(column, categories, rows)
            if column.kind == "number" and rows
            else None,
            regular=regular_patterns(column)
            if column.kind == "text" and not column.is_complete
            else None,
            votes=tuple(voter for voter in votes if voter.dependency.dependent == column.name),
        )
    return Rules(rules, left_out)


def _suspicious(
    column: ColumnCounts, misplaced: dict[int, Suspicion], domain: frozenset[int]
) -> dict[int, list[Suspicion]]:
    if not column.is_complete:
        return {}
    by_value = strongest(
        near_frequent_values(column),
        rare_patterns(column),
        placeholders(column),
        misplaced,
        rare_values(column),
    )
    return {place: suspicions for place, suspicions in by_value.items() if place not in domain}


def _domain(column: ColumnCounts, schema: Schema | None) -> frozenset[int]:
    """The places of the values that a person has declared to be right."""
    feature = schema.by_name.get(column.name) if schema and schema.reviewed else None
    if feature is None or feature.domain is None or column.kind != "text":
        return frozenset()
    declared = pc.is_in(column.values, value_set=pa.array(feature.domain, pa.string()))
    return frozenset(declared.to_numpy(zero_copy_only=False).nonzero()[0].tolist())


def _limits(column: ColumnCounts) -> Limits | None:
    numbers = as_numbers(column.sample.drop_null())
    return limits_of(numbers, column.lows, column.highs, column.rows)
