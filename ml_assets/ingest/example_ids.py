"""Example ids: a name for each example that depends on nothing but its key, or its whole content.

An id is BLAKE2b (Aumasson et al. 2013, doi:10.1007/978-3-642-38980-1_8) with 128 bits over a canonical
text, in 32 hexadecimal digits. It does not depend on the order of rows or of columns, nor on whether
a whole number is kept as int or float.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.table import RESERVED_COLUMNS

DIGEST_BYTES = 16
Digests = npt.NDArray[np.uint8]

# The text of a null, and what stands between two values; a backslash in a value is doubled, so that no
# value can be taken for either.
_NULL = "\\N"
_BETWEEN = "\x1f"
# A column's name holds no control character, so this ends it.
_AFTER_NAME = "\x1e"


def example_ids(batch: pa.RecordBatch, key: Sequence[str] = ()) -> pa.Array:
    """Give the example id of each row.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Rows of raw data.
    key : sequence of str
        The columns that identify an example. Without any the whole row does; then equal rows share an
        id, and `examples` appends the number of the occurrence to every one but the first.

    Returns
    -------
    pyarrow.Array of string
        32 hexadecimal digits each, never null.
    """
    return ids_of(example_digests(batch, key))


def example_digests(
    batch: pa.RecordBatch, key: Sequence[str] = (), without: Sequence[str] = ()
) -> Digests:
    """Give the 16 bytes of each row's example id, as an array of shape (rows, 16).

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Rows of raw data.
    key : sequence of str
        The columns that identify an example; the whole row without any.
    without : sequence of str
        Columns of the whole row that do not count.
    """
    texts = _key_texts(batch, key) if key else _row_texts(batch, without)
    joined = b"".join(blake2b(text, digest_size=DIGEST_BYTES).digest() for text in texts)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def ids_of(digests: Digests) -> pa.Array:
    """Give digests as hexadecimal text."""
    width, count = 2 * DIGEST_BYTES, len(digests)
    text = digests.tobytes().hex().encode()
    offsets = np.arange(0, width * (count + 1), width, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def canonical(values: pa.Array) -> pa.Array:
    """Give values as text that tells them apart, whatever their type; null stays null."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not pa.types.is_string(values.type):
        return pc.cast(values, pa.string())
    doubled = pc.replace_substring(values, "\\", "\\\\")
    return pc.replace_substring(doubled, _BETWEEN, "\\u")


def _key_texts(batch: pa.RecordBatch, key: Sequence[str]) -> list[bytes]:
    columns = [canonical(batch.column(name)) for name in key]
    joined = pc.binary_join_element_wise(
        *columns, _BETWEEN, null_handling="replace", null_replacement=_NULL
    )
    return _encoded(joined)


def _row_texts(batch: pa.RecordBatch, without: Sequence[str]) -> list[bytes]:
    """Each row as name and value of every column that has one: a new empty column changes no id."""
    names = sorted(set(batch.schema.names) - {*RESERVED_COLUMNS, *without})
    columns = [
        pc.binary_join_element_wise(name, canonical(batch.column(name)), _AFTER_NAME)
        for name in names
    ]
    # Arrow leaves a row out where every part is null, so each row begins with one that is not.
    begin = pa.repeat(pa.scalar(""), batch.num_rows)
    return _encoded(pc.binary_join_element_wise(begin, *columns, _BETWEEN, null_handling="skip"))


def _encoded(texts: pa.Array) -> list[bytes]:
    encoded: list[bytes] = texts.cast(pa.binary()).to_pylist()
    return encoded
