"""Columns to test detectors with."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from ml_assets.validation.cells.counts import ColumnCounts, count_columns
from ml_assets.validation.cells.evidence import Suspicion
from ml_assets.validation.cells.source import open_source


def counted(values: Sequence[Any] | Mapping[Any, int], name: str = "c") -> ColumnCounts:
    """Count one column, given as its values or as how often each occurs."""
    if isinstance(values, Mapping):
        values = [value for value, count in values.items() for _ in range(count)]
    array = values if isinstance(values, pa.Array) else pa.array(list(values))
    return count_columns(open_source(pa.table({name: array})), [name])[0]


def by_value(column: ColumnCounts, found: Mapping[int, Suspicion]) -> dict[Any, Suspicion]:
    """Give what was found by value instead of by place."""
    return {column.values[place].as_py(): each for place, each in found.items()}


def repeated(frame: Mapping[str, Sequence[Any]], times: int) -> pd.DataFrame:
    """Give a frame whose rows are repeated."""
    return pd.concat([pd.DataFrame(frame)] * times, ignore_index=True)
