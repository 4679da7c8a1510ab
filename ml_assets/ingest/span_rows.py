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
    is_kept, entries, raw_start, start = plan.fates == KEPT, list[dict[str, Any]](), 0, 0
    columns = [f"{field.name}: {field.type}" for field in [*schema, pa.field("", plan.labels.type)]]
    for span in spans:
        raw_rows = slice(raw_start, raw_start := raw_start + int(span["rows"]))
        rows = int(is_kept[raw_rows].sum())
        if rows:
            digest = hashlib.sha256(repr((columns, span["sha256"])).encode())
            digest.update(is_kept[raw_rows].tobytes() + plan.splits[raw_rows].tobytes())
            digest.update(_label_bytes(plan.labels[raw_rows].filter(pa.array(is_kept[raw_rows]))))
            entries.append({"span": str(span["span"]), "start": start, "rows": rows,
                            "digest": digest.hexdigest()})  # fmt: skip
        start += rows
    return entries


def _label_bytes(labels: pa.Array) -> pa.Buffer:
    return pa.record_batch([labels], [LABEL]).serialize()
