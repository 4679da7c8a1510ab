"""The asset of this room: `validated_features`."""

from typing import TYPE_CHECKING

import dagster as dg

from ml_assets.artifacts.outcome import Check, Columns, Outcome, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.schema.model import Schema
    from ml_assets.transform.build import BuiltFeatures
    from ml_assets.transform.select import Roles


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""

    @stage_asset(
        pipeline,
        ins=["validated_examples", "schema"],
        config={
            "transform": pipeline.transform,
            "ingest.key": pipeline.ingest.key,
            "ingest.time": pipeline.ingest.time,
            "labels": pipeline.labels.columns,
            "statistics.weight": pipeline.statistics.weight,
        },
        kinds=["scikitlearn", "pandera", "parquet"],
        blocking_checks=["features", "leakage"],
        checks=["suspected_leakage"],
    )
    def validated_features(stage: Stage, validated_examples: Artifact, schema: Artifact) -> Outcome:
        """Turn examples into features by one preprocessing that is fitted on the training split."""
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.table import Table
        from ml_assets.transform.build import build_features

        described = read_schema(schema.path / "schema.yaml")
        built = build_features(
            Table((validated_examples.path / "examples.parquet",)),
            {column.name: column.type for column in described.features if not column.is_ignored},
            {column.name: column.allows_null for column in described.features},
            pipeline.transform,
            _roles(pipeline, described),
            stage.directory,
        )
        return _outcome(built, pipeline)

    return [validated_features]


def _roles(pipeline: PipelineSpec, described: "Schema") -> "Roles":
    """What each column is for, where that keeps it from being a feature."""
    from ml_assets.schema.model import SERVING
    from ml_assets.transform.select import Roles

    return Roles(
        key=tuple(pipeline.ingest.key),
        time=pipeline.ingest.time,
        label=tuple(pipeline.labels.columns),
        absent=tuple(one.name for one in described.features if not one.is_in(SERVING)),
        left_out={
            **dict(described.left_out),
            **{f.name: f"its stage is {f.stage}" for f in described.features if f.is_ignored},
        },
        weight=pipeline.statistics.weight,
    )


def _outcome(built: "BuiltFeatures", pipeline: PipelineSpec) -> Outcome:
    manifest = built.manifest
    return Outcome(
        summary={
            "rows": built.rows,
            "features": len(manifest.features),
            "dropped": dict(manifest.dropped),
            "notes": dict(manifest.notes),
        },
        metadata={
            "features": len(manifest.features),
            "columns": Columns([(f.name, f.kind, True, f.source) for f in manifest.features]),
            "dropped": Rows([{"column": n, "why": w} for n, w in manifest.dropped.items()]),
        },
        checks=_checks(built, pipeline),
    )


def _checks(built: "BuiltFeatures", pipeline: PipelineSpec) -> list[Check]:
    from ml_assets.transform.leakage import describe_leaks
    from ml_assets.transform.single_feature import describe_suspected

    manifest = built.manifest
    told = describe_leaks(built.leaks, manifest.input_names, pipeline.transform)
    suspected = {n: why for n, why in built.telling.suspected.items() if n not in built.leaks}
    doubt = describe_suspected(suspected, len(manifest.features))
    number = {"suspected": len(suspected)}
    return [
        Check("features", not built.failures, "; ".join(built.failures) or "sound"),
        Check("leakage", not built.leaks, told, values={"leaks": len(built.leaks)}),
        Check("suspected_leakage", not suspected, doubt, "WARN", number),
    ]
