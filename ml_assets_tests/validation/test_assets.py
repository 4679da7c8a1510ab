"""The assets `anomalies` and `validated_examples` under Dagster."""

from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Store
from ml_assets.durable import write_json
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.yaml_file import read_schema, write_schema
from ml_assets.statistics.generate import generate_split_statistics
from ml_assets.table import Table
from ml_assets.validation.assets import build_assets
from ml_assets.validation.codes import KINDS
from ml_assets_tests.artifacts_factory import put_artifact

SCHEMA = Schema((Feature("fare", "float", min=0.0, max=100.0), Feature("way", "string")))


def run(home: Any, fares: Any, more: dict[str, Any] | None = None, **validation: Any) -> Any:
    """Materialize both assets over 300 rows, the first of which have these fares."""
    store = Store(Home(home).pipeline("toy"))
    fares = [*fares, *[5.0] * (300 - len(fares))]
    table = pa.table(
        {
            "_example_id": [f"id{place}" for place in range(300)],
            "_split": ["train", "eval", "test"] * 100,
            "fare": fares,
            "way": ["cash"] * 300,
            **(more or {}),
        }
    )
    examples = put_artifact(
        store, "examples", lambda path: pq.write_table(table, path / "examples.parquet")
    )
    found = generate_split_statistics(Table((examples.path / "examples.parquet",)))
    json_ = {name: statistics.to_json() for name, statistics in found.items()}
    put_artifact(store, "statistics", lambda path: write_json(path / "statistics.json", json_))
    put_artifact(store, "schema", lambda path: write_schema(path / "schema.yaml", SCHEMA))
    pipeline = PipelineSpec(
        name="toy",
        task="binary",
        ingest={"source": {"csv": "x.csv"}},
        labels="paid",
        validation={"cell_errors": {"enabled": False}, **validation},
    )
    inputs = [
        dg.AssetSpec(dg.AssetKey(["toy", name])).with_io_manager_key("artifacts")
        for name in ("examples", "statistics", "schema")
    ]
    result = dg.materialize(
        [*inputs, *build_assets(pipeline)],
        resources={"artifacts": ArtifactIOManager(home=str(home))},
        instance=dg.DagsterInstance.ephemeral(tempdir=str(home)),
        raise_on_error=False,
    )
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    return result, checks, store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return tmp_path


def test_good_data_pass(home: Any) -> None:
    result, checks, store = run(home, [])
    assert result.success
    assert all(check.passed for check in checks.values())
    assert set(checks) == {*KINDS, "quarantine", "poisoning"}
    assert checks["ranges"].description == "All values are within their limits."
    assert store.current_artifact("anomalies").json("anomalies.json") == []
    assert store.current_artifact("validated_examples").summary == {
        "rows": 300, "quarantined": 0, "train": 100, "eval": 100, "test": 100,
    }  # fmt: skip


def test_a_few_bad_rows_are_a_warning_and_go_to_quarantine(home: Any) -> None:
    result, checks, store = run(home, [-5.0, 500.0])
    assert result.success
    assert checks["ranges"].passed
    assert str(checks["ranges"].description).startswith("0 errors, 2 warnings. WARN: fare ")
    stored = store.current_artifact("anomalies").json("anomalies.json")
    assert [(a["code"], a["severity"], a["example_ids"]) for a in stored] == [
        ("FLOAT_TYPE_SMALL_FLOAT", "WARN", ["id0"]),
        ("FLOAT_TYPE_BIG_FLOAT", "WARN", ["id1"]),
    ]
    artifact = store.current_artifact("validated_examples")
    assert (artifact.summary["rows"], artifact.summary["quarantined"]) == (298, 2)
    aside = pq.read_table(artifact.path / "quarantine.parquet")
    assert aside["_rule"].to_pylist() == ["fare.min", "fare.max"]
    assert "2 of 300 rows (0.67%) break the schema; 1.00% may." in str(
        checks["quarantine"].description
    )


def test_too_many_bad_rows_block_before_anything_is_made_of_them(home: Any) -> None:
    result, checks, store = run(home, [-5.0] * 10)
    assert not result.success
    assert [name for name, check in checks.items() if not check.passed] == ["ranges"]
    assert "fare is below the schema's minimum of 0," in str(checks["ranges"].description)
    assert store.current("validated_examples") is None


def test_the_quarantine_blocks_where_the_anomaly_was_allowed(home: Any) -> None:
    _, checks, _ = run(home, [-5.0] * 10, severity={"FLOAT_TYPE_SMALL_FLOAT": "WARN"})
    assert checks["ranges"].passed
    assert not checks["quarantine"].passed
    assert "10 of 300 rows (3.33%) break the schema; 1.00% may. Most broken: fare.min (10)." in str(
        checks["quarantine"].description
    )
    assert "raise validation.max_quarantined_fraction" in str(checks["quarantine"].description)


def test_a_larger_share_can_be_allowed(home: Any) -> None:
    result, checks, _ = run(home, [-5.0] * 10, max_quarantined_fraction=0.05)
    assert result.success
    assert checks["ranges"].passed
    assert checks["quarantine"].passed


def test_the_report_lies_in_the_artifact_and_its_path_is_shown(home: Any) -> None:
    result, _, store = run(home, [-5.0])
    report = store.current_artifact("anomalies").path / "report.html"
    text = report.read_text()
    assert "Validation of toy" in text
    assert "fare is below the schema" in text
    metadata = result.asset_materializations_for_node("toy__anomalies")[0].metadata
    assert metadata["report"].value == str(report)


HOW = """\
If the data are right, accept what is proposed (metadata `proposal`), then run again:
- by command: `python -m ml_assets schema accept toy --anomaly FLOAT_TYPE_SMALL_FLOAT --reason TEXT`
- in the UI: open the launchpad of toy/schema, and materialize it with \
`{ops: {toy__schema: {config: {accept: true, anomalies: [FLOAT_TYPE_SMALL_FLOAT], reason: TEXT}}}}`
- in the file: edit toy/schema.yaml, and say why in `reason:`"""


def test_what_fails_is_proposed_to_be_accepted_with_the_ways_to_do_it(home: Any) -> None:
    result, checks, store = run(home, [-5.0] * 10)
    assert str(checks["ranges"].description).endswith(HOW)
    assert "accept" not in str(checks["domains"].description)
    shown = result.asset_materializations_for_node("toy__anomalies")[0].metadata
    diff = "-  fare: {type: float, min: 0, max: 100}\n+  fare: {type: float, min: -10, max: 100}\n"
    assert shown["proposal"].value == f"~~~diff\n{diff}~~~"
    artifact = store.current_artifact("anomalies").path
    assert (artifact / "proposal.diff").read_text() == diff
    assert read_schema(artifact / "proposal.yaml").by_name["fare"].min == -10


def test_what_only_warns_is_not_proposed(home: Any) -> None:
    result, checks, store = run(home, [-5.0])
    assert "accept" not in str(checks["ranges"].description)
    assert "proposal" not in result.asset_materializations_for_node("toy__anomalies")[0].metadata
    assert not (store.current_artifact("anomalies").path / "proposal.diff").exists()


def turned_round(ways: bool = True) -> tuple[list[float], dict[str, Any]]:
    """Ten files of 30 rows, one with labels turned round, which the fare tells, and the way of paying."""
    fares = [float(place * 37 % 97) for place in range(300)]
    files = [f"{place // 30}.csv" for place in range(300)]
    way = ["card" if place % 2 and ways else "cash" for place in range(300)]
    paid = [fare + 50 * (by == "card") > 65 for fare, by in zip(fares, way, strict=True)]
    labels = [yes ^ (file == "2.csv") for yes, file in zip(paid, files, strict=True)]
    return fares, {"_span": files, "_label": pa.array(labels).cast("int8"), "way": way}


def set_aside(store: Store) -> list[dict[str, Any]]:
    path = store.current_artifact("validated_examples").path
    rows: list[dict[str, Any]] = pq.read_table(path / "quarantine.parquet").to_pylist()
    return rows


def test_a_span_whose_labels_contradict_all_others_is_set_aside(home: Any) -> None:
    result, checks, store = run(home, *turned_round())

    assert not result.success
    aside = set_aside(store)
    assert [row["_example_id"] for row in aside] == [f"id{place}" for place in range(60, 90)]
    assert aside[0]["_reason"].startswith("the labels of this span contradict those of all others:")
    told = str(checks["quarantine"].description)
    assert "Most broken: _span.contradicting_labels (30). The check `poisoning` says" in told
    assert not checks["poisoning"].passed
    told = str(checks["poisoning"].description)
    assert told.startswith(
        "2.csv: the labels of this span contradict those of all others: they rank"
    )
    assert told.endswith(
        "; set aside. Look at where these rows came from. If they are wrong, take them out of the "
        "source; if all that was set aside is right, set validation.screen_poisoning: false."
    )


def test_a_span_that_another_world_explains_as_well_is_told_and_left_in(home: Any) -> None:
    result, checks, store = run(home, *turned_round(ways=False))

    assert result.success
    assert set_aside(store) == []
    assert not checks["poisoning"].passed
    assert checks["poisoning"].severity == dg.AssetCheckSeverity.WARN
    told = str(checks["poisoning"].description)
    assert "; left in, as no two columns say so that tell different things. Look at" in told


def flooded(copies: int = 45) -> tuple[list[float], dict[str, Any]]:
    """Nine files, of which the third has 60 rows, so many of them nearly one: the rest have 30 each."""
    random = np.random.default_rng(0)
    files = ["2.csv" if 60 <= place < 120 else f"{place // 30}.csv" for place in range(300)]
    fares, weights = random.uniform(1, 99, 300), random.uniform(1, 9, 300)
    fares[70 : 70 + copies] = 37.2 + random.uniform(0, 0.01, copies)
    weights[70 : 70 + copies] = 4.19
    labels = pa.array((fares + random.normal(0, 20, 300) > 50).astype("int8"))
    return fares.tolist(), {"_span": files, "_label": labels, "weight": weights}


def test_a_flood_of_near_duplicates_is_set_aside_and_stops_the_run(home: Any) -> None:
    result, checks, store = run(home, *flooded())

    assert not result.success
    aside = set_aside(store)
    assert [row["_example_id"] for row in aside] == [f"id{place}" for place in range(70, 115)]
    assert {row["_rule"] for row in aside} == {"_span.near_duplicates"}
    assert aside[0]["_reason"].startswith("75% of the rows of this span are nearly the same row; ")
    assert not checks["quarantine"].passed
    told = str(checks["quarantine"].description)
    assert "Most broken: _span.near_duplicates (45). The check `poisoning` says" in told
    assert not checks["poisoning"].passed
    assert str(checks["poisoning"].description).startswith("2.csv: 75% of the rows of this span")


def test_a_flood_of_few_rows_is_told_and_left_in(home: Any) -> None:
    result, checks, store = run(home, *flooded(copies=25))

    assert result.success
    assert set_aside(store) == []
    assert not checks["poisoning"].passed
    assert "; left in, as these are 25 rows of those looked at." in str(
        checks["poisoning"].description
    )


def test_what_is_set_aside_of_a_flood_may_be_allowed_and_is_learnt_from_by_nobody(
    home: Any,
) -> None:
    result, checks, store = run(home, *flooded(), max_quarantined_fraction=0.2)

    assert result.success
    assert checks["quarantine"].passed
    artifact = store.current_artifact("validated_examples")
    assert (artifact.summary["rows"], artifact.summary["quarantined"]) == (255, 45)
    kept = pq.read_table(artifact.path / "examples.parquet")["_example_id"].to_pylist()
    assert {*kept}.isdisjoint(row["_example_id"] for row in set_aside(store))


def test_where_spans_are_not_screened_none_is_set_aside(home: Any) -> None:
    result, checks, store = run(home, *turned_round(), screen_poisoning=False)

    assert result.success
    assert set_aside(store) == []
    assert "poisoning" not in checks
