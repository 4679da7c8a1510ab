from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ml_assets import durable
from ml_assets.artifacts.store import Artifact
from ml_assets.errors import ModelError
from ml_assets.ingest.example_ids import example_ids
from ml_assets.monitoring.assets import build_assets
from ml_assets.monitoring.tell_apart import tell_apart
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.infer import infer_schema
from ml_assets.schema.yaml_file import write_schema
from ml_assets.serving.assets import build_assets as build_serving
from ml_assets.statistics.generate import generate_statistics
from ml_assets.table import EXAMPLE_ID, LABEL, SPLIT, Table
from ml_assets_tests.artifacts_factory import damage, put_artifact
from ml_assets_tests.evaluation.trained import examples, label_codes, raw_rows, write_frame
from ml_assets_tests.serving.shop import (
    checks_of,
    materialize,
    put_champion,
    put_raw_data,
    shop,
    store_of,
)

ALL: dict[str, Any] = {"span": "month", "serving": {"window": {}}}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _train(
    home: Path, monkeypatch: pytest.MonkeyPatch, roc_auc: float = 0.85, made_from: str = ""
) -> None:
    """A champion with the statistics, the schema and the evaluation that belong to it."""
    store = store_of(home)
    raw = examples("binary").query("_split == 'train'").iloc[:, 4:]
    statistics = generate_statistics(raw)
    trained = put_artifact(
        store, "statistics",
        lambda path: durable.write_json(path / "statistics.json", {"train": statistics.to_json()}),
    )  # fmt: skip
    put_artifact(
        store, "schema", lambda path: write_schema(path / "schema.yaml", infer_schema(statistics))
    )
    metric = {"name": "roc_auc", "value": roc_auc, "low": roc_auc - 0.02, "high": roc_auc + 0.02}
    judged = put_artifact(
        store, "evaluation",
        lambda path: durable.write_json(path / "evaluation.json", {"metrics": [metric]}),
    )  # fmt: skip
    put_champion(
        home,
        monkeypatch,
        statistics_digest=trained.digest,
        evaluation_digest=judged.digest,
        examples_digest=made_from,
    )


def _watch(
    pipeline: PipelineSpec,
    home: Path,
    rows: pd.DataFrame,
    labelled: float = 1.0,
    flip: bool = False,
) -> dict[str, Any]:
    """Score rows and watch them; give the verdicts of the checks."""
    put_raw_data(pipeline, home, rows)
    materialize(build_serving(pipeline), home)
    scored = store_of(home).current_artifact("predictions").path / "predictions.parquet"
    codes = label_codes(rows, "binary", seed=3)
    known_labels = pd.DataFrame(
        {
            EXAMPLE_ID: Table((scored,)).to_pandas()[EXAMPLE_ID],
            LABEL: (1 - codes if flip else codes).astype("int8"),
        }
    )

    def write(path: Path) -> None:
        write_frame(path / "labels.parquet", known_labels.head(round(len(known_labels) * labelled)))
        durable.write_json(path / "labels.json", {"classes": ["no", "yes"]})

    put_artifact(store_of(home), "labels", write)
    return checks_of(materialize(build_assets(pipeline), home))


def _artifact(home: Path, name: str) -> Artifact:
    return store_of(home).current_artifact(name)


def test_rows_like_those_of_training_raise_no_alarm(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _train(home, monkeypatch)
    checks = _watch(shop(tmp_path / "shop", **ALL), home, raw_rows(900, seed=3))
    assert {name: check.passed for name, check in checks.items()} == {
        "skew": True,
        "drift": True,
        "performance": True,
        "staleness": True,
    }
    assert checks["drift"].description == "none of 2 features drifted"
    for name in ("serving_statistics", "skew", "drift", "performance", "staleness"):
        assert _artifact(home, name).summary["model_version"] == 1
    scores = _artifact(home, "serving_statistics").json("scores.json")
    assert [feature["name"] for feature in scores["features"]] == ["score"]


# How many of 900 scored rows the champion was made from, and what drift and performance say.
OWN = [
    (900, "cannot tell: the champion was trained on 450 of the 900 scored rows", "900 are its own"),
    (300, "none of 2 features drifted", "(600 of 900 scored rows have a label; 300 are its own"),
]


@pytest.mark.parametrize(("count", "drift", "performance"), OWN)
def test_the_champions_own_rows_tell_nothing(
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    drift: str,
    performance: str,
) -> None:
    rows = raw_rows(900, seed=3)
    pipeline = shop(tmp_path / "shop", **ALL)
    put_raw_data(pipeline, home, rows)
    ids = example_ids(pa.RecordBatch.from_pandas(rows, preserve_index=False), ["id"])
    splits = np.array(["train", "train", "eval", "test"])[np.arange(900) % 4]
    own = rows.assign(**{EXAMPLE_ID: ids.to_pandas(), SPLIT: splits}).head(count)
    made = put_artifact(
        store_of(home), "examples", lambda path: write_frame(path / "examples.parquet", own)
    )
    _train(home, monkeypatch, made_from=made.digest)
    checks = _watch(pipeline, home, rows)
    assert all(check.passed for check in checks.values())
    assert checks["drift"].description.startswith(drift)
    assert performance in checks["performance"].description
    is_judged = count < 900
    assert checks["skew"].description.startswith("cannot tell") != is_judged
    expected = {"ERROR"} if is_judged else {"WARN"}
    assert {check.severity.value for check in checks.values()} == expected


def test_a_classifier_is_asked_where_the_yaml_says_so(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _train(home, monkeypatch)
    monitoring = {"multivariate_auc": 0.6, "blocking": ["drift"]}
    pipeline = shop(tmp_path / "shop", **ALL, monitoring=monitoring)
    checks = _watch(pipeline, home, raw_rows(900, seed=3))
    assert checks["multivariate_drift"].passed
    assert checks["multivariate_drift"].description == (
        "the examples that the champion was trained on are not in the store"
    )
    assert _artifact(home, "drift").json("drift.json")["multivariate"]["verdict"] == "cannot tell"
    (drift,) = [asset for asset in build_assets(pipeline) if asset.key.path[-1] == "drift"]
    assert {spec.name: spec.blocking for spec in drift.check_specs} == {
        "drift": True,
        "multivariate_drift": False,
    }


def test_scored_rows_are_told_from_training_rows(tmp_path: Path) -> None:
    write_frame(tmp_path / "examples.parquet", examples("binary"))
    moved = raw_rows(900, seed=3).assign(amount=lambda rows: rows["amount"].sample(frac=1).values)
    moved["amount"] = np.where(moved["city"] == moved["city"].iloc[0], 9.0, 1.0)
    write_frame(tmp_path / "scored.parquet", moved)
    multivariate = tell_apart(
        Table((tmp_path / "scored.parquet",)),
        tmp_path / "examples.parquet",
        ["city", "amount", "absent"],
        min_auc=0.6,
        significance=0.01,
        min_rows=200,
    )
    assert multivariate.verdict == "alarm"
    assert multivariate.rows == 750


def test_rows_that_moved_alarm_and_name_the_feature_without_stopping_the_run(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _train(home, monkeypatch)
    rows = raw_rows(900, seed=3)
    rows["amount"] *= 3
    rows.loc[np.arange(900) % 3 == 0, "city"] = "Paris"
    checks = _watch(shop(tmp_path / "shop", **ALL), home, rows)
    assert not checks["drift"].passed
    assert not checks["skew"].passed
    assert "amount" in checks["drift"].description
    assert "city" in checks["drift"].description
    assert "Paris" in checks["skew"].description
    assert checks["performance"].description
    assert _artifact(home, "drift").summary["alarms"] == 2
    assert (_artifact(home, "drift").path / "drift.png").stat().st_size < 80_000
    reports = {
        name: (_artifact(home, name).path / "report.html").read_text() for name in ("drift", "skew")
    }
    for name, report in reports.items():
        assert f"{name.title()} of shop" in report
        assert f'<section id="{name}">' in report
        assert "2 of 2 columns moved" in report
        assert len(report.encode()) < 1_000_000
    # Of schema skew, which drift does not judge.
    assert ["Paris&#39;, in" in report for report in reports.values()] == [False, True]


def test_of_a_few_rows_nothing_can_be_told(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _train(home, monkeypatch)
    rows = raw_rows(35, seed=3)
    rows["amount"] *= 3
    checks = _watch(shop(tmp_path / "shop", **ALL), home, rows)
    for check in checks.values():
        assert check.passed
        assert check.severity.value == "WARN"
        assert check.description.startswith("cannot tell: ")


@pytest.mark.parametrize(
    ("labelled", "flip", "passed", "text"),
    [
        (1.0, False, True, "(900 of 900 scored rows have a label)"),
        (0.1, True, True, "cannot tell: at least 200 labelled rows are needed (90 of 900"),
        (0.5, True, False, "at most 0.05 worse is allowed (450 of 900"),
    ],
)
def test_performance_is_judged_on_the_labels_that_are_known(
    labelled: float,
    flip: bool,
    passed: bool,
    text: str,
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _train(home, monkeypatch)
    pipeline = shop(tmp_path / "shop", **ALL)
    check = _watch(pipeline, home, raw_rows(900, seed=3), labelled, flip)["performance"]
    assert check.passed == passed
    assert text in check.description
    assert _artifact(home, "performance").summary["rows_labelled"] == round(900 * labelled)


def test_without_the_champions_statistics_the_message_says_what_to_do(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _train(home, monkeypatch)
    put_champion(home, monkeypatch)
    with pytest.raises(ModelError, match=r"version 1 was trained on are not in the store"):
        _watch(shop(tmp_path / "shop", **ALL), home, raw_rows(300, seed=3))


@pytest.mark.parametrize("asset", ["statistics", "evaluation"])
def test_what_was_altered_of_the_champion_is_not_compared_with(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, asset: str
) -> None:
    _train(home, monkeypatch)
    damage(_artifact(home, asset).path / f"{asset}.json")
    with pytest.raises(
        ModelError, match=rf"^shop/{asset}: objects/{asset}/.* was altered after it"
    ):
        _watch(shop(tmp_path / "shop", **ALL), home, raw_rows(300, seed=3))


def test_the_same_content_is_the_same_artifact(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _train(home, monkeypatch)
    pipeline, digests = shop(tmp_path / "shop", **ALL), []
    for _ in range(2):
        _watch(pipeline, home, raw_rows(300, seed=3))
        records = store_of(home).root / "records"
        made = ("serving_statistics", "skew", "drift", "performance", "staleness")
        digests.append([_artifact(home, name).digest for name in made])
        for name in made:
            (records / name / f"{_artifact(home, name).fingerprint}.json").unlink()
    assert digests[0] == digests[1]
