from pathlib import Path

import pandas as pd
import pytest

from ml_assets.ingest.spec import SourceSpec
from ml_assets_tests.ingest.reading import read_rows
from ml_assets_tests.shared_data import shared_path


@pytest.mark.parametrize(
    "name", ["chicago_taxi/data.csv", "adult/adult.csv", "raha_hospital/dirty.csv"]
)
def test_no_cell_of_a_real_file_is_lost_or_changed(tmp_path: Path, name: str) -> None:
    path = shared_path(name)
    types, rows, rejected = read_rows(SourceSpec(csv=str(path)), tmp_path)
    texts = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert not rejected
    assert list(types) == list(texts.columns)
    assert len(rows) == len(texts)
    for column, kind in types.items():
        found = [row[column] for row in rows]
        expected = texts[column].tolist()
        if kind == "string":
            assert [value or "" for value in found] == expected
        else:
            make = {"int": int, "float": float}[kind]
            assert found == [make(text) if text else None for text in expected]


def test_the_types_of_chicago_taxi(tmp_path: Path) -> None:
    path = shared_path("chicago_taxi/data.csv")
    types, rows, _ = read_rows(SourceSpec(csv=str(path)), tmp_path)
    assert {name for name, kind in types.items() if kind == "string"} == {"payment_type", "company"}
    # One value in 15,002 rows is enough to know a type.
    assert types["pickup_census_tract"] == "int"
    assert sum(row["pickup_census_tract"] is not None for row in rows) == 1


def test_whole_seconds_since_1970_can_be_declared_a_time(tmp_path: Path) -> None:
    path = shared_path("chicago_taxi/data.csv")
    types = {"trip_start_timestamp": "timestamp"}
    spec = SourceSpec.model_validate({"csv": str(path), "types": types})
    _, rows, rejected = read_rows(spec, tmp_path)
    assert not rejected
    assert rows[0]["trip_start_timestamp"].isoformat() == "2014-05-16T19:45:00"
