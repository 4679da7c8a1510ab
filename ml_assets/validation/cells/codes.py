"""Numbers for values: the place of a value among a column's different values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ml_assets.validation.cells.counts import ColumnCounts


def codes_of(array: Any, column: ColumnCounts) -> Any:
    """Give the place of each value in `ColumnCounts.values`, -1 where there is none; int64."""
    places = pc.index_in(array, value_set=column.values)
    return pc.fill_null(places, -1).to_numpy().astype(np.int64)


def joint_codes(codes: Mapping[str, Any], names: Sequence[str], sizes: Mapping[str, int]) -> Any:
    """Give one number for the values of several columns together, -1 where one has none."""
    joint = np.zeros(len(codes[names[0]]), np.int64)
    absent = np.zeros(len(joint), bool)
    for name in names:
        joint = joint * sizes[name] + codes[name]
        absent |= codes[name] < 0
    return np.where(absent, -1, joint)


def parts_of(joint: int, names: Sequence[str], sizes: Mapping[str, int]) -> list[int]:
    """Give the columns' places of which `joint_codes` made a number."""
    parts = []
    for name in reversed(names):
        joint, part = divmod(joint, sizes[name])
        parts.append(part)
    return parts[::-1]
