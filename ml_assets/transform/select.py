"""Chooses which raw columns become features, and how each is encoded, from the schema's types."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ml_assets.errors import PipelineFileError, did_you_mean
from ml_assets.spec import columns_and_bins
from ml_assets.table import RESERVED_COLUMNS
from ml_assets.transform.encoding import (
    BINNED_TYPES,
    CROSSED_TYPES,
    CROSSING,
    TYPES,
    Encoding,
    EncodingName,
    encodings_of,
    parts_of,
)
from ml_assets.transform.options import DateOptions, PcaOptions, TextConstant
from ml_assets.transform.spec import TransformSpec, columns_in

_BY_TYPE: dict[str, EncodingName] = {
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
    """What becomes features, and what does not.

    Attributes
    ----------
    encodings : mapping of str to tuple of Encoding
        By column, or by a key of the YAML that names several, such as ``a,b``.
    dropped : mapping of str to str
        The columns without features of their own, each with the reason.
    """

    encodings: Mapping[str, tuple[Encoding, ...]]
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
        In the order of `types`, then what is made of several columns. A column in `features` is kept
        even if it is a label or known only after the prediction: the check `leakage` refuses it by name.

    Raises
    ------
    PipelineFileError
        Naming every column of the YAML that the schema lacks, and every encoding that a column's type
        does not allow.
    """
    _check_columns(types, spec, roles.left_out)
    outside = {
        name: f"is left out of the schema: {reason}" for name, reason in roles.left_out.items()
    }
    reasons = {name: _reason_to_drop(name, spec, roles) for name in types}
    reasons |= {
        name: reason for name, reason in _pca_columns(types, spec).items() if reasons[name] is None
    }
    single = {
        name: encodings_of(spec.encodings.get(name, _BY_TYPE[kind]))
        for name, kind in types.items()
        if reasons[name] is None
    }
    several = {key: encodings_of(spec.encodings[key]) for key in spec.encodings if key not in types}
    return Selection(
        encodings=single
        | {key: encodings for key, encodings in several.items() if encodings[0].name != "drop"},
        dropped={name: reason for name, reason in reasons.items() if reason is not None} | outside,
    )


def is_explicit(name: str, spec: TransformSpec) -> bool:
    """Whether the YAML itself asks for this column as a feature."""
    named = name in spec.encodings and not spec.is_dropped(name)
    return named or name in (spec.features or ())


def is_dropped_on_purpose(name: str, spec: TransformSpec, roles: Roles) -> bool:
    """Whether the YAML, or the schema's environments, keep a column from being a feature."""
    in_pca = any(
        name in columns_in(key)
        for key, value in spec.encodings.items()
        if any(encoding.name == "pca" for encoding in encodings_of(value))
    )
    return in_pca or _reason_to_drop(name, spec, roles) is not None


def columns_of(key: str, types: Mapping[str, str]) -> tuple[str, ...]:
    """Give the columns that a key of `encodings` names: the one of that name, or several."""
    return tuple(name for name, _ in _columns_and_bins(key, types))


def read_by(key: str, encodings: Sequence[Encoding], types: Mapping[str, str]) -> list[str]:
    """Give the columns that a key's encodings read: also those that tell the key of a number."""
    return [*columns_of(key, types), *(name for encoding in encodings for name in encoding.by)]


def bins_of(key: str, types: Mapping[str, str]) -> dict[str, int]:
    """Give the columns that a key of `encodings` takes by their bins, each with how many: ``a:4``."""
    return {name: bins for name, bins in _columns_and_bins(key, types) if bins is not None}


def misfits(types: Mapping[str, str], spec: TransformSpec) -> list[tuple[str, str]]:
    """Give what the encodings cannot do with the columns that they are for: the key, and a sentence.

    Parameters
    ----------
    types : mapping of str to str
        The type of each column; one that is not there fits.
    spec : TransformSpec
        The `transform` part of the YAML.
    """
    return [
        (key, text)
        for key, value in spec.encodings.items()
        for encoding in encodings_of(value)
        for text in _misfits(key, encoding, types)
    ]


def _reason_to_drop(name: str, spec: TransformSpec, roles: Roles) -> str | None:
    explicit = is_explicit(name, spec)
    in_features = name in (spec.features or ())
    reasons = (
        (name in RESERVED_COLUMNS, "is reserved for ml_assets"),
        (name in spec.exclude, "is in transform.exclude"),
        (spec.is_dropped(name), "has the encoding drop"),
        (spec.features is not None and not explicit, "is not in transform.features"),
        (name in roles.label and not in_features, "makes the label"),
        (name in spec.known_after and not in_features, "is in transform.known_after"),
        (name in roles.absent and not in_features, "does not exist when the model serves"),
        (name in roles.key and not explicit, "is part of ingest.key"),
        (name == roles.time and not explicit, "is ingest.time"),
        (name == roles.weight and not explicit, "is statistics.weight"),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _pca_columns(types: Mapping[str, str], spec: TransformSpec) -> dict[str, str]:
    """The columns whose place a pca takes."""
    return {
        name: f"is part of the pca of '{key}'"
        for key, value in spec.encodings.items()
        if key not in types and any(encoding.name == "pca" for encoding in encodings_of(value))
        for name in columns_in(key)
        if name in types and not is_explicit(name, spec)
    }


def _columns_and_bins(key: str, types: Mapping[str, str]) -> list[tuple[str, int | None]]:
    # A column may have a comma or a colon in its name.
    if key in types:
        return [(key, None)]
    parts = (part.strip() for part in key.split(","))
    return [(part, None) if part in types else columns_and_bins(part)[0] for part in parts]


def _check_columns(
    types: Mapping[str, str], spec: TransformSpec, left_out: Mapping[str, str]
) -> None:
    named = {**types, **left_out}
    encoded = [
        name
        for key, value in spec.encodings.items()
        for name in read_by(key, encodings_of(value), named)
    ]
    used = {"features": spec.features or [], "encodings": encoded}
    unused = {name: getattr(spec, name) for name in ("exclude", "known_after", "known_before")}
    mistakes = [
        f"transform.{key}: the schema has no column '{name}'.{did_you_mean(name, types)}"
        for key, names in (used | unused).items()
        for name in names
        if name not in types and name not in left_out
    ]
    mistakes += [
        f"transform.{key}: '{name}' is left out of the schema: {left_out[name]}."
        for key, names in used.items()
        for name in names
        if name in left_out and not spec.is_dropped(name)
    ]
    mistakes += [f"transform.encodings.{key}: {text}" for key, text in misfits(types, spec)]
    if mistakes:
        raise PipelineFileError("\n".join(mistakes))


def _misfits(key: str, encoding: Encoding, types: Mapping[str, str]) -> Iterator[str]:
    columns, name = columns_of(key, types), encoding.name
    several = len(columns) > 1
    if several and name not in (*CROSSING, "pca", "drop"):
        yield f"{name} takes one column; several can be crossed ({', '.join(CROSSING)}) or a pca."
        return
    if isinstance(encoding.options, PcaOptions) and encoding.options.output_dim >= len(columns):
        yield (
            f"pca gives fewer features than it takes columns; found output_dim "
            f"{encoding.options.output_dim} for {len(columns)}."
        )
    if len(set(columns)) < len(columns):
        yield "names a column twice."
    if isinstance(encoding.options, DateOptions):
        available = parts_of([types.get(column, "timestamp") for column in columns])
        absent = [part for part in encoding.options.parts or () if part not in available]
        if absent:
            yield f"a {types[columns[0]]} has no {' and no '.join(absent)}."
    is_text = several or types.get(key, "string") == "string"
    if isinstance(getattr(encoding.options, "impute", None), TextConstant) and not is_text:
        yield f"impute.constant is a text, and '{key}' is {types[key]}; most_frequent takes any type."
    yield from _wrong_types(key, encoding, types)


def _wrong_types(key: str, encoding: Encoding, types: Mapping[str, str]) -> Iterator[str]:
    """Columns, also those with bins and the key's, that an encoding does not take."""
    columns, bins, name = columns_of(key, types), bins_of(key, types), encoding.name
    is_cross = len(columns) > 1 and name in CROSSING
    if bins and not is_cross:
        yield "only a cross takes bins; for one column use bucketize with num_buckets."
        return
    crossed = " of several columns" if len(columns) > 1 else ""
    for column in columns:
        allowed = CROSSED_TYPES if is_cross else TYPES[name]
        if column in bins:
            if types.get(column, "int") not in BINNED_TYPES:
                yield f"bins are of {', '.join(BINNED_TYPES)}; '{column}' is {types[column]}."
        elif column in types and types[column] not in allowed:
            hint = (
                f"; '{column}:10' takes its bins"
                if is_cross and types[column] in BINNED_TYPES
                else ""
            )
            yield f"{name}{crossed} takes {', '.join(allowed)}; '{column}' is {types[column]}{hint}."
    for column in encoding.by:
        if column in columns:
            yield f"{name} has '{column}' as its key, which is the column itself."
        elif types.get(column, "int") not in CROSSED_TYPES:
            yield f"{name} takes a key of {', '.join(CROSSED_TYPES)}; '{column}' is {types[column]}."
