"""What a fit uses of each row beside its features: its weight, and its moment or group.

Both are raw columns of the validated examples, whose rows are those of the feature table in the same
order.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ml_assets.errors import DataError
from ml_assets.table import EXAMPLE_ID, Table, split_is

SplitBy = Literal["hash", "time", "group"]
Weights = npt.NDArray[np.float64]
Units = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RowFacts:
    """Where the facts are, and which are wanted.

    Attributes
    ----------
    examples : Table
        The validated examples.
    weight : str, optional
        The column that says how much a row counts.
    split_by : {"hash", "time", "group"}
        How the examples were split.
    unit : str, optional
        The column of moments or groups by which they were split.
    """

    examples: Table
    weight: str | None = None
    split_by: SplitBy = "hash"
    unit: str | None = None

    def read(self, ids: Any, split: str) -> tuple[Weights | None, Units | None]:
        """Read the weight, and the moment or group, of each row of a split.

        Parameters
        ----------
        ids : pyarrow.ChunkedArray
            The example ids of the feature table's rows of that split.
        split : str
            ``train`` or ``eval``.

        Returns
        -------
        weight : ndarray of float64 or None
            How much each row counts; None where no column was named.
        unit : ndarray of int64 or None
            The moment in microseconds, or a code for each group, a missing group being one of its own.

        Raises
        ------
        DataError
            If a weight is missing, negative or not finite, or the two tables do not hold the same rows.
        """
        names = [name for name in (self.weight, self.unit) if name is not None]
        if not names:
            return None, None
        columns = list(dict.fromkeys([EXAMPLE_ID, *names]))
        rows = self.examples.to_arrow(columns, where=split_is(split))
        if not rows[EXAMPLE_ID].equals(ids):
            raise DataError(
                f"the {split} rows of validated_examples are not those of validated_features; run the "
                f"whole pipeline."
            )
        weight = None if self.weight is None else _weights(rows[self.weight], self.weight, split)
        unit = None if self.unit is None else _units(rows[self.unit], self.split_by)
        return weight, unit


NO_FACTS = RowFacts(Table(()))


def _weights(column: Any, name: str, split: str) -> Weights:
    values = column.to_pandas().to_numpy(dtype=np.float64, na_value=np.nan)
    invalid = int((~np.isfinite(values) | (values < 0)).sum())
    if invalid:
        raise DataError(
            f"statistics.weight: {invalid:,} of {len(values):,} {split} rows have no weight in '{name}'; "
            f"it must be a finite number from 0 on in every row."
        )
    weights: Weights = values
    return weights


def _units(column: Any, split_by: SplitBy) -> Units:
    if split_by == "time":
        moments = column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
        return np.asarray(moments.cast(pa.int64()).to_numpy(), dtype=np.int64)
    codes, _ = pd.factorize(column.to_pandas(), use_na_sentinel=False)
    return np.asarray(codes, dtype=np.int64)
