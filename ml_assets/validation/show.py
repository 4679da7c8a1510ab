"""How the verdicts are shown: tables for the Dagster UI, and the sentences of the checks."""

from collections.abc import Sequence
from typing import Any

from ml_assets.schema.model import Schema
from ml_assets.table import SPAN
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.codes import Kind
from ml_assets.validation.quarantine import Quarantine
from ml_assets.validation.suspect_span import SuspectSpan

_SHOWN = 30
_IN_SENTENCE = 5
_MOST_SPANS = 3


def anomaly_rows(anomalies: Sequence[Anomaly]) -> list[dict[str, Any]]:
    """Give the first 30 anomalies as rows of a table."""
    return [
        {
            "severity": anomaly.severity,
            "check": anomaly.kind,
            "feature": anomaly.feature or "(data set)",
            "code": anomaly.code,
            "what": anomaly.description,
            "expected": anomaly.expected,
            "found": anomaly.found,
            "examples": ", ".join(anomaly.example_ids),
        }
        for anomaly in anomalies[:_SHOWN]
    ]


def kind_verdict(kind: Kind, anomalies: Sequence[Anomaly]) -> str:
    """Say what was found of one kind, errors first."""
    of_kind = [anomaly for anomaly in anomalies if anomaly.kind == kind]
    if not of_kind:
        return _ALL_WELL[kind]
    errors = sum(anomaly.severity == "ERROR" for anomaly in of_kind)
    shown = [f"{anomaly.severity}: {anomaly.description}" for anomaly in of_kind[:_IN_SENTENCE]]
    more = len(of_kind) - _IN_SENTENCE
    rest = [f"and {more} more in anomalies.json"] if more > 0 else []
    if len(of_kind) == 1:
        return shown[0]
    counts = f"{_counted(errors, 'error')}, {_counted(len(of_kind) - errors, 'warning')}."
    # The first beside the counts: the last line of a failed run has only one line for the cause.
    return "\n".join([f"{counts} {shown[0]}", *shown[1:], *rest])


_ALL_WELL: dict[Kind, str] = {
    "specification": "The schema can be satisfied.",
    "row_counts": "There are as many rows as there should be.",
    "columns": "All columns are there, and of the right types.",
    "presence": "Values are there where they must be.",
    "domains": "All values are among those that may be.",
    "ranges": "All values are within their limits.",
    "uniqueness": "Nothing repeats that must not.",
    "dependencies": "No rows contradict each other.",
    "drift": "No column moved, or nothing to compare with.",
}


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def rule_rows(quarantine: Quarantine) -> list[dict[str, Any]]:
    """Give the 30 rules that most rows broke as rows of a table."""
    return [{"rule": rule, "rows": rows} for rule, rows in list(quarantine.rules.items())[:_SHOWN]]


def quarantine_verdict(quarantine: Quarantine, max_fraction: float) -> str:
    """Say how many rows were set aside, how many may be, and what to do where that is too many."""
    summary = (
        f"{quarantine.quarantined:,} of {quarantine.rows + quarantine.quarantined:,} rows "
        f"({quarantine.fraction:.2%}) break the schema; {max_fraction:.2%} may."
    )
    most = ", ".join(f"{rule} ({rows:,})" for rule, rows in list(quarantine.rules.items())[:3])
    worst = f" Most broken: {most}." if most else ""
    if any(rule.startswith(SPAN) for rule in quarantine.rules):
        worst += " The check `poisoning` says what looks poisoned, and what to do if it is right."
    if quarantine.fraction <= max_fraction:
        return summary + worst
    return (
        f"{summary}{worst} Look at quarantine.parquet; correct the data, or the schema where it is "
        "wrong, or raise validation.max_quarantined_fraction."
    )


def poisoning_verdict(suspects: Sequence[SuspectSpan]) -> str:
    """Say which spans look poisoned, why, and whether their rows were set aside."""
    if not suspects:
        return "no span looks poisoned"
    reasons = [
        f"{suspect.span}: {suspect.reason}; "
        + (f"left in, as {suspect.doubt}" if suspect.doubt else "set aside")
        for suspect in suspects[:_MOST_SPANS]
    ]
    more = len(suspects) - len(reasons)
    return (
        "; ".join(reasons)
        + (f"; and {more} more" if more > 0 else "")
        + ". Look at where these rows came from. If they are wrong, take them out of the source; if all "
        "that was set aside is right, set validation.screen_poisoning: false."
    )


def columns_of(
    names_and_types: Sequence[tuple[str, str]], schema: Schema
) -> list[tuple[str, str, bool, str]]:
    """Give name, type, whether null is allowed, and a remark, of each column of the examples."""
    known = schema.by_name
    return [
        (name, type_, known[name].allows_null if name in known else True, _remark(name, schema))
        for name, type_ in names_and_types
    ]


def _remark(name: str, schema: Schema) -> str:
    if name in schema.by_name:
        return schema.by_name[name].note
    return dict(schema.left_out).get(name, "")
