"""TFDV's recorded cases, as data that a user would hand over."""

import json
import math
from typing import Any

import pandas as pd

from ml_assets_tests.shared_data import shared_path

_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def load_cases(*kinds: str) -> list[Any]:
    """Give the cases of these kinds; skips where the folder of shared data is absent."""
    cases = json.loads(shared_path("tfdv_cases.json").read_text())
    return [case for case in cases if case["kind"] in kinds]


def frame_of(columns: Any) -> pd.DataFrame:
    """Give a case's columns as a DataFrame, each cell as it is: no null turns ints into floats."""
    values = {name: _values(cells) for name, cells in columns.items()}
    return pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in values.items()})


def arrow_values(cells: Any) -> list[Any]:
    """Give a column's cells for `pyarrow.array`; raw bytes make it a binary column."""
    values = _values(cells)
    if any(isinstance(value, bytes) for value in values):
        return [value.encode() if isinstance(value, str) else value for value in values]
    return values


def _values(cells: Any) -> list[Any]:
    of_floats = any(isinstance(cell, float) for cell in cells)
    return [_value(cell, of_floats) for cell in cells]


def _value(cell: Any, of_floats: bool) -> Any:
    if isinstance(cell, dict):
        return bytes.fromhex(cell["bytes_hex"])
    return _FLOATS.get(cell, cell) if of_floats and isinstance(cell, str) else cell
