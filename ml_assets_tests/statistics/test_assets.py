"""The asset `statistics` under Dagster."""

from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Store
from ml_assets.pipeline import PipelineSpec
from ml_assets.statistics.assets import build_assets
from ml_assets.statistics.model import DatasetStatistics
from ml_assets_tests.artifacts_factory import put_artifact


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return Store(Home(tmp_path).pipeline("toy"))


def test_statistics_of_each_split_are_stored_and_shown(store: Any, tmp_path: Path) -> None:
    table = pa.table(
        {
            "_example_id": ["a", "b", "c", "d"],
            "_split": ["train", "train", "eval", "test"],
            "_label": pa.array([0, 1, 0, 1], pa.int8()),
            "x": [1.0, 2.0, 3.0, None],
        }
    )
    put_artifact(store, "examples", lambda path: pq.write_table(table, path / "examples.parquet"))
    pipeline = PipelineSpec(
        name="toy", task="binary", ingest={"source": {"csv": "x.csv"}}, labels="y"
    )
    spec = dg.AssetSpec(dg.AssetKey(["toy", "examples"])).with_io_manager_key("artifacts")
    result = dg.materialize(
        [spec, *build_assets(pipeline)],
        resources={"artifacts": ArtifactIOManager(home=str(tmp_path))},
        instance=dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)),
    )
    assert result.success
    artifact = store.current_artifact("statistics")
    assert artifact.summary == {"rows": 4, "columns": 1}
    found = {k: DatasetStatistics.from_json(v) for k, v in artifact.json("statistics.json").items()}
    assert [found[split].num_rows for split in ("train", "eval", "test", "all")] == [2, 1, 1, 4]
    assert found["all"].feature("x").unique == 3
    metadata = result.asset_materializations_for_node("toy__statistics")[0].metadata
    assert "| x | float |" in str(metadata["features"].value)
    assert str(metadata["distributions"].value).startswith("![Distributions](data:image/png")
