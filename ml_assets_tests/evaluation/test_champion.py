"""The asset `evaluation` where there is a champion."""

import shutil
from pathlib import Path

import pytest

from ml_assets.evaluation.result import Evaluation
from ml_assets.spec import Task
from ml_assets_tests.artifacts_factory import damage, put_artifact
from ml_assets_tests.evaluation.evaluated import evaluate_in, prepare, shop_pipeline, shop_store
from ml_assets_tests.evaluation.trained import examples, write_bundle, write_frame


def test_the_champion_is_scored_on_the_same_rows(home: Path) -> None:
    champion = put_artifact(shop_store(home), "model", lambda path: write_bundle(path, "binary", 1))
    prepare(home, "binary", champion=champion.digest)
    rules = {"roc_auc": {"min_change": -0.2}}
    artifact, checks = evaluate_in(home, shop_pipeline("binary", thresholds=rules))
    evaluation = Evaluation.from_json(artifact.json("evaluation.json"))
    assert checks["blessing"].passed
    assert evaluation.baseline("champion") is not None
    assert artifact.json("evaluation.json")["champion_version"] == 1


@pytest.mark.parametrize("file", ["model.skops", "model.json"])
def test_a_champion_whose_files_were_altered_withholds_the_blessing(home: Path, file: str) -> None:
    champion = put_artifact(shop_store(home), "model", lambda path: write_bundle(path, "binary", 1))
    damage(champion.path / file)
    prepare(home, "binary", champion=champion.digest)
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = evaluate_in(home, shop_pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    text = checks["blessing"].description or ""
    assert "roc_auc cannot be compared with the champion's" in text
    assert (
        f"shop/model: objects/model/{champion.digest[:12]}... was altered after it was made" in text
    )


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (
            "other classes",
            "the champion knows 3 classes (low, middle, high), the candidate 2 classes (no, yes)",
        ),
        ("gone", "is gone, so it is not used"),
    ],
)
def test_a_champion_that_cannot_be_compared_with_withholds_the_blessing(
    home: Path, harm: str, why: str
) -> None:
    task: Task = "multiclass" if harm == "other classes" else "binary"
    champion = put_artifact(shop_store(home), "model", lambda path: write_bundle(path, task, 1))
    prepare(home, "binary", champion=champion.digest)
    if harm == "gone":
        shutil.rmtree(champion.path)
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = evaluate_in(home, shop_pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    text = checks["blessing"].description or ""
    assert "roc_auc cannot be compared with the champion's: " in text
    assert why in text


def test_a_champion_that_an_upgrade_made_unfit_is_not_opened(home: Path) -> None:
    prepare(home, "binary", champion="never opened", refused="it does not predict what it did")
    rules = {"roc_auc": {"min_change": -0.2}}
    _, checks = evaluate_in(home, shop_pipeline("binary", thresholds=rules))
    assert not checks["blessing"].passed
    assert "roc_auc cannot be compared with the champion's: it does not predict what it did" in (
        checks["blessing"].description or ""
    )


def test_the_champion_ages_too_where_its_examples_are_kept(home: Path) -> None:
    store = shop_store(home)
    champion = put_artifact(store, "model", lambda path: write_bundle(path, "binary", 1))
    frame = examples("binary", seed=1)
    made_from = put_artifact(
        store, "examples", lambda path: write_frame(path / "examples.parquet", frame)
    )
    prepare(home, "binary", champion=champion.digest, examples_digest=made_from.digest)
    artifact, _ = evaluate_in(home, shop_pipeline("binary", thresholds={"roc_auc": {"min": 0.6}}))
    assert [entry["model"] for entry in artifact.json("staleness.json")] == [
        "candidate",
        "champion",
    ]
