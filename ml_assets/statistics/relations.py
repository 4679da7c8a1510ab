"""What is known of columns together: slices, pairs of columns, and their association with the label.

Frozen, with a JSON round trip; `DatasetStatistics` holds them. An unknown number is None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

NULL = "(null)"
# Of the label's uncertainty: a feature that tells more of it than this may be known only afterwards.
LEAK = 0.5


@dataclass(frozen=True)
class SliceFeature:
    """One column in one slice.

    Attributes
    ----------
    name : str
        The column's name.
    num_missing : int
        The slice's rows without a value.
    mean, std_dev, min, max : float, optional
        Of the finite values of a column of numbers; `std_dev` is the population's.
    top_values : tuple of (value, count), optional
        The most frequent values of a column of texts or booleans, most frequent first; None for other
        columns, and where slices and values are too many together to be counted.
    """

    name: str
    num_missing: int
    mean: float | None = None
    std_dev: float | None = None
    min: float | None = None
    max: float | None = None
    top_values: tuple[tuple[str, int], ...] | None = None


@dataclass(frozen=True)
class SliceStatistics:
    """Statistics of the rows that share a value of a column, or of a cross of columns.

    Attributes
    ----------
    by : str
        As requested: a column, or a cross ``a,b``.
    values : tuple of str or None
        The value of each column of `by`, as text; None for missing.
    num_rows : int
        How many rows the slice has.
    features : tuple of SliceFeature
        One for each column, in the data's order.
    """

    by: str
    values: tuple[str | None, ...]
    num_rows: int
    features: tuple[SliceFeature, ...]

    @property
    def name(self) -> str:
        """Such as ``carrier=UA, origin=EWR``."""
        texts = (NULL if value is None else value for value in self.values)
        return ", ".join(
            f"{column}={text}" for column, text in zip(columns_of(self.by), texts, strict=True)
        )

    def feature(self, name: str) -> SliceFeature:
        """Give one column's statistics; raises KeyError where there is no such column."""
        return {feature.name: feature for feature in self.features}[name]


@dataclass(frozen=True)
class SlicesLeftOut:
    """The slices of `by` that are not described: too small, or beyond the largest ones.

    Attributes
    ----------
    by : str
        As requested.
    num_slices, num_rows : int
        How many slices and rows; of slices, at least so many.
    """

    by: str
    num_slices: int
    num_rows: int


@dataclass(frozen=True)
class _Pair:
    """Two columns, over the rows that have both.

    Attributes
    ----------
    first, second : str
        The columns.
    num_rows : int
        How many rows have both.
    """

    first: str
    second: str
    num_rows: int


@dataclass(frozen=True)
class NumericPair(_Pair):
    """Two columns of numbers, over the rows where both are finite.

    Attributes
    ----------
    covariance : float, optional
        The population's.
    correlation : float, optional
        Pearson's, -1 to 1; None where a column is constant.
    """

    covariance: float | None
    correlation: float | None


@dataclass(frozen=True)
class CategoryPair(_Pair):
    """Two columns of texts or booleans, over the rows where both have a value.

    Attributes
    ----------
    cramers_v : float, optional
        0 (independent) to 1 (one follows from the other), corrected for bias (Bergsma 2013,
        doi:10.1016/j.jkss.2012.10.002); None where a column is constant.
    """

    cramers_v: float | None


@dataclass(frozen=True)
class CrossStatistics:
    """Associations of all pairs of columns of one kind.

    Attributes
    ----------
    numeric : tuple of NumericPair
        Of columns of numbers.
    categories : tuple of CategoryPair
        Of columns of texts and booleans.
    left_out : tuple of (name, reason)
        The columns that are in no pair.
    """

    numeric: tuple[NumericPair, ...] = ()
    categories: tuple[CategoryPair, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Lift:
    """How much more often a class of the label comes with a value than it does in all rows.

    Attributes
    ----------
    value, label : str
        The feature's value or range, and the label's.
    num_rows : int
        The rows with that value.
    lift : float
        ``P(label | value) / P(label)``: 1 is no association, below 1 is more seldom.
    """

    value: str
    label: str
    num_rows: int
    lift: float


@dataclass(frozen=True)
class Association:
    """Association of one feature with the label.

    Numbers are in bins of 5 % of the rows, missing values in a bin of their own.

    Attributes
    ----------
    feature : str
        The column.
    mutual_information : float
        In nats.
    adjusted : float
        The adjusted mutual information: 0 is what chance explains, 1 is the same partition of the rows.
    told : float
        The share of the label's entropy that the feature explains, beyond chance; at most 1.
    lifts : tuple of Lift
        The values that tell most, for values with at least 100 rows.
    """

    feature: str
    mutual_information: float
    adjusted: float
    told: float
    lifts: tuple[Lift, ...] = ()

    @property
    def may_leak(self) -> bool:
        """Whether it tells so much that it may be known only after the label."""
        return self.told >= LEAK


@dataclass(frozen=True)
class LabelAssociation:
    """Associations of every feature with the label.

    Attributes
    ----------
    label : str
        The label's column.
    classes : tuple of (name, rows)
        The label's classes, or the ranges of a label of numbers. Rows without a label do not count.
    features : tuple of Association
        Those that tell most first.
    """

    label: str
    classes: tuple[tuple[str, int], ...]
    features: tuple[Association, ...]

    def named(self, names: Sequence[str]) -> "LabelAssociation":
        """Give the same where the label's values are codes, with the names of these codes."""
        name_of_code = {str(code): name for code, name in enumerate(names)}
        associations = [
            replace(association, lifts=_relabelled(association.lifts, name_of_code))
            for association in self.features
        ]
        classes = tuple((name_of_code.get(code, code), rows) for code, rows in self.classes)
        return replace(self, classes=classes, features=tuple(associations))

    def of_class(self, lift: Lift) -> str:
        """Give the class that a lift is about, where there are more than two to be about."""
        return lift.label if len(self.classes) > 2 else ""


def _relabelled(lifts: Sequence[Lift], name_of_code: Mapping[str, str]) -> tuple[Lift, ...]:
    return tuple(replace(lift, label=name_of_code.get(lift.label, lift.label)) for lift in lifts)


@dataclass(frozen=True)
class Relations:
    """The statistics of several columns; empty, or None, for what was not requested."""

    slices: tuple[SliceStatistics, ...] = ()
    slices_left_out: tuple[SlicesLeftOut, ...] = ()
    cross: CrossStatistics | None = None
    association: LabelAssociation | None = None


def columns_of(by: str) -> list[str]:
    """Give the columns of a slice: ``a`` is one, ``a,b`` two."""
    return [part.strip() for part in by.split(",")]


def to_json(part: Any) -> Any:
    """Give any of the above as plain JSON types."""
    return asdict(part)


def slice_from_json(value: Mapping[str, Any]) -> SliceStatistics:
    """Read what `to_json` gave of a `SliceStatistics`."""
    features = tuple(
        SliceFeature(**{**feature, "top_values": _pairs(feature["top_values"])})
        for feature in value["features"]
    )
    return SliceStatistics(value["by"], tuple(value["values"]), value["num_rows"], features)


def cross_from_json(value: Mapping[str, Any]) -> CrossStatistics:
    """Read what `to_json` gave of a `CrossStatistics`."""
    return CrossStatistics(
        tuple(NumericPair(**pair) for pair in value["numeric"]),
        tuple(CategoryPair(**pair) for pair in value["categories"]),
        _pairs(value["left_out"]) or (),
    )


def association_from_json(value: Mapping[str, Any]) -> LabelAssociation:
    """Read what `to_json` gave of a `LabelAssociation`."""
    associations = tuple(
        Association(
            **{**association, "lifts": tuple(Lift(**lift) for lift in association["lifts"])}
        )
        for association in value["features"]
    )
    return LabelAssociation(value["label"], _pairs(value["classes"]) or (), associations)


def _pairs(value: Any) -> tuple[Any, ...] | None:
    return None if value is None else tuple(tuple(pair) for pair in value)
