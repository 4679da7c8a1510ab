"""Finds training rows that the other splits repeat under another key: they are judged by heart.

Rows with the same features and label may well be two, where there are only a few values to be had. They
are one row twice where they also agree in a measure that hardly any two training rows share.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml_assets.table import LABEL, SPLIT
from ml_assets.transform.manifest import FeatureColumn

# Of the training rows that have the measure, the least share of different values.
_MIN_DIFFERENT = 0.5
_MIN_ROWS = 50
# An odd number, from the golden ratio, to mix 64 bits with.
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class SharedRows:
    """How many rows of the other splits are training rows too.

    Attributes
    ----------
    rows, of : int
        The rows that are, and all rows of the other splits.
    measure : str or None
        A feature that tells rows apart and in which they agree; None where no feature does, and equal
        rows are no sign.
    """

    rows: int
    of: int
    measure: str | None

    @property
    def share(self) -> float:
        """The rows as a share of all, 0 to 1."""
        return self.rows / self.of if self.of else 0.0


def find_shared_rows(features: Sequence[FeatureColumn], table: pd.DataFrame) -> SharedRows:
    """Count the rows of the other splits that equal a training row in every feature and the label.

    Parameters
    ----------
    features : sequence of FeatureColumn
        The features. Target encodings are not compared: in training rows they are cross-fitted.
    table : DataFrame
        The feature table.
    """
    is_training = (table[SPLIT] == "train").to_numpy()
    names = [one.name for one in features if one.encoding != "target_encoding"]
    rows = _digests(table[[*names, LABEL]])
    shared = np.isin(rows[~is_training], rows[is_training])
    of = int((~is_training).sum())
    if not shared.any():
        return SharedRows(0, of, None)
    others = table.loc[~is_training, names].loc[shared]
    for one in features:
        if one.kind == "number" and one.name in names:
            values = table.loc[is_training, one.name].dropna()
            if len(values) >= _MIN_ROWS and values.nunique() >= _MIN_DIFFERENT * len(values):
                return SharedRows(int(others[one.name].notna().sum()), of, one.name)
    return SharedRows(0, of, None)


def describe_shared(shared: SharedRows, most: float) -> str:
    """Say in a sentence how many rows are shared, what is allowed, and what to do next."""
    text = (
        f"{shared.rows:,} of {shared.of:,} rows of eval and test have the features and the label of a "
        f"training row ({shared.share:.2%}; allowed {most:.2%})"
    )
    if shared.share <= most:
        return text
    return (
        f"{text}, '{shared.measure}' among them, which hardly any two training rows share. Take repeated "
        "rows out of the source, or keep them in one split: ingest.split by group."
    )


def _digests(table: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """A number for each row: the same for rows that are equal, null being equal to null."""
    found = np.zeros(len(table), dtype=np.uint64)
    for name in table:
        # Adding zero makes one of the two zeros.
        bits = (table[name].to_numpy(np.float64) + 0.0).view(np.uint64)
        found = (found ^ bits) * _MIX
        found ^= found >> np.uint64(29)
    return found
