"""Turns Arrow arrays of unusual types into the few types that statistics know."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.statistics.points import Array


def plain(array: Any) -> Any:
    """Give an array with the same values, of a type that can be described.

    An extension type becomes its storage (a UUID its text), a view and a run-end encoded array the usual
    array. A dictionary stays only where its values are texts, without a null among them.
    """
    type_ = array.type
    if isinstance(type_, pa.UuidType):
        texts = [None if value is None else str(value) for value in array.to_pylist()]
        return pa.array(texts, pa.string())
    if isinstance(type_, pa.BaseExtensionType):
        return plain(array.storage)
    if pt.is_run_end_encoded(type_):
        return plain(pc.run_end_decode(array))
    if pt.is_dictionary(type_):
        return _plain_dictionary(array)
    if pt.is_string_view(type_):
        return array.cast(pa.large_string())
    if pt.is_binary_view(type_):
        return array.cast(pa.large_binary())
    return array


def count_missing(array: Any) -> int:
    """Give how many rows have no value."""
    if pt.is_union(array.type):  # its own null_count is always 0
        return int(is_missing(array).sum())
    return int(array.null_count)


def is_missing(array: Any) -> Array:
    """Give which rows have no value."""
    if pt.is_union(array.type):
        return np.array([value is None for value in array.to_pylist()], bool)
    found: Array = array.is_null().to_numpy(zero_copy_only=False)
    return found


def is_text(type_: Any) -> bool:
    """Whether an Arrow type holds characters or bytes."""
    return any(test(type_) for test in _TEXTS)


_TEXTS = (
    pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_binary, pt.is_large_binary,
    pt.is_fixed_size_binary, pt.is_binary_view,
)  # fmt: skip


def _plain_dictionary(array: Any) -> Any:
    values = plain(array.dictionary)
    if not is_text(values.type) or values.null_count:
        return plain(values.take(array.indices))
    if values is array.dictionary:
        return array
    return pa.DictionaryArray.from_arrays(array.indices, values)
