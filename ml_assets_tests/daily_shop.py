"""A whole small pipeline: orders of a shop, a file for each day, a model that trains in no time."""

import textwrap
from pathlib import Path

import numpy as np
import pandas as pd

from ml_assets_tests.evaluation.trained import raw_rows

PIPELINE = textwrap.dedent("""
    type: ml_assets.component.MLPipeline
    attributes:
      task: binary
      ingest: {source: {csv: data/*.csv}, key: [id], time: when, span: day}
      labels: paid
      training: {estimator: logistic, tuning: {trials: 0}}
      evaluation:
        thresholds: {roc_auc: {min: 0.5}}
        weak_slices: {enabled: false}
        explanation: false
      validation: {cell_errors: {enabled: false}}
      registry: {infra_validation: {rows: 5}}
      monitoring: {retraining: {check_every_seconds: 30, cool_down_hours: 0}}
""")


def write_shop(folder: Path, days: int) -> None:
    """Write the pipeline `shop` below a folder, with orders of some days."""
    (folder / "shop" / "data").mkdir(parents=True)
    (folder / "shop" / "defs.yaml").write_text(PIPELINE)
    for day in range(1, days + 1):
        write_day(folder, day)


def write_day(folder: Path, day: int) -> None:
    """Write the orders of a day in January."""
    rows = raw_rows(300, seed=day, first=1000 * day)
    rows["when"] = pd.Timestamp(2026, 1, day)
    noise = np.random.default_rng(day).normal(0, 10, len(rows))
    rows["paid"] = (rows["amount"] + noise > 35).astype(int)
    rows.to_csv(folder / "shop" / "data" / f"{day}.csv", index=False)
