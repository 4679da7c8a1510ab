import re
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from ml_assets import durable
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.labels.spec import LabelSpec
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.yaml_file import write_schema
from ml_assets.transform.assets import build_assets
from ml_assets.transform.bundle import read_skops
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.trusted import TRUSTED_TYPES
from ml_assets_tests.artifacts_factory import put_artifact

SCHEMA = Schema(
    features=(
        Feature("carrier", "string"),
        Feature("sched_dep", "timestamp"),
        Feature("distance", "float", min_fraction=0.5),
        Feature("dep_delay", "float"),
        Feature("arr_delay", "float", not_in=("SERVING",)),
        Feature("tailnum", "string", stage="DEPRECATED"),
    ),
    left_out=(("tract", "all rows are without a value"),),
)


def flights(rows: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    number = np.arange(rows)
    delay = rng.normal(size=rows) * 20
    return pd.DataFrame(
        {
            "_example_id": [f"e{i}" for i in number],
            "_span": "s",
            "_split": np.array(["train", "train", "eval", "test"])[number % 4],
            "_label": (delay > 15).astype("int8"),
            "carrier": np.array(["AA", "UA", "DL"])[number % 3],
            "sched_dep": pd.date_range("2013-01-01", periods=rows, freq="7h"),
            "distance": np.where(number % 11 == 0, np.nan, rng.normal(size=rows)),
            "dep_delay": delay + 1,
            "arr_delay": delay,
        }
    )


def pipeline(**transform: Any) -> PipelineSpec:
    spec = {"known_after": ["dep_delay"], "encodings": {"sched_dep": "date_parts"}} | transform
    return PipelineSpec.model_validate(
        {
            "name": "flights",
            "task": "binary",
            "ingest": {
                "source": {"csv": "flights.csv"},
                "key": ["carrier", "sched_dep"],
                "time": "sched_dep",
            },
            "labels": {"expression": "arr_delay > 15"},
            "transform": spec,
        }
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    return tmp_path


def materialize(
    home: Path, spec: PipelineSpec, examples: pd.DataFrame, schema: Schema = SCHEMA
) -> tuple[Artifact, dg.ExecuteInProcessResult]:
    store = Store(Home(home).pipeline("flights"))
    put_artifact(
        store, "validated_examples", lambda folder: examples.to_parquet(folder / "examples.parquet")
    )
    put_artifact(store, "schema", lambda folder: write_schema(folder / "schema.yaml", schema))
    upstream = [
        dg.AssetSpec(dg.AssetKey(["flights", name])).with_io_manager_key("artifacts")
        for name in ("validated_examples", "schema")
    ]
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [*build_assets(spec), *upstream],
            resources={"artifacts": ArtifactIOManager(home=str(home))},
            instance=instance,
            raise_on_error=False,
        )
    assert result.get_asset_materialization_events()
    return store.current_artifact("validated_features"), result


def checks(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    return {
        evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()
    }


def test_the_features_are_written_and_found_sound(home: Path) -> None:
    artifact, result = materialize(home, pipeline(), flights())
    assert result.success
    assert {name: check.passed for name, check in checks(result).items()} == {
        "features": True,
        "leakage": True,
        "suspected_leakage": True,
        "shared_rows": True,
    }
    assert sorted(path.name for path in artifact.path.iterdir()) == [
        "features.parquet",
        "transform.json",
        "transform.skops",
    ]
    assert artifact.summary["rows"] == 240
    assert artifact.summary["dropped"] == {
        "carrier": "is part of ingest.key",
        "dep_delay": "is in transform.known_after",
        "arr_delay": "makes the label",
        "tract": "is left out of the schema: all rows are without a value",
        "tailnum": "is left out of the schema: its stage is DEPRECATED",
        "sched_dep.minute": "has the same value in every training row",
    }
    assert artifact.summary["useless"] == ["tract", "tailnum", "sched_dep.minute"]
    inputs = artifact.json("transform.json")["inputs"]
    assert inputs == [
        {"name": "sched_dep", "type": "timestamp", "nullable": False},
        {"name": "distance", "type": "float", "nullable": True},
    ]


def test_the_ui_is_told_where_features_come_from_and_what_they_cost(home: Path) -> None:
    crossed = {"carrier,sched_dep": "drop", "sched_dep": "cycles", "carrier": "target_encoding"}
    _, result = materialize(home, pipeline(encodings=crossed), flights())
    (made,) = result.asset_materializations_for_node("flights__validated_features")
    lineage: Any = made.metadata["dagster/column_lineage"].value
    upstream = dg.AssetKey(["flights", "validated_examples"])
    assert lineage.deps_by_column["sched_dep.hour_sin"] == [
        dg.TableColumnDep(upstream, "sched_dep")
    ]
    assert lineage.deps_by_column["carrier"] == [dg.TableColumnDep(upstream, "carrier")]
    schema: Any = made.metadata["dagster/column_schema"].value
    described = {column.name: column.description for column in schema.columns}
    assert re.fullmatch(r"target_encoding of carrier, \d\.\d{4} s", described["carrier"])
    costs: Any = made.metadata["costs"].value
    costs_by_encoder = {record.data["encoder"]: record.data for record in costs.records}
    assert costs_by_encoder["cycles_moments"]["columns"] == "sched_dep"
    assert costs_by_encoder["cycles_moments"]["features"] == len(schema.columns) - 2
    assert {"fit_seconds", "transform_seconds"} <= costs_by_encoder["target_encoding_texts"].keys()


def test_the_stored_transform_gives_the_stored_features(home: Path) -> None:
    examples = flights()
    artifact, _ = materialize(home, pipeline(), examples)
    transformer = read_skops(artifact.path / "transform.skops", TRUSTED_TYPES)
    features = pd.read_parquet(artifact.path / "features.parquet")
    np.testing.assert_array_equal(
        transformer.transform(examples), features.drop(columns=["_example_id", "_split", "_label"])
    )


KEYED: dict[str, Any] = {
    "distance": {"scale_to_z_score_per_key": {"key": "carrier"}},
    "distance:4,carrier": {"hash_strings": {"hash_buckets": 9}},
}


def test_keys_and_bins_are_in_the_lineage_and_in_the_stored_transform(home: Path) -> None:
    examples = flights()
    artifact, result = materialize(home, pipeline(encodings=KEYED), examples)
    assert result.success
    assert all(check.passed for check in checks(result).values())
    (made,) = result.asset_materializations_for_node("flights__validated_features")
    lineage: Any = made.metadata["dagster/column_lineage"].value
    for name in ("distance", "distance:4,carrier"):
        columns = {column.column_name for column in lineage.deps_by_column[name]}
        assert columns == {"distance", "carrier"}
    features = pd.read_parquet(artifact.path / "features.parquet")
    transformer = read_skops(artifact.path / "transform.skops", TRUSTED_TYPES)
    served = pd.DataFrame(
        transformer.transform(examples[["carrier", "distance", "sched_dep"]]),
        columns=list(features)[3:],
    )
    np.testing.assert_array_equal(served, features.iloc[:, 3:])
    train = examples[examples["_split"] == "train"]
    by_carrier = train.groupby("carrier")["distance"]
    scores = (train["distance"] - by_carrier.transform("mean")) / by_carrier.transform(
        lambda values: values.std(ddof=0)
    )
    np.testing.assert_allclose(features.loc[train.index, "distance"], scores, rtol=1e-9)


def test_a_key_that_is_absent_in_serving_blocks_the_run(home: Path) -> None:
    absent = Feature("carrier", "string", not_in=("SERVING",))
    _, result = materialize(
        home,
        pipeline(encodings={"distance": KEYED["distance"]}),
        flights(),
        Schema((absent, *SCHEMA.features[1:]), SCHEMA.left_out),
    )
    leakage = checks(result)["leakage"]
    assert not leakage.passed
    assert leakage.description.startswith("'carrier' does not exist when the model serves")


def test_only_the_training_split_is_learnt_from(home: Path) -> None:
    spec = pipeline(encodings={"sched_dep": "date_parts", "carrier": "categorical"})
    examples = flights()
    before, _ = materialize(home, spec, examples)
    other = examples["_split"] != "train"
    examples.loc[other, "carrier"] = "ZZ"
    examples.loc[other, "distance"] = 1e9
    after, result = materialize(home, spec, examples)
    assert result.success
    for name in ("transform.skops", "transform.json"):
        assert durable.file_digest(before.path / name) == durable.file_digest(after.path / name)
    features = pd.read_parquet(after.path / "features.parquet")
    assert features.loc[other, "carrier"].isna().all()


def test_a_feature_that_the_schema_says_is_absent_in_serving_blocks_the_run(home: Path) -> None:
    examples = flights().rename(columns={"arr_delay": "late"})
    examples["arr_delay"] = examples["distance"]
    chosen = TransformSpec(features=["dep_delay", "arr_delay"])
    spec = pipeline().model_copy(
        update={"labels": LabelSpec(column="carrier"), "transform": chosen}
    )
    _, result = materialize(home, spec, examples)
    leakage = checks(result)["leakage"]
    assert not leakage.passed
    assert leakage.blocking
    assert (leakage.description or "").startswith(
        "'arr_delay' does not exist when the model serves"
    )


def test_a_number_that_separates_the_label_blocks_the_run(home: Path) -> None:
    examples = flights(800)
    _, result = materialize(home, pipeline(known_after=[]), examples)
    check = checks(result)["leakage"]
    assert not result.success
    assert not check.passed
    assert "'dep_delay' alone tells the label in each of 400 training rows" in check.description


def test_a_number_that_nearly_separates_the_label_is_a_warning(home: Path) -> None:
    examples = flights(800)
    examples.loc[0, "dep_delay"] = 100.0
    _, result = materialize(home, pipeline(known_after=[]), examples)
    assert result.success
    check = checks(result)["suspected_leakage"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.description.startswith("'dep_delay' alone predicts the label with ROC AUC 0.99")


def test_a_moment_after_that_of_the_prediction_is_a_warning_though_nothing_names_it(
    home: Path,
) -> None:
    examples = flights().rename(columns={"sched_dep": "booked"})
    examples["sched_dep"] = examples["booked"] - pd.Timedelta(days=2)
    schema = Schema((*SCHEMA.features, Feature("booked", "timestamp")), SCHEMA.left_out)
    shop = pipeline(encodings={"booked": "date_parts"})
    _, result = materialize(home, shop, examples, schema)
    assert result.success
    check = checks(result)["suspected_leakage"]
    assert check.description.startswith(
        "'booked' is later than 'sched_dep' in 100% of the training rows. Is it known at the moment"
    )


def test_a_column_that_copies_the_label_blocks_the_run(home: Path) -> None:
    examples = flights()
    examples["distance"] = examples["_label"] * 5.0
    _, result = materialize(home, pipeline(), examples)
    check = checks(result)["leakage"]
    assert not result.success
    assert not check.passed
    assert "'distance' equals the label in each of 120 training rows" in (check.description or "")


def delivered_again(rows: int) -> pd.DataFrame:
    """Flights of which the last rows of eval and test are training rows with a carrier of their own."""
    examples = flights(400)
    to, of = (examples.index[(examples["_split"] != "train") == other] for other in (True, False))
    copied = ["distance", "arr_delay", "dep_delay", "_label"]
    examples.loc[to[-rows:], copied] = examples.loc[of[-rows:], copied].to_numpy()
    return examples.astype({"_label": "int8"})


@pytest.mark.parametrize(
    ("rows", "most", "severity", "goes_on"),
    [(180, 0.2, "ERROR", False), (180, 1.0, "WARN", True), (20, 0.2, "WARN", True)],
    ids=["most", "allowed", "a few"],
)
def test_rows_that_are_training_rows_under_another_key_fail_the_check(
    home: Path, rows: int, most: float, severity: str, goes_on: bool
) -> None:
    spec = pipeline(encodings={}, max_shared_fraction=most)
    _, result = materialize(home, spec, delivered_again(rows))
    check = checks(result)["shared_rows"]
    assert (check.passed, check.severity.value) == (False, severity)
    assert re.match(
        r"\d+ of 200 rows of eval and test have the features and the", check.description
    )
    assert result.success == goes_on


def test_what_chance_gives_of_shared_rows_does_not_block(home: Path) -> None:
    examples = delivered_again(50)
    is_copied = examples["distance"].duplicated(keep=False)
    prices = np.random.default_rng(1).integers(0, 250, len(examples))
    examples["distance"] = examples["distance"].where(is_copied, prices)
    _, result = materialize(home, pipeline(encodings={}), examples)
    check = checks(result)["shared_rows"]
    assert result.success
    assert (check.passed, check.severity.value) == (False, "WARN")
    share, by_chance = (check.metadata[name].value for name in ("share", "by_chance"))
    assert share - by_chance < 0.2 < by_chance


def test_the_same_examples_give_the_same_artifact(home: Path, tmp_path: Path) -> None:
    first, _ = materialize(home, pipeline(), flights())
    elsewhere = tmp_path / "elsewhere"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ML_ASSETS_HOME", str(elsewhere))
        second, _ = materialize(elsewhere, pipeline(), flights())
    assert first.digest == second.digest
