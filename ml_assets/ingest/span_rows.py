"""Where each span's examples lie, and a digest of their content.

What is computed span by span, such as statistics, is kept under that digest, and computed again only for
spans that are new or changed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from ml_assets.ingest.examples import KEPT, Plan
from ml_assets.table import LABEL

SPANS_FILE = "spans.json"


def span_rows(
    plan: Plan, spans: Sequence[Mapping[str, Any]], schema: pa.Schema
) -> list[dict[str, Any]]:
    """Give the spans of a table of examples that have any, in order.

    Parameters
    ----------
    plan : Plan
        What became of the raw rows.
    spans : sequence of mapping
        The manifest entries of the raw rows' spans, in order.
    schema : pyarrow.Schema
        The raw rows' columns.

    Returns
    -------
    list of dict
        ``span`` (its name), ``start`` (its first row in the examples), ``rows``, and ``digest``: of the
        raw columns of its examples, of their splits and of their labels. Ids are not part of it.
    """
    kept, found, at, start = plan.fates == KEPT, list[dict[str, Any]](), 0, 0
    columns = [f"{field.name}: {field.type}" for field in [*schema, pa.field("", plan.labels.type)]]
    for span in spans:
        raw = slice(at, at := at + int(span["rows"]))
        rows = int(kept[raw].sum())
        if rows:
            digest = hashlib.sha256(repr((columns, span["sha256"])).encode())
            digest.update(kept[raw].tobytes() + plan.splits[raw].tobytes())
            digest.update(_content(plan.labels[raw].filter(pa.array(kept[raw]))))
            found.append({"span": str(span["span"]), "start": start, "rows": rows,
                          "digest": digest.hexdigest()})  # fmt: skip
        start += rows
    return found


def _content(labels: pa.Array) -> pa.Buffer:
    return pa.record_batch([labels], [LABEL]).serialize()
