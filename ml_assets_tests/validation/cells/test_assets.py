"""The asset `cell_errors` under Dagster."""

from dataclasses import replace
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
from ml_assets.schema.dependencies import mine_functional_dependencies
from ml_assets.schema.model import Feature, FunctionalDependency, Schema
from ml_assets.schema.yaml_file import write_schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.assets import build_assets
from ml_assets.validation.cells.model import ARROW_SCHEMA, CellErrors
from ml_assets.validation.cells.show import cells_verdict, dependency_rows
from ml_assets_tests.artifacts_factory import put_artifact

SCHEMA = Schema((Feature("city", "string"), Feature("notes", "string")))
CITIES = ["birmingham", "montgomery", "huntsville"] * 100


def pipeline(**cell_errors: Any) -> PipelineSpec:
    return PipelineSpec(
        name="toy",
        task="binary",
        ingest={"source": {"csv": "x.csv"}},
        labels="city",
        validation={"cell_errors": cell_errors},
    )


def run(home: Path, cities: list[str], **cell_errors: Any) -> tuple[Any, Any]:
    """Materialize the asset over 300 rows; give the check and the artifact."""
    store = Store(Home(home).pipeline("toy"))
    ids, splits = [f"id{n}" for n in range(300)], ["train", "eval", "test"] * 100
    table = pa.table({"_example_id": ids, "_split": splits, "city": cities, "notes": ids})
    put_artifact(
        store, "validated_examples", lambda path: pq.write_table(table, path / "examples.parquet")
    )
    put_artifact(store, "schema", lambda path: write_schema(path / "schema.yaml", SCHEMA))
    found = {"all": generate_statistics(table).to_json()}
    put_artifact(store, "statistics", lambda path: write_json(path / "statistics.json", found))
    inputs = [
        dg.AssetSpec(dg.AssetKey(["toy", name])).with_io_manager_key("artifacts")
        for name in ("validated_examples", "schema", "statistics")
    ]
    asset = build_assets(pipeline(**cell_errors))[-1]
    result = dg.materialize(
        [*inputs, asset],
        resources={"artifacts": ArtifactIOManager(home=str(home))},
        instance=dg.DagsterInstance.ephemeral(tempdir=str(home)),
    )
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    return check, store.current_artifact("cell_errors")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return tmp_path


def test_a_suspicious_cell_is_listed_and_nothing_is_stopped(home: Path) -> None:
    check, artifact = run(home, [*CITIES[:299], "huntsvxlle"])
    table = pq.read_table(artifact.path / "cell_errors.parquet")
    assert table.schema.equals(ARROW_SCHEMA)
    (error,) = table.to_pylist()
    assert (error["example_id"], error["column"], error["repair"]) == (
        "id299",
        "city",
        "huntsville",
    )
    assert artifact.summary == {"rows": 1, "cell_errors": 1, "fraction": 1 / 600}
    report = (artifact.path / "report.html").read_text()
    assert "Cell errors of toy" in report
    assert "huntsvxlle" in report
    assert check.passed
    assert check.description == (
        "Suspicious: 1 of 600 cells (0.167%); 0.500% may be. Most: city (near_frequent_value, 1). "
        "Review cell_errors.parquet, and correct the data at their source."
    )


def test_too_many_suspicious_cells_are_a_warning(home: Path) -> None:
    check, artifact = run(home, [*CITIES[:295], "tba", "a", "n/a", "?", "huntsvxlle"], max_found=1)
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert artifact.summary["cell_errors"] > 1
    assert pq.read_metadata(artifact.path / "cell_errors.parquet").num_rows == 1


def test_clean_data(home: Path) -> None:
    check, artifact = run(home, CITIES)
    assert check.passed
    assert check.description == "None of 600 cells is suspicious."
    assert pq.read_metadata(artifact.path / "cell_errors.parquet").num_rows == 0


def test_the_asset_can_be_switched_off() -> None:
    keys = {asset.key.path[-1] for asset in build_assets(pipeline(enabled=False))}
    assert keys == {"anomalies", "validated_examples"}


def test_what_was_not_judged_is_told() -> None:
    cell_errors = CellErrors(
        found=1, cells=9, counts={("a", "outlier"): 1}, not_judged={"tags": "a list"}
    )
    assert "Not judged: tags." in cells_verdict(cell_errors, 0.5)


def test_dependencies_that_the_schema_lacks_are_proposed_with_their_line() -> None:
    table = pa.table({"zip": ["1", "2", "3", "4"] * 50, "city": ["a", "a", "b", "c"] * 50})
    mined = mine_functional_dependencies(table)
    proposed = {"zip -> city": "- {rule: zip -> city, support: 1}"}
    rows = dependency_rows(mined, SCHEMA)
    assert {row["dependency"]: row["functional_dependencies"] for row in rows} == proposed
    assert [row["support"] for row in rows] == [1.0]
    declared = replace(SCHEMA, functional_dependencies=(FunctionalDependency(("zip",), "city"),))
    assert dependency_rows(mined, declared) == []
