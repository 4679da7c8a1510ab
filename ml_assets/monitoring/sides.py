"""The two sides that skew and drift compare: the scored rows, and what the champion learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.schema.model import Schema
from ml_assets.schema.yaml_file import read_schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.drift import DriftFinding
from ml_assets.validation.report import Report
from ml_assets.validation.skew import Skew


@dataclass(frozen=True)
class Sides:
    """The two sides of a comparison, with only the columns that the champion reads.

    Attributes
    ----------
    current, reference : DatasetStatistics
        Of the scored rows, and of the champion's training rows.
    rules : Schema
        What the columns must look like.
    facts : mapping
        Who scored, from ``scored_by.json``.
    """

    current: DatasetStatistics
    reference: DatasetStatistics
    rules: Schema
    facts: Mapping[str, Any]


def read_sides(scored: Path, trained: Path, schema: Path, facts: Mapping[str, Any]) -> Sides:
    """Read both sides.

    Parameters
    ----------
    scored, trained : Path
        The file ``statistics.json`` of the scored rows, and the one that the champion was trained on.
    schema : Path
        The file ``schema.yaml``.
    facts : mapping
        Who scored.

    Raises
    ------
    ModelError
        If the champion's statistics are gone.
    """
    if not trained.is_file():
        version = facts["scorer"]["version"]
        raise ModelError(
            f"The statistics that version {version} was trained on are not in the store ({trained}), so "
            "nothing can be compared with them. Train a new champion."
        )
    # What a model does not read cannot harm its predictions: an id is new in every row.
    inputs = facts["inputs"]
    current = DatasetStatistics.from_json(durable.read_json(scored))
    reference = DatasetStatistics.from_json(durable.read_json(trained)["train"])
    rules = read_schema(schema)
    features = tuple(feature for feature in rules.features if feature.name in inputs)
    return Sides(
        current.only(inputs), reference.only(inputs), replace(rules, features=features), facts
    )


def drift_report(sides: Sides, findings: Sequence[DriftFinding], title: str) -> Report:
    """Give what the report on drift shows."""
    return Report(
        {"training": sides.reference, "scored": sides.current},
        sides.rules,
        drift=findings,
        current=sides.current,
        reference=sides.reference,
        title=title,
    )


def skew_report(sides: Sides, skew: Skew, title: str) -> Report:
    """Give what the report on skew shows: schema skew and distribution skew."""
    return Report(
        {"training": sides.reference, "scored": sides.current},
        sides.rules,
        skew.anomalies,
        skew=skew.findings,
        serving=sides.current,
        title=title,
    )
