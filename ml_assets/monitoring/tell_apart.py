"""Asks a classifier to tell the scored rows from those that the champion was trained on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ml_assets.table import Table, split_is
from ml_assets.validation.multivariate import MultivariateDrift, detect_multivariate_drift


def tell_apart(
    scored: Table,
    examples: Path,
    columns: Sequence[str],
    *,
    min_auc: float,
    significance: float,
    min_rows: int,
) -> MultivariateDrift:
    """Compare the scored rows with the training rows, all columns at once.

    Parameters
    ----------
    scored : Table
        The rows that were scored.
    examples : Path
        The Parquet file of the examples that the champion was made from. Where it is gone, the verdict
        is "cannot tell".
    columns : sequence of str
        The columns that the champion reads.
    min_auc, significance, min_rows
        As in `detect_multivariate_drift`.
    """
    if not examples.is_file():
        text = "the examples that the champion was trained on are not in the store"
        return MultivariateDrift(None, None, "cannot tell", text)
    trained = Table((examples,))
    shared = [name for name in columns if name in trained.columns and name in scored.columns]
    schema = pa.schema([trained.schema.field(name) for name in shared])
    batches: Any = trained.batches(shared, split_is("train"))
    return detect_multivariate_drift(
        scored,
        pa.RecordBatchReader.from_batches(schema, batches),
        columns=shared,
        min_auc=min_auc,
        significance=significance,
        min_rows=min_rows,
    )
