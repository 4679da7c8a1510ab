"""What a feature of a schema says that cannot hold together."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from ml_assets.errors import did_you_mean
from ml_assets.schema.model import Feature

_NUMERIC = ("int", "float")
_TIMES = ("date", "timestamp")
# In which types something can be held.
_HELD_IN = {
    "int": ("string",),
    "float": ("string",),
    "bool": ("int", "float", "string"),
    "category": ("int",),
}


def contradictions(feature: Feature, environments: tuple[str, ...]) -> list[str]:
    """Give what is wrong with a feature, each to be read after its name.

    Parameters
    ----------
    feature : Feature
        The feature.
    environments : tuple of str
        The schema's environments; without any, all names are fine.
    """
    checks = (
        *_type_checks(feature),
        *_range_checks(feature),
        *_environment_checks(feature, environments),
    )
    return [text for wrong, text in checks if wrong]


def _type_checks(feature: Feature) -> Iterator[tuple[bool, str]]:
    kind, holds, texts = feature.type, feature.holds, feature.bool_values
    held_in = _HELD_IN.get(str(holds), (kind,))
    of_floats = "float" in (kind, holds)
    yield kind not in held_in, f".holds {holds} is for {' or '.join(held_in)}; it is {kind}."
    yield (
        texts is not None and (kind, holds) != ("string", "bool"),
        ".bool_values is for a string that holds bool.",
    )
    yield texts == (None, None), ".bool_values needs the text for true, the one for false, or both."
    yield (
        texts is not None and texts[0] is not None and texts[0] == texts[1],
        f".bool_values has {texts and texts[0]!r} for both true and false.",
    )
    yield feature.domain is not None and kind != "string", f".domain is for string; it is {kind}."
    yield (
        feature.domain is not None and kind == "string" and holds is not None,
        f".domain is for a string that holds nothing else; it holds {holds}.",
    )
    yield (
        feature.min_domain_mass != 1 and feature.domain is None,
        ".min_domain_mass needs a domain.",
    )
    yield feature.allow_nan and not of_floats, f".allow_nan is for float; it is {kind}."
    yield feature.allow_inf and not of_floats, f".allow_inf is for float; it is {kind}."


def _range_checks(feature: Feature) -> Iterator[tuple[bool, str]]:
    kind, low, high = feature.type, feature.min, feature.max
    number = feature.holds if kind == "string" or feature.holds == "bool" else kind
    fractional = [limit for limit in (low, high) if isinstance(limit, float)]
    has_range = low is not None or high is not None
    early, late = feature.earliest, feature.latest
    has_times = early is not None or late is not None
    has_lengths = feature.min_length is not None or feature.max_length is not None
    yield has_range and number not in _NUMERIC, f": min and max are for numbers; it is {kind}."
    yield (
        number == "int" and bool(fractional),
        f": min and max of an int must be whole; found {fractional}.",
    )
    yield _above(low, high), f".min {low} is above max {high}."
    yield has_times and kind not in _TIMES, f": earliest and latest are for times; it is {kind}."
    yield (
        kind == "date" and any(isinstance(limit, datetime) for limit in (early, late)),
        ": earliest and latest of a date must be dates without a time.",
    )
    mixed = _mixed(early, late)
    yield mixed, ": earliest and latest must both have a time zone, or neither."
    yield (
        not mixed and _above(_comparable(early), _comparable(late)),
        (f".earliest {early} is after latest {late}."),
    )
    yield (
        has_lengths and kind != "string",
        (f": min_length and max_length are for string; it is {kind}."),
    )
    for key in ("length", "unique"):
        least, most = getattr(feature, f"min_{key}"), getattr(feature, f"max_{key}")
        yield _above(least, most), f".min_{key} {least} is above max_{key} {most}."


def _environment_checks(
    feature: Feature, environments: tuple[str, ...]
) -> Iterator[tuple[bool, str]]:
    for key in ("not_in", "also_in"):
        for name in getattr(feature, key):
            yield (
                bool(environments) and name not in environments,
                f".{key} must be one of {', '.join(environments)}; found {name!r}."
                + did_you_mean(name, environments),
            )
    for name in feature.not_in:
        yield name in feature.also_in, f" has {name} in both not_in and also_in."


def _above(low: Any, high: Any) -> bool:
    return low is not None and high is not None and bool(low > high)


def _mixed(early: date | None, late: date | None) -> bool:
    zones = [limit.tzinfo is None for limit in (early, late) if isinstance(limit, datetime)]
    return len(set(zones)) > 1


def _comparable(limit: date | None) -> datetime | None:
    """A date as the midnight that begins it; without its zone where it is compared with a date."""
    if limit is None or isinstance(limit, datetime):
        return limit if limit is None else limit.replace(tzinfo=None) - (limit.utcoffset() or _ZERO)
    return datetime(limit.year, limit.month, limit.day)


_ZERO = datetime.min - datetime.min
