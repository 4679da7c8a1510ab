"""One version for each content, and aliases that move in one step."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.registry import database
from ml_assets.registry.gate import Decision
from ml_assets.registry.promotion import promote
from ml_assets.registry.registry import (
    challenger,
    champion,
    close_dead_runs,
    register,
    registered_version,
)
from ml_assets.registry.run import local_path
from ml_assets_tests.registry.children import ASKED, YES, candidate_in, registry_in
from ml_assets_tests.registry.contents import mlflow_in, statuses, uri_of, versions


def test_a_version_says_what_it_is_made_from(home: Path) -> None:
    candidate = candidate_in(home, examples_digest="e" * 64, blessing="blessed")

    version = register(registry_in(home), candidate)

    assert (version.version, version.model_digest, version.baseline) == (1, candidate.digest, None)
    assert version.tags["examples_digest"] == "e" * 64
    with mlflow_in(home) as client:
        version = client.get_model_version("flights", "1")
        run = client.get_run(version.run_id)
    assert version.tags["ml_assets.blessing"] == "blessed"
    assert version.description == "A model."
    assert (run.info.status, run.data.params) == ("FINISHED", {"max_depth": "3"})
    assert run.data.metrics == {"roc_auc": 0.75, "roc_auc_low": 0.72}


def test_metrics_whose_names_mlflow_refuses_are_kept_under_names_that_it_takes(home: Path) -> None:
    metrics = {
        "recall_at_precision@0.9": 0.5,
        "recall_at_precision@0.9_low": 0.4,
        "linear.recall_of_class@1": 0.25,
        "shop.value:profit": 2.0,
    }

    register(registry_in(home), replace(candidate_in(home), metrics=metrics))

    with mlflow_in(home) as client:
        run = client.get_run(client.get_model_version("flights", "1").run_id)
    assert run.data.metrics == {
        "recall_at_precision_0.9": 0.5,
        "recall_at_precision_0.9_low": 0.4,
        "linear.recall_of_class_1": 0.25,
        "shop.value:profit": 2.0,
    }


def test_the_files_of_a_version_are_the_candidates_own(home: Path) -> None:
    candidate = candidate_in(home)

    folder = local_path(register(registry_in(home), candidate).source)

    assert folder is not None
    assert home in folder.parents
    assert durable.directory_digest(folder) == durable.directory_digest(candidate.directory)


def test_the_same_content_twice_is_one_version_with_the_newest_verdicts(home: Path) -> None:
    registry = registry_in(home)
    register(registry, candidate_in(home, blessing="blessed"))

    again = register(registry, candidate_in(home, blessing="not blessed"))

    assert again.version == 1
    assert again.tags["blessing"] == "not blessed"
    assert statuses(home) == ["FINISHED"]


def test_another_content_is_the_next_version(home: Path) -> None:
    registry = registry_in(home)
    register(registry, candidate_in(home))

    assert register(registry, candidate_in(home, "b", baseline="1")).baseline == 1
    assert versions(home) == [1, 2]


def test_the_newest_candidate_is_the_challenger_until_it_is_promoted(home: Path) -> None:
    registry = registry_in(home)
    first = register(registry, candidate_in(home))
    assert champion(registry.tracking_uri, "flights") is None
    assert challenger(registry.tracking_uri, "flights") == first

    promote(registry, first, lambda current, entries: YES, ASKED)

    current = champion(registry.tracking_uri, "flights")
    assert current is not None
    assert (current.version, current.tags["promotion"]) == (1, "promoted")
    assert challenger(registry.tracking_uri, "flights") is None


def test_a_refused_candidate_stays_the_challenger_and_says_why(home: Path) -> None:
    registry = registry_in(home)
    promote(registry, register(registry, candidate_in(home)), lambda current, entries: YES, ASKED)
    second = register(registry, candidate_in(home, "b"))

    decision = promote(
        registry, second, lambda current, entries: Decision(False, ("too slow", "too big")), ASKED
    )

    assert not decision.promote
    current, contender = (find(registry.tracking_uri, "flights") for find in (champion, challenger))
    assert current is not None
    assert contender is not None
    assert (current.version, contender.version) == (1, 2)
    assert contender.tags["promotion"] == "refused: too slow; too big"


def test_the_gate_is_asked_with_the_champion_of_that_moment(home: Path) -> None:
    registry, champions = registry_in(home), []
    first = register(registry, candidate_in(home))
    promote(registry, first, lambda current, entries: champions.append(current) or YES, ASKED)  # type: ignore[func-returns-value]
    promote(registry, first, lambda current, entries: champions.append(current) or YES, ASKED)  # type: ignore[func-returns-value]

    assert [version and version.version for version in champions] == [None, 1]


def test_reading_needs_no_database_and_makes_none(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"

    assert champion(uri, "flights") is None
    assert registered_version(uri, "flights", 1) is None
    assert close_dead_runs(uri, lambda name: False) == []
    assert list(tmp_path.iterdir()) == []


def test_sqlite_is_read_without_importing_mlflow(home: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    register(registry_in(home), candidate_in(home))
    code = (
        "import sys; from ml_assets.registry.registry import challenger, close_dead_runs; "
        f"assert challenger({uri_of(home)!r}, 'flights').version == 1; "
        f"assert close_dead_runs({uri_of(home)!r}, lambda name: False) == []; "
        "assert 'mlflow' not in sys.modules"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_tables_that_are_not_mlflows_are_an_empty_registry(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "mlflow.db").execute("create table other (a)").connection.close()

    assert champion(f"sqlite:///{tmp_path / 'mlflow.db'}", "flights") is None


def test_tables_of_another_form_are_left_to_mlflow(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = registry_in(home)
    promote(registry, register(registry, candidate_in(home)), lambda current, entries: YES, ASKED)
    read = champion(registry.tracking_uri, "flights")
    monkeypatch.setattr(database, "_BY_ALIAS", "select no_such_column from model_versions")
    monkeypatch.setattr(database, "_BY_NUMBER", "select no_such_column from model_versions")
    monkeypatch.setattr(database, "_RUNNING", "select no_such_column from runs")

    assert champion(registry.tracking_uri, "flights") == read
    assert challenger(registry.tracking_uri, "flights") is None
    assert champion(registry.tracking_uri, "nobody") is None
    assert registered_version(registry.tracking_uri, "flights", 1) == read
    assert registered_version(registry.tracking_uri, "flights", 7) is None
    assert close_dead_runs(registry.tracking_uri, lambda name: False) == []


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is not a database" * 100)

    with pytest.raises(
        ModelError, match=r"database .*mlflow\.db is damaged: .*Restore it from a backup"
    ):
        champion(f"sqlite:///{tmp_path / 'mlflow.db'}", "flights")


def test_a_version_that_someone_else_registered_has_no_digest(home: Path) -> None:
    with mlflow_in(home) as client:
        client.create_registered_model("flights")
        client.create_model_version("flights", source=home.as_uri(), tags={"team": "other"})
        client.set_registered_model_alias("flights", "champion", "1")

    foreign = champion(uri_of(home), "flights")

    assert foreign is not None
    assert (foreign.tags, foreign.model_digest) == ({}, None)


def test_a_failure_of_mlflow_registers_nothing_and_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def fail(*_: object, **__: object) -> None:
        raise MlflowException("the disk is full\nand more")

    registry = registry_in(home)
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", fail)
        with pytest.raises(
            ModelError, match=r"failed at registering flights: the disk is full\. The ch"
        ):
            register(registry, candidate_in(home))

    assert (versions(home), statuses(home)) == ([], ["FAILED"])
    assert list(home.rglob("MLmodel")) == []


def test_an_mlflow_that_is_down_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(
        ModelError, match=r"MLflow \(http://\.\.\.@127\.0\.0\.1:9\) failed at cha"
    ) as caught:
        champion("http://me:secret@127.0.0.1:9", "flights")
    assert "secret" not in str(caught.value)


def test_files_that_arrive_changed_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    original = MlflowClient.log_model_artifacts

    def lose_one(
        self: Any, model_id: str, local_dir: str, artifact_path: str | None = None
    ) -> None:
        original(self, model_id, local_dir, artifact_path)
        next(home.rglob("bundle/model.json")).write_text("{")

    monkeypatch.setattr(MlflowClient, "log_model_artifacts", lose_one)

    with pytest.raises(ModelError, match=r"flights: the model's files in .* differ from those in"):
        register(registry_in(home), candidate_in(home))
    assert (versions(home), statuses(home)) == ([], ["FAILED"])


def test_files_that_are_not_of_the_digest_are_not_registered(home: Path) -> None:
    candidate = candidate_in(home)
    (candidate.directory / "bundle" / "model.json").write_text("altered")

    with pytest.raises(
        ModelError, match=r"are not those of the model [0-9a-f]{12}; they were altered"
    ):
        register(registry_in(home), candidate)
    assert (versions(home), statuses(home)) == ([], ["FAILED"])


def test_only_runs_of_dead_processes_are_closed(home: Path) -> None:
    with mlflow_in(home) as client:
        tags = [{"ml_assets.process": "dead"}, {"ml_assets.process": "alive"}, {"mine": "own"}]
        runs = [client.create_run("0", tags=tag).info.run_id for tag in tags]

    closed = close_dead_runs(uri_of(home), lambda name: name == "alive")

    assert closed == runs[:1]
    assert statuses(home) == ["FAILED", "RUNNING", "RUNNING"]
