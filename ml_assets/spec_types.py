"""Reads from the annotations of spec classes which keys and values a YAML file may have, in words."""

import re
from collections.abc import Iterator
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from ml_assets.spec import InWords

_WORDS: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    datetime: "a date or time such as 2013-01-31",
    Any: "any value",
}
_SIGNS: dict[type, tuple[str, str]] = {
    Ge: (">=", "ge"),
    Gt: (">", "gt"),
    Le: ("<=", "le"),
    Lt: ("<", "lt"),
}


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """Give the annotated type of each key that the YAML may have for a spec class."""
    return {
        field.alias or name: _annotated(field)
        for name, field in model.model_fields.items()
        if not field.exclude
    }


def members_of(kind: Any) -> list[Any]:
    """Give the types of a union without null; of anything else, the type itself."""
    base, _ = _unwrapped(kind)
    if get_origin(base) not in (Union, UnionType):
        return [kind]
    return [member for member in get_args(base) if member is not NoneType]


def member_called(kind: Any, label: str) -> Any:
    """Give the member of a union that pydantic calls by this name, or None."""
    # A class with validators is called "function-after[..., Name]".
    words = re.findall(r"\w+", label)
    return next((member for member in members_of(kind) if _class_name(member) in words), None)


def _class_name(member: Any) -> str:
    return str(getattr(_unwrapped(member)[0], "__name__", ""))


def is_list(kind: Any) -> bool:
    """Whether a type is a list."""
    return get_origin(_unwrapped(kind)[0]) is list


def item_of(kind: Any, part: str | int) -> Any:
    """Give the annotated type of one key or item below a type, or None where it has no such."""
    base, _ = _unwrapped(kind)
    if isinstance(base, type) and issubclass(base, BaseModel):
        return fields_of(base).get(str(part))
    arguments = get_args(base)
    return arguments[-1] if get_origin(base) in (list, dict) else None


def known_keys(kind: Any) -> list[str]:
    """Give the keys that are allowed in a mapping of this type; none where any is."""
    base, _ = _unwrapped(kind)
    if isinstance(base, type) and issubclass(base, BaseModel):
        return list(fields_of(base))
    return literals(get_args(base)[0]) if get_origin(base) is dict else []


def literals(kind: Any) -> list[str]:
    """Give the words that a type, or a member of it, allows."""
    bases = (_unwrapped(member)[0] for member in members_of(kind))
    return [
        str(argument)
        for base in bases
        if get_origin(base) is Literal
        for argument in get_args(base)
    ]


def in_words(kind: Any) -> str:
    """Say what a type allows, such as "a whole number >= 1"."""
    words = _own_words(_unwrapped(kind)[1])
    return words or " or ".join(
        dict.fromkeys(_member_in_words(member) for member in members_of(kind))
    )


def _member_in_words(kind: Any) -> str:
    base, metadata = _unwrapped(kind)
    limits = list(_limits(metadata))
    if words := _own_words(metadata):
        return words
    if get_origin(base) is Literal:
        options = ", ".join(map(str, get_args(base)))
        return f"one of {options}" if len(get_args(base)) > 1 else options
    if get_origin(base) is list:
        whole = f"a list, each item {in_words(get_args(base)[0])}"
    elif get_origin(base) is dict or known_keys(base):
        keys = known_keys(base)
        whole = f"a mapping with keys of {', '.join(keys)}" if keys else "a mapping"
    else:
        whole = _WORDS.get(base, str(getattr(base, "__name__", base)))
    return f"{whole} {' and '.join(limits)}".rstrip()


def _own_words(metadata: tuple[Any, ...]) -> str:
    return next((annotation.text for annotation in metadata if isinstance(annotation, InWords)), "")


def _limits(metadata: tuple[Any, ...]) -> Iterator[str]:
    for annotation in metadata:
        if type(annotation) in _SIGNS:
            sign, name = _SIGNS[type(annotation)]
            yield f"{sign} {getattr(annotation, name):g}"
        elif isinstance(annotation, MinLen):
            yield f"with at least {annotation.min_length}"
        elif isinstance(annotation, MaxLen):
            yield f"with at most {annotation.max_length}"
        elif isinstance(annotation, FieldInfo):
            yield from _limits(tuple(annotation.metadata))
        elif isinstance(annotation, StringConstraints):
            yield from _lengths(annotation)


def _lengths(text: StringConstraints) -> Iterator[str]:
    if text.min_length is not None and text.min_length == text.max_length:
        yield f"of exactly {text.min_length} character{'s' if text.min_length > 1 else ''}"
    elif text.max_length is not None:
        yield f"of at most {text.max_length} characters"


def _annotated(field: FieldInfo) -> Any:
    kind: Any = field.annotation
    for annotation in field.metadata:
        kind = Annotated[kind, annotation]
    return kind


def _unwrapped(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without `Annotated`, and the annotations; those of a lone member of a union too."""
    metadata: tuple[Any, ...] = ()
    while True:
        if get_origin(kind) is Annotated:
            kind, *annotations = get_args(kind)
            metadata = (*metadata, *annotations)
            continue
        members = [member for member in get_args(kind) if member is not NoneType]
        if get_origin(kind) not in (Union, UnionType) or len(members) != 1:
            return kind, metadata
        kind = members[0]
