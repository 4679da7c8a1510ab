"""Chooses which raw columns become features, and how each is encoded, from the schema's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.table import RESERVED_COLUMNS
from ml_assets.transform.spec import Encoding, TransformSpec

_BY_TYPE: dict[str, Encoding] = {
    "int": "numeric",
    "float": "numeric",
    "bool": "numeric",
    "string": "categorical",
    "date": "date_parts",
    "timestamp": "date_parts",
}


@dataclass(frozen=True)
class Roles:
    """What columns are beside being features.

    Attributes
    ----------
    key : tuple of str
        The columns that identify an example.
    time : str or None
        The column with the moment of prediction.
    label : tuple of str
        The columns that the label is made from.
    absent : tuple of str
        The columns that do not exist when the model serves, by the schema.
    left_out : mapping of str to str
        The columns that the schema does not describe, with its reason.
    weight : str or None
        The column with the examples' weights.
    """

    key: tuple[str, ...] = ()
    time: str | None = None
    label: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    weight: str | None = None


@dataclass(frozen=True)
class Selection:
    """The columns to use with their encodings, and the others with the reason."""

    encodings: Mapping[str, Encoding]
    dropped: Mapping[str, str]


def select_columns(types: Mapping[str, str], spec: TransformSpec, roles: Roles) -> Selection:
    """Choose the raw columns that become features.

    Every column of the schema is used but the label's, those in `known_after`, the key, the time and
    the weight: the key names a row and the time its position, which a model would learn by heart, and
    the weight says how much a row counts. One of these that `features` or `encodings` names is used all
    the same (a carrier, an hour). `exclude` and an encoding ``drop`` always win.

    Parameters
    ----------
    types : mapping of str to str
        The type of each column of the schema: int, float, string, bool, date or timestamp.
    spec : TransformSpec
        The `transform` part of the YAML.
    roles : Roles
        What the columns are beside being features.

    Returns
    -------
    Selection
        In the order of `types`. A column in `features` is kept even if it is a label or known only
        after the prediction: the check `leakage` refuses it by name.

    Raises
    ------
    PipelineFileError
        Naming every column of the YAML that the schema lacks, and every encoding that a column's type
        does not allow.
    """
    _check(types, spec, roles.left_out)
    outside = {n: f"is left out of the schema: {why}" for n, why in roles.left_out.items()}
    reasons = {name: _reason_to_drop(name, spec, roles) for name in types}
    return Selection(
        encodings={
            name: spec.encodings.get(name) or _BY_TYPE[kind]
            for name, kind in types.items()
            if reasons[name] is None
        },
        dropped={n: why for n, why in reasons.items() if why is not None} | outside,
    )


def is_explicit(name: str, spec: TransformSpec) -> bool:
    """Whether the YAML itself asks for this column as a feature."""
    return name in (spec.features or ()) or spec.encodings.get(name, "drop") != "drop"


def _reason_to_drop(name: str, spec: TransformSpec, roles: Roles) -> str | None:
    explicit = is_explicit(name, spec)
    in_features = name in (spec.features or ())
    reasons = (
        (name in RESERVED_COLUMNS, "is reserved for ml_assets"),
        (name in spec.exclude, "is in transform.exclude"),
        (spec.encodings.get(name) == "drop", "has the encoding drop"),
        (spec.features is not None and not explicit, "is not in transform.features"),
        (name in roles.label and not in_features, "makes the label"),
        (name in spec.known_after and not in_features, "is in transform.known_after"),
        (name in roles.absent and not in_features, "does not exist when the model serves"),
        (name in roles.key and not explicit, "is part of ingest.key"),
        (name == roles.time and not explicit, "is ingest.time"),
        (name == roles.weight and not explicit, "is statistics.weight"),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _check(types: Mapping[str, str], spec: TransformSpec, left_out: Mapping[str, str]) -> None:
    wanted = {"features": spec.features or [], "encodings": list(spec.encodings)}
    unwanted = {"exclude": spec.exclude, "known_after": spec.known_after}
    mistakes = [
        f"transform.{key}: the schema has no column '{name}'.{did_you_mean(name, types)}"
        for key, names in (wanted | unwanted).items()
        for name in names
        if name not in types and name not in left_out
    ]
    mistakes += [
        f"transform.{key}: '{name}' is left out of the schema: {left_out[name]}."
        for key, names in wanted.items()
        for name in names
        if name in left_out and is_explicit(name, spec)
    ]
    mistakes += [
        f"transform.encodings.{name}: date_parts needs a date or timestamp; '{name}' is {types[name]}."
        for name, encoding in spec.encodings.items()
        if encoding == "date_parts" and types.get(name, "date") not in ("date", "timestamp")
    ]
    if mistakes:
        raise PipelineFileError("\n".join(mistakes))
