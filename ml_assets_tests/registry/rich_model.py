"""A small real model that reads every type of column, and the rows that it was trained on."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.table import Table, write_table
from ml_assets.training.bundle import ModelFacts, write_model
from ml_assets.training.data import read_training_data
from ml_assets.training.train import train_models
from ml_assets.transform.build import build_features
from ml_assets.transform.bundle import read_skops
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.trusted import TRUSTED_TYPES

TYPES = {
    "pieces": "int",
    "visits": "int",
    "amount": "float",
    "city": "string",
    "member": "bool",
    "opened": "date",
    "ordered_at": "timestamp",
}
NULLABLE = {name: name != "pieces" for name in TYPES}
_ROWS = 400


def rich_rows() -> pa.Table:
    """Rows with nulls in every column but one, a time zone, and a day in the year 9999."""
    random = np.random.default_rng(0)
    began = datetime(2026, 1, 1, tzinfo=UTC)

    def gaps(values: list[Any]) -> list[Any]:
        return [None if random.random() < 0.1 else value for value in values]

    opened: list[Any] = [date(2020, 1, 1) + timedelta(days=i % 700) for i in range(_ROWS)]
    opened[-1] = date(9999, 12, 31)
    return pa.table(
        {
            "pieces": pa.array([i % 7 for i in range(_ROWS)], pa.int64()),
            "visits": pa.array(gaps([i % 11 for i in range(_ROWS)]), pa.int64()),
            "amount": pa.array(gaps(random.gamma(2.0, 20.0, _ROWS).tolist())),
            "city": pa.array(gaps(random.choice(["Oslo", "Rome", "Lima"], _ROWS).tolist())),
            "member": pa.array(gaps([i % 3 == 0 for i in range(_ROWS)])),
            "opened": pa.array(opened, pa.date32()),
            "ordered_at": pa.array(
                gaps([began + timedelta(minutes=17 * i) for i in range(_ROWS)]),
                pa.timestamp("us", tz="UTC"),
            ),
        }
    )


def write_rich_examples(path: Path) -> None:
    """Write the rows as validated examples: 300 to train, 50 to tune, 50 to test."""
    raw = rich_rows()
    late = np.array([(i % 3 == 0) ^ (i % 7 > 3) for i in range(_ROWS)])
    own = {
        "_example_id": [str(i) for i in range(_ROWS)],
        "_span": ["2026-01-01"] * _ROWS,
        "_split": ["train"] * 300 + ["eval"] * 50 + ["test"] * 50,
        "_label": pa.array(late.astype("int8")),
    }
    table = pa.table({**own, **{name: raw[name] for name in raw.column_names}})
    write_table(path, iter(table.to_batches()), table.schema)


def write_rich_bundle(directory: Path) -> None:
    """Train the model and write its bundle."""
    directory.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        write_rich_examples(work / "examples.parquet")
        examples = Table((work / "examples.parquet",))
        build_features(examples, TYPES, NULLABLE, TransformSpec(), Roles(), work)
        data, manifest = read_training_data(work, "binary", 2)
        transformer = read_skops(work / "transform.skops", TRUSTED_TYPES)
        estimator, parameters = "hist_gradient_boosting", {"max_iter": 10}
        models = train_models(data, transformer, estimator, parameters, seed=0, threads=1)
        facts = ModelFacts("binary", ["no", "yes"], "yes", estimator, parameters, 0, 300, manifest)
        write_model(directory, models, facts)
