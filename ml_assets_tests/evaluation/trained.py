"""Examples and small real models, for tests of the rooms that judge, serve and watch models."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ml_assets.spec import Task
from ml_assets.table import Table, write_table
from ml_assets.training.bundle import ModelFacts, write_model
from ml_assets.training.data import read_training_data
from ml_assets.training.train import train_models
from ml_assets.transform.build import build_features
from ml_assets.transform.bundle import read_skops
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.trusted import TRUSTED_TYPES

TYPES = {"id": "string", "when": "timestamp", "amount": "float", "city": "string"}
CLASSES: dict[Task, list[str] | None] = {
    "binary": ["no", "yes"],
    "multiclass": ["low", "middle", "high"],
    "regression": None,
}


def raw_rows(rows: int, seed: int = 0, first: int = 0) -> pd.DataFrame:
    """Rows of a shop: an id, a time (ten rows a day), an amount, a city that is null now and then."""
    random = np.random.default_rng(seed)
    cities = np.array(["Oslo", "Rome", "Lima", None], dtype=object)
    return pd.DataFrame(
        {
            "id": [f"order-{first + i}" for i in range(rows)],
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(rows) // 10, unit="D"),
            "amount": np.round(random.gamma(2.0, 20.0, rows), 2),
            "city": cities[random.choice(4, rows, p=[0.5, 0.3, 0.15, 0.05])],
        }
    )


def label_codes(frame: pd.DataFrame, task: Task, seed: int = 0) -> Any:
    """Labels that are high in the middle of the amounts, and in Rome: no line can tell them apart."""
    random = np.random.default_rng(seed)
    middle = np.abs(frame["amount"].to_numpy() - 40) < 18
    value = (
        2.0 * middle + 0.8 * (frame["city"] == "Rome").to_numpy() + random.normal(size=len(frame))
    )
    match task:
        case "binary":
            return (value > 1.2).astype("int8")
        case "multiclass":
            return np.digitize(value, [0.6, 1.8]).astype("int16")
        case "regression":
            return value


def examples(task: Task, rows: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Validated examples: the reserved columns, then the raw ones."""
    raw = raw_rows(rows, seed)
    split = np.repeat(["train", "eval", "test"], [rows - 2 * (rows // 4), rows // 4, rows // 4])
    own = {
        "_example_id": raw["id"],
        "_span": raw["when"].dt.strftime("%Y-%m-%d"),
        "_split": split,
        "_label": label_codes(raw, task, seed),
    }
    return pd.concat([pd.DataFrame(own), raw], axis=1)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a DataFrame as a table of one Parquet file."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    write_table(path, iter(table.to_batches()), table.schema)


def write_bundle(directory: Path, task: Task, seed: int = 0) -> None:
    """Write the bundle of a small model that was trained on `examples(task, seed=seed)`."""
    shutil.copytree(_trained(task, seed), directory, dirs_exist_ok=True)


@functools.cache
def _trained(task: Task, seed: int) -> Path:
    # Each model is trained once in a test process, and copied from there.
    kept = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    work, bundle = kept / "work", kept / "bundle"
    write_frame(work / "examples.parquet", examples(task, seed=seed))
    nullable = {name: name == "city" for name in TYPES}
    table = Table((work / "examples.parquet",))
    roles = Roles(("id",), "when", ("paid",))
    build_features(table, TYPES, nullable, TransformSpec(), roles, work)
    classes = CLASSES[task]
    data, manifest = read_training_data(work, task, len(classes or ()))
    transformer = read_skops(work / "transform.skops", TRUSTED_TYPES)
    name = "hist_gradient_boosting"
    parameters: dict[str, Any] = {"max_iter": 30}
    models = train_models(data, transformer, name, parameters, seed=seed, threads=1)
    facts = ModelFacts(task, classes, "yes", name, parameters, seed, len(data.train), manifest)
    bundle.mkdir()
    write_model(bundle, models, facts)
    return bundle
