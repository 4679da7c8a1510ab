import shutil
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from ml_assets.errors import DataError, ModelError
from ml_assets.registry.version import RegisteredVersion
from ml_assets.serving.assets import build_assets
from ml_assets.spec import Task
from ml_assets.table import Table
from ml_assets.training.bundle import LoadedModel, load_model
from ml_assets_tests.evaluation.trained import raw_rows, write_bundle
from ml_assets_tests.serving.shop import (
    checks_of,
    crown,
    materialize,
    name_champion,
    put_champion,
    put_raw_data,
    shop,
    store_of,
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_champion_scores_the_window_as_in_training(
    task: Task, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = {"start": "2026-01-03", "end": "2026-01-05"}
    pipeline = shop(tmp_path / "shop", task, serving={"window": window, "batch_rows": 7})
    rows = raw_rows(100, seed=5)
    put_raw_data(pipeline, home, rows)
    model = put_champion(home, monkeypatch, task)
    result = materialize(build_assets(pipeline), home)
    artifact = store_of(home).current_artifact("predictions")
    predictions = Table((artifact.path / "predictions.parquet",)).to_pandas()
    expected = load_model(model.path).predict(rows.iloc[20:50])
    scores = predictions.filter(regex="^score").to_numpy()
    np.testing.assert_allclose(scores, expected.reshape(30, -1))
    assert predictions["id"].tolist() == rows["id"].iloc[20:50].tolist()
    assert artifact.summary == {
        "rows": 30,
        "model_version": 1,
        "first_span": "2026-01-03",
        "last_span": "2026-01-05",
    }
    assert artifact.json("scored_by.json")["scorer"]["model_digest"] == model.digest
    assert checks_of(result)["predictions"].passed


def test_the_last_span_is_scored_by_default(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    put_champion(home, monkeypatch)
    materialize(build_assets(pipeline), home)
    artifact = store_of(home).current_artifact("predictions")
    assert (artifact.summary["rows"], artifact.summary["first_span"]) == (5, "2026-01-04")


def test_nothing_changed_is_not_scored_again_but_another_champion_is(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    model = put_champion(home, monkeypatch)
    reasons = []
    for version in (1, 1, 2):
        crown(home, monkeypatch, version, {"model_digest": model.digest})
        result = materialize(build_assets(pipeline), home)
        (event,) = result.asset_materializations_for_node("shop__predictions")
        reasons.append(event.metadata["reason"].value)
    assert reasons == ["first time", "cached", "the champion is now version 2, no longer 1"]
    assert store_of(home).current_artifact("predictions").summary["model_version"] == 2


def test_without_a_champion_nothing_is_scored(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    put_champion(home, monkeypatch)
    name_champion(monkeypatch, None)
    with pytest.raises(ModelError, match="'shop' has no champion"):
        materialize(build_assets(pipeline), home)
    assert store_of(home).current("predictions") is None


def test_a_version_that_was_only_given_the_alias_does_not_score(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    model = put_champion(home, monkeypatch)
    tags = {"model_digest": model.digest, "promotion": "refused: blessing: roc_auc is 0.61"}
    by_hand = RegisteredVersion("shop", 2, tags, datetime.now(UTC), "file:///m")
    name_champion(monkeypatch, by_hand)
    with pytest.raises(
        ModelError, match=r"never promoted this content .refused: blessing: roc_auc"
    ):
        materialize(build_assets(pipeline), home)
    assert store_of(home).current("predictions") is None


def test_a_window_without_spans_is_told(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop", serving={"window": {"start": "2027-01-01"}})
    put_raw_data(pipeline, home, raw_rows(35))
    put_champion(home, monkeypatch)
    with pytest.raises(DataError, match="window from 2027-01-01 to the end holds none of the 4 sp"):
        materialize(build_assets(pipeline), home)


def test_scores_that_are_not_sound_block_the_run(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    put_champion(home, monkeypatch)
    monkeypatch.setattr(
        LoadedModel, "predict", lambda self, frame: np.where(frame["amount"] > 0, np.nan, 0.5)
    )
    result = materialize(build_assets(pipeline), home, raise_on_error=False)
    assert not result.success
    check = checks_of(result)["predictions"]
    assert check.description == "5 rows have a score that is NaN or infinite"


def test_a_champion_of_other_libraries_that_cannot_be_asked_again_does_not_score(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    put_champion(home, monkeypatch)
    installed = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "99" if name == "skops" else installed(name)
    )
    with pytest.raises(
        ModelError, match=r"^version 1 of 'shop' was made with skops .* does not hold it"
    ):
        materialize(build_assets(pipeline), home)


@pytest.mark.parametrize("harm", ["altered", "altered with its own digests", "gone"])
def test_a_champion_whose_files_were_altered_does_not_score_and_the_last_predictions_stay(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35))
    put_champion(home, monkeypatch)
    materialize(build_assets(pipeline), home)
    before = store_of(home).current_artifact("predictions")
    model = put_champion(home, monkeypatch, version=2)
    if harm == "altered":
        (model.path / "model.skops").write_bytes(b"\x80\x04")
    elif harm == "gone":
        shutil.rmtree(model.path)
    else:  # a bundle whose own manifest is content with it
        write_bundle(model.path, "binary", 3)
        load_model(model.path)

    fate = "is gone" if harm == "gone" else "was altered after it was made"
    message = rf"^shop/model: objects/model/{model.digest[:12]}\.\.\. {fate}, so it is not used\. R"
    with pytest.raises(ModelError, match=message):
        materialize(build_assets(pipeline), home)
    assert store_of(home).current_artifact("predictions") == before


def test_raw_rows_without_a_column_that_the_champion_reads_are_refused(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = shop(tmp_path / "shop")
    put_raw_data(pipeline, home, raw_rows(35).drop(columns="amount"))
    put_champion(home, monkeypatch)
    with pytest.raises(DataError, match="amount"):
        materialize(build_assets(pipeline), home)
