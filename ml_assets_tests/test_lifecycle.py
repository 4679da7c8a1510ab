"""The whole lifecycle in real processes: a champion, a cached run, and a refused model."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.store import Store
from ml_assets_tests.project_factory import (
    CHURN,
    make_project,
    project_environment,
    run_command,
    run_python,
    write_customers,
)

ASSETS = [
    "raw_data", "labels", "examples", "statistics", "schema", "anomalies", "validated_examples",
    "cell_errors", "validated_features", "best_hyperparameters", "model", "baseline_model", "evaluation",
    "infra_validation", "registered_model", "promotion", "predictions", "serving_statistics", "skew",
    "drift", "performance",
]  # fmt: skip


def versions(project: Path) -> list[tuple[int, str]]:
    """The registered versions with their aliases, read from MLflow's database."""
    with sqlite3.connect(project / ".ml_assets" / "mlflow" / "mlflow.db") as database:
        found = database.execute("SELECT version FROM model_versions ORDER BY version").fetchall()
        aliases = database.execute(
            "SELECT version, alias FROM registered_model_aliases ORDER BY alias"
        ).fetchall()
    return [(v, ",".join(a for w, a in aliases if int(w) == v)) for (v,) in found]


def reasons(printed: str) -> dict[str, str]:
    """What the run said of each asset."""
    lines = (line.split(maxsplit=1) for line in printed.splitlines())
    return {parts[0]: parts[1] for parts in lines if len(parts) == 2 and parts[0] in ASSETS}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("project"))
    done = run_command(folder, "run", "churn")
    assert done.returncode == 0, done.stderr
    (folder / "first.txt").write_text(done.stderr + done.stdout)
    return folder


def test_one_command_leaves_version_1_as_champion_and_a_summary(project: Path) -> None:
    printed = (project / "first.txt").read_text()
    assert set(reasons(printed)) == set(ASSETS)
    assert versions(project) == [(1, "champion")]
    assert "alias champion" in printed
    assert "verdicts" in printed
    assert "Traceback" not in printed
    assert "DEBUG" not in printed
    assert "Warning" not in printed
    assert len(printed.splitlines()) <= 45


def test_nothing_changed_is_all_cache_hits_and_one_version(project: Path) -> None:
    done = run_command(project, "run", "churn")
    assert done.returncode == 0, done.stderr
    said = reasons(done.stderr)
    assert {asset: why for asset, why in said.items() if why != "cached"} == {}
    assert set(said) == set(ASSETS)
    assert versions(project) == [(1, "champion")]


def test_a_changed_key_reruns_what_reads_it_and_only_that(project: Path) -> None:
    path = project / "ml_assets" / "defs" / "churn" / "defs.yaml"
    before = path.read_text()
    path.write_text(before.replace("slices: [plan]", "slices: []"))
    try:
        done = run_command(project, "run", "churn")
    finally:
        path.write_text(before)
    assert done.returncode == 0, done.stderr
    ran = {asset: why for asset, why in reasons(done.stderr).items() if not why.endswith("cached")}
    assert "evaluation" in ran
    assert "evaluation in the YAML changed" in ran["evaluation"]
    assert {"raw_data", "model", "infra_validation", "statistics"}.isdisjoint(ran)


def test_a_threshold_that_cannot_be_met_fails_the_run_and_the_champion_that_stays_is_watched(
    project: Path,
) -> None:
    path = project / "ml_assets" / "defs" / "churn" / "defs.yaml"
    before = path.read_text()
    path.write_text(before.replace("min: 0.6", "min: 0.999"))
    try:
        done = run_command(project, "run", "churn")
    finally:
        path.write_text(before)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "churn/promotion" in last
    assert "roc_auc" in last
    assert "0.999" in last
    assert "python -m ml_assets run churn" in last
    assert "the champion itself, version 1, does not meet what is asked now" in last
    assert "python -m ml_assets rollback churn" in last
    assert {"promotion", "predictions", "skew", "drift", "performance"} <= set(reasons(done.stderr))
    assert "Not made" not in done.stderr
    assert versions(project) == [(1, "challenger,champion")]  # the same content, refused now


def test_new_data_retrain_begin_with_the_champion_and_say_what_changed(project: Path) -> None:
    store = Store(Home(project / ".ml_assets").pipeline("churn"))
    before = store.current_artifact("model").json("model.json")["parameters"]
    write_customers(project / "data" / "2026-02.csv", seed=2)
    done = run_command(project, "run", "churn")
    assert done.returncode in (0, 1), done.stderr
    said = reasons(done.stderr)
    assert "raw_data changed: 2,000 -> 4,000 rows" in said["labels"]
    assert versions(project)[-1][0] == 2
    search = store.current_artifact("best_hyperparameters")
    first = search.json("trials.json")[0]
    assert {**first["parameters"], "max_iter": 0} == {**before, "max_iter": 0}
    assert search.json("best_hyperparameters.json")["champion_value"] == first["value"]


def dagster_statuses(project: Path) -> list[str]:
    """The statuses of all Dagster runs, oldest first."""
    script = (
        "import dagster as dg, json\n"
        "with dg.DagsterInstance.get() as i:\n"
        "    print(json.dumps([r.status.value for r in reversed(i.get_runs())]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project, env=project_environment(project), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return list(json.loads(done.stdout))


def test_dagsters_own_command_works_and_exits_1_on_a_failed_gate(tmp_path: Path) -> None:
    folder = make_project(tmp_path, CHURN.replace("thresholds: {roc_auc: {min: 0.6}}", "seed: 1"))
    command = ["-m", "dagster", "asset", "materialize", "-m", "ml_assets.definitions"]
    prepare = "from ml_assets.cli.environment import prepare_environment; prepare_environment()"
    assert run_python(folder, ["-c", prepare]).returncode == 0
    done = run_python(folder, [*command, "--select", "group:churn"])
    assert done.returncode == 1
    assert "DEBUG" not in done.stderr
    assert "evaluation: {thresholds: {roc_auc: {min: <value>}}}" in done.stderr
    assert versions(folder) == [(1, "challenger")]
