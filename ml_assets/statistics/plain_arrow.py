"""Turns Arrow arrays of unusual types into the few types that statistics know."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from ml_assets.statistics.points import Array

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_MICROSECONDS_A_DAY = 86_400_000_000
_MOST = 2**63 - 1


def plain_batch(batch: Any) -> Any:
    """Give a record batch with the same values, whose columns are of types that can be described."""
    arrays = [plain(array) for array in batch.columns]
    if all(new is old for new, old in zip(arrays, batch.columns, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(arrays, batch.schema.names)


def plain(array: Any) -> Any:
    """Give an array with the same values, of a type that can be described.

    An extension type becomes its storage (a UUID its text), a view and a run-end encoded array the usual
    array, and half floats floats. A dictionary stays only where its values are texts, without a null
    among them.
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
    if pt.is_float16(type_):
        return array.cast(pa.float32())
    return array


def as_texts(values: Any) -> tuple[Any, Array]:
    """Give texts, bytes, bools, numbers or times as Arrow strings, and which of them are not UTF-8.

    What is not UTF-8 gets replacement characters.
    """
    none_invalid = np.zeros(len(values), bool)
    type_ = values.type
    if not is_text(type_):
        return _texts_of(values), none_invalid
    is_large = pt.is_large_string(type_) or pt.is_large_binary(type_)
    raw = values.cast(pa.large_binary() if is_large else pa.binary())
    try:
        return raw.cast(pa.string()), none_invalid
    except pa.ArrowInvalid:  # some are not UTF-8
        return _texts_of_bytes(raw.to_pylist())


def _texts_of(values: Any) -> Any:
    if pt.is_time(values.type):
        return _texts_of_times(values)
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:  # an unknown time zone
        return values.cast(pa.timestamp(values.type.unit)).cast(pa.string())


def _texts_of_times(values: Any) -> Any:
    """As Python shows them, whatever the unit: with six digits of a second, or none."""
    with suppress(pa.ArrowInvalid):  # nanoseconds would be lost
        values = values.cast(pa.time64("us"))
    return pc.replace_substring_regex(values.cast(pa.string()), r"\.0+$", "")


def _texts_of_bytes(raw: Sequence[bytes | None]) -> tuple[Any, Array]:
    texts = [None if value is None else value.decode("utf-8", "replace") for value in raw]
    invalid = [
        text is not None and text.encode() != value for text, value in zip(texts, raw, strict=True)
    ]
    return pa.array(texts, pa.string()), np.array(invalid, bool)


def as_floats(array: Any) -> Any:
    """Give numbers, or durations in seconds, as an Arrow array of float64."""
    if pt.is_duration(array.type):
        counts = array.cast(pa.int64()).cast(pa.float64(), safe=False)
        return pc.divide(counts, float(_PER_SECOND[array.type.unit]))
    return array.cast(pa.float64(), safe=False)


def as_microseconds(array: Any) -> Any:
    """Give dates or moments as an Arrow array of int64: microseconds since 1970, in UTC.

    What lies farther away than 64 bits can say, 290,000 years, lies there.
    """
    if pt.is_date(array.type):
        days = array.cast(pa.date32(), safe=False).cast(pa.int32()).cast(pa.int64())
        return pc.multiply(_clipped(days, _MICROSECONDS_A_DAY), _MICROSECONDS_A_DAY)
    counts, per_second = array.cast(pa.int64()), _PER_SECOND[array.type.unit]
    if per_second > 1_000_000:
        return _floor_divided(counts, per_second // 1_000_000)
    factor = 1_000_000 // per_second
    return counts if factor == 1 else pc.multiply(_clipped(counts, factor), factor)


def _clipped(counts: Any, factor: int) -> Any:
    most = _MOST // factor
    low = pc.max_element_wise(counts, pa.scalar(-most), skip_nulls=False)
    return pc.min_element_wise(low, pa.scalar(most), skip_nulls=False)


def _floor_divided(counts: Any, factor: int) -> Any:
    """Arrow divides towards zero."""
    quotient = pc.divide(counts, factor)
    is_below = pc.less(counts, pc.multiply(quotient, factor))
    return pc.subtract(quotient, is_below.cast(pa.int64()))


def count_missing(array: Any) -> int:
    """Give how many rows have no value."""
    if pt.is_union(array.type):  # its own null_count is always 0
        return int(is_missing(array).sum())
    return int(array.null_count)


def is_missing(array: Any) -> Array:
    """Give which rows have no value."""
    if pt.is_union(array.type):
        return np.array([value is None for value in array.to_pylist()], bool)
    missing: Array = array.is_null().to_numpy(zero_copy_only=False)
    return missing


def is_number(type_: Any) -> bool:
    """Whether an Arrow type holds whole numbers, floats or decimals."""
    return bool(pt.is_integer(type_) or pt.is_floating(type_) or pt.is_decimal(type_))


def is_text(type_: Any) -> bool:
    """Whether an Arrow type holds characters or bytes."""
    return any(test(type_) for test in _TEXTS)


_TEXTS = (
    pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_binary, pt.is_large_binary,
    pt.is_fixed_size_binary, pt.is_binary_view,
)  # fmt: skip


def _plain_dictionary(array: Any) -> Any:
    values, codes = plain(array.dictionary), array.indices
    if not is_text(values.type) or values.null_count:
        return plain(values.take(codes))
    if values is array.dictionary and not pt.is_uint64(codes.type):
        return array
    # pandas does not read codes of 64 bits without a sign.
    return pa.DictionaryArray.from_arrays(codes.cast(pa.int64()), values)
