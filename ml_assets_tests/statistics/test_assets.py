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
from ml_assets.durable import write_json
from ml_assets.pipeline import PipelineSpec
from ml_assets.statistics import span_blocks
from ml_assets.statistics.assets import build_assets
from ml_assets.statistics.model import DatasetStatistics
from ml_assets_tests.artifacts_factory import put_artifact


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return Store(Home(tmp_path).pipeline("toy"))


TABLE = pa.table(
    {
        "_example_id": ["a", "b", "c", "d"],
        "_split": ["train", "train", "eval", "test"],
        "_label": pa.array([0, 1, 0, 1], pa.int8()),
        "x": [1.0, 2.0, 3.0, None],
        "w": [1, 2, 3, 4],
    }
)


def made(store: Any, home: Path, rows: int, weight: str | None = None) -> Any:
    """Materialize the statistics of the first rows, each of which is a span."""

    def write(path: Path) -> None:
        pq.write_table(TABLE.slice(0, rows), path / "examples.parquet")
        spans = [{"span": str(n), "start": n, "rows": 1, "digest": f"d{n}"} for n in range(rows)]
        write_json(path / "spans.json", spans)
        write_json(path / "labels.json", {"task": "binary", "classes": ["no", "yes"]})

    put_artifact(store, "examples", write)
    pipeline = PipelineSpec(
        name="toy",
        task="binary",
        ingest={"source": {"csv": "x.csv"}},
        labels="y",
        statistics={"weight": weight},
    )
    spec = dg.AssetSpec(dg.AssetKey(["toy", "examples"])).with_io_manager_key("artifacts")
    result = dg.materialize(
        [spec, *build_assets(pipeline)],
        resources={"artifacts": ArtifactIOManager(home=str(home))},
        instance=dg.DagsterInstance.ephemeral(tempdir=str(home)),
    )
    assert result.success
    return result.asset_materializations_for_node("toy__statistics")[0].metadata


def test_statistics_of_each_split_are_stored_and_shown(store: Any, tmp_path: Path) -> None:
    metadata = made(store, tmp_path, 4)
    artifact = store.current_artifact("statistics")
    assert artifact.summary == {"rows": 4, "columns": 2, "spans": 4, "rows_read": 4}
    by_split = {
        split: DatasetStatistics.from_json(value)
        for split, value in artifact.json("statistics.json").items()
    }
    assert [by_split[split].num_rows for split in ("train", "eval", "test", "all")] == [2, 1, 1, 4]
    assert by_split["all"].feature("x").unique == 3
    assert "| x | float |" in str(metadata["features"].value)
    assert str(metadata["distributions"].value).startswith("![Distributions](data:image/png")


def test_classes_of_the_label_bear_their_names_not_their_codes(store: Any, tmp_path: Path) -> None:
    made(store, tmp_path, 4)
    train = store.current_artifact("statistics").json("statistics.json")["train"]
    assert train["association"]["classes"] == [["no", 1], ["yes", 1]]


def test_only_new_spans_are_read(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_blocks, "BLOCK_ROWS", 1)
    made(store, tmp_path, 3)
    made(store, tmp_path, 4)
    assert store.current_artifact("statistics").summary["rows_read"] == 1
    (folder,) = (store.root / "states").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [f"d{n}.arrow" for n in range(4)]


def test_states_that_are_not_used_any_more_are_removed(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(span_blocks, "BLOCK_ROWS", 1)
    made(store, tmp_path, 4)
    made(store, tmp_path, 2)
    (folder,) = (store.root / "states").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["d0.arrow", "d1.arrow"]


def test_states_of_another_weight_are_not_used(store: Any, tmp_path: Path) -> None:
    made(store, tmp_path, 4)
    made(store, tmp_path, 4, "w")
    artifact = store.current_artifact("statistics")
    assert artifact.summary["rows_read"] == 4
    assert len(list((store.root / "states").iterdir())) == 1
    statistics = DatasetStatistics.from_json(artifact.json("statistics.json")["all"])
    weighted: Any = statistics.feature("x").weighted
    assert (weighted.mean, weighted.num_missing) == (pytest.approx(14 / 6), 4.0)
