"""The third pass: scores every cell of a batch, and explains those that are suspicious."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ml_assets.table import EXAMPLE_ID
from ml_assets.validation.cells.codes import codes_of, joint_codes
from ml_assets.validation.cells.evidence import THRESHOLD, Suspicion, combined, shown
from ml_assets.validation.cells.explain import (
    dependency_suspicion,
    group_suspicion,
    outlier_suspicion,
)
from ml_assets.validation.cells.model import CellError
from ml_assets.validation.cells.patterns import irregular_suspicion
from ml_assets.validation.cells.placeholders import shown_scalar
from ml_assets.validation.cells.rules import ColumnRules, Rules
from ml_assets.validation.cells.source import as_numbers, simplified
from ml_assets.validation.cells.votes import columns_of, tally

# Reasons that are as weak are not named beside a stronger one.
_NAMED = 0.2
_MAX_EXPLANATION = 500


@dataclass
class Candidates:
    """The most suspicious cells so far; all are counted."""

    max_errors: int
    found: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[CellError] = field(default_factory=list)
    least: float = 0.0

    def add(self, error: CellError) -> None:
        """Keep a finding, if it is among the most suspicious ones."""
        self.errors.append(error)
        if len(self.errors) > 2 * self.max_errors + 1000:
            self._prune()

    def _prune(self) -> None:
        self.errors.sort(key=lambda error: (-error.score, error.row, error.column))
        del self.errors[self.max_errors :]
        if self.errors:
            self.least = self.errors[-1].score

    def kept(self) -> tuple[CellError, ...]:
        """Give the most suspicious ones in the order of rows and columns."""
        self._prune()
        return tuple(sorted(self.errors, key=lambda error: (error.row, error.column)))


@dataclass(frozen=True)
class _Batch:
    """A batch whose columns are simplified when they are asked for."""

    batch: Any
    rules: Rules
    arrays: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, Any] = field(default_factory=dict)

    def array(self, name: str) -> Any:
        if name not in self.arrays:
            self.arrays[name] = simplified(self.batch.column(name))
        return self.arrays[name]

    def code(self, name: str) -> Any:
        if name not in self.codes:
            self.codes[name] = codes_of(self.array(name), self.rules.columns[name].counts)
        return self.codes[name]


@dataclass(frozen=True)
class _Scores:
    """The scores of one column's cells, by family, and what they were made of."""

    total: Any
    form: Any
    fellows: Any
    outlier: Any
    in_group: Any
    joints: Sequence[Any]


def judge_batch(
    batch: Any,
    rules: Rules,
    first_row: int,
    ids: Sequence[str],
    threshold: float,
    candidates: Candidates,
) -> None:
    """Score the cells of a batch and add the suspicious ones to the candidates."""
    prepared = _Batch(batch, rules)
    for name, column in rules.columns.items():
        scores = _scores(prepared, name, column)
        rows = np.flatnonzero(scores.total >= threshold)
        candidates.found += len(rows)
        for row in rows.tolist():
            reasons = _reasons(prepared, name, column, scores, row)
            candidates.counts[name, reasons[0].kind] += 1
            if (
                scores.total[row] > candidates.least
                or len(candidates.errors) < candidates.max_errors
            ):
                candidates.add(
                    _error(prepared, name, row, first_row, ids, float(scores.total[row]), reasons)
                )


def _scores(prepared: _Batch, name: str, column: ColumnRules) -> _Scores:
    rows = prepared.batch.num_rows
    nothing = np.zeros(rows)
    form, outlier, in_group, fellows, confirmed = (nothing,) * 5
    if column.values:
        form = column.scores[prepared.code(name)]
    if column.regular is not None:
        form = np.maximum(form, column.regular.scores(prepared.array(name)))
    if column.limits is not None:
        outlier = column.limits.scores(as_numbers(prepared.array(name)))
    if column.grouping is not None:
        codes = prepared.code(column.grouping.category)
        in_group = column.grouping.scores(as_numbers(prepared.array(name)), codes)
    joints = [_joint(prepared, votes.dependency) for votes in column.votes]
    if joints:
        fellows, confirmed = tally(column.votes, joints, rows)
    magnitude = np.maximum(outlier, in_group)
    total = combined(form, confirmed, fellows, magnitude)
    return _Scores(total, form * (1 - confirmed), fellows, outlier, in_group, joints)


def _joint(prepared: _Batch, dependency: Any) -> Any:
    names = columns_of(dependency)
    return joint_codes({name: prepared.code(name) for name in names}, names, prepared.rules.sizes)


def _reasons(
    prepared: _Batch, name: str, column: ColumnRules, scores: _Scores, row: int
) -> list[Suspicion]:
    """All that speaks against a cell, strongest first."""
    reasons: list[Suspicion] = []
    array = prepared.array(name)
    if scores.form[row] > 0:
        reasons += column.values.get(int(prepared.code(name)[row]), []) if column.values else []
        if column.regular is not None:
            reasons.append(irregular_suspicion(column.regular, array[row].as_py()))
    if scores.fellows[row] > 0:
        joints = [int(joint[row]) for joint in scores.joints]
        reasons += dependency_suspicion(
            name, column, prepared.rules, joints, float(scores.fellows[row])
        )
    if scores.outlier[row] > 0 and column.limits is not None:
        reasons.append(
            outlier_suspicion(column.counts, column.limits, array[row], float(scores.outlier[row]))
        )
    if scores.in_group[row] > 0 and column.grouping is not None:
        group = prepared.array(column.grouping.category)[row]
        median = float(column.grouping.medians[prepared.code(column.grouping.category)[row]])
        reasons.append(
            group_suspicion(column.grouping, array[row], group, median, float(scores.in_group[row]))
        )
    return sorted(reasons, key=lambda reason: -reason.score)


def _error(
    prepared: _Batch, name: str, row: int, first_row: int, ids: Sequence[str], score: float,
    reasons: list[Suspicion],
) -> CellError:  # fmt: skip
    first = reasons[0]
    others = dict.fromkeys(reason.kind for reason in reasons[1:] if reason.score >= _NAMED)
    sure = (reason.repair for reason in reasons if reason is first or reason.score >= THRESHOLD)
    repair = next((text for text in sure if text is not None), None)
    return CellError(
        row=first_row + row,
        example_id=_id(prepared.batch, ids, row),
        column=name,
        value=shown(shown_scalar(prepared.array(name)[row])),
        score=round(min(score, 1.0), 4),
        kind=first.kind,
        explanation=first.explanation[:_MAX_EXPLANATION],
        repair=repair,
        also=tuple(kind for kind in others if kind != first.kind),
    )


def _id(batch: Any, ids: Sequence[str], row: int) -> str | None:
    if not ids:
        return None
    values = [batch.column(name)[row].as_py() for name in ids]
    return ", ".join(
        str(value) if name == EXAMPLE_ID else shown(value)
        for name, value in zip(ids, values, strict=True)
    )
