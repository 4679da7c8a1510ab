"""Columns as small numbers, and how well the groups of one tell the values of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Array = npt.NDArray[np.int64]
_DENSE = 1 << 20


@dataclass(frozen=True)
class Codes:
    """A column as numbers from 0 to `size` - 1, equal where the values are; -1 where there is none."""

    codes: Array
    size: int


@dataclass(frozen=True)
class Fit:
    """How well one column follows from another.

    Attributes
    ----------
    rows : int
        The rows that have both.
    support : float
        The share of them that have the commonest value of their group, 0 to 1.
    rows_at_work : int
        The rows whose group has other rows.
    lambda_ : float
        How much better the other rows of the group predict a row's value than the commonest value of all
        does: 1 is always right, 0 no better; below 0 worse.
    """

    rows: int
    support: float
    rows_at_work: int
    lambda_: float


def encode(column: Any) -> Codes:
    """Give an Arrow column as codes."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = coded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Codes(np.asarray(codes, np.int64), len(coded.dictionary))


def join(columns: Sequence[Codes]) -> Codes:
    """Give the combinations of several columns as one."""
    first, *rest = columns
    for other in rest:
        missing = (first.codes < 0) | (other.codes < 0)
        pairs = np.where(missing, -1, first.codes * other.size + other.codes)
        values, codes = np.unique(pairs, return_inverse=True)
        has_missing = int(len(values) > 0 and values[0] < 0)
        first = Codes(codes.astype(np.int64) - has_missing, len(values) - has_missing)
    return first


def fit_dependency(group: Codes, dependent: Codes) -> Fit | None:
    """Tell how well `dependent` follows from `group`; None where there is nothing to tell."""
    complete = (group.codes >= 0) & (dependent.codes >= 0)
    groups, values = group.codes[complete], dependent.codes[complete]
    rows = len(groups)
    if not rows:
        return None
    pairs, counts = _count(groups * dependent.size + values, group.size * dependent.size)
    sizes, most, second = _per_group(pairs // dependent.size, counts)
    shared = sizes > 1
    at_work = int(sizes[shared].sum())
    base = np.bincount(values).max() / rows
    if not at_work or base == 1:
        return None
    # A row's own value is the commonest of the others if it leads by more than the row itself.
    lead = most - second
    right = np.where(lead > 1, most, np.where(lead == 1, most / 2, 0))[shared].sum() / at_work
    return Fit(rows, float(most.sum() / rows), at_work, float((right - base) / (1 - base)))


def _count(keys: Array, size: int) -> tuple[Array, Array]:
    """The different keys in order, and how often each occurs."""
    if size > _DENSE:
        return np.unique(keys, return_counts=True)
    counts = np.bincount(keys, minlength=1)
    present = np.flatnonzero(counts)
    return present, counts[present]


def _per_group(groups: Array, counts: Array) -> tuple[Array, Array, Array]:
    """The size of each group, and the counts of its commonest and second commonest value."""
    order = np.lexsort((-counts, groups))
    groups, counts = groups[order], counts[order]
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    ends = np.append(starts[1:], len(groups))
    second = np.where(starts + 1 < ends, counts[np.minimum(starts + 1, len(counts) - 1)], 0)
    return np.add.reduceat(counts, starts), counts[starts], second
