"""What is known of a data set: `DatasetStatistics`, frozen, with a JSON round trip.

Names and meanings are TFDV's (tensorflow_metadata's ``statistics.proto``) where it has one. JSON has no
word for NaN and infinity, so an unknown number is null.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ml_assets.statistics.feature_model import QUANTILE_RANKS as QUANTILE_RANKS
from ml_assets.statistics.feature_model import Bucket as Bucket
from ml_assets.statistics.feature_model import FeatureStatistics as FeatureStatistics
from ml_assets.statistics.feature_model import FeatureType as FeatureType
from ml_assets.statistics.feature_model import Number as Number
from ml_assets.statistics.feature_model import NumbersInText as NumbersInText
from ml_assets.statistics.feature_model import NumericStatistics as NumericStatistics
from ml_assets.statistics.feature_model import StringStatistics as StringStatistics
from ml_assets.statistics.feature_model import TimeStatistics as TimeStatistics
from ml_assets.statistics.feature_model import WeightedStatistics as WeightedStatistics
from ml_assets.statistics.feature_model import feature_from_json, feature_to_json
from ml_assets.statistics.relations import (
    CrossStatistics,
    LabelAssociation,
    SlicesLeftOut,
    SliceStatistics,
    association_from_json,
    cross_from_json,
    slice_from_json,
    to_json,
)


@dataclass(frozen=True)
class DatasetStatistics:
    """The statistics of a data set.

    Attributes
    ----------
    num_rows : int
        How many rows it has.
    features : tuple of FeatureStatistics
        One for each column, in the data's order.
    slices : tuple of SliceStatistics
        The requested slices: of each column or cross the largest ones, largest first.
    slices_left_out : tuple of SlicesLeftOut
        The slices that were left out, by column or cross.
    cross : CrossStatistics, optional
        Of pairs of columns; None unless requested.
    association : LabelAssociation, optional
        Of every column with the label; None unless a label was named.
    """

    num_rows: int
    features: tuple[FeatureStatistics, ...]
    slices: tuple[SliceStatistics, ...] = ()
    slices_left_out: tuple[SlicesLeftOut, ...] = ()
    cross: CrossStatistics | None = None
    association: LabelAssociation | None = None

    @property
    def by_name(self) -> dict[str, FeatureStatistics]:
        """The features by their names."""
        return {feature.name: feature for feature in self.features}

    def feature(self, name: str) -> FeatureStatistics:
        """Give one column's statistics; raises KeyError where there is no such column."""
        return self.by_name[name]

    def only(self, names: Collection[str]) -> "DatasetStatistics":
        """Give the statistics with these columns only, in the data's order."""
        features = tuple(feature for feature in self.features if feature.name in names)
        return replace(self, features=features)

    def slice(self, name: str) -> SliceStatistics:
        """Give a slice by its name, such as ``origin=EWR``; raises KeyError where there is none."""
        return {piece.name: piece for piece in self.slices}[name]

    def to_json(self) -> dict[str, Any]:
        """Give the statistics as plain JSON types, without NaN."""
        return {
            "num_rows": self.num_rows,
            "features": [feature_to_json(feature) for feature in self.features],
            **{
                key: _relation_to_json(getattr(self, key))
                for key in _RELATION_READERS
                if getattr(self, key)
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "DatasetStatistics":
        """Read what `to_json` gave."""
        features = tuple(feature_from_json(feature) for feature in value["features"])
        relations = {
            key: read(value[key]) for key, read in _RELATION_READERS.items() if key in value
        }
        return cls(value["num_rows"], features, **relations)


_RELATION_READERS: dict[str, Callable[[Any], Any]] = {
    "slices": lambda value: tuple(slice_from_json(piece) for piece in value),
    "slices_left_out": lambda value: tuple(SlicesLeftOut(**piece) for piece in value),
    "cross": cross_from_json,
    "association": association_from_json,
}


def _relation_to_json(value: Any) -> Any:
    return [to_json(part) for part in value] if isinstance(value, tuple) else to_json(value)
