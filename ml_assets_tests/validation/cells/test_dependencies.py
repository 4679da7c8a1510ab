"""Mined dependencies, and what the rows of a group say of a cell."""

import numpy as np
import pandas as pd
import pytest

from ml_assets.errors import DataError
from ml_assets.schema.model import FunctionalDependency
from ml_assets.validation.cells import find_cell_errors
from ml_assets.validation.cells.counts import count_columns
from ml_assets.validation.cells.dependencies import mine_dependencies
from ml_assets.validation.cells.source import open_source
from ml_assets_tests.validation.cells.columns import repeated

RANDOM = np.random.default_rng(3)


def hospitals(rows: int = 1_000) -> pd.DataFrame:
    which = RANDOM.integers(0, 20, rows)
    return pd.DataFrame(
        {
            "zip": [f"35{n:03}" for n in which],
            "street": [f"{'abcdefghijklmnopqrst'[n] * 5} road" for n in which],
            "county": [["jefferson", "mobile", "etowah", "marshall"][n % 4] for n in which],
            "score": RANDOM.integers(0, 1_000, rows),
            "flag": RANDOM.random(rows) < 0.02,
        }
    )


def mined(frame: pd.DataFrame) -> set[str]:
    columns = count_columns(open_source(frame), [str(name) for name in frame])
    return {dependency.name for dependency in mine_dependencies(columns)}


def test_dependencies_are_mined_though_some_rows_break_them() -> None:
    frame = hospitals()
    frame.loc[:29, "county"] = "etowah"
    assert mined(frame) == {
        "zip -> street", "street -> zip", "zip -> county", "street -> county",
    }  # fmt: skip


def test_a_column_of_mostly_one_value_follows_from_nothing() -> None:
    assert not [name for name in mined(hospitals()) if name.endswith("flag")]


def test_the_broken_cell_is_explained_and_a_repair_proposed() -> None:
    frame = hospitals()
    zip_code, right = str(frame.at[3, "zip"]), str(frame.at[3, "county"])
    frame.at[3, "county"] = "etowah" if right != "etowah" else "mobile"
    rows = int((frame["zip"] == zip_code).sum())
    (error,) = find_cell_errors(frame).errors
    assert (error.row, error.column, error.kind) == (3, "county", "broken_dependency")
    assert error.explanation.endswith(f"has county '{right}' in {rows - 1} of {rows} rows")
    assert error.repair == right


def test_the_wrong_zip_is_blamed_and_not_the_right_county() -> None:
    frame = hospitals()
    frame["phone"] = "205" + frame["street"].str[0]
    other = next(
        z for z, c in zip(frame["zip"], frame["county"], strict=True) if c != frame.at[0, "county"]
    )
    frame.at[0, "zip"] = other
    given = [FunctionalDependency(("zip",), "county")]
    errors = find_cell_errors(frame, functional_dependencies=given).errors
    assert [(error.row, error.column) for error in errors if error.score > 0.75] == [(0, "zip")]


def test_a_given_dependency_of_two_columns() -> None:
    frame = repeated(
        {"from": ["a", "a", "b", "b"], "to": ["x", "y"] * 2, "miles": [1, 2, 3, 4]}, 30
    )
    frame.at[5, "miles"] = 3
    given = [FunctionalDependency(("from", "to"), "miles")]
    errors = find_cell_errors(frame, functional_dependencies=given).errors
    error = max(errors, key=lambda one: one.score)
    assert {one.row for one in errors} == {5}
    assert (error.column, error.repair) == ("miles", "2")
    assert error.explanation == "from 'a' and to 'y' has miles 2 in 29 of 30 rows"


def test_a_group_that_is_split_in_two_is_no_error() -> None:
    frame = pd.DataFrame({"team": ["red", "blue", "green"] * 40})
    frame["captain"] = frame["team"].map({"red": "ann", "blue": "bob", "green": "cem"})
    frame.loc[:56:3, "captain"] = "zoe"
    given = [FunctionalDependency(("team",), "captain")]
    assert find_cell_errors(frame, functional_dependencies=given).errors == ()


def test_a_rare_value_that_its_fellows_confirm_is_no_slip() -> None:
    frame = repeated(
        {"zip": [f"35{n:03}" for n in range(30)] + ["99508"], "state": ["al"] * 30 + ["ak"]}, 20
    )
    assert find_cell_errors(frame).errors == ()


def test_a_placeholder_determines_nothing() -> None:
    frame = hospitals()
    frame.loc[[1, 5, 9, 11], "street"] = "n/a"
    cell_errors = find_cell_errors(frame)
    assert {(e.row, e.column) for e in cell_errors.errors} == {
        (row, "street") for row in (1, 5, 9, 11)
    }


def test_an_unknown_column_of_a_dependency_is_refused() -> None:
    given = [FunctionalDependency(("zipp",), "county")]
    with pytest.raises(
        DataError, match=r"1 columns are not in the data: 'zipp'. Did you mean 'zip'\?"
    ):
        find_cell_errors(hospitals(), functional_dependencies=given)
