import math
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError, PipelineFileError
from ml_assets.labels.expression import evaluate
from ml_assets.labels.grammar import expression_mistake

COLUMNS = {
    "a": pa.array([1, 2, None, 4]),
    "b": pa.array([2.0, None, 3.0, 0.0]),
    "s": pa.array(["x", "y", None, "x"]),
    "p": pa.array([True, False, None, True]),
    "t": pa.array([datetime(2013, 1, day) for day in (1, 2, 3, 4)]),
}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a > 1", [False, True, None, True]),
        ("1 < a <= 2", [False, True, None, False]),
        ("a / b", [0.5, None, None, None]),
        ("a / 2", [0.5, 1.0, None, 2.0]),
        ("-a + 2 * (a - 1)", [-1, 0, None, 2]),
        ("a > 0.5 * b", [False, None, None, True]),
        ("s == 'x'", [True, False, None, True]),
        ("s != 'x' and a > 1", [False, True, None, False]),
        ("not p", [False, True, None, False]),
        ("p", [True, False, None, True]),
        # Null wherever a column is null, also where Kleene's logic would know.
        ("a >= 1 or b > 100", [True, None, None, True]),
        ("t >= '2013-01-03'", [False, False, True, True]),
        ("'2013-01-02T12:00' > t", [True, True, False, False]),
        (" a == 1 ", [True, False, None, False]),
    ],
)
def test_an_expression_is_computed_for_each_row(expression: str, values: list[Any]) -> None:
    assert evaluate(expression, pa.record_batch(COLUMNS)).to_pylist() == values


NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize(
    "expression", ["a + b * 2 - -a", "(a - b) / b", "a > b or not a <= 0 and b != 3", "a == b"]
)
def test_it_is_what_python_computes(
    expression: str, rows: list[tuple[float | None, float | None]]
) -> None:
    columns = {"a": [a for a, _ in rows], "b": [b for _, b in rows]}
    batch = pa.record_batch(
        {name: pa.array(values, pa.float64()) for name, values in columns.items()}
    )
    for (a, b), value in zip(rows, evaluate(expression, batch).to_pylist(), strict=True):
        if a is None or b is None or ("/" in expression and b == 0):
            assert value is None
        else:
            expected = eval(expression, {"a": a, "b": b})
            assert value == expected or math.isclose(value, expected)


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("__import__('os').system('x')", r"a function call is not allowed"),
        ("a.real", r"a dot behind a name is not allowed"),
        ("a[0]", r"square brackets behind a name"),
        ("a ** 99999", r"\*\* is not allowed"),
        ("a & b", r"& \(write: and\) is not allowed"),
        ("a if b else c", r"if is not allowed"),
        ("a is None", r"is is not allowed"),
        ("a == None", r"None is not a number of 64 bits"),
        ("a > 9223372036854775808", r"9223372036854775808 is not a number of 64 bits"),
        ("a > 1j", r"1j is not a number"),
        ("lambda: a", r"lambda is not allowed"),
        ("[a]", r"List is not allowed"),
        ("1 > 0", r"it names no column"),
        ("a >", r"invalid syntax"),
        ("a = 1", r"invalid syntax"),
        ("", r"invalid syntax"),
        ("a > 1" * 300, r"longer than 1,000 characters"),
        ("(" * 400 + "a" + ")" * 400, r"nested|too many|stack"),
        ("-" * 300 + "a", r"more than 200 parts"),
    ],
)
def test_anything_else_is_refused(expression: str, mistake: str) -> None:
    with pytest.raises(PipelineFileError, match=f"cannot be read: .*(?:{mistake})"):
        evaluate(expression, pa.record_batch(COLUMNS))
    assert expression_mistake(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("aa > 1", r"there is no column 'aa'"),
        ("s > 1", r"'s > 1' cannot be computed where s is string"),
        ("s + 1", r"cannot be computed where s is string"),
        ("not a", r"cannot be computed where a is int64"),
        ("t > 'yesterday'", r"cannot be computed where t is timestamp"),
        ("a * 9223372036854775807 > 0", r"cannot be computed where a is int64: overflow"),
    ],
)
def test_columns_that_do_not_fit_are_refused(expression: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(expression, pa.record_batch(COLUMNS))
