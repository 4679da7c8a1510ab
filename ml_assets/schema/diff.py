"""What differs between two schemas: `diff_schemas` as values, `schema_diff` as lines of YAML."""

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.yaml_writer import body_lines, feature_lines, setting_text

# What is said of people is no demand; the other keys are compared piece by piece.
_APART = ("reviewed", "reason", "features", "left_out")
_SETS = ("domain", "not_in", "also_in", "environments", "functional_dependencies")
_MAX_LISTED = 5


@dataclass(frozen=True)
class SchemaChange:
    """One difference between two schemas.

    Attributes
    ----------
    feature : str or None
        The column; None for the data set as a whole.
    setting : str
        What of it changed: a field of `Feature` or `Schema`, or ``"feature"`` for a whole feature.
    before, after : object
        The values; None where there was none, or is none. Of a domain that is hidden, how many values.
    """

    feature: str | None
    setting: str
    before: Any
    after: Any

    @property
    def text(self) -> str:
        """The change in words, without a full stop."""
        before, after = self.before, self.after
        name = "data set" if self.feature is None else self.feature
        if self.setting == "feature":
            feature, word = (after, "new") if before is None else (before, "gone")
            return f"{name}: {word}, {' '.join(map(str.strip, feature_lines(feature)))}"
        if self.setting in _SETS and isinstance(before, tuple) and isinstance(after, tuple):
            gained = [value for value in after if value not in before]
            lost = [value for value in before if value not in after]
            parts = (("gains", gained), ("loses", lost))
            words = [f"{verb} {_listed(self.setting, values)}" for verb, values in parts if values]
            return f"{name}: {self.setting} {' and '.join(words) or 'is in another order'}"
        texts = (_value_text(self.setting, value) for value in (before, after))
        return f"{name}: {self.setting} {' -> '.join(texts)}"


def diff_schemas(old: Schema, new: Schema, hidden: Collection[str] = ()) -> list[SchemaChange]:
    """Give what a schema demands differently from an older one.

    Parameters
    ----------
    old, new : Schema
        The schemas. Whether they were reviewed, and why, does not count; nor does the order of features.
    hidden : collection of str
        The columns of which no value is given: those that may name a person or a row.

    Returns
    -------
    list of SchemaChange
        Of the data set first, then by feature; empty if both demand the same.
    """
    before, after = old.by_name, new.by_name
    changes = [*_changes(None, old, new)]
    for name in {**before, **after}:
        changes += _feature_changes(name, before.get(name), after.get(name), name in hidden)
    old_left_out, new_left_out = dict(old.left_out), dict(new.left_out)
    changes += [
        SchemaChange(name, "left_out", old_left_out.get(name), new_left_out.get(name))
        for name in {**old_left_out, **new_left_out}
        if old_left_out.get(name) != new_left_out.get(name)
    ]
    return changes


def schema_diff(old: Schema, new: Schema, hidden: Collection[str] = ()) -> str:
    """Give the same as lines of YAML: ``-`` before what goes, ``+`` before what comes.

    Parameters
    ----------
    old, new, hidden
        As in `diff_schemas`.

    Returns
    -------
    str
        Lines in the order of the file, what is gone altogether last. Of a feature of several lines, the
        first stands above those that changed. Empty if both demand the same.

    Raises
    ------
    PipelineFileError
        If a feature has mistakes, so that there is no YAML of it.
    """
    before, after = _pieces(old, hidden), _pieces(new, hidden, old)
    lines = [
        line
        for piece in {**after, **before}
        for line in _line_changes(before.get(piece, []), after.get(piece, []))
    ]
    return "".join(f"{line}\n" for line in lines)


def without_values(schema: Schema, hidden: Collection[str], old: Schema | None = None) -> Schema:
    """Give a schema whose hidden columns' domains say only how many values they have.

    Parameters
    ----------
    schema : Schema
        The schema.
    hidden : collection of str
        The columns.
    old : Schema, optional
        The one before; how many values are new is said as well.
    """
    before = old.by_name if old is not None else {}
    features = (
        _masked(feature, before.get(feature.name)) if feature.name in hidden else feature
        for feature in schema.features
    )
    return replace(schema, features=tuple(features))


def _changes(name: str | None, old: Any, new: Any) -> Iterator[SchemaChange]:
    for field in fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        # True is not 1 here: the file shows them differently.
        if field.name not in _APART and (before != after or type(before) is not type(after)):
            yield SchemaChange(name, field.name, before, after)


def _feature_changes(
    name: str, old: Feature | None, new: Feature | None, is_hidden: bool
) -> Iterator[SchemaChange]:
    if old is None or new is None:
        sides = (_masked(feature) if feature and is_hidden else feature for feature in (old, new))
        yield SchemaChange(name, "feature", *sides)
        return
    for change in _changes(name, old, new):
        if is_hidden and change.setting == "domain":
            before, after = change.before, change.after
            was, now = before and _count_text(before), after and _count_text(after, before)
            yield replace(change, before=was, after=now)
        else:
            yield change


def _pieces(
    schema: Schema, hidden: Collection[str], old: Schema | None = None
) -> dict[tuple[str, str], list[str]]:
    """The lines of each key, and of each feature by itself."""
    shown = without_values(schema, hidden, old)
    pieces: dict[tuple[str, str], list[str]] = {}
    for key, lines in body_lines(shown).items():
        if key == "features":
            pieces |= {(key, feature.name): feature_lines(feature) for feature in shown.features}
        else:
            pieces[key, ""] = lines
    return pieces


def _line_changes(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    changed = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
    if changed and before and after and before[0] == after[0]:
        yield f" {before[0]}"
    yield from (line for line in changed if not line.startswith("@@"))


def _masked(feature: Feature, old: Feature | None = None) -> Feature:
    """A feature whose domain says only how many values it has."""
    if feature.domain is None:
        return feature
    return replace(feature, domain=(_count_text(feature.domain, old.domain if old else None),))


def _count_text(domain: tuple[str, ...], before: tuple[str, ...] | None = None) -> str:
    new = len({*domain} - {*(domain if before is None else before)})
    return f"{len(domain)} value{'s' * (len(domain) != 1)}, not shown" + (
        f" ({new} of them new)" if new else ""
    )


def _value_text(key: str, value: Any) -> str:
    if value is None:
        return "none"
    return f"[{_listed(key, value)}]" if key in _SETS and value else setting_text(key, value)


def _listed(key: str, values: Any) -> str:
    if isinstance(values, str):
        return values
    more = len(values) - _MAX_LISTED
    shown = ", ".join(setting_text(key, value) for value in values[:_MAX_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown
