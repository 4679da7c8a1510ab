"""What a model owes to each raw column: permutation importance and partial dependence, with intervals.

Both ask the whole model, raw columns in and predictions out, so that they say what a column is worth and
not one of the features that are made of it. scikit-learn's functions of these names want an estimator and
numbers; the tests compare with them.

References
----------
Breiman (2001), Random forests, doi:10.1023/A:1010933404324: permutation importance. Friedman (2001),
doi:10.1214/aos/1013203451: partial dependence. Both move a column without those that go with it, and then
ask about rows that may not exist: of columns that tell the same, each seems to be worth little.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation.metrics import Predictions, check_predictions, undefined_metrics
from ml_assets.evaluation.quantiles import NULL
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.sample import sample_places
from ml_assets.spec import Task

Predict = Callable[[pd.DataFrame], Any]
_MOST_VALUES = 20
_DEPENDENCE_ROWS = 500
_SMALLEST = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Importance:
    """What the predictions lose when a column is shuffled.

    Attributes
    ----------
    column : str
        The raw column.
    value : float
        By how much the mean loss rises; 0 means that the column is not used.
    low, high : float
        The ends of the interval, over the drawing of the rows and the shuffling.
    share : float
        `value` as a share of the loss of the unshuffled rows.
    """

    column: str
    value: float
    low: float
    high: float
    share: float


@dataclass(frozen=True)
class DependencePoint:
    """The mean prediction if the column had this value in every row.

    Attributes
    ----------
    text : str
        The value.
    position : float or None
        The value as a number; of times in seconds. None for a category or null.
    mean, low, high : float
        The mean prediction, and the ends of its interval over the drawing of the rows.
    share : float
        For a category, the share of rows that have the value; for a number, of those that lie nearest.
    """

    text: str
    position: float | None
    mean: float
    low: float
    high: float
    share: float


@dataclass(frozen=True)
class Dependence:
    """How the mean prediction follows one column."""

    column: str
    predicted: str
    points: tuple[DependencePoint, ...]

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)


def permutation_importance(
    predict: Predict,
    frame: pd.DataFrame,
    y_true: ArrayLike,
    *,
    task: Task = "binary",
    columns: Sequence[str] | None = None,
    repeats: int = 5,
    max_rows: int = 10_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[Importance]:
    """Measure how much the loss rises when one column is shuffled.

    The loss is the log loss of classes, and the absolute error of a regression.

    Parameters
    ----------
    predict : callable
        From raw rows to predictions, as `LoadedModel.predict`.
    frame : DataFrame
        Raw rows that the model was not trained on.
    y_true : array-like
        Their labels, as for `evaluate`.
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    columns : sequence of str, optional
        Which columns; all by default.
    repeats : int
        How often each is shuffled, >= 1.
    max_rows : int
        Of more rows than that, so many are drawn.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    seed : int
        Of the drawing and the shuffling.

    Returns
    -------
    list of Importance
        The most important column first.

    Raises
    ------
    DataError
        If lengths or labels do not fit, a column is not there, or predictions are not finite.
    """
    names = _check_columns(frame, columns)
    random = np.random.default_rng(seed)
    labels = np.asarray(y_true)
    if len(labels) != len(frame):
        raise DataError(f"y_true has {len(labels):,} labels for {len(frame):,} rows.")
    places = sample_places(random, len(frame), max_rows)
    rows, y_sample = frame.iloc[places], labels[places]
    usual = _losses(task, y_sample, predict(rows))
    orders = [random.permutation(len(rows)) for _ in range(repeats)]
    importances = []
    for column in names:
        losses = [
            _losses(task, y_sample, predict(_shuffled(rows, column, order))) for order in orders
        ]
        importances.append(_importance(column, losses, orders, usual, confidence))
    return sorted(importances, key=lambda importance: -importance.value)


def partial_dependence(
    predict: Predict,
    frame: pd.DataFrame,
    column: str,
    *,
    predicted: int | None = None,
    classes: Sequence[str] | None = None,
    points: int = 20,
    confidence: float = 0.95,
    seed: int = 0,
) -> Dependence:
    """Give the mean prediction for each of some values of a column.

    Parameters
    ----------
    predict : callable
        From raw rows to predictions.
    frame : DataFrame
        Raw rows.
    column : str
        Numbers and times are set to their quantiles, other columns to their most frequent values; where
        nulls occur, to null as well.
    predicted : int, optional
        For a multiclass model, the code of the class whose probability is followed.
    classes : sequence of str, optional
        The names of the class codes, for `Dependence.predicted`.
    points : int
        How many quantiles, >= 2. For each, at most 500 rows are predicted.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    seed : int
        Of the drawing.

    Raises
    ------
    DataError
        If the column is not there, or there is no row.
    """
    _check_columns(frame, [column])
    if not len(frame):
        raise DataError("partial dependence needs rows; found none.")
    drawn = sample_places(np.random.default_rng(seed), len(frame), _DEPENDENCE_ROWS)
    rows = frame.iloc[drawn].reset_index(drop=True)
    # Places of rows that have the values: the column keeps its type, whatever it is.
    places, shares = _grid(frame[column], points)
    tiled = rows.iloc[np.tile(np.arange(len(rows)), len(places))].reset_index(drop=True)
    values = frame[column].iloc[np.repeat(places, len(rows))].reset_index(drop=True)
    scores = _class_score(predict(tiled.assign(**{column: values})), predicted)
    table = scores.reshape(len(places), len(rows))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    half = z * table.std(axis=1, ddof=1 if len(rows) > 1 else 0) / np.sqrt(len(rows))
    name = "prediction"
    if predicted is not None:
        name = f"P({classes[predicted] if classes else predicted})"
    return Dependence(
        column,
        name,
        tuple(
            _point(frame[column].iloc[place], mean, spread, share)
            for place, mean, spread, share in zip(
                places, table.mean(axis=1), half, shares, strict=True
            )
        ),
    )


def _importance(
    column: str,
    losses: Sequence[Floats],
    orders: Sequence[Indices],
    usual: Floats,
    confidence: float,
) -> Importance:
    """The mean rise of the loss; a row counts where it is predicted and where it gives its value."""
    changes = [loss - usual for loss in losses]
    donor_changes = [
        change[np.argsort(order)] for change, order in zip(changes, orders, strict=True)
    ]
    received, donated = np.mean(changes, axis=0), np.mean(donor_changes, axis=0)
    value, mean = float(received.mean()), float(usual.mean())
    spread = (received + donated).std(ddof=1) if len(usual) > 1 else 0.0
    half = float(NormalDist().inv_cdf((1 + confidence) / 2) * spread / np.sqrt(len(usual)))
    return Importance(column, value, value - half, value + half, value / mean if mean else 0.0)


def _shuffled(rows: pd.DataFrame, column: str, order: Indices) -> pd.DataFrame:
    values = rows[column].iloc[order]
    values.index = rows.index
    return rows.assign(**{column: values})


def _losses(task: Task, y_true: NDArray[Any], scores: Any) -> Floats:
    predictions = check_predictions(task, y_true, scores)
    reason = next(iter(undefined_metrics(predictions).values()), None)
    if reason:
        raise DataError(f"the importance of columns cannot be measured: {reason}.")
    return _row_losses(predictions)


def _row_losses(predictions: Predictions) -> Floats:
    y_true, y_pred = predictions.y_true, predictions.y_pred
    match predictions.task:
        case "regression":
            return np.asarray(np.abs(y_true - y_pred))
        case "binary":
            likelihood = np.where(y_true == 1, y_pred, 1 - y_pred)
        case "multiclass":
            likelihood = y_pred[np.arange(len(y_true)), y_true]
    return np.asarray(-np.log(np.clip(likelihood, _SMALLEST, 1)))


def _grid(column: "pd.Series[Any]", points: int) -> tuple[Indices, Floats]:
    """Places of rows that have the values to ask about, and the share of rows near each."""
    is_null = column.isna().to_numpy()
    present = np.flatnonzero(~is_null)
    if not len(present):
        return np.array([0]), np.array([1.0])
    if _is_ordered(column):
        order = present[np.argsort(column.iloc[present].to_numpy(), kind="stable")]
        ranks = np.round(np.linspace(0, len(order) - 1, points)).astype(int)
        _, first = np.unique(column.iloc[order[ranks]].to_numpy(), return_index=True)
        places = order[ranks[first]]
        shares = _nearest(column.iloc[present].to_numpy(), column.iloc[places].to_numpy())
    else:
        codes, _ = pd.factorize(column.iloc[present].map(str))
        counts = np.bincount(codes)
        kept = np.argsort(-counts, kind="stable")[:_MOST_VALUES]
        places = present[[int(np.argmax(codes == code)) for code in kept]]
        shares = counts[kept].astype(np.float64)
    if is_null.any():
        places = np.append(places, np.flatnonzero(is_null)[0])
        shares = np.append(shares, is_null.sum())
    return places, np.asarray(shares / len(column))


def _nearest(values: Any, grid: Any) -> Floats:
    middles = grid[:-1] + (grid[1:] - grid[:-1]) / 2
    nearest = np.searchsorted(middles, values, "left")
    return np.bincount(nearest, minlength=len(grid)).astype(np.float64)


def _is_ordered(column: "pd.Series[Any]") -> bool:
    kind = column.dtype
    is_number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
    return bool(is_number or pd.api.types.is_datetime64_any_dtype(kind))


def _point(value: Any, mean: float, half: float, share: float) -> DependencePoint:
    text, position = describe(value)
    low, high = float(mean - half), float(mean + half)
    return DependencePoint(text, position, float(mean), low, high, float(share))


def describe(value: Any) -> tuple[str, float | None]:
    """Give a value as text, and as a number where it is one or a time."""
    plain: Any = value.item() if isinstance(value, np.generic) else value
    if plain is None or plain is pd.NaT or plain is pd.NA or _is_nan(plain):
        return NULL, None
    if isinstance(plain, pd.Timestamp):
        return plain.isoformat(), plain.timestamp()
    if isinstance(plain, bool) or not isinstance(plain, int | float):
        return str(plain), None
    return (f"{plain:.6g}" if isinstance(plain, float) else str(plain)), float(plain)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value


def _class_score(scores: Any, predicted: int | None) -> Floats:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim == 1:
        return table
    if predicted is None:
        raise DataError(f"the model predicts {table.shape[1]} classes; say which one: predicted=0.")
    return np.asarray(table[:, predicted])


def _check_columns(frame: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    available = [str(column) for column in frame.columns]
    missing = [column for column in columns or () if column not in available]
    if missing:
        hint = did_you_mean(missing[0], available)
        raise DataError(f"{', '.join(map(repr, missing))}: no such column of the rows.{hint}")
    return list(available if columns is None else columns)
