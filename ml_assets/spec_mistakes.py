"""Turns pydantic's errors about a pipeline's YAML into sentences for its author."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.errors import did_you_mean
from ml_assets.spec_types import (
    in_words,
    is_list,
    item_of,
    known_keys,
    literals,
    member_called,
    members_of,
)
from ml_assets.yaml_lines import KeyPath, LinedYaml, Mistake, dotted, line_of

Error = Mapping[str, Any]


@dataclass(frozen=True)
class _Place:
    """A place in the file: its key, the type that is expected there, and that of the part around it."""

    key: KeyPath
    kind: Any
    around: Any


def describe_errors(
    errors: Sequence[Error], root: Any, document: LinedYaml, prefix: KeyPath
) -> list[Mistake]:
    """Say of each mistake which key is wrong, what was found, what is allowed, and what is near.

    Parameters
    ----------
    errors : sequence of mapping
        Of a ``pydantic.ValidationError``.
    root : type
        The class that was validated.
    document : LinedYaml
        The file.
    prefix : tuple
        The path in the file of what was validated.
    """
    located = _walk(errors, 0, _Place((), root, None), _value_at(document.values, prefix))
    sentences = [
        ((*prefix, *key), _sentence(place, error, document.references.get((*prefix, *key))))
        for place, error in located
        for key in [place.key]
    ]
    return [Mistake(line_of(document.lines, key), text, key) for key, text in sentences]


def brief(value: Any) -> str:
    """Show a value in a message: short, in the YAML's words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return f"a mapping with {', '.join(map(str, list(value)[:3])) or 'no keys'}"
        case list():
            return f"a list of {len(value)}"
        case _:
            text = repr(value)
            return text if len(text) <= 60 else text[:57] + "..."


def _walk(
    errors: Sequence[Error], depth: int, place: _Place, value: Any
) -> Iterator[tuple[_Place, Error]]:
    """Give each error with its place, following pydantic's locations down the types."""
    branches = _grouped(errors, depth)
    if len(members_of(place.kind)) > 1 and branches:
        yield from _walk_union(branches, depth, place, value)
        return
    for error in errors:
        if len(error["loc"]) == depth or error["loc"][depth:] == ("[key]",):
            yield from _split_rules(place, error)
    for part, below in branches.items():
        inside = _Place((*place.key, part), item_of(place.kind, part), place.kind)
        yield from _walk(below, depth + 1, inside, _value_at(value, (part,)))


def _walk_union(
    branches: Mapping[str | int, Sequence[Error]], depth: int, place: _Place, value: Any
) -> Iterator[tuple[_Place, Error]]:
    """Follow only the branch that the author most likely meant; without one, the whole is wrong."""

    def fit(branch: str | int) -> tuple[int, int]:
        member = member_called(place.kind, str(branch))
        if isinstance(value, list) and is_list(member):
            return 1, 0
        allowed_keys = known_keys(member)
        keys = list(value) if isinstance(value, Mapping) else []
        near = sum(
            key in allowed_keys or bool(did_you_mean(str(key), allowed_keys)) for key in keys
        )
        return near, -len(branches[branch])

    best = max(reversed(list(branches)), key=fit)
    if fit(best)[0] == 0:
        yield place, {"type": "union", "loc": (), "input": value}
    else:
        inside = _Place(place.key, member_called(place.kind, str(best)), place.around)
        yield from _walk(branches[best], depth + 1, inside, value)


def _grouped(errors: Sequence[Error], depth: int) -> dict[str | int, list[Error]]:
    groups: dict[str | int, list[Error]] = {}
    for error in errors:
        if len(error["loc"]) > depth and error["loc"][depth:] != ("[key]",):
            groups.setdefault(error["loc"][depth], []).append(error)
    return groups


def _split_rules(place: _Place, error: Error) -> Iterator[tuple[_Place, Error]]:
    """Split an error that holds several broken rules, each with its own key."""
    if error["type"] != "rules":
        yield place, error
        return
    for below, text in error["ctx"]["rules"]:
        parts = below.split(".") if isinstance(below, str) else below
        key = (*place.key, *(parts if below else ()))
        yield _Place(key, place.kind, place.around), {**error, "type": "rule", "text": text}


def _sentence(place: _Place, error: Error, reference: str | None) -> str:
    key = dotted(place.key) if place.key else ""
    value = f"the value of {reference}" if reference else brief(error["input"])
    match error["type"]:
        case "extra_forbidden":
            return _not_a_key(place)
        case _ if error["loc"][-1:] == ("[key]",):
            return _not_a_key(place)
        case "missing":
            return f"{key} is missing; it must be {in_words(place.kind)}."
        case "rule":
            return _ended(f"{key} {error['text']}".lstrip())
        case "value_error":
            return _ended(f"{key} {str(error['msg']).removeprefix('Value error, ')}".lstrip())
        case _:
            hint = did_you_mean(str(error["input"]), literals(place.kind))
            return f"{key} must be {in_words(place.kind)}; found {value}.{hint}"


def _ended(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _not_a_key(place: _Place) -> str:
    part = ".".join(str(name) for name in place.key[:-1][-2:]) or "attributes"
    allowed_keys = known_keys(place.around)
    hint = did_you_mean(str(place.key[-1]), allowed_keys)
    allowed = f" Allowed: {', '.join(sorted(allowed_keys))}." if allowed_keys else ""
    return f"{dotted(place.key)} is not a key of {part}.{hint}{allowed}"


def _value_at(value: Any, key: KeyPath) -> Any:
    """The value at a path of the file, or None where the file has no such."""
    for part in key:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value
