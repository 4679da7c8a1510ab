"""`to_pandera`: the schema's rules as pandera judges them."""

import datetime as dt
import math
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pytest

from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.pandera import to_pandera

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("feature", "values", "broken"),
    [
        (Feature("x", "int", min=1, max=3), [0, 1, 3, 4], [(0, "range"), (3, "range")]),
        (Feature("x", "float", min=1.0), [0.5, 1.0, INF], [(0, "range"), (2, "range")]),
        (Feature("x", "float", max=1.0, allow_inf=True), [INF, 2.0], [(1, "range")]),
        (Feature("x", "float"), [1.0, -INF], [(1, "range")]),
        (Feature("x", "float"), [1.0, NAN], [(1, "not_nullable")]),
        (Feature("x", "float", min=0.0, min_fraction=0.5), [1.0, NAN], []),
        (Feature("x", "int", min=0, min_fraction=0.5), [1, None], []),
        (Feature("x", "string", domain=("a", "b")), ["a", "c"], [(1, "domain")]),
        (Feature("x", "string", domain=("a",), min_fraction=0), ["a", None], []),
        (Feature("x", "string"), ["anything", ""], []),
        (
            Feature("x", "int", unique=True),
            [1, 2, 2],
            [(1, "field_uniqueness"), (2, "field_uniqueness")],
        ),
        (Feature("x", "int"), [1.5, 2.5], [(None, "type")]),
        (Feature("x", "int", min=1), [True, False], [(1, "range")]),
        (Feature("x", "float"), [1, 2], []),
        (Feature("x", "float"), [True], [(None, "type")]),
        (Feature("x", "float", max=1.0), ["a"], [(None, "type")]),
        (Feature("x", "bool"), [True, False], []),
        (Feature("x", "bool"), ["yes"], [(None, "type")]),
        (Feature("x", "string"), [1], [(None, "type")]),
        (Feature("x", "timestamp"), [pd.Timestamp("2013-01-01")], []),
        (Feature("x", "date"), [dt.date(2013, 1, 1)], []),
        (Feature("x", "timestamp"), ["2013-01-01"], [(None, "type")]),
    ],
)
def test_rows_are_judged(feature: Any, values: Any, broken: Any) -> None:
    schema = to_pandera(Schema((feature,)))
    frame = pd.DataFrame({"x": values})
    try:
        schema.validate(frame, lazy=True)
        failures = []
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        indices = [None if pd.isna(index) else int(index) for index in cases["index"]]
        failures = sorted(zip(indices, cases["check"], strict=True), key=str)
    assert failures == broken


def test_only_what_is_expected_in_an_environment_is_demanded() -> None:
    schema = Schema((Feature("x", "int"), Feature("late", "bool", not_in=("SERVING",))))
    frame = pd.DataFrame({"x": [1], "new": ["a"]})
    to_pandera(schema, "SERVING").validate(frame, lazy=True)
    to_pandera(schema, columns={"x"}).validate(frame, lazy=True)
    with pytest.raises(pandera.errors.SchemaErrors, match="late"):
        to_pandera(schema).validate(frame, lazy=True)
