"""Slices, pairs and association through `generate_statistics`, the asset's tables and JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ml_assets.durable import json_bytes
from ml_assets.errors import DataError
from ml_assets.statistics.generate import generate_split_statistics, generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relation_tables import relation_tables
from ml_assets.table import Table, write_table


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.normal(size=900)
    return pd.DataFrame(
        {
            "origin": rng.choice(["EWR", "J|K"], 900),
            "x": x,
            "double": 2 * x,
            "_label": (x > 0).astype("int8"),
            "_split": np.tile(["train", "train", "eval"], 300),
        }
    )


def test_what_is_asked_for_is_given_and_survives_json(frame: pd.DataFrame) -> None:
    statistics = generate_statistics(
        frame, slices=["origin"], min_slice_rows=1, cross_features=True, label="_label"
    )
    assert [feature.name for feature in statistics.features] == ["origin", "x", "double"]
    assert statistics.slice("origin=EWR").num_rows == (frame["origin"] == "EWR").sum()
    assert statistics.cross is not None
    assert statistics.cross.numeric[0].correlation == pytest.approx(1)
    assert statistics.association is not None
    counts = frame["_label"].value_counts().sort_index()
    assert statistics.association.classes == (("0", counts[0]), ("1", counts[1]))
    assert DatasetStatistics.from_json(json.loads(json_bytes(statistics.to_json()))) == statistics


def test_nothing_is_given_that_was_not_asked_for(frame: pd.DataFrame) -> None:
    statistics = generate_statistics(frame)
    assert (statistics.slices, statistics.cross, statistics.association) == ((), None, None)
    assert set(statistics.to_json()) == {"num_rows", "features"}


def test_a_stream_cannot_be_read_twice(frame: pd.DataFrame) -> None:
    reader = pa.Table.from_pandas(frame).to_reader()
    with pytest.raises(DataError, match="a RecordBatchReader can be read only once"):
        generate_statistics(reader, slices=["origin"])


def test_a_slice_by_an_absent_column_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"'orgin'. Did you mean 'origin'\?"):
        generate_statistics(frame, slices=["orgin"])


def test_the_association_is_that_of_the_training_rows(frame: pd.DataFrame, tmp_path: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    written = write_table(tmp_path / "examples.parquet", table.to_batches(), table.schema)
    by_split = generate_split_statistics(
        Table(written.files), slices=["origin"], cross_features=True, label="_label"
    )
    train = frame[frame["_split"] == "train"].reset_index(drop=True)
    assert by_split["train"].association == generate_statistics(train, label="_label").association
    assert by_split["all"].association is None
    assert sum(piece.num_rows for piece in by_split["all"].slices) == 900
    assert by_split["all"].cross == generate_statistics(frame, cross_features=True).cross


def test_tables_escape_what_comes_from_the_data(frame: pd.DataFrame) -> None:
    hostile = frame.rename(columns={"double": "<img src=x>|"})
    statistics = generate_statistics(
        hostile, slices=["origin"], min_slice_rows=500, cross_features=True, label="_label"
    )
    tables: Any = relation_tables(statistics, statistics)
    assert set(tables) == {"slices", "correlations", "association_with_label"}
    assert (
        "| x | &lt;img src=x&gt;\\| | correlation \\+1.000 |".replace("\\+", "+")
        in tables["correlations"]
    )
    assert "<img" not in "".join(tables.values())
    assert "Left out by origin: at least 2 slices" in tables["slices"]
    assert "is it known before the label?" in tables["association_with_label"]
