"""Functions as users write them, for the tests of Python sources."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa

NOT_A_FUNCTION = 1


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2], "b": ["x", None]})


def arrow() -> Any:
    return pa.table({"a": [1, 2], "b": ["x", None]})


def frames() -> Iterator[pd.DataFrame]:
    yield pd.DataFrame({"a": [1], "b": ["x"]})
    yield pd.DataFrame({"a": [2.0], "b": [None]})


def reader() -> Any:
    table = arrow()
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches())


def late() -> Iterator[pd.DataFrame]:
    """Columns of which the first rows have no value."""
    for known, delay in ((None, None), (pd.Timestamp("2026-01-01"), 20)):
        yield pd.DataFrame({"known": [known], "delay": [delay]})


def text() -> str:
    return "a,b"


def numbers() -> Iterator[int]:
    yield 1


def nothing() -> Iterator[pd.DataFrame]:
    return iter(())


def mixed() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, "x"]})


def clash() -> Iterator[pd.DataFrame]:
    yield pd.DataFrame({"a": [1]})
    yield pd.DataFrame({"a": ["x"]})


def broken() -> pd.DataFrame:
    raise RuntimeError("the lake is dry")


def broken_later() -> Iterator[pd.DataFrame]:
    yield frame()
    raise RuntimeError("the lake is dry")


def stamp() -> str:
    return "v1"


def no_stamp() -> int:
    return 1
