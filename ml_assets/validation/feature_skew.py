"""`detect_feature_skew`: the values of rows that both sets have, one by one (TFX's ExampleDiff).

Distributions may agree although every value is wrong: a feature that was shuffled, or computed from
yesterday's data at serving. Where a row has a key, its values in training and at serving must be equal.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ml_assets.errors import DataError
from ml_assets.statistics.arrow_input import record_batches
from ml_assets.validation.aligned import PART_ROWS, MatchStatistics, aligned_parts, check_key
from ml_assets.validation.value_pairs import ColumnPairs

_MOST_PAIRS = 20


@dataclass(frozen=True)
class FeatureMismatch:
    """How often a feature's values differ in rows with the same key.

    Attributes
    ----------
    feature : str
        The column.
    rows : int
        The rows that were compared.
    mismatches : int
        Those whose values differ; NaN equals NaN, and a missing value a missing one.
    only_training, only_serving : int
        Of the mismatches, those with a value on one side only.
    types : tuple of (str, str)
        The column's types in training and at serving.
    confusion : tuple of (training value, serving value, rows)
        Of texts and bools: the most frequent pairs of different values; None stands for a missing one.
    samples : tuple of mapping
        Some of the rows: their key, and both values; texts are cut to 40 characters.
    explanation : str
        What differs, in words; empty where nothing does.
    """

    feature: str
    rows: int
    mismatches: int
    only_training: int
    only_serving: int
    types: tuple[str, str]
    confusion: tuple[tuple[str | None, str | None, int], ...] = ()
    samples: tuple[Mapping[str, Any], ...] = ()
    explanation: str = ""

    @property
    def fraction(self) -> float:
        """The share of the compared rows whose values differ, 0 to 1."""
        return self.mismatches / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class FeatureSkew:
    """What differs between the rows that training and serving share.

    Attributes
    ----------
    match : MatchStatistics
        How the rows belong together.
    features : tuple of FeatureMismatch
        One for each feature that both sides have, most mismatches first.
    only_training, only_serving : tuple of str
        The columns that the other side does not have.
    """

    match: MatchStatistics
    features: tuple[FeatureMismatch, ...]
    only_training: tuple[str, ...] = ()
    only_serving: tuple[str, ...] = ()

    @property
    def mismatched(self) -> tuple[FeatureMismatch, ...]:
        """The features with at least one mismatch."""
        return tuple(feature for feature in self.features if feature.mismatches)

    def to_json(self) -> dict[str, Any]:
        """Give the skew as plain JSON types."""
        return {
            "match": asdict(self.match),
            "features": [
                {
                    **asdict(feature),
                    "types": list(feature.types),
                    "confusion": [list(pair) for pair in feature.confusion],
                    "samples": [dict(sample) for sample in feature.samples],
                }
                for feature in self.features
            ],
            "only_training": list(self.only_training),
            "only_serving": list(self.only_serving),
        }


@dataclass
class _Totals:
    match: MatchStatistics = field(default_factory=MatchStatistics)
    pairs: dict[str, ColumnPairs] = field(default_factory=dict)


def detect_feature_skew(
    training: Any,
    serving: Any,
    *,
    key: Sequence[str],
    columns: Sequence[str] | None = None,
    ignore: Collection[str] = (),
    relative_tolerance: float = 1e-6,
    absolute_tolerance: float = 0.0,
    max_samples: int = 5,
    part_rows: int = PART_ROWS,
) -> FeatureSkew:
    """Compare the values of rows that are in both sets, one by one.

    Parameters
    ----------
    training, serving : Table, pandas.DataFrame or pyarrow.Table
        The rows.
    key : sequence of str
        The columns that name a row. Rows whose key repeats, or is missing, are counted, not compared.
    columns : sequence of str, optional
        The features to compare; by default all that both sides have.
    ignore : collection of str
        Features to leave out.
    relative_tolerance, absolute_tolerance : float
        Two numbers are equal if they differ by at most the relative tolerance of the larger one, or by at
        most the absolute one (as `math.isclose`), >= 0. Where both are ints, they must be the same.
    max_samples : int
        How many rows are shown for each feature, >= 0.
    part_rows : int
        About how many rows of both sides are held in memory at once, >= 1.

    Returns
    -------
    FeatureSkew
        The mismatches of each feature, and how many rows could be compared.

    Raises
    ------
    DataError
        Where the key, or one of `columns`, is not there, or the key's types differ.
    """
    names = {side: _names(data) for side, data in (("training", training), ("serving", serving))}
    check_key(names, key)
    wanted = _wanted_columns(names, columns, {*ignore, *key})
    tolerance = relative_tolerance, absolute_tolerance
    totals = _Totals(pairs={name: ColumnPairs(tolerance, max_samples) for name in wanted})
    for match, training_part, serving_part in aligned_parts(
        training, serving, key, wanted, part_rows
    ):
        totals.match += match
        keys = training_part.select(list(key))
        for name, pairs in totals.pairs.items():
            pairs.add(training_part[name], serving_part[name], keys)
    mismatches = [_mismatch(name, pairs) for name, pairs in totals.pairs.items()]
    return FeatureSkew(
        totals.match,
        tuple(sorted(mismatches, key=lambda mismatch: -mismatch.mismatches)),
        tuple(name for name in names["training"] if name not in names["serving"]),
        tuple(name for name in names["serving"] if name not in names["training"]),
    )


def _names(data: Any) -> list[str]:
    return list(next(iter(record_batches(data))).schema.names)


def _wanted_columns(
    names: Mapping[str, list[str]], columns: Sequence[str] | None, left_out: set[str]
) -> list[str]:
    if columns is None:
        both = [name for name in names["training"] if name in names["serving"]]
        return [name for name in both if name not in left_out]
    missing = [
        f"'{name}' is not a column of {side}"
        for side, existing in names.items()
        for name in columns
        if name not in existing
    ]
    if missing:
        raise DataError(f"{'; '.join(missing)}. Compare columns that both sides have.")
    return [name for name in columns if name not in left_out]


def _mismatch(name: str, pairs: ColumnPairs) -> FeatureMismatch:
    return FeatureMismatch(
        name,
        pairs.rows,
        pairs.mismatches,
        pairs.only_first,
        pairs.only_second,
        pairs.types,
        tuple(
            (first, second, count)
            for (first, second), count in pairs.confusion.most_common(_MOST_PAIRS)
        ),
        tuple(pairs.samples),
        pairs.explanation(),
    )
