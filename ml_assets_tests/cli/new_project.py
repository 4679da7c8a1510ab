"""Writes a pipeline with `new` for columns given, and reads it back."""

import csv
from pathlib import Path
from typing import Any

import pandas as pd

from ml_assets.cli.check import source_mistakes
from ml_assets.cli.new import new_pipeline
from ml_assets.pipeline import PipelineSpec
from ml_assets.pipeline_file import read_pipeline_file

DAYS = [f"2026-01-{day:02d}" for day in range(1, 31)] * 2
N = len(DAYS)
# All different, and neither in order nor without gaps.
SPREAD = [n * 7 % 61 for n in range(N)]


def made(file: Path | str, label: str) -> PipelineSpec:
    """Write a pipeline, and read it back; its YAML fits its data."""
    assert new_pipeline(Path("defs"), "mine", Path(file), label) == 0
    path = Path("defs/mine/defs.yaml")
    assert len(path.read_text().splitlines()) <= 20
    pipeline = read_pipeline_file(path)
    assert source_mistakes(pipeline) == []
    return pipeline.spec


def of_columns(label: str = "y", **columns: Any) -> PipelineSpec:
    frame = pd.DataFrame({"y": [0, 1] * (N // 2), "spread": SPREAD, **columns})
    frame.to_csv("rows.csv", index=False)
    return made("rows.csv", label)


def text_of(columns: dict[str, list[Any]], label: str = "y", **how: Any) -> str:
    """The YAML for columns as they are written, each in quotes."""
    frame = pd.DataFrame({"y": [0, 1] * (N // 2), "spread": SPREAD, **columns})
    frame.to_csv("rows.csv", index=False, **{"quoting": csv.QUOTE_ALL, **how})
    made("rows.csv", label)
    return Path("defs/mine/defs.yaml").read_text()
