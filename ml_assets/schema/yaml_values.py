"""Reads single values of a schema file; a wrong one is noted with its place, and read as None."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import yaml

from ml_assets.errors import did_you_mean
from ml_assets.schema.model import HOLDS, LIFECYCLE_STAGES, TYPES, Comparator, FunctionalDependency
from ml_assets.schema.yaml_lines import Mistakes, brief, entries, items, value_of

Read = Callable[[yaml.Node, str, Mistakes], Any]
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?P<time>[ T]\d{2}:\d{2}.*)?")
_SHARES = ("l_infinity", "jensen_shannon", "normalized_abs_difference", "ks")
COMPARATORS = (*_SHARES[:3], "psi", "wasserstein", "ks")
_ARROW = "->"


def one_of(allowed: tuple[str, ...]) -> Read:
    """Give the reader of one of a few words."""

    def read(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if text in allowed:
            return text
        hint = did_you_mean(str(text), allowed)
        mistakes.add(
            node, f"{place} must be one of {', '.join(allowed)}; found {brief(node)}.{hint}"
        )
        return None

    return read


read_type, read_holds, read_stage = one_of(TYPES), one_of(HOLDS), one_of(LIFECYCLE_STAGES)


def read_bool(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    """Read true or false."""
    return _checked(node, place, mistakes, "true or false", lambda value: isinstance(value, bool))


def read_number(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    """Read a finite number."""
    return _checked(node, place, mistakes, "a finite number", _is_number)


def read_fraction(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    """Read a share."""
    allowed = "a share from 0 to 1"
    return _checked(
        node, place, mistakes, allowed, lambda value: _is_number(value) and 0 <= value <= 1
    )


def read_positive(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    """Read a number that is not negative."""
    return _checked(
        node, place, mistakes, "a number >= 0", lambda value: _is_number(value) and value >= 0
    )


def read_count(node: yaml.Node, place: str, mistakes: Mistakes) -> Any:
    """Read a whole number that is not negative."""
    allowed = "a whole number >= 0"
    return _checked(node, place, mistakes, allowed, lambda value: type(value) is int and value >= 0)


def read_text(node: yaml.Node, place: str, mistakes: Mistakes) -> str | None:
    """Read a text as it is written."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    mistakes.add(node, f"{place} must be a text; found {brief(node)}.")
    return None


def read_reviewed(node: yaml.Node, place: str, mistakes: Mistakes) -> bool | str | None:
    """Read whether the schema was reviewed, or by whom."""
    value = value_of(node)
    return value if isinstance(value, bool) else read_text(node, place, mistakes)


def read_texts(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[str, ...] | None:
    """Read a list of texts as they are written: in a domain, NO is the text "NO", and 007 is "007"."""
    texts = read_some_texts(node, place, mistakes)
    if texts == ():
        mistakes.add(node, f"{place} must be a list of at least one text; found {brief(node)}.")
        return None
    return texts


def read_some_texts(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[str, ...] | None:
    """Read a list of texts, which may be empty."""
    nodes = [node] if isinstance(node, yaml.ScalarNode) else items(node)
    if nodes is None:
        mistakes.add(node, f"{place} must be a list of at least one text; found {brief(node)}.")
        return None
    texts = [str(item.value) for item in nodes]
    seen: set[str] = set()
    for item, text in zip(nodes, texts, strict=True):
        if text in seen:
            mistakes.add(item, f"{place} has {brief(item)} more than once.")
        seen.add(text)
    return tuple(texts)


def read_moment(node: yaml.Node, place: str, mistakes: Mistakes) -> date | datetime | None:
    """Read a date, or a date and time."""
    moment = _moment(str(node.value)) if isinstance(node, yaml.ScalarNode) else None
    if moment is None:
        allowed = "a date such as 2013-01-31, or a date and time such as 2013-01-31 07:30:00"
        mistakes.add(node, f"{place} must be {allowed}; found {brief(node)}.")
    return moment


def _moment(text: str) -> date | datetime | None:
    """What a text says; None if it is no moment, or one that does not exist, such as 2013-02-30."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(text) if match["time"] else date.fromisoformat(text)
    except ValueError:
        return None


def read_bool_values(
    node: yaml.Node, place: str, mistakes: Mistakes
) -> tuple[str | None, str | None] | None:
    """Read ``{true: Y, false: N}``: the texts that stand for true and false."""
    texts = {
        key: read_text(item, f"{place}.{key}", mistakes)
        for key, item in entries(node, place, mistakes, ("true", "false"))
    }
    return texts.get("true"), texts.get("false")


def read_comparator(node: yaml.Node, place: str, mistakes: Mistakes) -> Comparator:
    """Read ``{jensen_shannon: 0.1}``: the largest distances."""
    limits = {
        key: (read_fraction if key in _SHARES else read_positive)(item, f"{place}.{key}", mistakes)
        for key, item in entries(node, place, mistakes, COMPARATORS)
    }
    return Comparator(**limits)


def read_ratio(
    node: yaml.Node, place: str, mistakes: Mistakes
) -> tuple[float | None, float | None]:
    """Read ``{min: 0.5, max: 2}``."""
    limits = {
        key: read_positive(item, f"{place}.{key}", mistakes)
        for key, item in entries(node, place, mistakes, ("min", "max"))
    }
    return limits.get("min"), limits.get("max")


def read_left_out(node: yaml.Node, place: str, mistakes: Mistakes) -> tuple[tuple[str, str], ...]:
    """Read names with their reasons."""
    return tuple(
        (name, read_text(item, f"{place}.{name}", mistakes) or "")
        for name, item in entries(node, place, mistakes)
    )


def read_dependencies(
    node: yaml.Node, place: str, mistakes: Mistakes
) -> tuple[FunctionalDependency, ...]:
    """Read a list of ``city, state -> county``."""
    if not isinstance(node, yaml.SequenceNode):
        mistakes.add(node, f"{place} must be a list of rules such as {_RULE}; found {brief(node)}.")
        return ()
    dependencies = (_dependency(item, place, mistakes) for item in node.value)
    return tuple(dependency for dependency in dependencies if dependency is not None)


_RULE = "`city -> county`"


def _dependency(node: yaml.Node, place: str, mistakes: Mistakes) -> FunctionalDependency | None:
    if isinstance(node, yaml.ScalarNode):
        return _rule(node, place, mistakes, None)
    nodes = dict(entries(node, place, mistakes, ("rule", "determinant", "dependent", "support")))
    support = read_fraction(nodes["support"], place, mistakes) if "support" in nodes else None
    if "rule" in nodes:
        return _rule(nodes["rule"], place, mistakes, support)
    if not {"determinant", "dependent"} <= set(nodes):
        mistakes.add(node, f"{place} needs a rule such as {_RULE}, or determinant and dependent.")
        return None
    determinant = read_texts(nodes["determinant"], f"{place}.determinant", mistakes)
    dependent = read_text(nodes["dependent"], f"{place}.dependent", mistakes)
    return FunctionalDependency(determinant or (), dependent or "", support)


def _rule(
    node: yaml.Node, place: str, mistakes: Mistakes, support: float | None
) -> FunctionalDependency | None:
    left, arrow, right = str(node.value).partition(_ARROW)
    names = [name.strip() for name in left.split(",")]
    if not isinstance(node, yaml.ScalarNode) or not arrow or not all(names) or not right.strip():
        mistakes.add(node, f"{place}: a rule must be like {_RULE}; found {brief(node)}.")
        return None
    return FunctionalDependency(tuple(names), right.strip(), support)


def _checked(
    node: yaml.Node, place: str, mistakes: Mistakes, allowed: str, test: Callable[[Any], bool]
) -> Any:
    value = value_of(node)
    if test(value):
        return value
    mistakes.add(node, f"{place} must be {allowed}; found {brief(node)}.")
    return None


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
