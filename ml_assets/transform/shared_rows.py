"""Finds training rows that the other splits repeat under another key: they are judged by heart.

Rows with the same features and label may well be two, where there are only a few values to be had. They
are one row twice where they also agree in a measure that hardly any two training rows share, and more
often than chance lets them.
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
    by_chance : float
        The share that would be found by chance, 0 to 1.
    """

    rows: int
    of: int
    measure: str | None
    by_chance: float = 0.0

    @property
    def share(self) -> float:
        """The rows as a share of all, 0 to 1."""
        return self.rows / self.of if self.of else 0.0

    @property
    def beyond_chance(self) -> float:
        """The share that chance does not explain, 0 to 1."""
        return max(0.0, self.share - self.by_chance)


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
    names = [feature.name for feature in features if feature.encoding != "target_encoding"]
    compared = table[[*names, LABEL]]
    training, others = compared[is_training], compared[~is_training]
    training_digests = _digests(training)
    shared = np.isin(_digests(others), training_digests)
    measure = _measure(features, training) if shared.any() else None
    if measure is None:
        return SharedRows(0, len(others), None)
    return SharedRows(
        int(others.loc[shared, measure].notna().sum()),
        len(others),
        measure,
        _chance_share(others, training, training_digests, measure),
    )


def describe_shared(shared: SharedRows, most: float, far_too_many: float) -> str:
    """Say in a sentence how many rows are shared, what is allowed, and what to do next.

    Parameters
    ----------
    shared : SharedRows
        What was found.
    most, far_too_many : float
        The shares beyond chance, 0 to 1, above which that is worth a warning, and stops a run.
    """
    text = (
        f"{shared.rows:,} of {shared.of:,} rows of eval and test have the features and the label of a "
        f"training row ({shared.share:.2%}, by chance {shared.by_chance:.2%}; allowed {most:.2%} more)"
    )
    if shared.beyond_chance <= most:
        return text
    text = (
        f"{text}, '{shared.measure}' among them, which hardly any two training rows share. Take repeated "
        "rows out of the source, or keep them in one split: ingest.split by group."
    )
    if shared.beyond_chance <= far_too_many:
        return text
    return (
        f"{text} So many that the metrics tell what was learnt by heart. If these are rows of their own "
        "all the same, set transform.max_shared_fraction: 1."
    )


def _measure(features: Sequence[FeatureColumn], training: pd.DataFrame) -> str | None:
    """The first number that nearly every training row has for itself."""
    for feature in features:
        if feature.kind == "number" and feature.name in training:
            values = training[feature.name].dropna()
            if len(values) >= _MIN_ROWS and values.nunique() >= _MIN_DIFFERENT * len(values):
                return feature.name
    return None


def _chance_share(
    others: pd.DataFrame,
    training: pd.DataFrame,
    training_digests: npt.NDArray[np.uint64],
    measure: str,
) -> float:
    """The largest share of rows that chance finds among the training rows.

    No more than are found if the measure is set to the next of its values, from which nothing was copied;
    and no more than have a value that was seen before: 1 less the share of values that were seen once
    (Good, 1953, "The population frequencies of species").
    """
    moved = others.assign(**{measure: _next_values(others[measure], training[measure])})
    share = np.isin(_digests(moved[moved[measure].notna()]), training_digests).sum() / len(others)
    counts = training[measure].value_counts()
    return float(min(share, 1 - (counts == 1).sum() / counts.sum()))


def _next_values(
    values: "pd.Series[float]", present: "pd.Series[float]"
) -> npt.NDArray[np.float64]:
    """For each value that is known, another known one next to it; for each other, NaN."""
    ordered = np.unique(present.dropna().to_numpy(np.float64))
    numbers = values.to_numpy(np.float64)
    position = np.searchsorted(ordered, numbers).clip(0, len(ordered) - 1)
    moved = np.where(position + 1 < len(ordered), position + 1, position - 1)
    return np.where(ordered[position] == numbers, ordered[moved], np.nan)


def _digests(table: pd.DataFrame) -> npt.NDArray[np.uint64]:
    """A number for each row: the same for rows that are equal, null being equal to null."""
    digests = np.zeros(len(table), dtype=np.uint64)
    for name in table:
        # Adding zero makes one of the two zeros.
        bits = (table[name].to_numpy(np.float64) + 0.0).view(np.uint64)
        digests = (digests ^ bits) * _MIX
        digests ^= digests >> np.uint64(29)
    return digests
