"""What the encodings need and scikit-learn has no class for: cycles, crosses, hashes, buckets, words.

Like `convert`, these functions live inside the fitted transform. What is learnt from the training split
reaches them as a constant.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
from sklearn.feature_extraction import FeatureHasher

from ml_assets.transform.convert import Matrix, to_date_parts, to_numbers, to_texts

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


def to_crossed(frame: pd.DataFrame, crosses: Mapping[str, Mapping[str, str]]) -> Matrix:
    """Give for each cross the texts of its columns in one, or NaN where one of them is null.

    Parameters
    ----------
    frame : DataFrame
        The columns.
    crosses : mapping of str to mapping
        For each cross its columns, with their types in the schema: int, bool or string.

    Returns
    -------
    ndarray of object
        One column for each cross, in their order.
    """
    return np.column_stack([_crossed(frame, types) for types in crosses.values()])


def to_documents(frame: pd.DataFrame) -> Matrix:
    """Give one column of texts as a vector of texts; null is a text without words."""
    texts = to_texts(frame)[:, 0]
    return np.where(pd.isna(texts), "", texts)


def to_hash_codes(texts: Matrix, buckets: int) -> Matrix:
    """Give the bucket of each text: its MurmurHash3, as in scikit-learn's FeatureHasher; NaN stays."""
    codes = np.full(texts.shape, np.nan)
    hasher = FeatureHasher(buckets, input_type="string", alternate_sign=False)
    for position in range(texts.shape[1]):
        places, different = pd.factorize(texts[:, position])
        known = places >= 0
        # One text in, one place of the sparse row out.
        found = hasher.transform([[text] for text in different]).indices if len(different) else []
        codes[known, position] = np.asarray(found, dtype=np.float64)[places[known]]
    return codes


def to_buckets(numbers: Matrix, boundaries: Sequence[Sequence[float]]) -> Matrix:
    """Give the bucket of each number, from 0; a boundary belongs to the bucket above it. NaN stays."""
    codes = np.full(numbers.shape, np.nan)
    for position, edges in enumerate(boundaries):
        values = numbers[:, position]
        known = ~np.isnan(values)
        codes[known, position] = np.searchsorted(edges, values[known], side="right")
    return codes


def to_rare(codes: Matrix, rare: Sequence[float]) -> Matrix:
    """Give unknown values the code of the rare ones of their column; NaN where there are none."""
    return np.where(codes == UNKNOWN_CODE, np.asarray(rare, dtype=np.float64), codes)


def to_finite(numbers: Matrix) -> Matrix:
    """Give numbers with NaN for infinity, which scaling makes of the very largest ones."""
    return np.where(np.isinf(numbers), np.nan, numbers)


def _crossed(frame: pd.DataFrame, types: Mapping[str, str]) -> Matrix:
    # A flag that arrives as 1 is the one that arrives as true.
    read = {name: frame[[name]] for name in types}
    read |= {
        name: pd.DataFrame(to_numbers(read[name]), columns=[name])
        for name, kind in types.items()
        if kind == "bool"
    }
    texts = [to_texts(part)[:, 0] for part in read.values()]
    missing = np.any([pd.isna(column) for column in texts], axis=0)
    joined = reduce(add, (_measured(column) for column in texts))
    return np.where(missing, np.nan, joined)


def _measured(texts: Matrix) -> Matrix:
    """Each text behind its length, which keeps "a" and "bc" apart from "ab" and "c"; "" for null."""
    places, different = pd.factorize(texts)
    return np.array([*(f"{len(text)}:{text}" for text in different), ""], dtype=object)[places]
