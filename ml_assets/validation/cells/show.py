"""How cell errors are shown: tables for the Dagster UI, and the sentence of the check."""

from collections.abc import Collection, Sequence
from typing import Any

from ml_assets.schema.model import FunctionalDependency, Schema
from ml_assets.schema.yaml_writer import dependency_text
from ml_assets.validation.cells.evidence import shown
from ml_assets.validation.cells.model import CellErrors

_SHOWN = 30
_HIDDEN = "(not shown)"


def error_rows(cell_errors: CellErrors, hidden: Collection[str] = ()) -> list[dict[str, Any]]:
    """Give the 30 most suspicious cells as rows of a table, without the values of hidden columns."""
    ordered = sorted(cell_errors.errors, key=lambda error: (-error.score, error.row, error.column))
    return [
        {
            "column": error.column,
            "value": _HIDDEN if error.column in hidden else error.value,
            "score": error.score,
            "why": error.kind.replace("_", " ") if error.column in hidden else error.explanation,
            "proposed": ""
            if error.repair is None
            else _HIDDEN
            if error.column in hidden
            else shown(error.repair),
            "example": error.example_id or str(error.row),
        }
        for error in ordered[:_SHOWN]
    ]


def count_rows(cell_errors: CellErrors) -> list[dict[str, Any]]:
    """Give the 30 most frequent kinds of error by column as rows of a table."""
    return [
        {"column": column, "kind": kind, "cells": cells}
        for (column, kind), cells in list(cell_errors.counts.items())[:_SHOWN]
    ]


def dependency_rows(mined: Sequence[FunctionalDependency], schema: Schema) -> list[dict[str, Any]]:
    """Give the 30 best supported dependencies that the schema lacks, with their lines for it."""
    declared = {
        (dependency.determinant, dependency.dependent)
        for dependency in schema.functional_dependencies
    }
    new = [
        dependency
        for dependency in mined
        if (dependency.determinant, dependency.dependent) not in declared
    ]
    new.sort(key=lambda dependency: -(dependency.support or 0))
    return [
        {
            "dependency": f"{', '.join(dependency.determinant)} -> {dependency.dependent}",
            "support": dependency.support,
            "functional_dependencies": f"- {dependency_text(dependency)}",
        }
        for dependency in new[:_SHOWN]
    ]


def cells_verdict(cell_errors: CellErrors, max_fraction: float) -> str:
    """Say how many cells are suspicious, where most of them are, and what to do."""
    if not cell_errors.found:
        return f"None of {cell_errors.cells:,} cells is suspicious."
    most = ", ".join(
        f"{column} ({kind}, {count:,})"
        for (column, kind), count in list(cell_errors.counts.items())[:3]
    )
    text = (
        f"Suspicious: {cell_errors.found:,} of {cell_errors.cells:,} cells ({cell_errors.fraction:.3%}); "
        f"{max_fraction:.3%} may be. Most: {most}."
    )
    left = (
        f" Not judged: {', '.join(list(cell_errors.not_judged)[:5])}."
        if cell_errors.not_judged
        else ""
    )
    return f"{text}{left} Review cell_errors.parquet, and correct the data at their source."
