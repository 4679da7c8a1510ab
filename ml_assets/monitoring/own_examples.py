"""Finds the champion's own examples among scored rows: these tell nothing new about it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.table import EXAMPLE_ID, SPLIT, Table

# Equal rows without a key have a number behind their id.
_ID_LENGTH = 32


def own_splits(ids: pa.Array, examples: Path) -> pa.Array:
    """Give for each scored row the split that it has among the champion's examples; null for a new row.

    Parameters
    ----------
    ids : pyarrow.Array of string
        The example ids of the scored rows.
    examples : Path
        The Parquet file of the examples that the champion was made from. Where it is gone, every row
        counts as new.
    """
    if not examples.is_file():
        return pa.nulls(len(ids), pa.string())
    own_ids, splits = [pa.array([], pa.string())], [pa.array([], pa.string())]
    for batch in Table((examples,)).batches([EXAMPLE_ID, SPLIT]):
        base = pc.utf8_slice_codeunits(batch.column(EXAMPLE_ID), 0, _ID_LENGTH).cast(pa.string())
        is_scored = pc.is_in(base, ids)
        own_ids.append(base.filter(is_scored))
        splits.append(batch.column(SPLIT).cast(pa.string()).filter(is_scored))
    return pa.concat_arrays(splits).take(pc.index_in(ids, pa.concat_arrays(own_ids)))
