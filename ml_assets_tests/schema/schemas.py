"""Hypothesis strategies of schemas: every field, and only what can hold."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from ml_assets.schema.model import (
    HOLDS,
    LIFECYCLE_STAGES,
    TYPES,
    Comparator,
    Feature,
    FunctionalDependency,
    Schema,
)

_ODD = [
    "no", "null", "~", "1e5", "007", "a: b", "a #b", "- x", "{", "é", "\u2028", "\x00", "=", "<<",
    "y", "a -> b", "a, b", "ml_assets: {", "2013-01-01", "",
]  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(_ODD)
names = texts.filter(bool)
shares = st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.5, 1.0])
counts = st.integers(0, 2**62)
finite = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.1, 1060.0, 1e300])
limits = st.none() | st.floats(0, 1e6)
ENVIRONMENTS = ("TRAINING", "SERVING")

comparators = st.none() | st.builds(
    Comparator,
    l_infinity=st.none() | shares,
    jensen_shannon=st.none() | shares,
    normalized_abs_difference=st.none() | shares,
    psi=limits,
    wasserstein=limits,
    ks=st.none() | shares,
)


@st.composite
def dependencies(draw: Any, columns: Any) -> FunctionalDependency:
    determinant = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3, unique=True))
    dependent = draw(st.sampled_from(columns))
    return FunctionalDependency(tuple(determinant), dependent, draw(st.none() | shares))


def ordered(values: Any) -> Any:
    """Two of the values or None, the lesser one first."""
    pairs = st.tuples(st.none() | values, st.none() | values)
    return pairs.map(lambda pair: pair if None in pair else tuple(sorted(pair)))


def holds_of(type_: str) -> Any:
    fitting = {"int": ("bool", "category"), "float": ("bool",), "string": ("int", "float", "bool")}
    return st.sampled_from([None, *fitting.get(type_, ())])


def numbers_in(type_: str, holds: str | None) -> Any:
    stands_for = holds if type_ == "string" or holds == "bool" else type_
    if stands_for == "int":
        return st.integers(-(2**70), 2**70) | st.integers(-5, 5)
    return finite if stands_for == "float" else None


ZONES = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=-5, minutes=-30))])


@st.composite
def moment_ranges(draw: Any, type_: str) -> Any:
    if type_ not in ("date", "timestamp"):
        return None, None
    moments = st.dates(dt.date(1, 1, 3), dt.date(9999, 12, 29))
    if type_ == "timestamp":
        zone = draw(ZONES)
        low, high = dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29)
        moments = moments | st.datetimes(low, high, timezones=st.just(zone))
    early, late = draw(st.none() | moments), draw(st.none() | moments)
    is_later = early is not None and late is not None and moment(early) > moment(late)
    return (late, early) if is_later else (early, late)


def moment(value: Any) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return value.replace(tzinfo=None) - (value.utcoffset() or dt.timedelta())


@st.composite
def features(draw: Any, name: Any = names) -> Feature:
    type_ = draw(st.sampled_from(TYPES))
    holds = draw(holds_of(type_))
    assert holds is None or holds in HOLDS
    numbers = numbers_in(type_, holds)
    low, high = draw(ordered(numbers)) if numbers is not None else (None, None)
    early, late = draw(moment_ranges(type_))
    short, long = draw(ordered(counts)) if type_ == "string" else (None, None)
    few, many = draw(ordered(counts))
    domains = st.none() | st.lists(texts, min_size=1, max_size=30, unique=True).map(tuple)
    is_plain = type_ == "string" and holds is None
    domain = draw(domains) if is_plain else None
    bools = st.none() | st.tuples(st.none() | texts, st.none() | texts).filter(
        lambda pair: pair[0] != pair[1]
    )
    of_floats = "float" in (type_, holds)
    inside = draw(st.sets(st.sampled_from(ENVIRONMENTS)))
    return Feature(
        name=draw(name),
        type=type_,
        holds=holds,
        bool_values=draw(bools) if (type_, holds) == ("string", "bool") else None,
        required=draw(st.booleans()),
        min_fraction=draw(shares),
        min_count=draw(st.integers(0, 3) | counts),
        fixed_shape=draw(st.booleans()),
        nullable=draw(st.none() | st.booleans()),
        domain=domain,
        min_domain_mass=draw(shares) if domain is not None else 1.0,
        min=low,
        max=high,
        earliest=early,
        latest=late,
        min_length=short,
        max_length=long,
        unique=draw(st.booleans()),
        min_unique=few,
        max_unique=many,
        allow_nan=draw(st.booleans()) and of_floats,
        allow_inf=draw(st.booleans()) and of_floats,
        not_in=tuple(e for e in ENVIRONMENTS if e in inside),
        also_in=tuple(e for e in ENVIRONMENTS if e not in inside and draw(st.booleans())),
        stage=draw(st.none() | st.sampled_from(LIFECYCLE_STAGES)),
        drift=draw(comparators),
        skew=draw(comparators),
        note=draw(texts),
    )


@st.composite
def schemas(draw: Any) -> Schema:
    ratios = st.none() | ordered(st.floats(0, 1e6))
    low, high = draw(ordered(counts))
    drawn = draw(st.lists(features(), max_size=4, unique_by=lambda f: f.name))
    columns = [f.name for f in drawn]
    rules = st.lists(dependencies(columns), max_size=3) if columns else st.just([])
    return Schema(
        features=tuple(drawn),
        left_out=tuple(draw(st.dictionaries(names, texts, max_size=3)).items()),
        min_rows=low,
        max_rows=high,
        rows_vs_previous=draw(ratios),
        rows_vs_version=draw(ratios),
        functional_dependencies=tuple(draw(rules)),
        environments=ENVIRONMENTS,
        reviewed=draw(st.booleans() | texts),
        reason=draw(texts),
        note=draw(texts),
    )
