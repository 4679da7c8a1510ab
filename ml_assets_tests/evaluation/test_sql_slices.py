import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.evaluation import evaluate
from ml_assets.evaluation.sql_slices import sql_columns, sql_mistake

ROWS = pd.DataFrame(
    {
        "hour": [1, 23, None],
        "name": ["ann's", None, "b"],
        "paid": [True, False, None],
        "at": pd.to_datetime(["2026-01-31 18:30", "NaT", "2026-06-01 00:00"]),
        "zoned": pd.to_datetime(["2026-01-31 23:30"] * 3).tz_localize("America/New_York"),
        "day": [dt.date(2026, 1, 31), None, dt.date(2027, 1, 1)],
        "price": [Decimal("1.5"), None, Decimal(2)],
        "count": pd.array([1, None, 3], dtype="Int64"),
        'a "b"': [1, 2, 3],
    },
    index=[7, 7, 9],
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("hour >= 22 OR hour < 6", [1, 1, None]),
        ("HOUR + 1", [2, 24, None]),
        ("CASE WHEN paid THEN 'yes' ELSE 'no' END", ["yes", "no", "no"]),
        ("name = 'ann''s'", [1, None, 0]),
        ("strftime('%m', at)", ["01", None, "06"]),
        ("zoned", ["2026-02-01T04:30:00"] * 3),
        ("day < '2026-12-31'", [1, None, 0]),
        ("CAST(price AS REAL) * 2", [3, None, 4]),
        ('"count" + "a ""b"""', [2, None, 6]),
        ("1", [1, 1, 1]),
    ],
)
def test_an_expression_gives_a_value_for_each_row(expression: str, expected: list[Any]) -> None:
    found = sql_columns(ROWS, {"it": expression})
    assert [None if pd.isna(value) else value for value in found["it"]] == expected
    assert found.index.equals(ROWS.index)


@pytest.mark.parametrize(
    "kind",
    [
        st.floats(allow_nan=False),
        st.integers(-(2**63), 2**63 - 1),
        st.text(st.characters(codec="utf-8")),
    ],
    ids=["floats", "integers", "texts"],
)
@given(data=st.data())
def test_values_come_through_as_they_are(kind: st.SearchStrategy[Any], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.one_of(st.none(), kind)))
    rows = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    found = sql_columns(rows, {"it": "x"})["it"]
    assert [None if pd.isna(value) else value for value in found] == values


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("houur > 1", "no such column: houur. Did you mean 'hour'?"),
        ('"nme" = 1', "no column 'nme'. Did you mean 'name'? Texts take single quotes."),
        ("hour >", 'near ")": syntax error.'),
        ("", 'near ")": syntax error.'),
        ("1) FROM examples; DROP TABLE examples; --", "one statement at a time"),
        ("1), (2", "near"),
        ("count(*) > 1", "misuse of aggregate function count()."),
        ("(SELECT 1)", "subqueries prohibited in generated columns."),
        ("avg(hour) OVER ()", "misuse of window function avg()."),
        ("random() > 0", "non-deterministic functions prohibited in generated columns."),
        ("CURRENT_TIMESTAMP", "non-deterministic functions prohibited in generated columns."),
        ("date('now') > at", "non-deterministic use of date() in a generated column."),
        ("load_extension('x')", "prohibited"),
        ("readfile('/etc/passwd')", "no such function: readfile."),
        ("hour = ?", "number of bindings"),
    ],
)
def test_what_is_no_function_of_one_row_is_refused(expression: str, mistake: str) -> None:
    assert mistake in (sql_mistake(expression, ROWS.columns) or "")
    with pytest.raises(DataError, match=r"evaluation\.sql_slices\.it: "):
        sql_columns(ROWS, {"it": expression})


def test_a_text_in_single_quotes_may_hold_double_ones() -> None:
    assert sql_mistake("""name = 'a "nickname" it''s'""", ROWS.columns) is None


@pytest.mark.parametrize(
    ("rows", "expression"),
    [
        (ROWS, "json_extract(name, '$.a')"),
        (pd.DataFrame({"x": [2**63]}, dtype=object), "x"),
    ],
)
def test_an_expression_that_fails_for_a_value_says_which_it_is(
    rows: pd.DataFrame, expression: str
) -> None:
    with pytest.raises(DataError, match=r"evaluation\.sql_slices\.it: "):
        sql_columns(rows, {"it": expression})


@pytest.mark.parametrize(
    "name", ["rowid", "_rowid_", "ml_assets_row", "ml_assets_value", "select", "examples"]
)
def test_a_column_may_have_any_name_and_values_stay_with_their_rows(name: str) -> None:
    rows = pd.DataFrame({name: [3, 1, 2], "x": [10, 20, 30]})
    found = sql_columns(rows, {"it": f'x + "{name}"'})
    assert found["it"].tolist() == [13, 21, 32]
    assert sql_columns(rows[["x"]], {"it": "x"})["it"].tolist() == [10, 20, 30]


@pytest.mark.parametrize("name", ["rowid", "oid", "ml_assets_row", "ml_assets_nothing"])
def test_what_sqlite_and_we_add_is_no_column(name: str) -> None:
    assert (sql_mistake(name, ["hour"]) or "").startswith("no such column: ")


def test_a_source_may_have_more_columns_than_a_table_of_sqlite() -> None:
    rows = pd.DataFrame({f"c{i}": [i, 0] for i in range(2_500)} | {'a "b"': [7, 8]})
    assert sql_columns(rows, {"it": 'C2499 + "a ""b"""'})["it"].tolist() == [2506, 8]


# SQLite takes A for a, but not Ä for ä, and a quoted name that it does not know for a text.
def test_only_letters_of_ascii_may_be_upper_or_lower_case() -> None:
    rows = pd.DataFrame({"Ä": [1, 2], "ä": [3, 4]})
    assert sql_columns(rows, {"it": "ä", "other": '"Ä"'}).to_numpy().tolist() == [[3, 1], [4, 2]]
    assert (sql_mistake('"ä" = 1', ["Ä"]) or "").startswith("no column 'ä'. Did you mean 'Ä'?")


def test_an_expression_may_end_with_a_comment() -> None:
    assert sql_columns(ROWS, {"it": "hour > 5 -- the day"})["it"].tolist()[:2] == [0, 1]


def test_a_slice_with_the_name_of_a_column_is_refused() -> None:
    with pytest.raises(DataError, match="'hour' is a column of the source; give the slice another"):
        sql_columns(ROWS, {"hour": "1"})


def test_values_that_read_alike_are_one_slice() -> None:
    rows = pd.DataFrame({"x": np.arange(90) % 3})
    by = {"it": "CASE x WHEN 0 THEN 1 WHEN 1 THEN '1' END"}
    y, score = np.arange(90) % 2, np.random.default_rng(0).random(90)
    found = evaluate(y, score, features=rows, sql_slices=by, min_slice_size=1)
    assert [(piece.name, piece.rows) for piece in found.slices] == [("it=1", 60), ("it=(null)", 30)]


def test_of_columns_that_differ_in_case_the_first_is_meant() -> None:
    rows = pd.DataFrame({"A": [1], "a": [2]})
    assert sql_columns(rows, {"it": "a"})["it"].tolist() == [1]


def test_rows_are_evaluated_by_the_values_also_in_crosses_and_bins() -> None:
    rows = pd.DataFrame(
        {"hour": np.arange(400) % 24, "city": np.where(np.arange(400) < 200, "a", "b")}
    )
    y, score = np.arange(400) % 2, np.random.default_rng(0).random(400)
    found = evaluate(
        y, score, features=rows, slices=["night, city", "late:2"],
        sql_slices={"night": "hour >= 22 OR hour < 6", "late": "24 - hour"},
        min_slice_size=10, slice_thresholds={"roc_auc": {"min": 0}},
    )  # fmt: skip
    names = [piece.name for piece in found.slices]
    assert names[:4] == ["night=0, city=a", "night=0, city=b", "night=1, city=a", "night=1, city=b"]
    assert names[4:6] == ["late=1 to 13", "late=14 to 24"]
    assert {"night=0", "night=1", "late=24"} <= set(names)
    assert {rule.slice for rule in found.rules if rule.slice} == set(names)
    night = next(piece for piece in found.slices if piece.name == "night=1")
    assert night.rows == ((rows["hour"] >= 22) | (rows["hour"] < 6)).sum()
