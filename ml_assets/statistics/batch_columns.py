"""The columns of one record batch as numbers and as codes of texts, each made once.

What relates columns to each other (`slice_state`, `comoments`, `category_pairs`, `association_state`)
reads them here.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.errors import DataError
from ml_assets.statistics.category_state import MAX_CHARACTERS
from ml_assets.statistics.feature_state import feature_type
from ml_assets.statistics.model import FeatureType
from ml_assets.statistics.plain_arrow import (
    as_floats,
    as_microseconds,
    as_texts,
    count_missing,
    plain,
)
from ml_assets.statistics.points import Array

NUMBERS, TEXTS, TIMES = ("int", "float"), ("string", "bool"), ("date", "timestamp")
_MOST_CELLS = 1 << 20


@dataclass(frozen=True)
class Coded:
    """A column as texts.

    Attributes
    ----------
    values : pyarrow.Array of string
        The different ones, each once, in order of appearance.
    codes : ndarray of int64
        Where in `values` each row's lies; -1 where it is missing.
    """

    values: Any
    codes: Array


class BatchColumns:
    """A record batch whose columns are converted once, when they are first used."""

    def __init__(self, batch: Any) -> None:
        self.num_rows: int = batch.num_rows
        arrays = [plain(array) for array in batch.columns]
        self._arrays = dict(zip(batch.schema.names, arrays, strict=True))
        self._numbers: dict[str, Array] = {}
        self._unknown: dict[str, bool] = {}
        self._coded: dict[str, Coded] = {}

    @cached_property
    def types(self) -> dict[str, FeatureType]:
        """The feature type of each column, in the data's order."""
        return {name: feature_type(array.type) for name, array in self._arrays.items()}

    def null_count(self, name: str) -> int:
        """Give how many rows have no value."""
        return count_missing(self._arrays[name])

    def is_null(self, name: str) -> Array:
        """Give which rows have no value."""
        array = self._arrays[name]
        if pt.is_union(array.type):
            return np.array([value is None for value in array.to_pylist()], bool)
        nulls: Array = pc.is_null(array).to_numpy(zero_copy_only=False)
        return nulls

    def numbers(self, name: str) -> Array:
        """Give a column as float64: NaN where missing or not finite, times in microseconds."""
        if name not in self._numbers:
            self._numbers[name] = _numbers(self._arrays[name])
        return self._numbers[name]

    def has_unknown(self, name: str) -> bool:
        """Whether `numbers` has a NaN."""
        if name not in self._unknown:
            self._unknown[name] = bool(np.isnan(self.numbers(name)).any())
        return self._unknown[name]

    def coded(self, name: str) -> Coded:
        """Give a column as codes of its values' texts.

        Raises
        ------
        DataError
            If the values are nested.
        """
        if name not in self._coded:
            if self.types[name] == "nested":
                raise DataError(f"column '{name}' holds nested values; name one that holds none.")
            self._coded[name] = _coded(self._arrays[name])
        return self._coded[name]


def joint_codes(first: Array, second: Array, num_second: int) -> tuple[Array, Array]:
    """Give one code for each pair of codes that occurs, and the pairs as ``first * num_second + second``.

    Parameters
    ----------
    first, second : ndarray of int64
        Codes >= 0, of equal length.
    num_second : int
        How many codes `second` may have.
    """
    joint = first * num_second + second
    cells = int(joint.max()) + 1 if len(joint) else 0
    if cells > _MOST_CELLS:
        pairs, codes = np.unique(joint, return_inverse=True)
        return codes, pairs
    pairs = np.flatnonzero(np.bincount(joint, minlength=cells))
    places = np.zeros(cells, np.int64)
    places[pairs] = np.arange(len(pairs))
    return places[joint], pairs


def _numbers(array: Any) -> Array:
    if pt.is_null(array.type):
        return np.full(len(array), np.nan)
    if pt.is_date(array.type) or pt.is_timestamp(array.type):
        return _floats(as_microseconds(array))
    return _floats(as_floats(array))


def _floats(array: Any) -> Array:
    values: Array = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    unknown = ~np.isfinite(values)
    if unknown.any():
        values = np.where(unknown, np.nan, values)
    return values


def _coded(array: Any) -> Coded:
    if pt.is_null(array.type):
        return Coded(pa.array([], pa.string()), np.full(len(array), -1))
    encoded = array if pt.is_dictionary(array.type) else _encoded(array)
    codes = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    values = _texts(encoded.dictionary)
    texts = values.dictionary_encode()
    if len(texts.dictionary) < len(values):
        # Different values became one text: they were cut, are not UTF-8, or stood there twice.
        merged_codes = texts.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        values, codes = texts.dictionary, np.append(merged_codes, -1)[codes]
    return _without_unused(values, codes) if encoded is array else Coded(values, codes)


def _encoded(array: Any) -> Any:
    try:
        return array.dictionary_encode()
    except pa.ArrowNotImplementedError:  # of small decimals
        return as_texts(array)[0].dictionary_encode()


def _without_unused(values: Any, codes: Array) -> Coded:
    """Without the values of the data's own dictionary that do not occur."""
    used = np.bincount(codes + 1, minlength=len(values) + 1)[1:] > 0
    if used.all():
        return Coded(values, codes)
    places = np.append(np.cumsum(used) - 1, -1)
    return Coded(values.filter(pa.array(used)), places[codes])


def _texts(values: Any) -> Any:
    return pc.utf8_slice_codeunits(as_texts(values)[0], 0, MAX_CHARACTERS)
