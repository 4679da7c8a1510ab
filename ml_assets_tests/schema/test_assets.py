"""The asset `schema`: inferred once, then pinned, reviewed and edited by people."""

from pathlib import Path

import dagster as dg
import pytest

from ml_assets.errors import PipelineFileError
from ml_assets.schema.yaml_file import read_schema
from ml_assets_tests.schema.toy import Toy, checks, metadata


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    prepared = Toy(tmp_path)
    prepared.put_statistics([1, 2, 3])
    return prepared


def test_the_first_schema_is_inferred_from_train_and_written_for_review(toy: Toy) -> None:
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


def test_it_is_never_inferred_again_from_other_data(toy: Toy) -> None:
    toy.run()
    text = toy.file.read_text()
    toy.put_statistics([100, 200, 300])
    result = toy.run()
    assert toy.file.read_text() == text
    assert toy.store.current_artifact("schema").summary["origin"] == "pinned"
    assert str(metadata(result)["cache"].value) == "miss"


def test_an_edit_is_noticed_and_a_review_changes_nothing_downstream(toy: Toy) -> None:
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


def test_a_missing_file_is_noticed(toy: Toy) -> None:
    toy.run()
    toy.file.unlink()
    assert str(metadata(toy.run())["reason"].value) == "schema.yaml is missing"
    assert toy.file.is_file()


def test_a_mistake_in_the_file_stops_the_run_and_is_named(toy: Toy) -> None:
    toy.file.write_text("features: {hour: flot}")
    with pytest.raises(PipelineFileError, match=r"toy/schema.yaml:1: hour must be one of"):
        toy.run()


def test_a_folder_that_cannot_be_written_is_named(toy: Toy) -> None:
    for path in toy.file.parent.iterdir():
        path.unlink()
    toy.file.parent.rmdir()
    toy.file.parent.write_text("a file where the folder should be")
    with pytest.raises(PipelineFileError, match=r"toy/schema.yaml cannot be written: .* writable"):
        toy.run()
