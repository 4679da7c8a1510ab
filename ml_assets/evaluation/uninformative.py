"""Finds slices in which a model tells hardly more than how often each class occurs there.

How much it tells is its skill: by which share its log loss is below that of the one who knows only the
shares of the classes in the slice. A slice is compared with the other slices of the same columns, each
by itself: where a column decides the label alone, the model can tell nothing more within any of its
values, and none of them is reported.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ml_assets.evaluation.metrics import Predictions
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.slice_search import Candidate, Columns, Tables, cells_of, rows_of
from ml_assets.evaluation.surprise import Surprise

# At least this much higher than the mean loss of all rows must the loss be, as a share of it.
_MIN_EFFECT = 0.25
# At most this share of the skill on the other slices, and at least this skill there.
_MAX_SKILL_RATIO, _MIN_SKILL_ELSEWHERE = 0.25, 0.05
_TRIED = 50


def find_uninformative(
    tables: Tables,
    predictions: Predictions,
    surprise: Surprise,
    error_rate: float,
    most: int,
    remaining: Indices,
) -> list[tuple[Candidate, float]]:
    """Find slices of large loss and nearly no skill.

    Parameters
    ----------
    tables : Tables
        Of the search; their sums are not used.
    predictions : Predictions
        Of a binary or multiclass task.
    surprise : Surprise
        What the rows lose.
    error_rate : float
        The chance that any is reported although its skill is above the limit, at most.
    most : int
        How many to give.
    remaining : array of int
        The rows to search: those that lie in no slice that was reported already.

    Returns
    -------
    list of (Candidate, float)
        The most striking first, with the corrected p-value.
    """
    codes = predictions.y_true.astype(np.intp)
    searched = _SearchedRows(
        tables, remaining, surprise.loss[remaining], np.eye(int(codes.max()) + 1)[codes[remaining]]
    )
    outliers = [
        (*outlier, columns) for columns in tables.cells for outlier in _stand_out(searched, columns)
    ]
    accepted: list[tuple[Candidate, float]] = []
    is_free = np.ones(len(remaining), dtype=bool)
    for excess, groups, skill, columns in sorted(outliers, key=lambda entry: -entry[0])[:_TRIED]:
        candidate = Candidate(columns, groups, excess)
        inside = rows_of(tables.bins, candidate)[remaining]
        tests = 2 * tables.looked_at[len(columns)]
        log_p = _log_p(searched.loss[inside], searched.labels[inside], skill) + np.log(tests)
        is_news = (inside & is_free).sum() > inside.sum() / 2
        if len(accepted) < most and log_p <= np.log(error_rate) and is_news:
            accepted.append((candidate, float(np.exp(log_p))))
            is_free &= ~inside
    return accepted


@dataclass(frozen=True)
class _SearchedRows:
    """The rows that are looked at: their places, losses, and classes as one column for each.

    `weak` keeps what was found of a column alone.
    """

    tables: Tables
    at: Indices
    loss: Floats
    labels: Floats
    weak: dict[int, NDArray[np.bool_]] = field(default_factory=dict)


def _stand_out(
    searched: _SearchedRows, columns: Columns
) -> list[tuple[float, tuple[int, ...], float]]:
    """The slices of one table that stand out: what they lose, which, and the skill elsewhere."""
    tables = searched.tables
    loss, shares, entropy = _cells(searched, columns)
    rows, own_entropy = shares.sum(axis=0), _entropy(tables.over_groups(columns, shares))
    total, group_entropy = tables.over_groups(columns, loss), tables.over_groups(columns, entropy)
    size = tables.over_groups(columns, rows)
    elsewhere = 1 - (loss.sum() - total) / np.maximum(entropy.sum() - group_entropy, 1e-9)
    skill = 1 - total / np.maximum(own_entropy, 1e-9)
    mean = loss.sum() / rows.sum()
    weak = (size >= tables.limits.min_rows) & (size <= tables.limits.max_rows)
    weak &= total >= (1 + _MIN_EFFECT) * mean * size
    weak &= (elsewhere >= _MIN_SKILL_ELSEWHERE) & (skill < _MAX_SKILL_RATIO * elsewhere)
    if len(columns) == 2:
        weak &= ~_weak_alone(searched, columns)
    excess = np.where(weak, total - mean * size, -np.inf)
    best = np.argsort(-excess, axis=None, kind="stable")[:2]
    entries = [np.unravel_index(entry, excess.shape) for entry in best]
    return [
        (float(excess[entry]), tables.groups_at(columns, entry), float(elsewhere[entry]))
        for entry in entries
        if np.isfinite(excess[entry])
    ]


def _weak_alone(searched: _SearchedRows, columns: Columns) -> NDArray[np.bool_]:
    """Whether one of the two groups has lost half of the skill on all rows by itself."""
    for column in columns:
        if column not in searched.weak:
            searched.weak[column] = _weak_groups(searched, column)
    return np.asarray(searched.weak[columns[0]][:, None] | searched.weak[columns[1]][None, :])


def _weak_groups(searched: _SearchedRows, column: int) -> NDArray[np.bool_]:
    loss, shares, _ = _cells(searched, (column,))
    own_entropy = _entropy(searched.tables.over_groups((column,), shares))
    skill = 1 - searched.tables.over_groups((column,), loss) / np.maximum(own_entropy, 1e-9)
    everywhere = 1 - loss.sum() / max(float(_entropy(shares.sum(axis=1))), 1e-9)
    return np.asarray((skill < everywhere / 2)[searched.tables.bins[column].paired])


def _cells(searched: _SearchedRows, columns: Columns) -> tuple[Floats, Floats, Floats]:
    """Loss, rows of each class, and the entropy of each cell (in nats, times its rows)."""
    codes, sizes = cells_of(searched.tables.bins, columns, searched.at)
    cells = int(np.prod(sizes))
    loss, *counts = (
        np.bincount(codes, weights, cells).astype(np.float64).reshape(sizes)
        for weights in (searched.loss, *searched.labels.T)
    )
    shares = np.stack(counts)
    return loss, shares, _entropy(shares)


def _entropy(counts: Floats) -> Floats:
    """The rows' log loss where each class is given its share; classes are the first axis."""
    total = counts.sum(axis=0)
    share = counts / np.maximum(total, 1)
    return np.asarray(-(counts * np.log(np.where(share > 0, share, 1))).sum(axis=0))


def _log_p(loss: Floats, labels: Any, elsewhere: float) -> float:
    """Whether the slice's skill is below its limit: a normal test of the difference of losses."""
    share = labels.mean(axis=0)
    class_loss = labels @ -np.log(np.where(share > 0, share, 1))
    excess = loss - (1 - _MAX_SKILL_RATIO * elsewhere) * class_loss
    spread = excess.std(ddof=1)
    if not spread:
        return -np.inf if excess.mean() > 0 else 0.0
    return float(norm.logsf(excess.mean() / spread * np.sqrt(len(excess))))
