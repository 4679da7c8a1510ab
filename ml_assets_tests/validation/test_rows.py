"""Row by row: what is set aside, with rule and reason."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.errors import DataError
from ml_assets.schema.model import Feature, FunctionalDependency, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.table import Table
from ml_assets.validation import rows
from ml_assets.validation.dependencies import check_dependencies
from ml_assets.validation.examples_of import with_example_ids
from ml_assets.validation.quarantine import write_split_by_validity
from ml_assets.validation.rows import find_broken_rows
from ml_assets.validation.validate import validate_statistics

SCHEMA = Schema(
    (
        Feature("fare", "float", min=0.0, max=100.0),
        Feature("way", "string", domain=("cash", "card")),
        Feature("area", "int", min=1, min_fraction=0.5),
        Feature("late", "int", max=1, not_in=("TRAINING",)),
        Feature("free", "string", min_fraction=0.0),
        Feature("gone", "int", max=1),
    )
)
GOOD = {"fare": 5.0, "way": "cash", "area": 2, "late": 9, "free": None}


def table_of(path: Any, records: Any) -> Table:
    cells = {name: [record[name] for record in records] for name in GOOD}
    count = len(records)
    columns = {
        "_example_id": [f"id{place}" for place in range(count)],
        "_split": ["train", "eval", "test"][:count] + ["train"] * (count - 3),
        **cells,
    }
    schema = pa.schema(
        [
            ("_example_id", pa.string()),
            ("_split", pa.string()),
            ("fare", pa.float64()),
            ("way", pa.string()),
            ("area", pa.int64()),
            ("late", pa.int64()),
            ("free", pa.string()),
        ]
    )
    pq.write_table(pa.table(columns, schema), path / "t.parquet")
    return Table((path / "t.parquet",))


@pytest.mark.parametrize(
    ("cells", "broken"),
    [
        ({}, []),
        ({"area": None}, []),
        ({"fare": -1.0}, [("fare", "min", "fare is -1.0, below its minimum of 0.0")]),
        ({"fare": 101.0}, [("fare", "max", "fare is 101.0, above its maximum of 100.0")]),
        ({"fare": math.inf}, [("fare", "finite", "fare is inf, infinite")]),
        ({"fare": None}, [("fare", "not_nullable", "fare has no value")]),
        ({"fare": math.nan}, [("fare", "nan", "fare is nan, no number")]),
        ({"way": "gold"}, [("way", "domain", "way is 'gold', not in its domain")]),
        ({"way": None}, [("way", "not_nullable", "way has no value")]),
        ({"area": 0}, [("area", "min", "area is 0, below its minimum of 1")]),
    ],
)
def test_a_row_is_judged(tmp_path: Path, cells: Any, broken: Any) -> None:
    records = [GOOD, GOOD, GOOD, {**GOOD, **cells}, {**GOOD, "area": None}]
    broken_rules = find_broken_rows(table_of(tmp_path, records), SCHEMA, "TRAINING")
    assert [(rule.feature, rule.rule, rule.reason) for rule in broken_rules] == broken
    assert {(rule.row, rule.example_id) for rule in broken_rules} <= {(3, "id3")}


def test_an_infinite_value_without_a_range_is_named(tmp_path: Path) -> None:
    table = table_of(tmp_path, [GOOD, GOOD, {**GOOD, "fare": -math.inf}])
    (broken,) = find_broken_rows(table, Schema((Feature("fare", "float"),)))
    assert (broken.rule, broken.reason) == ("finite", "fare is -inf, infinite")


def test_bools_among_ints_are_judged_as_0_and_1(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [True, False, None]}), tmp_path / "t.parquet")
    schema = Schema((Feature("x", "int", min=1, nullable=True),))
    (broken,) = find_broken_rows(Table((tmp_path / "t.parquet",)), schema)
    assert (broken.row, broken.rule, broken.code) == (1, "min", "INT_TYPE_SMALL_INT")


def test_any_data_can_be_judged() -> None:
    frame = pd.DataFrame({7: [1, -1, None], "zip": ["a", "a", "b"], "city": ["x", "y", "z"]})
    table = pa.Table.from_pandas(frame.rename(columns=str))
    schema = Schema(
        (
            Feature("7", "float", min=0.0, unique=True),
            Feature("zip", "string"),
            Feature("city", "string"),
        ),
        functional_dependencies=(FunctionalDependency(("zip",), "city"),),
    )
    expected = [
        (0, "city", "dependency"),
        (1, "7", "min"),
        (1, "city", "dependency"),
        (2, "7", "not_nullable"),
    ]
    for data in (frame, table, table.to_batches()[0], ds.dataset(table), table.to_reader()):
        found = [(rule.row, rule.feature, rule.rule) for rule in find_broken_rows(data, schema)]
        assert found == expected
    for data in (frame, table):
        (broken,) = check_dependencies(data, schema)
        assert broken.affected_fraction == 2 / 3
    with pytest.raises(DataError, match="1 column names appear more than once: 'x'"):
        list(find_broken_rows(pd.DataFrame([[1, 2]], columns=["x", "x"]), schema))


def test_only_wanted_columns_are_judged(tmp_path: Path) -> None:
    table = table_of(tmp_path, [{**GOOD, "fare": -1.0, "way": "gold"}] * 4)
    broken_rules = find_broken_rows(table, SCHEMA, "TRAINING", columns={"way"})
    assert {broken.feature for broken in broken_rules} == {"way"}
    assert [*find_broken_rows(table, Schema((Feature("free", "string", min_fraction=0),)))] == []


def test_rows_are_found_in_every_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 10)
    records = [{**GOOD, "fare": -1.0} if place % 7 == 0 else GOOD for place in range(100)]
    path = tmp_path / "t.parquet"
    table_of(tmp_path, records)
    pq.write_table(pq.read_table(path), path, row_group_size=5)
    broken_rules = [*find_broken_rows(Table((path,)), SCHEMA, "TRAINING")]
    assert [broken.row for broken in broken_rules] == list(range(0, 100, 7))
    assert [broken.example_id for broken in broken_rules] == [
        f"id{row}" for row in range(0, 100, 7)
    ]


def read(directory: Path, name: str) -> Any:
    return pq.read_table(directory / name).to_pylist()


def test_broken_rows_are_set_aside_with_rule_and_reason(tmp_path: Path) -> None:
    records = [GOOD] * 4 + [{**GOOD, "fare": -1.0, "way": "gold"}, GOOD]
    table = table_of(tmp_path, records)
    result = write_split_by_validity(table, find_broken_rows(table, SCHEMA, "TRAINING"), tmp_path)
    (aside,) = read(tmp_path, "quarantine.parquet")
    assert aside["_example_id"] == "id4"
    assert aside["_rule"] == "fare.min; way.domain"
    assert aside["_reason"] == (
        "fare is -1.0, below its minimum of 0.0; way is 'gold', not in its domain"
    )
    assert [r["_example_id"] for r in read(tmp_path, "examples.parquet")] == [
        "id0", "id1", "id2", "id3", "id5",
    ]  # fmt: skip
    assert (result.rows, result.quarantined) == (5, 1)
    assert (dict(result.splits), dict(result.rules)) == (
        {"train": 3, "eval": 1, "test": 1},
        {"fare.min": 1, "way.domain": 1},
    )
    assert result.fraction == pytest.approx(1 / 6)


def test_a_table_without_broken_rows_is_kept_byte_for_byte(tmp_path: Path) -> None:
    table = table_of(tmp_path, [GOOD] * 5)
    write_split_by_validity(table, [], tmp_path)
    assert (tmp_path / "examples.parquet").read_bytes() == table.files[0].read_bytes()
    assert read(tmp_path, "quarantine.parquet") == []
    assert pq.read_schema(tmp_path / "quarantine.parquet").names[-2:] == ["_rule", "_reason"]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (range(5), r"no row satisfies the schema at all. Broken rules: fare.min in 5 rows"),
        ([1], r"no row satisfies the schema in the split eval. Broken rules: fare.min in 1 rows"),
    ],
)
def test_a_split_without_a_valid_row_is_an_error(tmp_path: Path, broken: Any, message: Any) -> None:
    records = [{**GOOD, "fare": -1.0} if place in broken else GOOD for place in range(5)]
    table = table_of(tmp_path, records)
    with pytest.raises(DataError, match=message):
        write_split_by_validity(table, find_broken_rows(table, SCHEMA, "TRAINING"), tmp_path)


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    table = table_of(tmp_path, [])
    with pytest.raises(DataError, match=r"at all. Broken rules: none"):
        write_split_by_validity(table, [], tmp_path)


def test_anomalies_name_rows_to_look_at(tmp_path: Path) -> None:
    records = [GOOD] * 3 + [{**GOOD, "fare": 500.0}] * 12 + [{**GOOD, "way": "gold", "fare": -1.0}]
    table = table_of(tmp_path, records)
    schema = Schema(SCHEMA.features[:2])
    anomalies = validate_statistics(generate_statistics(table, columns=["fare", "way"]), schema)
    ids = {
        anomaly.code: anomaly.example_ids for anomaly in with_example_ids(anomalies, table, schema)
    }
    assert ids == {
        "FLOAT_TYPE_BIG_FLOAT": tuple(f"id{place}" for place in range(3, 8)),
        "FLOAT_TYPE_SMALL_FLOAT": ("id15",),
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES": ("id15",),
    }


cell = st.sampled_from([-1.0, 0.0, 50.0, 101.0, math.inf, math.nan, None])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(cell, st.sampled_from(["cash", "gold", None])), min_size=1, max_size=30))
def test_rows_are_kept_exactly_if_they_satisfy_every_rule(
    tmp_path_factory: Any, cells: Any
) -> None:
    table = table_of(
        tmp_path_factory.mktemp("rows"), [{**GOOD, "fare": fare, "way": way} for fare, way in cells]
    )
    broken = {rule.row for rule in find_broken_rows(table, SCHEMA, "TRAINING")}
    expected = {
        place
        for place, (fare, way) in enumerate(cells)
        if fare is None or not 0 <= fare <= 100 or way != "cash"
    }
    assert broken == expected
