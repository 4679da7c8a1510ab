"""What a message of TensorFlow Metadata has no word for, as JSON in a comment of it.

Such a comment begins with ``ml_assets:``. It holds only the fields whose value the message alone does not
give back.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import (
    HOLDS,
    LIFECYCLE_STAGES,
    TYPES,
    Comparator,
    Feature,
    FunctionalDependency,
    Schema,
)

PREFIX = "ml_assets: "
_SKIPPED = {"name", "features"}


def words_for(wanted: Any, given_back: Any) -> str | None:
    """Give the comment that makes up for what a message does not give back; None if that is nothing.

    Parameters
    ----------
    wanted, given_back : Feature or Schema
        What was written, and what the message alone is read as.
    """
    lost = {
        field.name: _plain(getattr(wanted, field.name))
        for field in fields(wanted)
        if field.name not in _SKIPPED
        and not _same(getattr(wanted, field.name), getattr(given_back, field.name))
    }
    return PREFIX + json.dumps(lost, ensure_ascii=False, sort_keys=True) if lost else None


def split_comments(comments: Iterable[str]) -> tuple[list[str], str]:
    """Give the comments of people, and ours, which is empty where there is none."""
    texts = list(comments)
    ours = [text for text in texts if text.startswith(PREFIX)]
    return [text for text in texts if not text.startswith(PREFIX)], ours[-1] if ours else ""


def read_words(comment: str, kind: type[Feature] | type[Schema], place: str) -> dict[str, Any]:
    """Read our comment: the fields that it gives.

    Raises
    ------
    PipelineFileError
        If it is not as `words_for` writes it.
    """
    readers = _FEATURE if kind is Feature else _SCHEMA
    try:
        values = json.loads(comment.removeprefix(PREFIX)) if comment else {}
        return {key: readers[key](value) for key, value in values.items()}
    except KeyError as error:
        allowed = ", ".join(readers)
        raise PipelineFileError(
            f"{place}: the comment {PREFIX}... has an unknown key {error}. Allowed: {allowed}."
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise PipelineFileError(
            f"{place}: the comment {PREFIX}... cannot be read: {error}. Correct it or take it out."
        ) from error


def _same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: True is not 1 here, nor is a date the midnight that begins it."""
    return bool(one == other) and type(one) is type(other)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _instance_of(*kinds: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) not in kinds:
            names = " or ".join(kind.__name__.replace("NoneType", "null") for kind in kinds)
            raise TypeError(f"{value!r} must be {names}")
        return value

    return read


def _choice(allowed: tuple[str, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value is not None and value not in allowed:
            raise ValueError(f"{value!r} must be one of {', '.join(allowed)}")
        return value

    return read


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value)


def _maybe_texts(value: Any) -> tuple[Any, ...] | None:
    return None if value is None else tuple(_maybe_text(item) for item in value)


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(first), _text(second)) for first, second in value)


def _moment(value: Any) -> date | None:
    if value is None:
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)


def _comparator(value: Mapping[str, Any] | None) -> Comparator | None:
    if value is None:
        return None
    return Comparator(**{key: _maybe_number(limit) for key, limit in value.items()})


def _shares(value: Any) -> tuple[Any, Any] | None:
    if value is None:
        return None
    least, most = value
    return _maybe_number(least), _maybe_number(most)


def _dependencies(value: Any) -> tuple[FunctionalDependency, ...]:
    return tuple(
        FunctionalDependency(
            _texts(rule["determinant"]), _text(rule["dependent"]), _maybe_number(rule["support"])
        )
        for rule in value
    )


_text, _bool = _instance_of(str), _instance_of(bool)
_maybe_text, _maybe_bool = _instance_of(str, type(None)), _instance_of(bool, type(None))
_number, _count = _instance_of(int, float), _instance_of(int)
_maybe_number, _maybe_count = _instance_of(int, float, type(None)), _instance_of(int, type(None))
_FEATURE: dict[str, Callable[[Any], Any]] = {
    "type": _choice(TYPES),
    "holds": _choice(HOLDS),
    "bool_values": _maybe_texts,
    "required": _bool,
    "min_fraction": _number,
    "min_count": _count,
    "fixed_shape": _bool,
    "nullable": _maybe_bool,
    "domain": _maybe_texts,
    "min_domain_mass": _number,
    "min": _maybe_number,
    "max": _maybe_number,
    "earliest": _moment,
    "latest": _moment,
    "min_length": _maybe_count,
    "max_length": _maybe_count,
    "unique": _bool,
    "min_unique": _maybe_count,
    "max_unique": _maybe_count,
    "allow_nan": _bool,
    "allow_inf": _bool,
    "not_in": _texts,
    "also_in": _texts,
    "stage": _choice(LIFECYCLE_STAGES),
    "drift": _comparator,
    "skew": _comparator,
    "mistakes": _pairs,
    "note": _text,
}
_SCHEMA: dict[str, Callable[[Any], Any]] = {
    "left_out": _pairs,
    "min_rows": _maybe_count,
    "max_rows": _maybe_count,
    "rows_vs_previous": _shares,
    "rows_vs_version": _shares,
    "functional_dependencies": _dependencies,
    "environments": _texts,
    "reviewed": _instance_of(bool, str),
    "reason": _text,
    "note": _text,
}
