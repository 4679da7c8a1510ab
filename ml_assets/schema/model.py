"""What data must look like: `Schema` and `Feature`, frozen.

The meanings are those of tensorflow_metadata's ``schema.proto``; a person reads and edits them as YAML
(`yaml_file`).
"""

from dataclasses import dataclass
from typing import Literal, get_args

SchemaType = Literal["int", "float", "string", "bool", "date", "timestamp"]
Number = int | float

TYPES: tuple[str, ...] = get_args(SchemaType)
TRAINING, SERVING = "TRAINING", "SERVING"
ENVIRONMENTS = (TRAINING, SERVING)


@dataclass(frozen=True)
class Feature:
    """What one column must look like.

    Attributes
    ----------
    name : str
        The column's name.
    type : str
        ``int``, ``float``, ``string``, ``bool``, ``date`` or ``timestamp``. An int is fine where a float
        is expected, and a date where a timestamp is.
    required : bool
        Whether the column must be there.
    min_fraction : float
        The least share of rows with a value, 0 to 1.
    nullable : bool, optional
        Whether a single row may be without a value; by default it may where `min_fraction` is below 1.
    domain : tuple of str, optional
        The values that a string may have.
    min, max : int or float, optional
        The least and the greatest value of a number, inclusive.
    unique : bool
        Whether all values must differ.
    allow_nan, allow_inf : bool
        Whether a float may be NaN, or infinite.
    not_in : tuple of str
        The environments in which the column is not expected, such as ``SERVING`` for the label.
    note : str
        For whoever reads the schema.
    """

    name: str
    type: SchemaType
    required: bool = True
    min_fraction: float = 1.0
    nullable: bool | None = None
    domain: tuple[str, ...] | None = None
    min: Number | None = None
    max: Number | None = None
    unique: bool = False
    allow_nan: bool = False
    allow_inf: bool = False
    not_in: tuple[str, ...] = ()
    note: str = ""

    @property
    def allows_null(self) -> bool:
        """Whether a single row may be without a value."""
        return self.min_fraction < 1 if self.nullable is None else self.nullable

    def is_in(self, environment: str | None) -> bool:
        """Whether the column is expected in an environment; without one, it is."""
        return environment is None or environment not in self.not_in


@dataclass(frozen=True)
class Schema:
    """What a data set must look like.

    Attributes
    ----------
    features : tuple of Feature
        The columns that are described.
    left_out : tuple of (name, reason)
        The columns that may be there, and are not described; none of them becomes a feature.
    min_rows, max_rows : int, optional
        The least and the greatest number of rows.
    environments : tuple of str
        The environments that there are.
    reviewed : bool or str
        Whether a person has read the schema, or who.
    """

    features: tuple[Feature, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    min_rows: int | None = None
    max_rows: int | None = None
    environments: tuple[str, ...] = ENVIRONMENTS
    reviewed: bool | str = False

    @property
    def by_name(self) -> dict[str, Feature]:
        """The features by their names."""
        return {feature.name: feature for feature in self.features}

    def expected_in(self, environment: str | None) -> tuple[Feature, ...]:
        """Give the features that are expected in an environment.

        Raises
        ------
        ValueError
            If the schema does not know the environment.
        """
        if environment is not None and environment not in self.environments:
            raise ValueError(
                f"environment must be one of {', '.join(self.environments)}; got {environment!r}"
            )
        return tuple(feature for feature in self.features if feature.is_in(environment))
