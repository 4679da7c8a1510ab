"""Finds the slices on which a model is weakest, over all columns and all pairs of them.

Weak means: its loss there is higher than it promises (see `surprise`). Slices are reported one by one,
the most striking first; the rows of a slice are then set aside and the search goes on among the others,
so that no slice is reported twice in other words. A pair of columns is reported only where it is notably
weaker than each of the two alone. Beside these a slice is reported as uninformative where the model
promises no more than it does, but tells nearly nothing (see `uninformative`).

References
----------
Chung et al. (2019), Slice Finder, doi:10.1109/ICDE.2019.00139: slices by effect size and test.
Holm (1979), jstor.org/stable/4615733: the chance that any slice is reported although there is none is at
most `error_rate`. Half of it is spent on single columns and half on pairs.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation.metrics import Predictions, check_predictions, undefined_metrics
from ml_assets.evaluation.ranking import Indices
from ml_assets.evaluation.sample import sample_places
from ml_assets.evaluation.slice_bins import Bins, cut_column
from ml_assets.evaluation.slice_search import Candidate, Limits, Tables, rows_of
from ml_assets.evaluation.surprise import Surprise, log_p_value, surprise_of
from ml_assets.evaluation.uninformative import find_uninformative
from ml_assets.spec import Task

Kind = Literal["worse than promised", "uninformative", "large errors"]
_TRIED_AT_ONCE = 50
_MOST = 10
# The least excess of a slice's loss, as a share of the mean loss of all rows.
_MIN_EFFECT = 0.1


@dataclass(frozen=True)
class WeakSlice:
    """A slice on which the model is weak.

    Attributes
    ----------
    name : str
        Such as ``origin=JFK and hour in 18 to 21``.
    columns : tuple of str
        One column or two.
    kind : {"worse than promised", "uninformative", "large errors"}
        What is weak about it; the last for a regression.
    rows : int
        How many of the searched rows lie in it.
    share : float
        Of the searched rows, 0 to 1.
    loss, loss_of_rest : float
        The mean loss there and on all other rows.
    promised : float or None
        The mean loss that the probabilities promise; None for a regression.
    p_value : float
        Corrected for every slice that was looked at, 0 to 1.
    text : str
        One sentence for a person.
    """

    name: str
    columns: tuple[str, ...]
    kind: Kind
    rows: int
    share: float
    loss: float
    loss_of_rest: float
    promised: float | None
    p_value: float
    text: str


@dataclass(frozen=True)
class WeakSlices:
    """What the search gave.

    Attributes
    ----------
    loss : str
        ``log loss`` or ``absolute error``.
    rows, searched : int
        How many rows there are, and how many of them were searched.
    columns : int
        How many columns there was something to choose from.
    looked_at : int
        How many slices were tested.
    error_rate : float
        The chance that any of `slices` is reported by chance, at most.
    slices : tuple of WeakSlice
        The most striking first.
    reason : str or None
        Why nothing could be searched.
    """

    loss: str
    rows: int
    searched: int
    columns: int
    looked_at: int
    error_rate: float
    slices: tuple[WeakSlice, ...]
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)


def find_weak_slices(
    features: pd.DataFrame,
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    task: Task = "binary",
    columns: Sequence[str] | None = None,
    min_rows: int = 100,
    error_rate: float = 0.05,
    bins: int = 12,
    max_rows: int = 250_000,
    seed: int = 0,
) -> WeakSlices:
    """Find the weakest slices of one or two columns.

    Parameters
    ----------
    features : DataFrame
        The rows' raw columns, whether or not the model reads them; null is a value. Its index is not
        looked at.
    y_true, y_score : array-like
        As for `evaluate`.
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    columns : sequence of str, optional
        The columns to search; all by default.
    min_rows : int
        Smaller slices are not looked at, >= 20. No slice is larger than half of the rows.
    error_rate : float
        The chance that anything is reported where there is nothing, at most; 0 to 1, exclusive.
    bins : int
        Into how many quantile bins numbers and times are cut for pairs of columns, >= 2; alone a
        column is cut four times as finely.
    max_rows : int
        Of more rows than that, so many are drawn and searched.
    seed : int
        Of the drawing.

    Raises
    ------
    DataError
        If lengths or labels do not fit together, or a column is not there.

    Examples
    --------
    >>> shop = pd.DataFrame({"shop": ["north", "south"] * 2000})
    >>> sold = [0, 1, 1, 1] * 1000
    >>> find_weak_slices(shop, sold, [0.9] * 4000).slices[0].name
    'shop=north'
    """
    predictions = check_predictions(task, y_true, y_score)
    names = _check_features(features, columns, len(predictions.y_true))
    n_rows = len(predictions.y_true)
    reason = _undefined_reason(predictions)
    if reason:
        return WeakSlices(_loss_name(task), n_rows, 0, 0, 0, error_rate, (), reason)
    if n_rows > max_rows:
        drawn = sample_places(np.random.default_rng(seed), n_rows, max_rows)
        features = features.iloc[drawn]
        predictions = predictions.at(drawn)
    cuts = [cut_column(features[name], bins, min_rows) for name in names]
    column_bins = [column for column in cuts if column is not None]
    surprise = surprise_of(predictions)
    limits = Limits(min_rows, len(surprise.loss) / 2, _MIN_EFFECT * surprise.unit)
    # Classes are judged in two ways, each with half of the error rate.
    rate = error_rate if task == "regression" else error_rate / 2
    tables = Tables(column_bins, surprise, limits)
    weakest = _find_weakest(tables, column_bins, surprise, rate)
    slices = [
        _weak_slice(column_bins, surprise, candidate, p_value) for candidate, p_value in weakest
    ]
    masks = [rows_of(column_bins, candidate) for candidate, _ in weakest]
    if task != "regression":
        is_free = ~np.logical_or.reduce([np.zeros(len(surprise.loss), bool), *masks])
        remaining = np.flatnonzero(is_free)
        uninformative = find_uninformative(
            tables, predictions, surprise, rate, _MOST - len(slices), remaining
        )
        slices += [
            _weak_slice(column_bins, surprise, candidate, p_value, "uninformative")
            for candidate, p_value in uninformative
        ]
    looked_at = sum(tables.looked_at.values())
    return WeakSlices(
        surprise.name,
        n_rows,
        len(surprise.loss),
        len(column_bins),
        looked_at,
        error_rate,
        tuple(slices),
    )


def _find_weakest(
    tables: Tables, bins: Sequence[Bins], surprise: Surprise, error_rate: float
) -> list[tuple[Candidate, float]]:
    """Accept the most striking slice, set its rows aside, and look again."""
    accepted: list[tuple[Candidate, float]] = []
    is_free = np.ones(len(surprise.loss), dtype=bool)
    for _ in range(3 * _MOST):
        strongest = _strongest(tables, bins, surprise, is_free, error_rate, len(accepted))
        if strongest is None or len(accepted) == _MOST:
            break
        candidate, p_value = strongest
        rows = np.flatnonzero(rows_of(bins, candidate) & is_free)
        is_free[rows] = False
        tables.set_aside(rows)
        # What is left over at the edge of a slice that was reported is no news.
        if not any(_is_fringe(bins, candidate, earlier) for earlier, _ in accepted):
            accepted.append((candidate, p_value))
    return accepted


def _strongest(
    tables: Tables,
    bins: Sequence[Bins],
    surprise: Surprise,
    is_free: np.ndarray[Any, np.dtype[np.bool_]],
    error_rate: float,
    n_accepted: int,
) -> tuple[Candidate, float] | None:
    """The first of the most striking candidates that holds when it is tested exactly."""
    for candidate in tables.candidates()[:_TRIED_AT_ONCE]:
        # Holm: as many fewer hypotheses are left as were reported.
        tests = 2 * max(tables.looked_at[len(candidate.columns)] - n_accepted, 1)
        rows: Indices = np.flatnonzero(rows_of(bins, candidate) & is_free)
        log_p = log_p_value(surprise, rows) + np.log(tests)
        if log_p <= np.log(error_rate):
            return candidate, float(np.exp(log_p))
    return None


def _is_fringe(bins: Sequence[Bins], candidate: Candidate, accepted: Candidate) -> bool:
    groups = dict(zip(candidate.columns, candidate.groups, strict=True))
    return all(
        column in groups and bins[column].touches(groups[column], group)
        for column, group in zip(accepted.columns, accepted.groups, strict=True)
    )


def _weak_slice(
    bins: Sequence[Bins],
    surprise: Surprise,
    candidate: Candidate,
    p_value: float,
    kind: Kind | None = None,
) -> WeakSlice:
    places = list(zip(candidate.columns, candidate.groups, strict=True))
    name = " and ".join(bins[column].name(group) for column, group in places)
    is_inside = rows_of(bins, candidate)
    rows, share = int(is_inside.sum()), float(is_inside.mean())
    loss, rest = float(surprise.loss[is_inside].mean()), float(surprise.loss[~is_inside].mean())
    classes = surprise.chances is not None
    promised = loss - float(surprise.excess[is_inside].mean()) if classes else None
    kind = kind or ("worse than promised" if classes else "large errors")
    text = f"{name}: {surprise.name} {loss:.3g} against {rest:.3g} of the rest, {rows:,} rows"
    text += f" ({share:.1%})"
    if kind == "worse than promised":
        text += f"; its own probabilities promise {promised:.3g}"
    if kind == "uninformative":
        text += "; the model tells hardly more here than the share of each class"
    columns = tuple(bins[column].column for column in candidate.columns)
    return WeakSlice(name, columns, kind, rows, share, loss, rest, promised, p_value, text)


def _undefined_reason(predictions: Predictions) -> str | None:
    return next(iter(undefined_metrics(predictions).values()), None)


def _loss_name(task: Task) -> str:
    return "absolute error" if task == "regression" else "log loss"


def _check_features(
    features: pd.DataFrame, columns: Sequence[str] | None, n_rows: int
) -> list[str]:
    if len(features) != n_rows:
        raise DataError(
            f"weak slices need features for the same {n_rows:,} rows; found {len(features):,} rows."
        )
    available = [str(column) for column in features.columns]
    missing = [column for column in columns or () if column not in available]
    if missing:
        names = ", ".join(repr(column) for column in missing)
        raise DataError(
            f"weak slices: {names}: no such column.{did_you_mean(missing[0], available)}"
        )
    return list(available if columns is None else columns)
