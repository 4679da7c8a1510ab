"""Arrow's values as Python's and back, also those that Python has no word for."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.types as pt


def python_values(array: Any) -> list[Any]:
    """Give the values of an Arrow array or chunked array as Python's; different ones stay different.

    Bytes that are no UTF-8 become surrogates in a text (``surrogateescape``), and moments that the
    calendar does not reach whole numbers of their unit since 1970.
    """
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError):
        return [_python_value(scalar) for scalar in array]


def arrow_values(values: Iterable[Any], type_: Any) -> Any:
    """Give an Arrow array of a type from what `python_values` gave of it."""
    if not (pt.is_string(type_) or pt.is_large_string(type_)):
        return pa.array(values, type_)
    raw = [None if value is None else value.encode("utf-8", "surrogateescape") for value in values]
    return pa.array(raw, pa.large_binary() if pt.is_large_string(type_) else pa.binary()).view(
        type_
    )


def shown_text(value: Any) -> str:
    """Give a value as a text that any file may hold."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def _python_value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.cast(pa.large_binary()).as_py().decode("utf-8", "surrogateescape")
    except (ValueError, OverflowError):
        whole = pa.int32() if pt.is_date32(scalar.type) else pa.int64()
        return scalar.cast(whole).as_py()
