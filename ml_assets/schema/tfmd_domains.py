"""What the type and the domain of a TensorFlow Metadata feature say: see `tfmd`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

BYTES, INT, FLOAT, STRUCT = (
    schema_pb2.BYTES,
    schema_pb2.INT,
    schema_pb2.FLOAT,
    schema_pb2.STRUCT,
)
_TYPES = {BYTES: "string", INT: "int", FLOAT: "float"}
# The types that a domain allows; any other domain allows every type.
_ALLOWED: dict[str, tuple[int, ...]] = {
    "domain": (BYTES,),
    "string_domain": (BYTES,),
    "bool_domain": (INT, BYTES, FLOAT),
    "int_domain": (INT, BYTES),
    "float_domain": (FLOAT, BYTES),
    "struct_domain": (STRUCT,),
    "natural_language_domain": (BYTES, INT),
    "image_domain": (BYTES,),
    "mid_domain": (BYTES,),
    "url_domain": (BYTES,),
    "time_domain": (INT, BYTES),
}
_OF_TEXTS = ("domain", "string_domain")
_SEMANTIC = (
    "natural_language_domain",
    "mid_domain",
    "url_domain",
    "time_domain",
    "time_of_day_domain",
)
_INVALID = "INVALID_SCHEMA_SPECIFICATION"


@dataclass
class Meaning:
    """What is read so far of one feature.

    Attributes
    ----------
    fields : dict
        Fields of our `Feature`.
    mistakes : list of (code, reason)
        What cannot hold.
    remarks : list of str
        What is not kept.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    mistakes: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def fits_domain(feature: Any) -> bool:
    """Whether a feature's domain allows its type; so does any domain that this module does not know."""
    kind = str(feature.WhichOneof("domain_info"))
    return kind not in _ALLOWED or feature.type in _ALLOWED[kind] or not feature.type


def read_type(feature: Any, meaning: Meaning) -> int:
    """Read a feature's type; where it says none, the one that its domain is usually of."""
    type_: int = feature.type
    if type_ not in _TYPES:
        meaning.mistakes.append(("FEATURE_MISSING_TYPE", "it has no type: say BYTES, INT or FLOAT"))
        kind = str(feature.WhichOneof("domain_info"))
        type_ = {"int_domain": INT, "float_domain": FLOAT}.get(kind, BYTES)
    meaning.fields["type"] = _TYPES[type_]
    return type_


def read_domain(feature: Any, type_: int, domains: Mapping[str, Any], meaning: Meaning) -> None:
    """Read a feature's domain and its `distribution_constraints`.

    Parameters
    ----------
    feature : schema_pb2.Feature
        The feature.
    type_ : int
        Its type, as `read_type` gives it.
    domains : mapping of str to schema_pb2.StringDomain
        The schema's string domains by name.
    meaning : Meaning
        Where to note what they mean.
    """
    kind = feature.WhichOneof("domain_info")
    if not fits_domain(feature):
        name = schema_pb2.FeatureType.Name(type_)
        text = f"a {kind} does not go with the type {name}"
        meaning.mistakes.append(("DOMAIN_INVALID_FOR_TYPE", text))
        kind = None
    if type_ == FLOAT or kind == "float_domain":
        meaning.fields.update(allow_nan=True, allow_inf=True)
    if kind is not None:
        _read_domain(feature, kind, type_, domains, meaning)
    _read_mass(feature, kind, meaning)


def _read_domain(
    feature: Any, kind: str, type_: int, domains: Mapping[str, Any], meaning: Meaning
) -> None:
    match kind:
        case "domain" if feature.domain not in domains:
            text = f"the domain {feature.domain!r} is not declared"
            meaning.mistakes.append(("INVALID_DOMAIN_SPECIFICATION", text))
        case "domain" | "string_domain":
            domain = domains[feature.domain] if kind == "domain" else feature.string_domain
            meaning.fields["domain"] = tuple(dict.fromkeys(domain.value))
            if domain.HasField("is_categorical"):
                meaning.remarks.append("string_domain.is_categorical")
        case "bool_domain":
            _read_bool(feature, type_, meaning)
        case "int_domain":
            _read_int(feature.int_domain, type_, meaning)
        case "float_domain":
            _read_float(feature.float_domain, type_, meaning)
        case _:
            meaning.remarks.append(shown(feature, kind))


def _read_bool(feature: Any, type_: int, meaning: Meaning) -> None:
    """Of numbers, 1 is true and 0 is false, as in TFDV: texts for them say nothing."""
    meaning.fields["holds"] = "bool"
    domain = feature.bool_domain
    texts = tuple(
        getattr(domain, key) if domain.HasField(key) else None
        for key in ("true_value", "false_value")
    )
    if type_ == BYTES:
        meaning.fields["bool_values"] = texts
    elif texts != (None, None):
        meaning.remarks.append(shown(feature, "bool_domain"))


def _read_int(domain: Any, type_: int, meaning: Meaning) -> None:
    """Texts are categories anyway: of them, `is_categorical` says nothing more."""
    if type_ == BYTES:
        meaning.fields["holds"] = "int"
    elif domain.is_categorical:
        meaning.fields["holds"] = "category"
    for key in ("min", "max"):
        if domain.HasField(key):
            meaning.fields[key] = int(getattr(domain, key))


def _read_float(domain: Any, type_: int, meaning: Meaning) -> None:
    """Below a greatest value there is no infinity, unless the least one is infinite."""
    if type_ == BYTES:
        meaning.fields["holds"] = "float"
    if domain.is_categorical:
        meaning.remarks.append("float_domain.is_categorical")
    for key in ("min", "max"):
        if domain.HasField(key) and np.isfinite(getattr(domain, key)):
            meaning.fields[key] = shortest(getattr(domain, key))
    is_open = "max" not in meaning.fields or domain.min == -np.inf
    allow_inf = not domain.disallow_inf and is_open
    meaning.fields.update(allow_nan=not domain.disallow_nan, allow_inf=allow_inf)


def _read_mass(feature: Any, kind: str | None, meaning: Meaning) -> None:
    """The least share of values in the domain, which only a domain of texts can have."""
    if not feature.HasField("distribution_constraints"):
        return
    mass = feature.distribution_constraints.min_domain_mass
    if kind not in _OF_TEXTS:
        kind_text = "semantic" if kind in _SEMANTIC else str(kind).removesuffix("_domain")
        text = "distribution_constraints need a domain of texts"
        unlike = f", not a {kind_text} domain" if kind else ""
        meaning.mistakes.append((_INVALID, text + unlike))
    elif not 0 <= mass <= 1:
        meaning.mistakes.append((_INVALID, f"min_domain_mass must be from 0 to 1; found {mass:g}"))
    else:
        meaning.fields["min_domain_mass"] = mass


def shortest(value: float) -> float:
    """Give the shortest number that a 32-bit float holds as this one: 0.1, not 0.10000000149."""
    return float(str(np.float32(value)))


def shown(message: Any, name: str) -> str:
    """Give one field of a message as text, in one line."""
    value = getattr(message, name)
    if not hasattr(value, "DESCRIPTOR"):
        return name
    text = text_format.MessageToString(value, as_one_line=True, as_utf8=True)
    return f"{name} {{ {text} }}" if text else name
