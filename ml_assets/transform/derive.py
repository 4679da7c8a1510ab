"""What the encodings need and scikit-learn has no class for: cycles, crosses, hashes, buckets, words.

Like `convert`, these functions live inside the fitted transform. What is learnt from the training split
reaches them as a constant.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction import FeatureHasher

from ml_assets.transform.convert import Matrix, to_date_parts, to_numbers, to_seconds, to_texts

# The lowest value and the number of values of each part of a moment.
_PERIODS = {
    "month": (1, 12),
    "day": (1, 31),
    "day_of_week": (0, 7),
    "hour": (0, 24),
    "minute": (0, 60),
}
UNKNOWN_CODE = -1


def to_cycles(frame: pd.DataFrame, parts: Mapping[str, Sequence[str]]) -> Matrix:
    """Give the sine and cosine of the named parts of each column's moment.

    One turn is a year, a month of 31 days, a week, a day or an hour, so that its end lies beside its
    beginning. The columns are those of `to_date_parts`, each twice; null becomes NaN.
    """
    periods = np.array([_PERIODS[part] for name in parts for part in parts[name]], dtype=np.float64)
    lowest, length = periods.reshape(-1, 2).T
    angles = 2 * np.pi * (to_date_parts(frame, parts) - lowest) / length
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(frame), -1)


def to_crossed(
    frame: pd.DataFrame,
    crosses: Mapping[str, Mapping[str, str]],
    bins: Mapping[str, Mapping[str, Sequence[float]]] | None = None,
) -> Matrix:
    """Give for each cross the texts of its columns in one, or NaN where one of them is null.

    Parameters
    ----------
    frame : DataFrame
        The columns.
    crosses : mapping of str to mapping
        For each cross its columns, with their types in the schema.
    bins : mapping of str to mapping, optional
        For the crosses that take columns by their bins, the boundaries. Other columns are int, bool or
        string.

    Returns
    -------
    ndarray of object
        One column for each cross, in their order.
    """
    return np.column_stack(
        [_crossed(frame, types, (bins or {}).get(name, {})) for name, types in crosses.items()]
    )


def to_documents(frame: pd.DataFrame) -> Matrix:
    """Give one column of texts as a vector of texts; null is a text without words."""
    texts = to_texts(frame)[:, 0]
    return np.where(pd.isna(texts), "", texts)


def to_word_counts(texts: Matrix) -> Matrix:
    """Give how many words, separated by blanks, each text has; NaN stays."""
    return np.column_stack(
        [_map_uniques(column, lambda text: len(text.split()), np.nan) for column in texts.T]
    )


def to_hash_codes(texts: Matrix, buckets: int) -> Matrix:
    """Give the bucket of each text: its MurmurHash3, as in scikit-learn's FeatureHasher; NaN stays."""
    codes = np.full(texts.shape, np.nan)
    hasher = FeatureHasher(buckets, input_type="string", alternate_sign=False)
    for position in range(texts.shape[1]):
        inverse, uniques = pd.factorize(texts[:, position])
        present = inverse >= 0
        # One text in, one place of the sparse row out.
        indices = hasher.transform([[text] for text in uniques]).indices if len(uniques) else []
        codes[present, position] = np.asarray(indices, dtype=np.float64)[inverse[present]]
    return codes


def to_buckets(numbers: Matrix, boundaries: Sequence[Sequence[float]]) -> Matrix:
    """Give the bucket of each number, from 0; a boundary belongs to the bucket above it. NaN stays."""
    codes = np.full(numbers.shape, np.nan)
    for position, edges in enumerate(boundaries):
        values = numbers[:, position]
        present = ~np.isnan(values)
        codes[present, position] = np.searchsorted(edges, values[present], side="right")
    return codes


def to_interpolated(numbers: Matrix, boundaries: Sequence[Sequence[float]]) -> Matrix:
    """Give the place of each number between the boundaries: 0 at the first, 1 at the last, as steps.

    Between two boundaries it is linear; beyond the ends it is that of the end. One boundary is a step
    from 0 to 1, and without any all numbers are at 0. NaN stays.
    """
    interpolated = np.where(np.isnan(numbers), np.nan, 0.0)
    for position, edges in enumerate(boundaries):
        if edges:
            # Of two equal places `interp` takes the upper one.
            knots = [edges[0], *edges] if len(edges) == 1 else list(edges)
            steps = np.linspace(0, 1, len(knots))
            interpolated[:, position] = np.interp(numbers[:, position], knots, steps)
    return interpolated


def to_rare(codes: Matrix, rare: Sequence[float]) -> Matrix:
    """Give unknown values the code of the rare ones of their column; NaN where there are none."""
    return np.where(codes == UNKNOWN_CODE, np.asarray(rare, dtype=np.float64), codes)


def to_finite(numbers: Matrix) -> Matrix:
    """Give numbers with NaN for infinity, which scaling makes of the very largest ones."""
    return np.where(np.isinf(numbers), np.nan, numbers)


def binned_numbers(frame: pd.DataFrame, name: str, kind: str) -> Matrix:
    """Give one column of numbers or moments as numbers."""
    return (to_numbers if kind in ("int", "float") else to_seconds)(frame[[name]])


def _crossed(
    frame: pd.DataFrame, types: Mapping[str, str], bins: Mapping[str, Sequence[float]]
) -> Matrix:
    # A flag that arrives as 1 is the one that arrives as true.
    columns = {name: frame[[name]] for name in types}
    columns |= {
        name: pd.DataFrame(to_numbers(columns[name]), columns=[name])
        for name, kind in types.items()
        if kind == "bool"
    }
    columns |= {
        name: pd.DataFrame(to_buckets(binned_numbers(frame, name, types[name]), [edges]))
        for name, edges in bins.items()
    }
    texts = [to_texts(column)[:, 0] for column in columns.values()]
    missing = np.any([pd.isna(column) for column in texts], axis=0)
    joined = reduce(add, (_with_lengths(column) for column in texts))
    return np.where(missing, np.nan, joined)


def _with_lengths(texts: Matrix) -> Matrix:
    """Each text behind its length, which keeps "a" and "bc" apart from "ab" and "c"; "" for null."""
    return _map_uniques(texts, lambda text: f"{len(text)}:{text}", "", dtype=object)


def _map_uniques(
    texts: Matrix, make: Callable[[str], Any], null_value: Any, dtype: Any = np.float64
) -> Matrix:
    """What is made of each text, once for each that differs."""
    codes, uniques = pd.factorize(texts)
    return np.array([*map(make, uniques), null_value], dtype=dtype)[codes]
