"""The asset `schema`: inferred once, then pinned, reviewed and edited by people."""

from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Store
from ml_assets.durable import write_json
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.assets import build_assets
from ml_assets.schema.yaml_file import read_schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets_tests.artifacts_factory import put_artifact


class Toy:
    """A pipeline of two columns in a folder, whose asset `schema` can be materialized."""

    def __init__(self, home: Any, folder: Any) -> None:
        self.home, self.file = home, folder / "schema.yaml"
        self.store = Store(Home(home).pipeline("toy"))
        self.pipeline = PipelineSpec(
            name="toy",
            directory=folder,
            task="binary",
            ingest={"source": {"csv": "x.csv"}},
            labels="late",
            transform={"known_after": ["dep_delay"]},
        )

    def put_statistics(self, hours: Any) -> None:
        frame = pd.DataFrame({"hour": hours, "dep_delay": hours, "late": [True] * len(hours)})
        found = {"train": generate_statistics(frame).to_json()}
        put_artifact(
            self.store, "statistics", lambda path: write_json(path / "statistics.json", found)
        )

    def run(self, raise_on_error: Any = True) -> Any:
        spec = dg.AssetSpec(dg.AssetKey(["toy", "statistics"])).with_io_manager_key("artifacts")
        return dg.materialize(
            [spec, *build_assets(self.pipeline)],
            resources={"artifacts": ArtifactIOManager(home=str(self.home))},
            instance=dg.DagsterInstance.ephemeral(tempdir=str(self.home)),
            raise_on_error=raise_on_error,
        )


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    (tmp_path / "toy").mkdir()
    found = Toy(tmp_path / "home", tmp_path / "toy")
    found.put_statistics([1, 2, 3])
    return found


def metadata(result: Any) -> Any:
    return result.asset_materializations_for_node("toy__schema")[0].metadata


def checks(result: Any) -> Any:
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def test_the_first_schema_is_inferred_from_train_and_written_for_review(toy: Any) -> None:
    evaluation = checks(toy.run())["schema_reviewed"]
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "no one has reviewed it" in evaluation.description
    pinned = read_schema(toy.file)
    assert [(f.name, f.not_in) for f in pinned.features] == [
        ("hour", ()),
        ("dep_delay", ("SERVING",)),
        ("late", ("SERVING",)),
    ]
    artifact = toy.store.current_artifact("schema")
    assert artifact.summary["origin"] == "inferred"
    assert read_schema(artifact.path / "schema.yaml").features == pinned.features


def test_it_is_never_inferred_again_from_other_data(toy: Any) -> None:
    toy.run()
    text = toy.file.read_text()
    toy.put_statistics([100, 200, 300])
    result = toy.run()
    assert toy.file.read_text() == text
    assert toy.store.current_artifact("schema").summary["origin"] == "pinned"
    assert str(metadata(result)["cache"].value) == "miss"


def test_an_edit_is_noticed_and_a_review_changes_nothing_downstream(toy: Any) -> None:
    toy.run()
    digest = toy.store.current_artifact("schema").digest
    assert str(metadata(toy.run())["cache"].value) == "hit"

    toy.file.write_text(toy.file.read_text().replace("reviewed: false", "reviewed: Ada"))
    result = toy.run()
    evaluation = checks(result)["schema_reviewed"]
    assert (evaluation.passed, evaluation.description) == (
        True,
        "toy/schema.yaml was reviewed by Ada.",
    )
    assert str(metadata(result)["reason"].value) == "schema.yaml was edited"
    assert toy.store.current_artifact("schema").digest == digest

    toy.file.write_text(toy.file.read_text().replace("hour: {type: int", "hour: {type: float"))
    toy.run()
    assert toy.store.current_artifact("schema").digest != digest


def test_a_missing_file_is_noticed(toy: Any) -> None:
    toy.run()
    toy.file.unlink()
    assert str(metadata(toy.run())["reason"].value) == "schema.yaml is missing"
    assert toy.file.is_file()


def test_a_mistake_in_the_file_stops_the_run_and_is_named(toy: Any) -> None:
    toy.file.write_text("features: {hour: flot}")
    with pytest.raises(PipelineFileError, match=r"toy/schema.yaml:1: hour must be one of"):
        toy.run()


def test_a_folder_that_cannot_be_written_is_named(toy: Any) -> None:
    for path in toy.file.parent.iterdir():
        path.unlink()
    toy.file.parent.rmdir()
    toy.file.parent.write_text("a file where the folder should be")
    with pytest.raises(PipelineFileError, match=r"toy/schema.yaml cannot be written: .* writable"):
        toy.run()
