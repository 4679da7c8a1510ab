"""A champion that was made with other versions of the libraries is asked again before it is opened."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from ml_assets.artifacts.sound import sound_path
from ml_assets.artifacts.store import Store
from ml_assets.errors import ModelError
from ml_assets.registry import scoring_server, upgraded
from ml_assets.registry.mlflow_model import interface_of, write_mlflow_model
from ml_assets.registry.payload import choose_rows
from ml_assets.registry.spec import InfraValidationSpec
from ml_assets.registry.upgraded import keep_expected, refuse_if_upgrades_change_it
from ml_assets.registry.version import RegisteredVersion
from ml_assets.table import Table
from ml_assets.training.bundle import load_model
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.registry.rich_model import write_rich_bundle, write_rich_examples

# What a server process runs first: an upgrade that changes what boosted trees compute.
OTHER_TREES = """
from sklearn.ensemble import HistGradientBoostingClassifier as Trees
before = Trees._raw_predict
Trees._raw_predict = lambda *arguments, **more: before(*arguments, **more) + 0.01
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("shop"))
    put_artifact(
        store, "validated_examples", lambda path: write_rich_examples(path / "examples.parquet")
    )
    put_artifact(store, "model", write_rich_bundle)
    put_artifact(store, "infra_validation", partial(write_validated, store))
    return store


def write_validated(store: Store, folder: Path) -> None:
    """Write what infra validation keeps of a model."""
    artifact = store.current_artifact("model")
    examples = store.current_artifact("validated_examples").path / "examples.parquet"
    model, interface = load_model(artifact.path), interface_of(artifact.json("model.json"))
    write_mlflow_model(artifact.path, folder / "mlflow_model", interface)
    rows = choose_rows(Table((examples,)), [column.name for column in interface.inputs], 50)
    keep_expected(folder, model.predict(rows.to_pandas()))


def champion(store: Store, **tags: str) -> RegisteredVersion:
    assets = ("infra_validation", "validated_examples", "model")
    digests = {f"{asset}_digest": store.current_artifact(asset).digest for asset in assets}
    return RegisteredVersion("shop", 3, {**digests, **tags}, datetime.now(UTC), "file:///m")


def ask(store: Store, version: RegisteredVersion) -> None:
    folder_of = partial(sound_path, store, may_be_gone=True)
    refuse_if_upgrades_change_it(version, folder_of, InfraValidationSpec(), [], store.root)


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "99.1" if name == "scikit-learn" else installed(name)
    )


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(scoring_server, "scoring_server")


def test_with_the_same_libraries_nothing_is_asked(store: Store, no_server: None) -> None:
    ask(store, champion(store))
    assert not (store.root / "asked_again.json").exists()
    assert not [*store.root.glob("logs/*")]


def test_a_champion_that_predicts_the_same_is_opened_and_asked_once(
    store: Store, upgrade: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(store, champion(store))

    monkeypatch.delattr(scoring_server, "scoring_server")
    ask(store, champion(store))
    assert list((store.root / "logs").iterdir()) == []


def test_a_champion_that_an_upgrade_makes_predict_otherwise_is_refused(
    store: Store, upgrade: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(OTHER_TREES)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(upgraded, "_MEMORY", "not_asked_yet.json")
    made_with = load_model(store.current_artifact("model").path).manifest["libraries"]

    with pytest.raises(
        ModelError,
        match=rf"version 3 of 'shop' was made with scikit-learn {made_with['scikit-learn']} \(here 99\.1"
        r"\)\. So it was asked again before it was opened, and it does not predict what it did then; ",
    ):
        ask(store, champion(store))
    assert not (store.root / "not_asked_yet.json").exists()


def other_bundle(folder: Path) -> None:
    (folder / "mlflow_model" / "bundle").mkdir(parents=True)
    np.save(folder / "expected.npy", np.zeros(50))


def nothing_expected(store: Store, folder: Path) -> None:
    write_validated(store, folder)
    (folder / "expected.npy").unlink()


def test_a_champion_of_which_nothing_tells_what_it_predicted_is_refused(
    store: Store, upgrade: None, no_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgraded, "_MEMORY", "not_asked_yet.json")
    good = champion(store)
    without = put_artifact(store, "infra_validation", partial(nothing_expected, store))
    another = put_artifact(store, "infra_validation", other_bundle)
    for digest, message in (
        (without.digest, "nothing tells what it predicted when it was validated"),
        (another.digest, "mlflow_model does not hold it"),
        ("gone", "mlflow_model does not hold it"),
    ):
        tags = {**good.tags, "infra_validation_digest": digest}
        with pytest.raises(ModelError, match=message):
            ask(store, replace(good, tags=tags))
