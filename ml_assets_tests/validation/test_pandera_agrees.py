"""The pandera schema that a user gets and the rows that a pipeline sets aside are of one mind."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.pandera import to_pandera
from ml_assets.table import Table
from ml_assets.validation.rows import find_broken_rows

# What pandera calls the rules of single rows.
NAMES = {"min": "range", "max": "range", "finite": "range", "unique": "field_uniqueness"}
TYPES = {"int": pa.int64(), "float": pa.float64(), "string": pa.string()}

Broken = set[tuple[str, int | None, str]]


def of_pandera(schema: Schema, frame: pd.DataFrame) -> Broken:
    """The column, row and rule of everything that the pandera schema finds."""
    try:
        to_pandera(schema).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return set()
    rows = [None if pd.isna(index) else int(index) for index in cases["index"]]
    return set(zip(cases["column"], rows, cases["check"], strict=True))


def of_rows(schema: Schema, path: Path) -> Broken:
    """The same of everything that is set aside, under pandera's names."""
    broken_rules = find_broken_rows(Table((path,)), schema)
    return {
        (broken.feature, broken.row, NAMES.get(broken.rule, broken.rule)) for broken in broken_rules
    }


def both(folder: Path, schema: Schema, columns: dict[str, list[Any]]) -> tuple[Broken, Broken]:
    arrays = {f.name: pa.array(columns[f.name], TYPES.get(f.type)) for f in schema.features}
    table = pa.table(arrays)
    pq.write_table(table, folder / "rows.parquet")
    return of_pandera(schema, table.to_pandas()), of_rows(schema, folder / "rows.parquet")


@st.composite
def columns(draw: st.DrawFn, name: str, rows: int) -> tuple[Feature, list[Any]]:
    type_: Any = draw(st.sampled_from(["int", "float", "string"]))
    values: dict[str, st.SearchStrategy[Any]] = {
        "int": st.integers(-4, 4),
        "float": st.sampled_from([-2.5, 0.0, 1.0, 3.0, math.inf, -math.inf]),
        "string": st.sampled_from(["a", "b", "c", "", "é"]),
    }
    limit = st.none() | values[type_].filter(lambda value: value not in (math.inf, -math.inf))
    rules: dict[str, Any] = {"min_fraction": draw(st.sampled_from([0.0, 0.5, 1.0]))}
    if type_ == "string":
        rules["domain"] = draw(st.none() | st.just(("a", "b")) | st.just(("", "é")))
    else:
        rules |= {"min": draw(limit), "max": draw(limit), "allow_inf": draw(st.booleans())}
    if draw(st.integers(0, 3)) == 0:
        rules["unique"] = True
    cells = draw(st.lists(st.none() | values[type_], min_size=rows, max_size=rows))
    return Feature(name, type_, **rules), cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[Schema, dict[str, list[Any]]]:
    rows = draw(st.integers(1, 8))
    drawn = [draw(columns(name, rows)) for name in ("x", "y", "z")[: draw(st.integers(1, 3))]]
    return Schema(tuple(f for f, _ in drawn)), {f.name: cells for f, cells in drawn}


def repeated_for_pandera_only(schema: Schema, cells: dict[str, list[Any]]) -> Broken:
    """Rows whose value comes again: a pipeline keeps the first; and infinity repeats nothing there."""
    return {
        (f.name, row, "field_uniqueness")
        for f in schema.features
        for row, value in enumerate(cells[f.name])
        if f.unique
        and value is not None
        and (cells[f.name].index(value) == row or value in (math.inf, -math.inf))
    }


@settings(deadline=None, max_examples=60)
@given(tables())
def test_both_find_the_same_rows_and_rules(tmp_path_factory: Any, drawn: Any) -> None:
    schema, cells = drawn
    theirs, ours = both(tmp_path_factory.mktemp("rows"), schema, cells)
    assert theirs - repeated_for_pandera_only(schema, cells) == ours


# What the docs say they differ in: the feature, the values, and what each finds.
EXCEPTIONS: list[tuple[str, Feature, list[Any], set[Any], set[Any]]] = [
    (
        "NaN is a missing value in pandas",
        Feature("x", "float"),
        [1.0, math.nan],
        {(1, "not_nullable")},
        {(1, "nan")},
    ),
    (
        "which may be allowed where NaN is not",
        Feature("x", "float", min_fraction=0.5),
        [1.0, math.nan],
        set(),
        {(1, "nan")},
    ),
    (
        "of repeated values a pipeline keeps the first, and infinity repeats nothing",
        Feature("x", "float", unique=True, allow_inf=True),
        [1.0, 2.0, 1.0, math.inf, math.inf],
        {(row, "field_uniqueness") for row in (0, 2, 3, 4)},
        {(2, "field_uniqueness")},
    ),
    (
        "a column of another type is no matter of rows",
        Feature("x", "bool"),
        ["yes", "no"],
        {(None, "type")},
        set(),
    ),
    (
        "a share of values may lie outside the domain",
        Feature("x", "string", domain=("a",), min_domain_mass=0.5),
        ["a", "b"],
        {(1, "domain")},
        set(),
    ),
    (
        "lengths",
        Feature("x", "string", min_length=1, max_length=2),
        ["", "abc"],
        set(),
        {(0, "min_length"), (1, "max_length")},
    ),
    (
        "numbers in texts",
        Feature("x", "string", holds="int", max=3),
        ["2", "4", "b"],
        set(),
        {(1, "range"), (2, "number")},
    ),
    ("bools in numbers", Feature("x", "int", holds="bool"), [0, 2], set(), {(1, "bool")}),
    (
        "a column in a stage that is not judged",
        Feature("x", "int", max=3, stage="DEPRECATED"),
        [4],
        {(0, "range")},
        set(),
    ),
]


@pytest.mark.parametrize(("about", "feature", "values", "theirs", "ours"), EXCEPTIONS)
def test_what_they_differ_in(
    tmp_path: Path, about: str, feature: Feature, values: Any, theirs: Any, ours: Any
) -> None:
    sides = both(tmp_path, Schema((feature,)), {"x": values})
    assert [{(row, rule) for _, row, rule in side} for side in sides] == [theirs, ours], about
