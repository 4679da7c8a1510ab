"""What a fitted transform reads and gives, as plain facts with a JSON round trip."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

FeatureKind = Literal["number", "flag", "category", "date_part"]


@dataclass(frozen=True)
class InputColumn:
    """A raw column that the transform reads.

    Attributes
    ----------
    name : str
        The column.
    type : str
        Its type in the schema: int, float, string, bool, date or timestamp.
    nullable : bool
        Whether it may be null: nulls were seen, or the schema allows them.
    """

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class FeatureColumn:
    """A column of the feature table; always float64.

    Attributes
    ----------
    name : str
        The feature.
    sources : tuple of str
        The raw columns that it is made from.
    kind : {"number", "flag", "category", "date_part"}
        A flag is 0 or 1, a category a code from 0. NaN means missing in all of them, and for a category
        also a value that training never saw.
    categories : int or None
        For a category, the number of codes.
    encoding : str
        The encoding's name in the YAML; ``missing`` for an indicator.
    """

    name: str
    sources: tuple[str, ...]
    kind: FeatureKind
    categories: int | None = None
    encoding: str = ""

    @property
    def source(self) -> str:
        """The raw columns as the YAML names them: ``a,b``."""
        return ",".join(self.sources)


@dataclass(frozen=True)
class TransformManifest:
    """What a fitted transform reads and gives.

    Attributes
    ----------
    inputs : tuple of InputColumn
        The raw columns that it reads; it needs these and ignores any other.
    features : tuple of FeatureColumn
        What it gives, in order.
    dropped : mapping of str to str
        Columns without features of their own, and features that are left out, each with the reason.
    notes : mapping of str to str
        What was changed in a used column, such as infinite values.
    rows : int
        The rows of the training split that it was fitted on.
    """

    inputs: tuple[InputColumn, ...]
    features: tuple[FeatureColumn, ...]
    dropped: Mapping[str, str]
    notes: Mapping[str, str]
    rows: int

    @property
    def input_names(self) -> list[str]:
        """The names of the raw columns that it reads."""
        return [column.name for column in self.inputs]

    @property
    def feature_names(self) -> list[str]:
        """The names of the features, in order."""
        return [feature.name for feature in self.features]

    @property
    def categorical(self) -> tuple[int, ...]:
        """The positions of the features that are categories."""
        return tuple(
            position for position, feature in enumerate(self.features) if feature.kind == "category"
        )

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TransformManifest":
        """Read what `to_json` gave."""
        return cls(
            inputs=tuple(InputColumn(**column) for column in value["inputs"]),
            features=tuple(
                FeatureColumn(**{**feature, "sources": tuple(feature["sources"])})
                for feature in value["features"]
            ),
            dropped=dict(value["dropped"]),
            notes=dict(value["notes"]),
            rows=value["rows"],
        )
