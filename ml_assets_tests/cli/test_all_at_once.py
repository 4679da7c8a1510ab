"""Several mistakes of the YAML, and of what the rest of it says about the source, in one go."""

import re
from pathlib import Path
from typing import Any

import pytest

from ml_assets.cli.check import check_pipelines
from ml_assets.cli.run import run_pipeline
from ml_assets.pipeline_file import COMPONENT_TYPE
from ml_assets_tests.pipeline_factory import mistakes, write_pipeline, write_text

NO_SPN = "spn is not a key of ingest. Did you mean 'span'?"
NO_PAYD = "labels.column: no column 'payd'. Did you mean 'paid'?"
ROC_AUC = "evaluation.thresholds.roc_auc.min must be"


@pytest.fixture
def defs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "shop.csv").write_text("id,at,paid\n1,2026-01-01,no\n2,2026-01-02,yes\n")
    return tmp_path / "defs"


def shop(defs: Path, **attributes: Any) -> Path:
    source = {"csv": "shop.csv", **attributes.pop("source", {})}
    ingest = {"source": source, **attributes.pop("ingest", {})}
    return write_pipeline(defs, "shop", ingest=ingest, **attributes)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"ingest": {"spn": "day"}, "labels": "payd"}, [NO_SPN, NO_PAYD]),
        ({"labels": "payd", "evaluation": {"slices": [1, "at", {}, "idd"]}}, [
            NO_PAYD, "evaluation.slices.0 must be", "evaluation.slices.2 must be",
        ]),
        ({"labels": "payd", "evaluation": {"thresholds": {"roc_auc": {"min": "much"}}}}, [
            ROC_AUC, NO_PAYD,
        ]),
        # Nobody knows which columns there are, or which are meant.
        ({"source": {"delimter": ";"}, "labels": "payd"}, ["ingest.source.delimter is not a key"]),
        ({"labels": {"colum": "paid"}}, ["labels.colum is not a key"]),
        ({"task": "binry", "labels": "payd"}, ["task must be one of"]),
    ],
)  # fmt: skip
def test_check_tells_both_with_their_lines(
    defs: Path, capsys: pytest.CaptureFixture[str], attributes: dict[str, Any], expected: list[str]
) -> None:
    yaml_lines = shop(defs, **attributes).read_text().splitlines()
    assert check_pipelines(defs, []) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shop/")]
    assert sorted(text for text in expected if any(text in line for line in lines)) == sorted(
        expected
    )
    assert len(lines) == len(expected)
    for line in lines:
        place, _, text = line.partition(": ")
        last = text.split()[0].rstrip(":").split(".")[-1]
        assert (
            last.isdigit() or last == "column" or last in yaml_lines[int(place.split(":")[1]) - 1]
        )


def test_run_tells_both_and_makes_nothing(defs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop(defs, ingest={"spn": "day"}, labels="payd")
    assert run_pipeline(defs, "shop", None, traceback=False) == 1
    printed = capsys.readouterr().err
    assert NO_SPN in printed
    assert NO_PAYD in printed
    assert not (defs.parent / "home").exists()


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        f"type: {COMPONENT_TYPE}\nattributes:\n"
        "  task: binari\n  ingest:\n    source: {csv: a, jsonl: b}\n    key: 5\n  labels: 7\n"
        "  labels: paid\n  evaluation:\n    thresholds:\n      roc_acu: {min: 0.7}\n"
        "  training: {seed: x, tuning: {search_space: {a: {lo: 1, high: 2}}}}\n"
    )
    lines = mistakes(write_text(tmp_path, text))
    assert [re.match(r"shop/defs.yaml:(\d+): (\S+)", line).groups() for line in lines] == [  # type: ignore[union-attr]
        ("3", "task"),
        ("5", "ingest.source"),
        ("6", "ingest.key"),
        ("8", "labels"),
        ("11", "evaluation.thresholds.roc_acu"),
        ("12", "training.seed"),
        ("12", "training.tuning.search_space.a.lo"),
        ("12", "training.tuning.search_space.a.low"),
    ]


def test_a_value_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    path = write_pipeline(tmp_path, statistics={"top_values": "{{ env.NOWHERE_SET }}"})
    assert len(mistakes(path)) == 1
