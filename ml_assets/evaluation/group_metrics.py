"""`group_metrics`: what a binary decision does to each group of people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation.quantiles import NULL
from ml_assets.evaluation.rates import Estimate, Rate, difference, rate, ratio

# Of which rows each rate is a share, and which of them count: from label and decision.
RATES = (
    "selection_rate", "base_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate",
    "false_negative_rate", "precision", "accuracy", "error_rate",
)  # fmt: skip


@dataclass(frozen=True)
class GroupResult:
    """One group, or all rows.

    Attributes
    ----------
    name : str
        Such as ``sex=Female``; ``all`` for all rows.
    rows : int
        How many there are.
    rates : mapping of str to Rate
        Each of `RATES`.
    """

    name: str
    rows: int
    rates: Mapping[str, Rate]


@dataclass(frozen=True)
class Disparity:
    """How far the groups are apart in one rate: the lowest against the highest.

    Attributes
    ----------
    rate : str
        Which one.
    lowest, highest : str
        The groups.
    ratio, difference : Estimate, optional
        Lowest over highest, 0 to 1, and highest minus lowest; None where undefined. The intervals are
        widened for having picked the two out of all groups (Bonferroni).
    """

    rate: str
    lowest: str
    highest: str
    ratio: Estimate | None
    difference: Estimate | None


@dataclass(frozen=True)
class GroupMetrics:
    """What a decision does to each group.

    Attributes
    ----------
    overall : GroupResult
        All rows.
    groups : tuple of GroupResult
        The groups of at least the minimum size, largest first.
    too_small : tuple of (name, rows)
        The groups that are too small to say anything about.
    confidence : float
        Of the intervals.
    """

    overall: GroupResult
    groups: tuple[GroupResult, ...]
    too_small: tuple[tuple[str, int], ...]
    confidence: float

    def disparity(self, name: str) -> Disparity | None:
        """Give how far the groups are apart in one of `RATES`; None with fewer than two groups."""
        defined = [group for group in self.groups if group.rates[name].value is not None]
        if len(defined) < 2:
            return None
        ordered = sorted(defined, key=lambda group: group.rates[name].value or 0.0)
        lowest, highest = ordered[0], ordered[-1]
        stricter = 1 - (1 - self.confidence) / (len(defined) - 1)
        low, high = (_with_confidence(group.rates[name], stricter) for group in (lowest, highest))
        gap = difference(high, low)
        return Disparity(name, lowest.name, highest.name, ratio(low, high), gap)

    def to_frame(self) -> pd.DataFrame:
        """Give a row for all and one for each group: ``rows``, and each rate with its ends."""
        return pd.DataFrame(
            [_record(result) for result in (self.overall, *self.groups)],
            index=pd.Index([result.name for result in (self.overall, *self.groups)], name="group"),
        )


def group_metrics(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    groups: "pd.Series[Any] | pd.DataFrame | ArrayLike",
    *,
    confidence: float = 0.95,
    min_group_size: int = 30,
) -> GroupMetrics:
    """Measure a binary decision for each group.

    Parameters
    ----------
    y_true : array-like of 0 and 1 (or bool)
        What was right.
    y_pred : array-like of 0 and 1 (or bool)
        What was decided; 1 is the favourable decision, such as a loan.
    groups : Series, DataFrame or array-like
        The group of each row; of several columns, their intersections. Null is a group.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    min_group_size : int
        Smaller groups are only counted.

    Raises
    ------
    DataError
        If lengths differ, or a label or decision is neither 0 nor 1.

    Examples
    --------
    >>> metrics = group_metrics([1, 1, 0, 0] * 20, [1, 0, 0, 0] * 20, ["a", "b"] * 40)
    >>> metrics.disparity("selection_rate").ratio.value
    0.0
    """
    truth, decided = _zeros_and_ones("y_true", y_true), _zeros_and_ones("y_pred", y_pred)
    names = group_names(groups)
    if not len(truth) == len(decided) == len(names):
        raise DataError(
            "y_true, y_pred and groups must have as many rows; found "
            f"{len(truth):,}, {len(decided):,} and {len(names):,}."
        )
    codes, unique = pd.factorize(names)
    tables = _confusion(truth, decided, codes, len(unique))
    results = [
        _group_result(str(name), table, confidence)
        for name, table in zip(unique, tables, strict=True)
    ]
    ordered = sorted(results, key=lambda group: (-group.rows, group.name))
    return GroupMetrics(
        overall=_group_result("all", tables.sum(axis=0), confidence),
        groups=tuple(group for group in ordered if group.rows >= min_group_size),
        too_small=tuple(
            (group.name, group.rows) for group in ordered if group.rows < min_group_size
        ),
        confidence=confidence,
    )


def group_names(groups: Any) -> NDArray[np.object_]:
    """Give each row's group as a text: ``Female``, or ``sex=Female, race=White`` of several columns.

    Raises
    ------
    DataError
        If there is no column.
    """
    if not isinstance(groups, pd.DataFrame):
        column = pd.Series(groups).astype(object)
        return column.where(column.notna(), NULL).astype(str).to_numpy(object)
    parts = [f"{name}=" + pd.Series(group_names(groups[name])) for name in groups.columns]
    if not parts:
        raise DataError("groups must have at least one column.")
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + ", " + part
    return joined.to_numpy(object)


def _zeros_and_ones(name: str, values: ArrayLike) -> NDArray[np.int64]:
    array = np.asarray(values)
    wrong = ~np.isin(array, (0, 1))
    if array.ndim != 1 or wrong.any():
        raise DataError(
            f"{name} must be one column of 0 and 1 (or bool); {int(wrong.sum()):,} of {array.size:,} "
            "values are neither. Turn scores into decisions first: score > threshold."
        )
    return array.astype(np.int64)


def _confusion(
    truth: NDArray[np.int64], decided: NDArray[np.int64], codes: NDArray[Any], groups: int
) -> NDArray[np.int64]:
    """For each group: true negatives, false positives, false negatives, true positives."""
    cells = np.bincount(codes * 4 + truth * 2 + decided, minlength=groups * 4)
    return cells.reshape(groups, 4)


def _group_result(name: str, table: Sequence[int], confidence: float) -> GroupResult:
    return GroupResult(
        name,
        int(sum(table)),
        {
            key: rate(hits, trials, confidence)
            for key, hits, trials in _rate_counts(*map(int, table))
        },
    )


def _rate_counts(tn: int, fp: int, fn: int, tp: int) -> Iterator[tuple[str, int, int]]:
    rows = tn + fp + fn + tp
    hits = (fp + tp, fn + tp, tp, fp, tn, fn, tp, tn + tp, fp + fn)
    trials = (rows, rows, fn + tp, tn + fp, tn + fp, fn + tp, fp + tp, rows, rows)
    yield from zip(RATES, hits, trials, strict=True)


def _with_confidence(measured: Rate, confidence: float) -> Rate:
    return rate(measured.hits, measured.trials, confidence)


def _record(result: GroupResult) -> dict[str, float | int | None]:
    record: dict[str, float | int | None] = {"rows": result.rows}
    for name, group_rate in result.rates.items():
        ends = {f"{name}_low": group_rate.low, f"{name}_high": group_rate.high}
        record |= {name: group_rate.value, **ends}
    return record
