"""Why a stage ran: what differs from what its last artifact was made from, in words."""

from collections.abc import Mapping
from typing import Any

from ml_assets.artifacts.fingerprint import Ingredients
from ml_assets.artifacts.store import Artifact, Record

CACHED = "cached"
DELETED = "what was stored was deleted"
DAMAGED = "what was stored was damaged"


def reason_to_run(
    previous: Record | None,
    ingredients: Ingredients,
    inputs: Mapping[str, Artifact],
    previous_summaries: Mapping[str, Mapping[str, Any]],
) -> str:
    """Say why an artifact must be made, most telling difference first.

    Parameters
    ----------
    previous : Record or None
        How the asset was made last.
    ingredients : Ingredients
        What it would be made from now.
    inputs : mapping of str to Artifact
        Its upstream artifacts now.
    previous_summaries : mapping of str to mapping
        The summaries of the upstream artifacts that `previous` was made from, where still known.

    Returns
    -------
    str
        Such as ``"raw_data changed: 15,002 -> 8,000 rows"`` or ``"first time"``.
    """
    if previous is None:
        return "first time"
    reasons = [
        *_changed_inputs(previous, ingredients, inputs, previous_summaries),
        *changes(previous, ingredients),
    ]
    if not reasons:
        return DELETED
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return reasons[0] + more


def changes(record: Record, ingredients: Ingredients) -> list[str]:
    """Say which settings, code and libraries differ from those that a record was made from."""
    return [
        *(f"{key} in the YAML changed" for key in _changed(record, ingredients, "config")),
        *(f"code changed: {name}" for name in _changed(record, ingredients, "code")),
        *(f"{name} was upgraded" for name in _changed(record, ingredients, "libraries")),
    ]


def _changed(record: Record, ingredients: Ingredients, group: str) -> list[str]:
    old, new = record.ingredients.get(group, {}), ingredients[group]
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _changed_inputs(
    previous: Record,
    ingredients: Ingredients,
    inputs: Mapping[str, Artifact],
    previous_summaries: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Those whose number of rows changed first, then in the order in which the stage names them."""
    order = [*inputs]
    ranked = []
    for name in _changed(previous, ingredients, "inputs"):
        old_rows = previous_summaries.get(name, {}).get("rows")
        new_rows = inputs[name].summary.get("rows") if name in inputs else None
        counts = ""
        if old_rows is not None and new_rows is not None and old_rows != new_rows:
            counts = f": {old_rows:,} -> {new_rows:,} rows"
        rank = order.index(name) if name in order else len(order)
        ranked.append((not counts, rank, f"{name} changed{counts}"))
    return [text for _, _, text in sorted(ranked)]
