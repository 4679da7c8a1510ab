"""Finds slices in which a model tells hardly more than how often each class occurs there.

How much it tells is its skill: by which share its log loss is below that of the one who knows only the
shares of the classes in the slice. A slice is compared with the other slices of the same columns, each
by itself: where a column decides the label alone, the model can tell nothing more within any of its
values, and none of them is told.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ml_assets.evaluation.metrics import Predictions
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.slice_search import Candidate, Place, Tables, cells_of, rows_of
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
    left: Indices,
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
        The chance that any is told although its skill is above the limit, at most.
    most : int
        How many to give.
    left : array of int
        The rows to look at: those that lie in no slice that was told already.

    Returns
    -------
    list of (Candidate, float)
        The most striking first, with the corrected p-value.
    """
    codes = predictions.y_true.astype(np.intp)
    rows = _Rows(tables, left, surprise.loss[left], np.eye(int(codes.max()) + 1)[codes[left]])
    scored = [(*found, place) for place in tables.cells for found in _stand_out(rows, place)]
    told: list[tuple[Candidate, float]] = []
    free = np.ones(len(left), dtype=bool)
    for lost, groups, skill, place in sorted(scored, key=lambda one: -one[0])[:_TRIED]:
        candidate = Candidate(place, groups, lost)
        inside = rows_of(tables.bins, candidate)[left]
        tests = 2 * tables.looked_at[len(place)]
        log_p = _log_p(rows.loss[inside], rows.labels[inside], skill) + np.log(tests)
        is_news = (inside & free).sum() > inside.sum() / 2
        if len(told) < most and log_p <= np.log(error_rate) and is_news:
            told.append((candidate, float(np.exp(log_p))))
            free &= ~inside
    return told


@dataclass(frozen=True)
class _Rows:
    """The rows that are looked at: their places, losses, and classes as one column for each.

    `weak` keeps what was found of a column alone.
    """

    tables: Tables
    at: Indices
    loss: Floats
    labels: Floats
    weak: dict[int, NDArray[np.bool_]] = field(default_factory=dict)


def _stand_out(of: _Rows, place: Place) -> list[tuple[float, Place, float]]:
    """The slices of one table that stand out: what they lose, which, and the skill elsewhere."""
    tables = of.tables
    loss, shares, entropy = _cells(of, place)
    rows, own = shares.sum(axis=0), _entropy(tables.over_groups(place, shares))
    total, apart = tables.over_groups(place, loss), tables.over_groups(place, entropy)
    size = tables.over_groups(place, rows)
    elsewhere = 1 - (loss.sum() - total) / np.maximum(entropy.sum() - apart, 1e-9)
    skill = 1 - total / np.maximum(own, 1e-9)
    mean = loss.sum() / rows.sum()
    weak = (size >= tables.limits.min_rows) & (size <= tables.limits.max_rows)
    weak &= total >= (1 + _MIN_EFFECT) * mean * size
    weak &= (elsewhere >= _MIN_SKILL_ELSEWHERE) & (skill < _MAX_SKILL_RATIO * elsewhere)
    if len(place) == 2:
        weak &= ~_weak_alone(of, place)
    lost = np.where(weak, total - mean * size, -np.inf)
    best = np.argsort(-lost, axis=None, kind="stable")[:2]
    places = [np.unravel_index(at, lost.shape) for at in best]
    return [
        (float(lost[at]), tables.groups_at(place, at), float(elsewhere[at]))
        for at in places
        if np.isfinite(lost[at])
    ]


def _weak_alone(of: _Rows, place: Place) -> NDArray[np.bool_]:
    """Whether one of the two groups has lost half of the skill on all rows by itself."""
    for column in place:
        if column not in of.weak:
            of.weak[column] = _weak_groups(of, column)
    return np.asarray(of.weak[place[0]][:, None] | of.weak[place[1]][None, :])


def _weak_groups(of: _Rows, column: int) -> NDArray[np.bool_]:
    loss, shares, _ = _cells(of, (column,))
    own = _entropy(of.tables.over_groups((column,), shares))
    skill = 1 - of.tables.over_groups((column,), loss) / np.maximum(own, 1e-9)
    everywhere = 1 - loss.sum() / max(float(_entropy(shares.sum(axis=1))), 1e-9)
    return np.asarray((skill < everywhere / 2)[of.tables.bins[column].paired])


def _cells(of: _Rows, place: Place) -> tuple[Floats, Floats, Floats]:
    """Loss, rows of each class, and the entropy of each cell (in nats, times its rows)."""
    codes, sizes = cells_of(of.tables.bins, place, of.at)
    cells = int(np.prod(sizes))
    loss, *counts = (
        np.bincount(codes, one, cells).astype(np.float64).reshape(sizes)
        for one in (of.loss, *of.labels.T)
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
    plain = labels @ -np.log(np.where(share > 0, share, 1))
    lost = loss - (1 - _MAX_SKILL_RATIO * elsewhere) * plain
    spread = lost.std(ddof=1)
    if not spread:
        return -np.inf if lost.mean() > 0 else 0.0
    return float(norm.logsf(lost.mean() / spread * np.sqrt(len(lost))))
