"""Scales a number among those of its key, and buckets it there: a fare among the fares of its company.

What training learnt is a table for each column: a row for each key, and a last one for the whole training
split. It stands for a key that is missing, unknown, or has too few numbers; the code of such a key is -1.

TensorFlow Transform has no such row: there an unknown key's number stays as it is (z-score), becomes its
sigmoid (0 to 1) or falls into bucket -1, and one row is enough for a key. Here as there the z-score of a
key with one value only is shifted and not scaled.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.preprocessing import FunctionTransformer

from ml_assets.transform.convert import Matrix, to_numbers, to_texts
from ml_assets.transform.derive import to_finite
from ml_assets.transform.encoding import Encoding
from ml_assets.transform.options import BucketPerKeyOptions

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_UNKNOWN = -1
_EPSILON = np.finfo(np.float64).eps


def to_keyed(
    frame: pd.DataFrame,
    read: Callable[[pd.DataFrame], Matrix],
    key: str,
    read_key: Callable[[pd.DataFrame], Matrix],
    keys: Sequence[Any],
) -> Matrix:
    """Give the numbers of the other columns, and last the place of each row's key in `keys`, or -1."""
    inverse, uniques = pd.factorize(read_key(frame[[key]])[:, 0])
    codes = np.append(pd.Index(keys, dtype=object).get_indexer(uniques), _UNKNOWN)[inverse]
    return np.column_stack([read(frame.drop(columns=key)), codes.astype(np.float64)])


def to_scaled_per_key(keyed: Matrix, centers: Floats, scales: Floats) -> Matrix:
    """Give each number less the center of its key, over its scale; infinity becomes NaN, which stays.

    Parameters
    ----------
    keyed : ndarray
        Numbers, and last the codes of the keys.
    centers, scales : ndarray
        A row for each key and one for the whole, a column for each of the numbers.
    """
    codes = keyed[:, -1].astype(np.int64)
    return to_finite((keyed[:, :-1] - centers[codes]) / scales[codes])


def to_buckets_per_key(keyed: Matrix, edges: Floats) -> Matrix:
    """Give the bucket of each number, from 0, between the boundaries of its key. NaN stays.

    Parameters
    ----------
    keyed : ndarray
        Numbers, and last the codes of the keys.
    edges : ndarray
        For each of the numbers what `quantile_edges` gives for each key, and for the whole.
    """
    codes = keyed[:, -1].astype(np.int64)
    buckets = np.empty((len(keyed), keyed.shape[1] - 1))
    for position, table in enumerate(edges):
        values = keyed[:, position]
        bucket = np.zeros(len(values), dtype=np.int64)
        # All rows search their own key's boundaries by halves at once; there are 2**n - 1 of them.
        step = (table.shape[1] + 1) // 2
        while step:
            bucket += step * (values >= table[codes, bucket + step - 1])
            step //= 2
        buckets[:, position] = np.where(np.isnan(values), np.nan, bucket)
    return buckets


def keyed_reader(
    read: Callable[[pd.DataFrame], Matrix], by: Mapping[str, str], rows: pd.DataFrame, min_rows: int
) -> FunctionTransformer:
    """Give the step that reads numbers and their keys; it knows those that `min_rows` rows have.

    Parameters
    ----------
    read : callable
        Reads the numbers.
    by : mapping of str to str
        The column that tells the key, with its type in the schema.
    rows : DataFrame
        The training rows.
    min_rows : int
        With fewer rows a key is one of the unknown.
    """
    ((key, kind),) = by.items()
    read_key = to_texts if kind == "string" else to_numbers
    counts = pd.Series(read_key(rows[[key]])[:, 0]).value_counts()
    keys = sorted(counts.index[counts >= min_rows].tolist())
    kw_args = {"read": read, "key": key, "read_key": read_key, "keys": keys}
    return FunctionTransformer(to_keyed, kw_args=kw_args)


def learn_per_key(
    encoding: Encoding, encoder: Any, rows: pd.DataFrame, min_count: int
) -> tuple[str, FunctionTransformer]:
    """Give the step that scales or buckets the numbers of the training rows, and its name.

    Parameters
    ----------
    encoding : Encoding
        One of those per key.
    encoder : transformer
        The steps before, from that of `keyed_reader` on.
    rows : DataFrame
        The training rows.
    min_count : int
        A key with fewer numbers has the scale of the whole.
    """
    reader = encoder if isinstance(encoder, FunctionTransformer) else encoder.named_steps["read"]
    keys = len(reader.kw_args["keys"])
    if isinstance(encoding.options, BucketPerKeyOptions):
        # As without a key, what is imputed moves no boundary.
        edges = learn_edges(reader.transform(rows), keys, min_count, encoding.options.num_buckets)
        return "buckets", FunctionTransformer(to_buckets_per_key, kw_args={"edges": edges})
    is_z_score = encoding.name == "scale_to_z_score_per_key"
    centers, scales = learn_scales(encoder.transform(rows), keys, min_count, is_z_score)
    learnt = {"centers": centers, "scales": scales}
    return "scale", FunctionTransformer(to_scaled_per_key, kw_args=learnt)


def learn_scales(
    keyed: Matrix, keys: int, min_count: int, is_z_score: bool
) -> tuple[Floats, Floats]:
    """Give the centers and scales of each key, and last of the whole.

    They are mean and standard deviation, or minimum and range; the scale of equal numbers is 1.

    Parameters
    ----------
    keyed : ndarray
        The training numbers, and last the codes of the keys.
    keys : int
        How many keys there are.
    min_count : int
        A key with fewer numbers has the scale of the whole.
    is_z_score : bool
        Whether mean and standard deviation are wanted.
    """
    numbers, codes = pd.DataFrame(keyed[:, :-1]), keyed[:, -1].astype(np.int64)
    key_scales = _scales(numbers, codes, range(keys), is_z_score)
    whole_scales = _scales(numbers, np.zeros_like(codes), range(1), is_z_score)
    enough = key_scales[2] >= min_count
    centers, scales = (
        np.vstack([np.where(enough, of_key, of_whole), of_whole])
        for of_key, of_whole in zip(key_scales[:2], whole_scales[:2], strict=True)
    )
    return centers, scales


def learn_edges(keyed: Matrix, keys: int, min_count: int, buckets: int) -> Floats:
    """Give for each of the numbers the boundaries of its buckets, of each key and last of the whole.

    The parameters are those of `learn_scales`; a table is padded with infinity to 2**n - 1 columns.
    """
    codes = keyed[:, -1].astype(np.int64)
    tables = []
    for numbers in keyed[:, :-1].T:
        counts = np.bincount(codes[~np.isnan(numbers) & (codes >= 0)], minlength=keys)
        whole = quantile_edges(numbers, np.zeros_like(codes), 1, buckets)
        by_key = quantile_edges(numbers, codes, keys, buckets)
        tables.append(np.vstack([np.where(counts[:, None] >= min_count, by_key, whole), whole]))
    padding = 2 ** int(buckets - 1).bit_length() - buckets
    return np.pad(np.stack(tables), ((0, 0), (0, 0), (0, padding)), constant_values=np.inf)


def quantile_edges(numbers: Floats, codes: Codes, keys: int, buckets: int) -> Floats:
    """Give the boundaries that cut the numbers of each key into buckets with about as many rows.

    Each is a value that occurs, so that none lies between two values and leaves a bucket empty, and
    belongs to the bucket above it.

    Parameters
    ----------
    numbers : ndarray
        NaN is left out.
    codes : ndarray
        The key of each, below `keys`; with -1 a number is left out.
    keys, buckets : int
        How many there are.

    Returns
    -------
    ndarray
        A row for each key with `buckets` - 1 boundaries, which rise; infinity stands for those that are
        not needed.
    """
    valid = ~np.isnan(numbers) & (codes >= 0)
    order = np.lexsort((numbers[valid], codes[valid]))
    ordered = np.append(numbers[valid][order], np.inf)
    counts = np.bincount(codes[valid], minlength=keys)[:, None]
    first = np.cumsum(counts)[:, None] - counts
    # The places of NumPy's "inverted_cdf", from the minimum on; a key without numbers has the end.
    shares = np.linspace(0, 100, buckets + 1)[:-1] / 100
    positions = first + np.ceil(counts * shares - 1).clip(0).astype(np.int64)
    quantiles = ordered[np.where(counts > 0, positions, -1)]
    repeats = quantiles[:, 1:] <= quantiles[:, :-1]
    edges: Floats = np.sort(np.where(repeats, np.inf, quantiles[:, 1:]), axis=1)
    return edges


def _scales(
    numbers: pd.DataFrame, codes: Codes, keys: range, is_z_score: bool
) -> tuple[Floats, Floats, Floats]:
    """Centers, scales, and how many numbers there are; a row for each key."""
    groups = numbers.groupby(codes)
    lowest = groups.mean() if is_z_score else groups.min()
    width = groups.std(ddof=0) if is_z_score else groups.max() - lowest
    center, scale, count = (
        table.reindex(keys).to_numpy(np.float64) for table in (lowest, width, groups.count())
    )
    # As scikit-learn does: what differs by no more than rounding makes is constant.
    rounding = _EPSILON * (count * np.abs(center) if is_z_score else 10)
    return center, np.where(scale <= rounding, 1.0, to_finite(scale)), count
