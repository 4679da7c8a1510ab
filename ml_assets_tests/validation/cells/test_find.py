"""`find_cell_errors` as a whole: known truth, clean data, and data of every make."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.cell_errors import INJECTIONS, cells_of, inject, read_hospital, score, tables
from ml_assets.errors import DataError
from ml_assets.schema.model import Feature, FunctionalDependency, Schema
from ml_assets.table import Table, write_table
from ml_assets.validation.cells import CellErrors, find_cell_errors
from ml_assets.validation.cells.model import ARROW_SCHEMA, KINDS
from ml_assets_tests.shared_data import shared_path
from ml_assets_tests.validation.cells.columns import repeated

CITIES: dict[str, list[Any]] = {
    "city": ["birmingham", "montgomery", "huntsville"],
    "size": [9, 8, 7],
}


def with_slip() -> pd.DataFrame:
    frame = repeated(CITIES, 50)
    frame.at[7, "city"] = "montgomxry"
    return frame


@cache
def table(name: str) -> pd.DataFrame:
    every = tables(shared_path("adult").parent)
    return every[name].sample(15_000, random_state=1).sort_index().reset_index(drop=True)


@pytest.mark.parametrize(("given_dependencies", "least"), [(True, 0.95), (False, 0.95)])
def test_hospital_without_labels(given_dependencies: bool, least: float) -> None:
    data = read_hospital(shared_path("raha_hospital"))
    assert len(data.wrong) == 509
    rules = data.dependencies if given_dependencies else ()
    cell_errors = find_cell_errors(data.dirty, functional_dependencies=rules)
    precision, recall, f1 = score(cell_errors, data.wrong)
    print(f"precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    assert f1 >= least
    repairs = [e for e in cell_errors.errors if e.repair is not None]
    right = sum(e.repair == data.clean.at[e.row, e.column] for e in repairs)
    assert right >= 0.9 * len(repairs)


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [("flights", 0.75, 0.85), ("taxi", 0.9, 0.8), ("adult", 0.85, 0.9)],
)
def test_injected_errors_are_found(name: str, precision: float, recall: float) -> None:
    dirty, truth = inject(table(name), INJECTIONS[name], each=10, seed=4)
    found = cells_of(find_cell_errors(dirty))
    hits = len(found & set(truth))
    odd_before = cells_of(find_cell_errors(table(name))) - set(truth)
    assert hits >= precision * len(found - odd_before)
    assert hits >= recall * len(truth)


@pytest.mark.parametrize("name", ["flights", "taxi", "adult"])
def test_clean_data_have_few_findings(name: str) -> None:
    assert find_cell_errors(table(name)).fraction < 0.002


def test_the_clean_hospital_has_few_findings() -> None:
    data = read_hospital(shared_path("raha_hospital"))
    assert find_cell_errors(data.clean).fraction < 0.005


def test_a_finding_says_where_what_and_why() -> None:
    cell_errors = find_cell_errors(with_slip(), key=["size"])
    (error,) = cell_errors.errors
    assert (error.row, error.example_id, error.column) == (7, "8", "city")
    assert (error.value, error.repair) == ("montgomxry", "montgomery")
    assert error.kind in KINDS
    assert 0.5 <= error.score <= 1
    assert cell_errors.found == 1
    assert cell_errors.cells == 300
    assert cell_errors.counts == {("city", error.kind): 1}


def test_findings_as_a_table() -> None:
    table = find_cell_errors(with_slip()).to_arrow()
    assert table.schema == ARROW_SCHEMA
    assert table.to_pylist()[0]["value"] == "montgomxry"
    assert CellErrors().to_arrow().schema == ARROW_SCHEMA
    assert list(CellErrors().to_pandas()) == ARROW_SCHEMA.names


def test_data_are_not_changed() -> None:
    frame = with_slip()
    find_cell_errors(frame)
    pd.testing.assert_frame_equal(frame, with_slip())


def test_a_table_on_disk_gives_the_same_as_a_frame(tmp_path: Path) -> None:
    frame = with_slip().assign(_example_id=[f"id{n}" for n in range(150)])
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    parts = tuple(
        write_table(
            tmp_path / f"{n}.parquet", arrow.slice(n * 40, 40).to_batches(), arrow.schema
        ).files[0]
        for n in range(4)
    )
    on_disk, in_memory = find_cell_errors(Table(parts)), find_cell_errors(frame)
    assert on_disk == in_memory == find_cell_errors(arrow)
    assert [error.example_id for error in on_disk.errors] == ["id7"]


def test_every_kind_of_data_gives_the_same_as_a_frame() -> None:
    frame = pd.DataFrame({1: [*"abc"] * 100})
    frame.loc[5, 1] = "1x"
    table = pa.Table.from_pandas(frame.rename(columns=str), preserve_index=False)
    kinds = (frame, table, table.to_batches()[0], ds.dataset(table), table.to_reader())
    found = [
        [(error.row, error.column) for error in find_cell_errors(data).errors] for data in kinds
    ]
    assert found == [[(5, "1")]] * len(kinds)


def test_the_most_suspicious_are_kept_and_all_are_counted() -> None:
    frame = with_slip()
    frame.loc[20:29, "city"] = [f"huntsvil{letter}e" for letter in "abcdefghij"]
    every = find_cell_errors(frame)
    some = find_cell_errors(frame, max_errors=3)
    assert some.found == every.found == 11
    assert some.counts == every.counts
    assert len(some.errors) == 3
    assert min(e.score for e in some.errors) >= sorted(e.score for e in every.errors)[-3]
    assert find_cell_errors(frame, max_errors=0).errors == ()


def test_only_the_wanted_columns_are_judged() -> None:
    assert find_cell_errors(with_slip(), columns=["size"]).cells == 150
    with pytest.raises(DataError, match="cell errors: 1 columns are not in the data: 'town'"):
        find_cell_errors(with_slip(), columns=["town"])
    with pytest.raises(DataError, match=r"'sizes'. Did you mean 'size'\?"):
        find_cell_errors(with_slip(), key=["sizes"])


def test_a_reviewed_schema_vouches_for_its_values() -> None:
    domain = ("birmingham", "montgomery", "huntsville", "montgomxry")
    city = Feature("city", "string", domain=domain)
    assert find_cell_errors(with_slip(), columns=["city"], schema=Schema((city,))).found == 1
    reviewed = Schema((city,), reviewed=True)
    assert find_cell_errors(with_slip(), columns=["city"], schema=reviewed).found == 0


def test_a_schema_gives_dependencies_and_leaves_columns_out() -> None:
    rule = FunctionalDependency(("size",), "city")
    (error,) = find_cell_errors(with_slip(), schema=Schema(functional_dependencies=(rule,))).errors
    assert "broken_dependency" in (error.kind, *error.also)
    left_out = Schema(left_out=(("city", "free text"),))
    assert find_cell_errors(with_slip(), schema=left_out).cells == 150
    ignored = Schema((Feature("city", "string", stage="DEPRECATED"),))
    assert find_cell_errors(with_slip(), schema=ignored).cells == 150


def test_what_is_not_judged_is_said() -> None:
    frame = with_slip()
    frame["tags"] = pd.Series([["a"]] * 150, dtype=object)
    rule = FunctionalDependency(("tags",), "city")
    cell_errors = find_cell_errors(frame, functional_dependencies=[rule])
    assert set(cell_errors.not_judged) == {"tags", "tags -> city"}
    assert (
        cell_errors.not_judged["tags -> city"]
        == "tags is not judged or has too many different values"
    )


def test_columns_with_very_many_values_are_judged_by_their_pattern(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ml_assets.validation.cells.counts.CAPACITY", 500)
    texts = [f"AB{n:06}" for n in range(3_000)]
    texts[1_234] = "AB00x234"
    numbers = [float(n) for n in range(3_000)]
    numbers[77] = 1e9
    cell_errors = find_cell_errors(pd.DataFrame({"id": texts, "number": numbers}))
    assert [(e.row, e.column, e.kind) for e in cell_errors.errors] == [
        (77, "number", "outlier"),
        (1_234, "id", "rare_pattern"),
    ]
    assert "99.9% of the values are of the form 'A9'" in cell_errors.errors[1].explanation or (
        "100.0% of the values are of the form 'A9'" in cell_errors.errors[1].explanation
    )


def test_texts_of_a_finding_are_short() -> None:
    frame = with_slip()
    frame["city"] = frame["city"] + "!" * 5_000
    frame.at[9, "city"] = "n/a"
    frame["size"] = "<script>" * 3_000
    for error in find_cell_errors(frame, key=["size"]).errors:
        row = error.to_json()
        assert max(len(row[name] or "") for name in ("value", "explanation", "example_id")) <= 500


CELLS = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=8), st.booleans(), st.binary(max_size=3),
    st.dates(), st.datetimes(), st.timedeltas(), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2), st.decimals(allow_nan=True),
)  # fmt: skip
KINDS_OF_COLUMN = [
    st.none(), st.integers(), st.integers(-3, 3), st.floats(), st.text(max_size=5),
    st.sampled_from("abc"), st.booleans(), st.dates(), st.datetimes(), st.decimals(),
    st.binary(max_size=3), CELLS,
]  # fmt: skip


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 12))
    names: Any = draw(st.lists(st.one_of(st.text(max_size=3), st.integers(0, 2)), max_size=4))
    columns = [
        draw(st.lists(draw(st.sampled_from(KINDS_OF_COLUMN)), min_size=rows, max_size=rows))
        for _ in names
    ]
    frame = pd.DataFrame(
        {n: pd.Series(c, dtype=object) for n, c in enumerate(columns)}, index=range(rows)
    )
    if draw(st.booleans()):
        frame = frame.convert_dtypes()
    frame = pd.concat([frame] * draw(st.sampled_from([1, 30])), ignore_index=True)
    frame.columns = pd.Index(names, dtype=object)
    return frame


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames())
def test_no_frame_crashes(frame: pd.DataFrame) -> None:
    try:
        cell_errors = find_cell_errors(frame)
    except DataError:
        return
    assert all(0.5 <= error.score <= 1 for error in cell_errors.errors)
    assert cell_errors.found == sum(cell_errors.counts.values()) == len(cell_errors.errors)


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, 2, None] * 40, pa.uint64()),
        pa.array([1.5, None, float("nan")] * 40, pa.float16()),
        pa.array(["a", "b", None] * 40).dictionary_encode(),
        pa.array(["a", "b", None] * 40, pa.large_string()),
        pa.array(["a", "b", None] * 40, pa.string_view()),
        pa.array([1, 2, None] * 40, pa.timestamp("ns", tz="Europe/Oslo")),
        pa.array([0, -(2**31), 2**31 - 1] * 40, pa.date32()),
        pa.array([0, -(2**63), 2**63 - 1] * 40, pa.timestamp("us")),
        pa.array([0, -(2**63) + 1, 2**63 - 1] * 40, pa.timestamp("s")),
        pa.nulls(100),
    ],
    ids=lambda array: str(array.type),
)
def test_every_type_of_column(array: Any) -> None:
    frame = pa.table({"a": array, "b": pa.array(np.arange(len(array)) % 7)})
    assert find_cell_errors(frame).fraction < 0.5
