"""The champion is aged on every stored row that is later than those it was trained on."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ml_assets import durable
from ml_assets.ingest.example_ids import example_ids
from ml_assets.monitoring.assets import build_assets
from ml_assets.monitoring.later_rows import LaterRows, later_rows
from ml_assets.serving.assets import build_assets as build_serving
from ml_assets.table import EXAMPLE_ID, LABEL, SPLIT
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.evaluation.trained import label_codes, raw_rows, write_frame
from ml_assets_tests.serving.shop import (
    checks_of,
    materialize,
    put_champion,
    put_raw_data,
    shop,
    store_of,
)

ROWS = raw_rows(4000, seed=3)
# Ten rows a day; the champion learnt from the first hundred days.
LEARNT = 1000
SINCE = ROWS["when"][LEARNT - 1]


def ids_of(rows: pd.DataFrame) -> Any:
    return example_ids(pa.RecordBatch.from_pandas(rows, preserve_index=False), ["id"]).to_pandas()


def labelled(bad_from: int) -> pd.DataFrame:
    """Labels that are as they were in training, and chance from a row on."""
    codes = label_codes(ROWS, "binary", seed=3)
    chance = np.random.default_rng(0).permutation(codes)
    codes = np.where(np.arange(len(ROWS)) < bad_from, codes, chance).astype("int8")
    return pd.DataFrame({EXAMPLE_ID: ids_of(ROWS), LABEL: codes})


def write_examples(path: Path, split: str = "train", rows: int = LEARNT) -> None:
    own = ROWS.assign(**{EXAMPLE_ID: ids_of(ROWS), SPLIT: split}).head(rows)
    write_frame(path / "examples.parquet", own)


def watch(folder: Path, monkeypatch: pytest.MonkeyPatch, learnt: int = LEARNT, **parts: Any) -> Any:
    """Score a month, and age the champion on everything that is stored; from row 2,500 on it is bad."""
    home = folder / "home"
    monkeypatch.setenv("ML_ASSETS_HOME", str(home))
    pipeline = shop(
        folder / "shop",
        span="month",
        serving={"window": {"last": 1}},
        evaluation={"thresholds": {"roc_auc": {"min": 0.65}}},
        **parts,
    )
    put_raw_data(pipeline, home, ROWS)
    store = store_of(home)
    made = put_artifact(store, "examples", lambda path: write_examples(path, rows=learnt))
    put_champion(home, monkeypatch, examples_digest=made.digest)

    def write(path: Path) -> None:
        write_frame(path / "labels.parquet", labelled(2500))
        durable.write_json(path / "labels.json", {"classes": ["no", "yes"]})

    put_artifact(store, "labels", write)
    materialize(build_serving(pipeline), home)
    asset = next(asset for asset in build_assets(pipeline) if asset.key.path[-1] == "staleness")
    return materialize([asset], home), store


def test_the_age_is_told_at_which_the_champion_is_no_longer_worth_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, store = watch(tmp_path, monkeypatch)

    check = checks_of(result)["staleness"]
    assert check.passed
    description = str(check.description)
    assert (
        "the champion is not worth serving from 150 days after its last training row" in description
    )
    artifact = store.current_artifact("staleness")
    ages = artifact.json("staleness.json")["ages"]
    assert [(age["low"], age["rows"]) for age in ages[:2]] == [(0, 290), (30, 300)]
    assert [age["outcome"] for age in ages[5:]] == ["fail"] * len(ages[5:])
    assert artifact.summary["stale_from_days"] == 150
    assert artifact.summary["rows"] == 3000
    shown = result.asset_materializations_for_node("shop__staleness")[0].metadata
    assert {"picture", "ages", "stale_from_days", "report"} <= set(shown)
    page = (artifact.path / "report.html").read_text()
    assert description in page
    assert "3,000 rows that are later than the last training row of the champion" in page
    assert "data:image/png;base64," in page
    assert (artifact.path / "staleness.png").read_bytes().startswith(b"\x89PNG")


def test_it_alarms_where_the_model_lives_longer_than_it_is_worth_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = {"retraining": {"max_age_days": 200}}
    result, _ = watch(tmp_path, monkeypatch, monitoring=lives)

    check = checks_of(result)["staleness"]
    assert not check.passed
    assert "it is to be trained anew after 200 days only: set monitoring" in str(check.description)


def test_without_later_labelled_rows_it_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, store = watch(tmp_path, monkeypatch, learnt=3990)

    check = checks_of(result)["staleness"]
    assert (check.passed, check.severity.value) == (True, "WARN")
    assert "cannot tell how the champion ages: 10 rows are later" in str(check.description)
    path = store.current_artifact("staleness").path
    assert not (path / "staleness.png").exists()
    assert "10 rows are later" in (path / "report.html").read_text()


def test_a_champion_that_knew_no_time_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_without_time(path: Path, rows: int) -> None:
        own = ROWS.drop(columns="when").assign(**{EXAMPLE_ID: ids_of(ROWS), SPLIT: "train"})
        write_frame(path / "examples.parquet", own.head(rows))

    monkeypatch.setattr(sys.modules[__name__], "write_examples", write_without_time)
    result, _ = watch(tmp_path, monkeypatch)

    check = checks_of(result)["staleness"]
    assert (check.passed, check.severity.value) == (True, "WARN")
    assert str(check.description).endswith("are not in the store, or have no 'when'")


def later(folder: Path, splits: str = "train", **more: Any) -> LaterRows:
    pipeline = shop(folder / "shop", span=more.pop("span", "month"))
    manifest = put_raw_data(pipeline, folder / "home", ROWS).json("manifest.json")
    write_examples(folder, splits)
    known_labels = labelled(len(ROWS)).iloc[::2]
    options: dict[str, Any] = {
        "key": ["id"],
        "time": "when",
        "labels": pa.Table.from_pandas(known_labels, preserve_index=False),
        "classes": ["no", "yes"],
        "label_classes": ["no", "yes"],
        "examples": folder / "examples.parquet",
    }
    spans = store_of(folder / "home").root / "spans"
    return later_rows(manifest, spans, more.pop("since", SINCE), **{**options, **more})


@pytest.mark.parametrize("span", ["day", "month", "week"])
def test_every_labelled_row_that_is_later_is_found_with_its_label(
    tmp_path: Path, span: str
) -> None:
    sample = later(tmp_path, span=span)

    expected = ROWS.iloc[LEARNT::2]
    assert sample.rows["id"].tolist() == expected["id"].tolist()
    assert sample.labels.tolist() == label_codes(ROWS, "binary", seed=3)[LEARNT::2].tolist()


def test_a_zone_that_the_column_lost_finds_the_same_rows(tmp_path: Path) -> None:
    sample = later(tmp_path, since=SINCE.tz_localize("UTC"))

    assert len(sample.rows) == (len(ROWS) - LEARNT) / 2


def test_labels_are_told_by_the_champions_classes(tmp_path: Path) -> None:
    sample = later(tmp_path, label_classes=["yes", "no"])

    assert sample.labels.tolist() == (1 - label_codes(ROWS, "binary", seed=3)[LEARNT::2]).tolist()


@pytest.mark.parametrize(("split", "rows"), [("eval", 1500), ("test", 1750)])
def test_later_rows_that_it_was_tuned_on_are_left_out_but_not_those_of_its_test(
    tmp_path: Path, split: str, rows: int
) -> None:
    sample = later(tmp_path, split, since=ROWS["when"][499])

    assert len(sample.rows) == len(sample.labels) == rows


def test_where_nothing_is_later_there_are_no_rows(tmp_path: Path) -> None:
    assert len(later(tmp_path, since=ROWS["when"].iloc[-1]).labels) == 0
