"""What looks at the values of one column: slips, patterns, singletons, misplaced values, placeholders."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import THRESHOLD
from ml_assets.validation.cells.misplaced import misplaced_values
from ml_assets.validation.cells.near_values import near_frequent_values
from ml_assets.validation.cells.patterns import pattern_of, rare_patterns
from ml_assets.validation.cells.placeholders import placeholders
from ml_assets.validation.cells.rare_values import rare_values
from ml_assets_tests.validation.cells.columns import by_value, counted

CITIES = {"birmingham": 107, "montgomery": 80, "huntsville": 60, "mobile": 50}


def suspected(column: ColumnCounts, found: Any) -> set[Any]:
    each = by_value(column, found)
    return {value for value, one in each.items() if one.score >= THRESHOLD}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({**CITIES, "birmingxam": 1}, {"birmingxam"}),
        ({**CITIES, "birmnigham": 1, "moblie": 2}, {"birmnigham", "moblie"}),
        ({**CITIES, "selma": 1}, set()),
        ({"yes": 500, "no": 400, "yxs": 1}, {"yxs"}),
        ({f"{n} patients": 20 for n in range(40)} | {"619 paxienxs": 1}, {"619 paxienxs"}),
    ],
    ids=["one letter", "swapped letters", "a new city", "short", "beside a number"],
)
def test_rare_text_near_a_frequent_one(values: dict[str, int], wrong: set[str]) -> None:
    column = counted(values)
    assert suspected(column, near_frequent_values(column)) == wrong


def test_a_slip_is_explained_and_a_repair_proposed() -> None:
    column = counted({**CITIES, "birmingxam": 1})
    (suspicion,) = near_frequent_values(column).values()
    assert suspicion.explanation == (
        "'birmingxam' occurs once; 'birmingham' occurs 107 times and differs in one letter"
    )
    assert suspicion.repair == "birmingham"


def test_the_repair_keeps_the_number() -> None:
    column = counted({f"{n} patients": 20 for n in range(40)} | {"619 paxienxs": 1})
    (suspicion,) = near_frequent_values(column).values()
    assert suspicion.repair == "619 patients"
    assert "is of the form '0 paxienxs', which occurs once" in suspicion.explanation


def test_codes_that_are_all_close_to_each_other_are_no_slips() -> None:
    codes = [a + b + c for a in "ABCDE" for b in "ABCDE" for c in "ABCDE"]
    column = counted({**dict.fromkeys(codes[:-1], 100), codes[-1]: 1})
    assert suspected(column, near_frequent_values(column)) == set()


def test_another_number_is_no_slip() -> None:
    column = counted({"35957": 100, "35958": 1, "36049": 90})
    assert near_frequent_values(column) == {}


def test_a_close_value_that_many_rows_have_is_no_slip() -> None:
    column = counted(
        {"Married-civ-spouse": 14_976, "Married-AF-spouse": 23, "Never-married": 10_000}
    )
    assert suspected(column, near_frequent_values(column)) == set()


@pytest.mark.parametrize(
    ("text", "pattern", "digits"),
    [
        ("birmingham", "a", "a"),
        ("35957", "9", "99999"),
        ("x5957", "a9", "a9999"),
        ("Blue Ribbon Taxi Association", "a", "a"),
        ("3201 - C&D Cab", "9 - A&A a", "9999 - A&A a"),
        ("N14228", "A9", "A99999"),
        ("Übergröße", "a", "a"),
        ("", "", ""),
    ],
)
def test_pattern_of_a_text(text: str, pattern: str, digits: str) -> None:
    texts = pa.array([text])
    assert pattern_of(texts)[0].as_py() == pattern
    assert pattern_of(texts, digits=True)[0].as_py() == digits


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({**{str(35_000 + n): 25 for n in range(40)}, "x5957": 1}, {"x5957"}),
        ({**{str(10_000 + n): 1 for n in range(900)}, "1O234": 1}, {"1O234"}),
        ({**{str(10_000 + n): 1 for n in range(900)}, "1234": 1}, {"1234"}),
        ({str(n): 1 for n in range(900)}, set()),
        (dict.fromkeys(("a1", "b-2", "C", "d d", "9", "e.f", "G_h", "#i"), 1), set()),
    ],
    ids=["category", "identifier", "a digit too few", "numbers of all lengths", "no usual pattern"],
)
def test_rare_pattern(values: dict[str, int], wrong: set[str]) -> None:
    column = counted(values)
    assert suspected(column, rare_patterns(column)) == wrong


def test_a_rare_pattern_is_explained() -> None:
    column = counted({**{str(35_000 + n): 25 for n in range(40)}, "x5957": 1})
    (suspicion,) = rare_patterns(column).values()
    assert suspicion.explanation == (
        "'x5957' is of the form 'a9', which occurs once; 99.9% of the values are of the form '9'"
    )


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({f"airport {n}": 2_000 + n for n in range(30)} | {"LEX": 1}, {"LEX"}),
        ({f"word {n}": 1 + 3_000 // (n + 1) for n in range(60)}, set()),
        ({"yes": 9_000, "no": 1}, set()),
        ({f"name {n}": 2 for n in range(500)} | {"once": 1}, set()),
        (dict.fromkeys(range(6, 24), 5000) | {99: 1}, {99}),
        (dict.fromkeys(range(50), 5000) | {99: 1}, set()),
    ],
    ids=["a gap", "a long tail", "two values", "many values", "hours", "many numbers"],
)
def test_singleton_in_a_column_of_few_values(values: dict[Any, int], wrong: set[Any]) -> None:
    column = counted(values)
    assert suspected(column, rare_values(column)) == wrong


def test_a_singleton_is_explained() -> None:
    column = counted({f"airport {n}": 2_000 + n for n in range(30)} | {"LEX": 1})
    (suspicion,) = rare_values(column).values()
    assert suspicion.explanation == (
        "'LEX' occurs once; each of the 30 other values occurs at least 2,000 times"
    )


def test_a_value_of_another_column_is_misplaced() -> None:
    city = counted({**CITIES, "jefferson": 1}, "city")
    county = counted({"jefferson": 200, "mobile": 98}, "county")
    found = by_value(city, misplaced_values([city, county])["city"])
    assert found["jefferson"].score >= THRESHOLD
    assert found["jefferson"].explanation == (
        "'jefferson' occurs once in city and 200 times in county"
    )


def test_columns_that_share_their_values_have_no_misplaced_ones() -> None:
    home = counted({**CITIES, "selma": 1}, "home")
    work = counted({**CITIES, "selma": 50}, "work")
    found = misplaced_values([home, work])
    assert suspected(home, found["home"]) == set()


DAYS = {dt.date(2013, 1, 1) + dt.timedelta(days=n): 3 for n in range(300)}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({**CITIES, "N/A": 1, " ? ": 2}, {"N/A", " ? "}),
        ({**CITIES, "Unknown": 2}, {"Unknown"}),
        ({"?": 20, **CITIES}, set()),
        (dict.fromkeys(range(-40, 300), 10) | {-999: 12}, {-999}),
        (dict.fromkeys(range(100), 10) | {-1: 12}, {-1}),
        (dict.fromkeys(range(-5, 1500), 10), set()),
        (dict.fromkeys(range(95), 10) | {99: 10}, set()),
        ({float(n): 10 for n in range(100)} | {99_999.0: 12}, {99_999.0}),
        ({**DAYS, dt.date(1970, 1, 1): 2}, {dt.datetime(1970, 1, 1)}),
        ({dt.date(1970, 1, 1) + dt.timedelta(days=n): 3 for n in range(300)}, set()),
        ({True: 5, False: 3}, set()),
    ],
    ids=["texts", "unknown", "a habit of the source", "-999", "-1", "within the range", "not apart",
         "nines", "epoch", "days around the epoch", "booleans"],
)  # fmt: skip
def test_placeholder(values: dict[Any, int], wrong: set[Any]) -> None:
    column = counted(values)
    assert suspected(column, placeholders(column)) == wrong


def test_a_placeholder_is_explained() -> None:
    column = counted({**DAYS, dt.date(1970, 1, 1): 2})
    (suspicion,) = placeholders(column).values()
    assert suspicion.explanation == "1970-01-01 occurs 2 times and stands for no value"
