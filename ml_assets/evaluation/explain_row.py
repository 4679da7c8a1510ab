"""Explains one prediction: what every stage made of the row, which column moved it, and its neighbours.

The contributions are Shapley values, by sampling: in a random order, one column after the other takes the
row's value in place of that of a random other row, and what this does to the prediction is the column's.
Over the samples they add up exactly to the difference between the prediction and the mean prediction of
those other rows.

References
----------
Strumbelj and Kononenko (2014), doi:10.1007/s10115-013-0679-x; each order is also walked backwards, which
takes out much of the noise. Gower (1971), doi:10.2307/2528823: the distance of neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml_assets.errors import DataError
from ml_assets.evaluation.importance import Predict, describe
from ml_assets.evaluation.ranking import Floats

_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Contribution:
    """By how much one column moves the prediction.

    Attributes
    ----------
    column : str
        The raw column.
    raw : str
        The row's value.
    transformed : tuple of (str, float or None)
        The features that are made of it, with their values; None is missing.
    value, low, high : float
        The contribution, in the prediction's unit, and the ends of its interval over the sampling.
    """

    column: str
    raw: str
    transformed: tuple[tuple[str, float | None], ...]
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Neighbour:
    """One of the rows that are most like the explained one.

    Attributes
    ----------
    place : int
        Its place among the other rows.
    distance : float
        0 (the same in every column) to 1.
    prediction : float
        Its own.
    differs : tuple of (str, str)
        The columns in which it differs, with its values.
    """

    place: int
    distance: float
    prediction: float
    differs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RowExplanation:
    """Why the model predicts what it predicts for one row.

    Attributes
    ----------
    predicted : str
        What is predicted: ``prediction``, or the class whose probability it is.
    prediction : float
        Of the row.
    usual : float
        The mean prediction of the other rows that were drawn; contributions add up from here.
    contributions : tuple of Contribution
        Of each column, the strongest first.
    neighbours : tuple of Neighbour
        The nearest first.
    samples : int
        How many orders were walked.
    """

    predicted: str
    prediction: float
    usual: float
    contributions: tuple[Contribution, ...]
    neighbours: tuple[Neighbour, ...]
    samples: int

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)


def explain_row(
    predict: Predict,
    row: pd.DataFrame,
    others: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    features: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    sources: Callable[[str], str] | None = None,
    samples: int = 200,
    neighbours: int = 5,
    confidence: float = 0.95,
    seed: int = 0,
) -> RowExplanation:
    """Explain the prediction for one row.

    Parameters
    ----------
    predict : callable
        From raw rows to predictions, as `LoadedModel.predict`.
    row : DataFrame
        The one row.
    others : DataFrame
        Rows to compare with, such as some of the training split; at least one.
    columns : sequence of str, optional
        The raw columns that the model reads, `LoadedModel.input_columns`; those of `row` by default.
    classes : sequence of str, optional
        For a multiclass model, the names of the class codes. Its most probable class is explained.
    features : callable, optional
        From raw rows to features, one column for each; without it `Contribution.transformed` is empty.
    sources : callable, optional
        From the name of a feature to its raw column.
    samples : int
        How many orders of the columns, >= 2; an odd number is rounded up.
    neighbours : int
        How many of the nearest other rows to give.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    seed : int
        Of the sampling.

    Raises
    ------
    DataError
        If there is not exactly one row, no other one, or a column is missing.
    """
    names = [str(name) for name in (row.columns if columns is None else columns)]
    _check_rows(row, others, names)
    row, others = row[names].reset_index(drop=True), others[names].reset_index(drop=True)
    scores = np.asarray(predict(row), dtype=np.float64)
    code = int(scores[0].argmax()) if scores.ndim == 2 else None

    def score(frame: pd.DataFrame) -> Floats:
        predictions = np.asarray(predict(frame), dtype=np.float64)
        return predictions if code is None else np.asarray(predictions[:, code])

    moves, usual = _shapley(score, row, others, max(1, -(-samples // 2)), seed)
    transformed = _transformed(row, features, sources)
    order = np.argsort(-np.abs(moves.mean(axis=0)), kind="stable")
    contributions = [
        _contribution(names[index], row, moves[:, index], transformed, confidence)
        for index in order
    ]
    predicted = "prediction" if code is None else f"P({classes[code] if classes else code})"
    return RowExplanation(
        predicted,
        float(scores[0] if code is None else scores[0, code]),
        usual,
        tuple(contributions),
        _neighbours(score, row, others, neighbours),
        2 * len(moves),
    )


def _shapley(
    score: Predict, row: pd.DataFrame, others: pd.DataFrame, pairs: int, seed: int
) -> tuple[Floats, float]:
    """What each column does in each pair of orders, and the mean prediction where they start."""
    random, width = np.random.default_rng(seed), row.shape[1]
    stacked = pd.concat([row.astype(others.dtypes.to_dict()), others], ignore_index=True)
    partners = 1 + random.integers(0, len(others), pairs)
    ranks = np.array([random.permutation(width) for _ in range(pairs)])
    forward = _walk(score, stacked, partners, ranks)
    backward = _walk(score, stacked, partners, width - 1 - ranks)
    moves = (_steps(forward, ranks) + _steps(backward, width - 1 - ranks)) / 2
    return moves, float(forward[:, 0].mean())


def _walk(
    score: Predict, stacked: pd.DataFrame, partners: NDArray[Any], ranks: NDArray[Any]
) -> Floats:
    """The predictions after each step: columns of a rank below the step have the row's own value."""
    pairs, width = ranks.shape
    steps = np.arange(width + 1)
    # 0 is the row itself; its partner is any other.
    is_from_row = ranks[:, None, :] < steps[None, :, None]
    places = np.where(is_from_row, 0, partners[:, None, None]).reshape(-1, width)
    chunks = []
    for start in range(0, len(places), _ROWS_AT_ONCE):
        part = places[start : start + _ROWS_AT_ONCE]
        mixed = {
            name: stacked[name].take(part[:, index]).array
            for index, name in enumerate(stacked.columns)
        }
        chunks.append(score(pd.DataFrame(mixed)))
    return np.concatenate(chunks).reshape(pairs, width + 1)


def _steps(walked: Floats, ranks: NDArray[Any]) -> Floats:
    return np.asarray(np.take_along_axis(np.diff(walked, axis=1), ranks, axis=1))


def _contribution(
    column: str,
    row: pd.DataFrame,
    moves: Floats,
    transformed: dict[str, list[tuple[str, float | None]]],
    confidence: float,
) -> Contribution:
    value, z = float(moves.mean()), NormalDist().inv_cdf((1 + confidence) / 2)
    half = float(z * moves.std(ddof=1) / np.sqrt(len(moves))) if len(moves) > 1 else 0.0
    text, _ = describe(row[column].iloc[0])
    return Contribution(
        column, text, tuple(transformed.get(column, ())), value, value - half, value + half
    )


def _transformed(
    row: pd.DataFrame,
    features: Callable[[pd.DataFrame], pd.DataFrame] | None,
    sources: Callable[[str], str] | None,
) -> dict[str, list[tuple[str, float | None]]]:
    """The features of the row, by the raw column that they are made of."""
    transformed: dict[str, list[tuple[str, float | None]]] = {}
    if features is None:
        return transformed
    for name, value in features(row).iloc[0].items():
        source = sources(str(name)) if sources else str(name)
        number = None if pd.isna(value) else float(value)
        transformed.setdefault(source, []).append((str(name), number))
    return transformed


def _neighbours(
    score: Predict, row: pd.DataFrame, others: pd.DataFrame, count: int
) -> tuple[Neighbour, ...]:
    differences = np.column_stack(
        [_differences(row[name].iloc[0], others[name]) for name in others.columns]
    )
    distance = differences.mean(axis=1)
    nearest = np.argsort(distance, kind="stable")[:count]
    if not len(nearest):
        return ()
    predictions = score(others.iloc[nearest])
    return tuple(
        Neighbour(
            int(place),
            float(distance[place]),
            float(prediction),
            tuple(
                (str(name), describe(others[name].iloc[place])[0])
                for index, name in enumerate(others.columns)
                if differences[place, index] > 0
            ),
        )
        for place, prediction in zip(nearest, predictions, strict=True)
    )


def _differences(value: Any, column: "pd.Series[Any]") -> Floats:
    """How far each row is from the value: 0 to 1 of the middle nine tenths of numbers, else 0 or 1."""
    is_null = column.isna().to_numpy()
    _, position = describe(value)
    if position is None or is_null.all():
        is_same = (
            is_null if _is_null(value) else ~is_null & (column.map(str) == str(value)).to_numpy()
        )
        return (~is_same).astype(np.float64)
    numbers = _numbers(column)
    low, high = np.nanquantile(numbers, [0.05, 0.95])
    distance: Floats = np.nan_to_num(np.abs(numbers - position) / (high - low or 1.0), nan=1.0)
    return np.asarray(np.where(is_null, 1.0, np.minimum(distance, 1.0)), dtype=np.float64)


def _is_null(value: Any) -> bool:
    return describe(value) == describe(None)


def _numbers(column: "pd.Series[Any]") -> Floats:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        epoch = pd.Timestamp(0, tz=getattr(column.dtype, "tz", None))
        column = (column - epoch) / pd.Timedelta(seconds=1)
    numbers: Floats = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def _check_rows(row: pd.DataFrame, others: pd.DataFrame, names: Sequence[str]) -> None:
    if len(row) != 1 or not len(others):
        raise DataError(
            f"explain_row needs one row and at least one other; found {len(row):,} and "
            f"{len(others):,}."
        )
    missing = [name for name in names if name not in row or name not in others]
    if missing:
        raise DataError(
            f"explain_row: {', '.join(map(repr, missing))}: no such column of the rows."
        )
