"""What data must look like: `Schema` and `Feature`, frozen.

The meanings are those of tensorflow_metadata's ``schema.proto``; a person reads and edits them as YAML
(`yaml_file`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from pathlib import Path

SchemaType = Literal["int", "float", "string", "bool", "date", "timestamp"]
Holds = Literal["int", "float", "bool", "category"]
LifecycleStage = Literal[
    "PLANNED", "ALPHA", "BETA", "PRODUCTION", "DEPRECATED", "DEBUG_ONLY", "DISABLED",
    "VALIDATION_DERIVED",
]  # fmt: skip
Number = int | float

TYPES: tuple[str, ...] = get_args(SchemaType)
HOLDS: tuple[str, ...] = get_args(Holds)
LIFECYCLE_STAGES: tuple[str, ...] = get_args(LifecycleStage)
# Columns in these stages are not judged at all.
IGNORED_STAGES = ("PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED")
# Why TensorFlow Metadata's feature of a list in each row is left out, with the list's length.
SEVERAL_VALUES = "it has {} values in each row"
SEVERAL_IN_SHAPE = "its shape has {} values in each row"
TRAINING, SERVING = "TRAINING", "SERVING"
ENVIRONMENTS = (TRAINING, SERVING)


@dataclass(frozen=True)
class Comparator:
    """The largest distances between two distributions of a column that are no anomaly; None is no limit.

    Attributes
    ----------
    l_infinity : float, optional
        The largest change of one value's share, 0 to 1 (TFDV's; of strings and categories).
    jensen_shannon : float, optional
        The Jensen-Shannon divergence, base 2, 0 to 1 (TFDV's).
    normalized_abs_difference : float, optional
        The largest change of one value's count, over the sum of all counts, 0 to 1 (TFDV's).
    psi, wasserstein, ks : float, optional
        The population stability index; the Wasserstein distance in standard deviations of the reference;
        the Kolmogorov-Smirnov statistic, 0 to 1.
    """

    l_infinity: float | None = None
    jensen_shannon: float | None = None
    normalized_abs_difference: float | None = None
    psi: float | None = None
    wasserstein: float | None = None
    ks: float | None = None


@dataclass(frozen=True)
class FunctionalDependency:
    """Rows that are equal in the determinant are equal in the dependent column.

    Attributes
    ----------
    determinant : tuple of str
        One or more columns.
    dependent : str
        The column that follows from them.
    support : float, optional
        The share of rows that obeyed it when it was proposed, 0 to 1.
    """

    determinant: tuple[str, ...]
    dependent: str
    support: float | None = None


@dataclass(frozen=True)
class Feature:
    """What one column must look like.

    Attributes
    ----------
    name : str
        The column's name.
    type : str
        How a value is stored: ``int``, ``float``, ``string``, ``bool``, ``date`` or ``timestamp``. A bool
        is fine where an int is expected, an int where a float is, and a date where a timestamp is; of a
        whole column of ints in place of floats there is a warning.
    holds : str, optional
        What the stored value stands for, where that is not its type: ``int`` or ``float`` in a string,
        ``bool`` in an int (0 and 1), a float or a string (`bool_values`), ``category`` in an int.
    bool_values : tuple of (str or None, str or None), optional
        The texts for true and for false; None where only the other one may occur.
    required : bool
        Whether the column must be there.
    min_fraction : float
        The least share of rows with a value, 0 to 1.
    min_count : int
        The least number of rows with a value, >= 0.
    fixed_shape : bool
        Whether every row has exactly one value, as tfmd's ``shape`` says; rows without one are then an
        anomaly of their own, beside `min_fraction`.
    nullable : bool, optional
        Whether a single row may be without a value; by default it may where `min_fraction` is below 1.
    domain : tuple of str, optional
        The values that a string may have.
    min_domain_mass : float
        The least share of values that lie in the domain, 0 to 1.
    min, max : int or float, optional
        The least and the greatest value of a number, inclusive; of the numbers in a string as well.
    earliest, latest : datetime.date or datetime.datetime, optional
        The first and the last date, or timestamp, inclusive.
    min_length, max_length : int, optional
        Of a string, in characters.
    unique : bool
        Whether all values must differ.
    min_unique, max_unique : int, optional
        The least and the greatest number of different values.
    allow_nan, allow_inf : bool
        Whether a float may be NaN, or infinite.
    not_in : tuple of str
        The environments in which the column is not expected, such as ``SERVING`` for the label.
    also_in : tuple of str
        The environments in which it is expected beside the schema's usual ones.
    stage : str, optional
        The stage of its life; columns in `IGNORED_STAGES` are not judged.
    drift, skew : Comparator, optional
        How far the distribution may be from that of the previous span, and of serving. Without one the
        default alarm judges: an effect that is large and beyond chance.
    mistakes : tuple of (code, reason)
        What a schema read from elsewhere says that cannot hold; each is an anomaly. A YAML file with such
        a mistake is refused.
    note : str
        A comment for readers of the schema.
    """

    name: str
    type: SchemaType
    holds: Holds | None = None
    bool_values: tuple[str | None, str | None] | None = None
    required: bool = True
    min_fraction: float = 1.0
    min_count: int = 0
    fixed_shape: bool = False
    nullable: bool | None = None
    domain: tuple[str, ...] | None = None
    min_domain_mass: float = 1.0
    min: Number | None = None
    max: Number | None = None
    earliest: date | datetime | None = None
    latest: date | datetime | None = None
    min_length: int | None = None
    max_length: int | None = None
    unique: bool = False
    min_unique: int | None = None
    max_unique: int | None = None
    allow_nan: bool = False
    allow_inf: bool = False
    not_in: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()
    stage: LifecycleStage | None = None
    drift: Comparator | None = None
    skew: Comparator | None = None
    mistakes: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def allows_null(self) -> bool:
        """Whether a single row may be without a value."""
        return self.min_fraction < 1 if self.nullable is None else self.nullable

    @property
    def is_ignored(self) -> bool:
        """Whether the stage of its life keeps the column from being judged."""
        return self.stage in IGNORED_STAGES

    @property
    def has_type(self) -> bool:
        """Whether a schema read from elsewhere says a type, or a domain from which it follows."""
        return self.domain is not None or "FEATURE_MISSING_TYPE" not in dict(self.mistakes)

    def is_in(self, environment: str | None) -> bool:
        """Whether the column is expected in an environment; without one, it is."""
        return environment is None or environment in self.also_in or environment not in self.not_in


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
    rows_vs_previous, rows_vs_version : tuple of (float or None, float or None), optional
        The least and the greatest number of rows as a share of the previous span's (tfmd's drift
        comparator), and of an earlier version of the same span (its version comparator).
    functional_dependencies : tuple of FunctionalDependency
        Which columns follow from which; rows that break one are anomalies.
    environments : tuple of str
        The environments that there are.
    reviewed : bool or str
        Whether a person has read the schema, or who.
    reason : str
        Why it was changed last.
    note : str
        A comment for readers of the schema.
    """

    features: tuple[Feature, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    min_rows: int | None = None
    max_rows: int | None = None
    rows_vs_previous: tuple[float | None, float | None] | None = None
    rows_vs_version: tuple[float | None, float | None] | None = None
    functional_dependencies: tuple[FunctionalDependency, ...] = ()
    environments: tuple[str, ...] = ENVIRONMENTS
    reviewed: bool | str = False
    reason: str = ""
    note: str = ""

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
            names = ", ".join(self.environments) or "those that the schema names, which are none"
            raise ValueError(f"environment must be one of {names}; got {environment!r}")
        return tuple(feature for feature in self.features if feature.is_in(environment))

    @classmethod
    def from_tfmd(cls, source: "Path | str | bytes | dict[str, Any] | Any") -> "Schema":
        """Read a schema of TensorFlow Metadata, as TFX users curate it: see `tfmd.from_tfmd`.

        Parameters
        ----------
        source : Path, str, bytes, dict or schema_pb2.Schema
            The path of a ``schema.pbtxt`` or its JSON form, the text of either, the JSON as a dict, the
            serialised message, or the message.

        Returns
        -------
        Schema
            What has no meaning for a table is in `left_out`, or named in a `note`.

        Raises
        ------
        PipelineFileError
            If it cannot be read: file, line and what was found.
        """
        from ml_assets.schema.tfmd import from_tfmd

        return from_tfmd(source)

    def to_tfmd(self, path: "Path | str | None" = None) -> Any:
        """Give the schema as a message of TensorFlow Metadata: see `tfmd.to_tfmd`.

        Parameters
        ----------
        path : Path or str, optional
            Where to write it as well: as JSON if it ends in ``.json``, else as ``.pbtxt``.

        Returns
        -------
        schema_pb2.Schema
            `from_tfmd` gives an equal schema back: what the message has no word for is in comments.
        """
        from ml_assets.schema.tfmd import to_tfmd

        return to_tfmd(self, path)
