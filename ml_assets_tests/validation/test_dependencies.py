"""Rows that contradict each other, and values that repeat: across batches, and in quarantine."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.schema.model import Feature, FunctionalDependency, Schema
from ml_assets.table import Table
from ml_assets.validation import rows
from ml_assets.validation.dependencies import check_dependencies
from ml_assets.validation.examples_of import with_example_ids
from ml_assets.validation.rows import find_broken_rows

FEATURES = (Feature("zip", "string", min_fraction=0), Feature("city", "string", min_fraction=0))
SCHEMA = Schema(FEATURES, functional_dependencies=(FunctionalDependency(("zip",), "city"),))


def table_of(folder: Path, columns: Any) -> Table:
    count = len(next(iter(columns.values())))
    ids = {"_example_id": [f"id{place}" for place in range(count)]}
    pq.write_table(pa.table({**ids, **columns}), folder / "t.parquet", row_group_size=3)
    return Table((folder / "t.parquet",))


ZIPS = ["1", "1", "1", "2", "2", None, "3", "3", "4"]
CITIES = ["A", "A", "B", "C", "D", "X", "E", None, "F"]


def test_rows_that_differ_from_the_usual_value_are_broken(tmp_path: Path) -> None:
    table = table_of(tmp_path, {"zip": ZIPS, "city": CITIES})
    broken_rules = [*find_broken_rows(table, SCHEMA)]
    assert [
        (broken.row, broken.example_id, broken.feature, broken.rule) for broken in broken_rules
    ] == [
        (2, "id2", "city", "dependency"),
        (3, "id3", "city", "dependency"),
        (4, "id4", "city", "dependency"),
    ]
    assert broken_rules[0].reason == "city is 'B', and 2 of 3 rows with zip '1' have 'A'"
    assert broken_rules[1].reason.startswith(
        "city is 'C', and rows with zip '2' have several values of it: "
    )


def test_an_anomaly_says_how_many_and_shows_the_worst(tmp_path: Path) -> None:
    table = table_of(tmp_path, {"zip": ZIPS, "city": CITIES})
    (anomaly,) = check_dependencies(table, SCHEMA)
    (hiding,) = check_dependencies(
        table, SCHEMA, hidden={SCHEMA.functional_dependencies[0].dependent}
    )
    assert anomaly.description.startswith(hiding.description.partition(". Correct")[0] + ": with ")
    assert (anomaly.feature, anomaly.code) == ("city", "FUNCTIONAL_DEPENDENCY_BROKEN")
    assert (
        "city should follow from zip, and contradicts it in 3 of 9 rows (33.33%), for 2 values of "
        "zip: with zip '2' it is 'C' (1), 'D' (1)."
    ) in anomaly.description
    assert anomaly.affected_fraction == pytest.approx(1 / 3)
    (named,) = with_example_ids([anomaly], table, SCHEMA, max_ids=2)
    assert named.example_ids == ("id2", "id3")


def test_two_columns_can_determine_a_third(tmp_path: Path) -> None:
    schema = Schema(functional_dependencies=(FunctionalDependency(("a", "b"), "c"),))
    columns = {"a": [1, 1, 2, 2], "b": [1.5, 1.5, 1.5, 1.5], "c": [7, 8, 7, 7]}
    broken_rules = find_broken_rows(table_of(tmp_path, columns), schema)
    assert [(broken.row, broken.reason) for broken in broken_rules] == [
        (0, "c is 7, and rows with a 1 and b 1.5 have several values of it: 7, 8"),
        (1, "c is 8, and rows with a 1 and b 1.5 have several values of it: 7, 8"),
    ]


def test_a_dependency_between_absent_columns_is_left_out(tmp_path: Path) -> None:
    table = table_of(tmp_path, {"zip": ZIPS})
    assert check_dependencies(table, SCHEMA) == []
    assert [*find_broken_rows(table, SCHEMA)] == []


key = st.sampled_from(["a", "b", "c", None])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(key, key), min_size=1, max_size=30))
def test_rows_are_broken_exactly_if_others_outvote_them(tmp_path_factory: Any, cells: Any) -> None:
    folder = tmp_path_factory.mktemp("rows")
    columns = {"zip": pa.array([z for z, _ in cells], pa.string())}
    columns["city"] = pa.array([c for _, c in cells], pa.string())
    rows = {broken.row for broken in find_broken_rows(table_of(folder, columns), SCHEMA)}
    expected = set()
    for row, (zip_, city) in enumerate(cells):
        group = [c for z, c in cells if z == zip_ and c is not None]
        counts = sorted(((group.count(c), c) for c in set(group)), reverse=True)
        if zip_ is None or city is None or len(counts) < 2:
            continue
        is_tie = counts[0][0] == counts[1][0]
        if is_tie or city != counts[0][1]:
            expected.add(row)
    assert rows == expected


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        (["a", "b", "a", None, None, "a"], [2, 5]),
        ([1, 2, 1, 2**60, 2**60], [2, 4]),
        ([0.0, -0.0, float("nan"), float("nan"), float("inf"), float("inf")], [1]),
        ([b"x", b"\xff", b"\xff"], [2]),
        ([True, False, True], [2]),
        (list(range(10)), []),
    ],
)
def test_rows_that_repeat_an_earlier_value_are_found_across_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: Any, broken: Any
) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 2)
    feature = Feature(
        "x", "bool", unique=True, min_fraction=0, allow_nan=True, allow_inf=True
    )  # fmt: skip
    broken_rules = [*find_broken_rows(table_of(tmp_path, {"x": values}), Schema((feature,)))]
    assert [rule.row for rule in broken_rules if rule.rule == "unique"] == broken
    reasons = [rule.reason for rule in broken_rules if rule.rule == "unique"]
    assert all("as in an earlier row" in reason for reason in reasons)
