"""A moment after that of the prediction is suspected, whatever it is called."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.table import Table
from ml_assets.transform.later_moments import find_later_moments
from ml_assets.transform.spec import TransformSpec

AT = pd.Series(pd.date_range("2026-01-01 10:00", periods=200, freq="h"))
HOUR = pd.Timedelta(hours=1)


def later_moments(folder: Path, values: Any, at: Any = AT, **transform: Any) -> dict[str, str]:
    columns = {"at": at, "other": values}
    split = pa.array(["train"] * 100 + ["test"] * 100)
    arrays = {name: pa.array(values.tolist(), from_pandas=True) for name, values in columns.items()}
    pq.write_table(pa.table({"_split": split, **arrays}), folder / "examples.parquet")
    table = Table((folder / "examples.parquet",))
    return find_later_moments(table, ["other"], "at", TransformSpec(**transform))


@pytest.mark.parametrize(
    ("values", "share"),
    [
        (AT + HOUR, "100%"),
        ((AT + HOUR).where(AT.index % 2 == 0), "50%"),
        (AT.mask(AT.index == 7, AT + HOUR), "1%"),
        ((AT + 24 * HOUR).dt.date, "100%"),
    ],
    ids=["always", "where it happened", "in one row of 100", "a later day"],
)
def test_what_is_later_is_suspected(tmp_path: Path, values: Any, share: str) -> None:
    reason = f"is later than 'at' in {share} of the training rows"
    assert later_moments(tmp_path, values) == {"other": reason}


@pytest.mark.parametrize(
    "values",
    [
        AT,
        AT - HOUR,
        AT.mask(AT.index >= 100, AT + HOUR),
        AT.dt.date,
        (AT + HOUR).dt.tz_localize("UTC"),
        pd.Series([None] * 200, dtype=object),
        pd.Series(range(200)),
    ],
    ids=[
        "same",
        "earlier",
        "in other splits",
        "same day",
        "another kind of clock",
        "null",
        "number",
    ],
)
def test_what_is_not_later_is_not_suspected(tmp_path: Path, values: Any) -> None:
    assert later_moments(tmp_path, values) == {}


def test_a_plan_that_is_known_before_is_not_suspected(tmp_path: Path) -> None:
    assert later_moments(tmp_path, AT + HOUR, known_before=["other"]) == {}


def test_without_a_time_nothing_is_later(tmp_path: Path) -> None:
    later_moments(tmp_path, AT + HOUR)
    table = Table((tmp_path / "examples.parquet",))
    assert find_later_moments(table, ["other"], None, TransformSpec()) == {}
