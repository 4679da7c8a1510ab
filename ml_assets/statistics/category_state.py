"""The mergeable state of a column of texts: their counts, lengths, kinds and how many differ.

Up to `CAPACITY` different values every count is exact. Beyond, the rare ones are dropped in the manner of
Misra and Gries (1982, doi:10.1016/0167-6423(82)90012-0), merged as by Agarwal et al. (2013,
doi:10.1145/2500128): the count at the cut is subtracted from all, so that a count is too small by at most
`error`, which is at most ``rows / CAPACITY``. Everything stays in Arrow.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.statistics.distinct_sketch import bottom, estimate_distinct, merge_bottoms
from ml_assets.statistics.plain_arrow import as_texts
from ml_assets.statistics.points import Array
from ml_assets.statistics.text_bytes import hash_texts
from ml_assets.statistics.text_kinds import NO_KINDS, TextKinds, merge_kinds, text_kinds

CAPACITY = 8192
MAX_CHARACTERS = 1000


@dataclass(frozen=True)
class CategoryState:
    """What is known of the texts seen so far.

    Attributes
    ----------
    values : pyarrow.Array of string
        The frequent ones, each once, in no order; cut to `MAX_CHARACTERS`.
    counts : ndarray of int64, or of float64
        How often each of them occurs, too small by at most `error`; or its weight.
    error : int or float
        See `counts`.
    num_values, num_empty, num_invalid_utf8 : int
        How many texts there are, how many are empty, and how many were not UTF-8.
    characters : int
        The length of all texts together.
    lengths : tuple of int, optional
        The least and the greatest length.
    kinds : TextKinds
        How many are numbers, dates and so on.
    hashes : ndarray, optional
        The sketch of different values; None as long as `values` has them all.
    """

    values: Any
    counts: Array
    error: Any = 0
    num_values: int = 0
    num_empty: int = 0
    num_invalid_utf8: int = 0
    characters: int = 0
    lengths: tuple[int, int] | None = None
    kinds: TextKinds = NO_KINDS
    hashes: Array | None = None

    @property
    def unique(self) -> int:
        """How many different values there are; counted while `hashes` is None."""
        return len(self.values) if self.hashes is None else estimate_distinct(self.hashes)

    def most_frequent(self, limit: int) -> tuple[tuple[str, Any], ...]:
        """Give the most frequent values, most frequent first, equally frequent ones by name."""
        if len(self.values) > limit:
            threshold = np.partition(self.counts, -limit)[-limit]
            kept = np.flatnonzero(self.counts >= threshold)
        else:
            kept = np.arange(len(self.values))
        texts = self.values.take(pa.array(kept)).to_pylist()
        pairs = zip(texts, self.counts[kept].tolist(), strict=True)
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:limit])


def category_state(array: Any) -> CategoryState:
    """Give the state of an Arrow array of texts, bytes, bools or times of the day, without nulls.

    Bytes that are not UTF-8 are counted, and shown with replacement characters.
    """
    values, counts = _value_counts(array)
    texts, invalid = as_texts(values)
    if not len(texts):
        return CategoryState(texts, counts)
    sizes = pc.utf8_length(texts).to_numpy().astype(np.int64)
    state = CategoryState(
        values=texts,
        counts=counts,
        num_values=int(counts.sum()),
        num_empty=int(counts[sizes == 0].sum()),
        num_invalid_utf8=int(counts[invalid].sum()),
        characters=int(sizes @ counts),
        lengths=(int(sizes.min()), int(sizes.max())),
        kinds=NO_KINDS if pt.is_boolean(array.type) else text_kinds(texts, counts),
    )
    return _within_capacity(_with_short_values(state, bool(invalid.any())))


def weighted_category_state(array: Any, weights: Array) -> CategoryState:
    """Give the values of an Arrow array without nulls with their weights, and nothing else."""
    coded = array if pt.is_dictionary(array.type) else array.dictionary_encode()
    summed = np.bincount(coded.indices.to_numpy(), weights, len(coded.dictionary))
    present = np.flatnonzero(summed)
    texts, invalid = as_texts(coded.dictionary.take(pa.array(present)))
    size = int(pc.max(pc.utf8_length(texts)).as_py() or 0)
    state = CategoryState(texts, summed[present], lengths=(0, size))
    return _within_capacity(_with_short_values(state, bool(invalid.any())))


def merge_category(first: CategoryState, second: CategoryState) -> CategoryState:
    """Give the state of both sets of texts together."""
    hashes = None
    if first.hashes is not None or second.hashes is not None:
        hashes = merge_bottoms(_hashes(first), _hashes(second))
    values, counts = _merge_counts(first, second)
    lengths = [*(first.lengths or ()), *(second.lengths or ())]
    merged = CategoryState(
        values=values,
        counts=counts,
        error=first.error + second.error,
        num_values=first.num_values + second.num_values,
        num_empty=first.num_empty + second.num_empty,
        num_invalid_utf8=first.num_invalid_utf8 + second.num_invalid_utf8,
        characters=first.characters + second.characters,
        lengths=(min(lengths), max(lengths)) if lengths else None,
        kinds=merge_kinds(first.kinds, second.kinds),
        hashes=hashes,
    )
    return _within_capacity(merged)


def _value_counts(array: Any) -> tuple[Any, Array]:
    """Each value once, and how often it occurs."""
    if not pt.is_dictionary(array.type):
        counted = pc.value_counts(array)
        return counted.field(0), counted.field(1).to_numpy()
    summed = np.bincount(array.indices.to_numpy(), minlength=len(array.dictionary))
    present = np.flatnonzero(summed)
    values, counts = array.dictionary, summed
    if len(present) < len(summed):
        values, counts = values.take(pa.array(present)), summed[present]
    if len(pc.unique(values)) < len(values):  # a dictionary may have a value twice
        return _add_up(values, counts)
    return values, counts


def _merge_counts(first: CategoryState, second: CategoryState) -> tuple[Any, Array]:
    if first.values.equals(second.values):
        return first.values, first.counts + second.counts
    return _add_up(
        pa.concat_arrays([first.values, second.values]),
        np.concatenate([first.counts, second.counts]),
    )


def _add_up(values: Any, counts: Array) -> tuple[Any, Array]:
    """Each value once, with the sum of its counts."""
    table = pa.table({"value": values, "count": counts})
    summed = table.group_by("value", use_threads=False).aggregate([("count", "sum")])
    summed = summed.combine_chunks()
    texts = summed["value"].chunk(0) if summed.num_rows else values
    return texts, summed["count_sum"].to_numpy()


def _with_short_values(state: CategoryState, repeated: bool) -> CategoryState:
    """Without what makes values long, and each once."""
    if state.lengths is not None and state.lengths[1] > MAX_CHARACTERS:
        short = pc.utf8_slice_codeunits(state.values, 0, MAX_CHARACTERS)
    elif repeated:
        short = state.values
    else:
        return state
    values, counts = _add_up(short, state.counts)
    return replace(state, values=values, counts=counts)


def _within_capacity(state: CategoryState) -> CategoryState:
    if len(state.values) <= CAPACITY:
        return state
    cut = np.partition(state.counts, -CAPACITY - 1)[-CAPACITY - 1].item()
    kept = np.flatnonzero(state.counts > cut)
    return replace(
        state,
        values=state.values.take(pa.array(kept)),
        counts=state.counts[kept] - cut,
        error=state.error + cut,
        hashes=_hashes(state),
    )


def _hashes(state: CategoryState) -> Array:
    if state.hashes is not None:
        return state.hashes
    return bottom(hash_texts(state.values))
