"""How cell errors are shown: tables for the Dagster UI, and the sentence of the check."""

from collections.abc import Collection, Sequence
from typing import Any

from ml_assets.schema.model import FunctionalDependency, Schema
from ml_assets.schema.yaml_writer import dependency_text
from ml_assets.validation.cells.evidence import shown
from ml_assets.validation.cells.model import CellErrors

_SHOWN = 30
_HIDDEN = "(not shown)"


def error_rows(found: CellErrors, hidden: Collection[str] = ()) -> list[dict[str, Any]]:
    """Give the 30 most suspicious cells as rows of a table, without the values of hidden columns."""
    first = sorted(found.errors, key=lambda one: (-one.score, one.row, one.column))[:_SHOWN]
    return [
        {
            "column": one.column,
            "value": _HIDDEN if one.column in hidden else one.value,
            "score": one.score,
            "why": one.kind.replace("_", " ") if one.column in hidden else one.explanation,
            "proposed": ""
            if one.repair is None
            else _HIDDEN
            if one.column in hidden
            else shown(one.repair),
            "example": one.example_id or str(one.row),
        }
        for one in first
    ]


def count_rows(found: CellErrors) -> list[dict[str, Any]]:
    """Give the 30 most frequent kinds of error by column as rows of a table."""
    return [
        {"column": column, "kind": kind, "cells": cells}
        for (column, kind), cells in list(found.counts.items())[:_SHOWN]
    ]


def dependency_rows(mined: Sequence[FunctionalDependency], schema: Schema) -> list[dict[str, Any]]:
    """Give the 30 best supported dependencies that the schema lacks, with their lines for it."""
    declared = {(each.determinant, each.dependent) for each in schema.functional_dependencies}
    new = [each for each in mined if (each.determinant, each.dependent) not in declared]
    new.sort(key=lambda each: -(each.support or 0))
    return [
        {
            "dependency": f"{', '.join(each.determinant)} -> {each.dependent}",
            "support": each.support,
            "functional_dependencies": f"- {dependency_text(each)}",
        }
        for each in new[:_SHOWN]
    ]


def cells_verdict(found: CellErrors, max_fraction: float) -> str:
    """Say how many cells are suspicious, where most of them are, and what to do."""
    if not found.found:
        return f"None of {found.cells:,} cells is suspicious."
    most = ", ".join(f"{c} ({kind}, {n:,})" for (c, kind), n in list(found.counts.items())[:3])
    text = (
        f"Suspicious: {found.found:,} of {found.cells:,} cells ({found.fraction:.3%}); "
        f"{max_fraction:.3%} may be. Most: {most}."
    )
    left = f" Not judged: {', '.join(list(found.not_judged)[:5])}." if found.not_judged else ""
    return f"{text}{left} Review cell_errors.parquet, and correct the data at their source."
