"""Why a stage ran: what differs from what its last artifact was made from, in words."""

from collections.abc import Mapping
from typing import Any

from ml_assets.artifacts.fingerprint import Ingredients
from ml_assets.artifacts.store import Artifact, Record

CACHED = "cached"


def reason_to_run(
    previous: Record | None,
    parts: Ingredients,
    inputs: Mapping[str, Artifact],
    before: Mapping[str, Mapping[str, Any]],
) -> str:
    """Say why an artifact must be made, most telling difference first.

    Parameters
    ----------
    previous : Record or None
        How the asset was made last.
    parts : Ingredients
        What it would be made from now.
    inputs : mapping of str to Artifact
        Its upstream artifacts now.
    before : mapping of str to mapping
        The summaries of the upstream artifacts that `previous` was made from, where still known.

    Returns
    -------
    str
        Such as ``"raw_data changed: 15,002 -> 8,000 rows"`` or ``"never made"``.
    """
    if previous is None:
        return "never made"
    reasons = [
        *_changed_inputs(previous, parts, inputs, before),
        *(f"{key} in the YAML changed" for key in _changed(previous, parts, "config")),
        *(f"code changed: {name}" for name in _changed(previous, parts, "code")),
        *(f"{name} was upgraded" for name in _changed(previous, parts, "libraries")),
    ]
    if not reasons:
        return "its stored artifact is gone"
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return reasons[0] + more


def _changed(previous: Record, parts: Ingredients, group: str) -> list[str]:
    old, new = previous.ingredients.get(group, {}), parts[group]
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _changed_inputs(
    previous: Record,
    parts: Ingredients,
    inputs: Mapping[str, Artifact],
    before: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    found = []
    for name in _changed(previous, parts, "inputs"):
        old = before.get(name, {}).get("rows")
        new = inputs[name].summary.get("rows") if name in inputs else None
        counts = f": {old:,} -> {new:,} rows" if old is not None and new is not None else ""
        found.append(f"{name} changed{counts if old != new else ''}")
    return found
