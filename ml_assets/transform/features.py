"""The feature table: what the fitted transform gives for every split, and the rules it must obey."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pyarrow
import pyarrow.compute as pc

from ml_assets.errors import DataError
from ml_assets.ingest.split import SPLITS
from ml_assets.table import EXAMPLE_ID, LABEL, SPLIT, Table, write_table
from ml_assets.transform.fit import FittedTransform
from ml_assets.transform.manifest import FeatureColumn

_KEPT = (EXAMPLE_ID, SPLIT, LABEL)
_MAX_SHOWN = 5


def write_features(examples: Table, fitted: FittedTransform, path: Path) -> Table:
    """Write the features of all examples, in their order, as one Parquet file.

    A training row has the features of the fit: of a target encoding the cross-fitted ones.

    Parameters
    ----------
    examples : Table
        Validated examples of every split: the reserved columns, then the raw ones.
    fitted : FittedTransform
        The transform, fitted on the training split of these examples, and on no other rows.
    path : Path
        A file in a staging folder.

    Returns
    -------
    Table
        ``_example_id``, ``_split``, ``_label``, then each feature as float64, null where missing.
    """
    kept = [examples.schema.field(name) for name in _KEPT]
    numbers = [pyarrow.field(name, pyarrow.float64()) for name in fitted.manifest.feature_names]
    schema = pyarrow.schema([*kept, *numbers])
    return write_table(path, _feature_batches(examples, fitted, schema), schema)


def features_schema(features: Sequence[FeatureColumn], rows: int) -> pa.DataFrameSchema:
    """Give the pandera schema of the feature table.

    Every row has an id, a split and a label; every feature is float64 and finite or NaN; flags are 0 or
    1 and categories whole codes below their number; there are exactly `rows` rows.
    """
    return pa.DataFrameSchema(
        {
            EXAMPLE_ID: pa.Column(str, nullable=False),
            SPLIT: pa.Column(str, pa.Check.isin(list(SPLITS)), nullable=False),
            LABEL: pa.Column(None, nullable=False),
            **{feature.name: _column(feature) for feature in features},
        },
        checks=pa.Check(lambda frame: len(frame) == rows, name="rows", error=f"{rows} rows"),
        strict=True,
        ordered=True,
    )


def feature_failures(
    table: pd.DataFrame, features: Sequence[FeatureColumn], rows: int
) -> list[str]:
    """Say what breaks the feature table's schema; an empty list if nothing does."""
    try:
        features_schema(features, rows).validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        counts = cases.groupby(["column", "check"], dropna=False).size()
        failures = [
            f"'{column}' breaks {check} in {count:,} rows"
            for (column, check), count in counts.items()
        ]
        rest = [f"and {len(failures) - _MAX_SHOWN} more"] if len(failures) > _MAX_SHOWN else []
        return failures[:_MAX_SHOWN] + rest
    return []


def _feature_batches(
    examples: Table, fitted: FittedTransform, schema: pyarrow.Schema
) -> Iterator[pyarrow.RecordBatch]:
    columns = [*_KEPT, *fitted.manifest.input_names]
    done, rows = 0, len(fitted.training)
    for batch in examples.batches(columns):
        is_training = np.asarray(pc.equal(batch.column(SPLIT), "train"))
        count = int(is_training.sum())
        features = np.empty((batch.num_rows, fitted.training.shape[1]), order="F")
        features[is_training] = fitted.training[done : done + count]
        if count < batch.num_rows:
            others = batch.filter(pyarrow.array(~is_training)).to_pandas()
            features[~is_training] = fitted.apply(others)
        done += count
        arrays = [batch.column(name) for name in _KEPT]
        arrays += [pyarrow.array(column, from_pandas=True) for column in features.T]
        yield pyarrow.record_batch(arrays, schema=schema)
    if done != rows:
        raise DataError(
            f"the transform was fitted on {rows:,} rows; the training split has {done:,}."
        )


def _column(feature: FeatureColumn) -> pa.Column:
    checks = [pa.Check(_is_finite, name="finite", element_wise=False)]
    match feature.kind:
        case "flag":
            checks.append(pa.Check.isin([0.0, 1.0]))
        case "category":
            checks.append(pa.Check(_is_code(feature.categories or 0), name="known code"))
        case _:
            pass
    return pa.Column("float64", checks, nullable=True)


def _is_finite(values: "pd.Series[Any]") -> "pd.Series[bool]":
    return pd.Series(np.isfinite(values.to_numpy()), index=values.index)


def _is_code(count: int) -> Any:
    return lambda values: (values >= 0) & (values < count) & (values % 1 == 0)
