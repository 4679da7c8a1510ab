"""The asset of this room: `validated_features`."""

import dagster as dg

from ml_assets.artifacts.outcome import Check, Columns, Outcome, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec


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
        from ml_assets.schema.model import SERVING
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.table import Table
        from ml_assets.transform.build import build_features
        from ml_assets.transform.leakage import describe_leaks
        from ml_assets.transform.select import Roles
        from ml_assets.transform.single_feature import describe_suspected

        described = read_schema(schema.path / "schema.yaml")
        columns = described.features
        roles = Roles(
            key=tuple(pipeline.ingest.key),
            time=pipeline.ingest.time,
            label=tuple(pipeline.labels.columns),
            absent=tuple(column.name for column in columns if not column.is_in(SERVING)),
            left_out=dict(described.left_out),
            weight=pipeline.statistics.weight,
        )
        built = build_features(
            Table((validated_examples.path / "examples.parquet",)),
            {column.name: column.type for column in columns},
            {column.name: column.allows_null for column in columns},
            pipeline.transform,
            roles,
            stage.directory,
        )
        manifest = built.manifest
        told = describe_leaks(built.leaks, manifest.input_names, pipeline.transform)
        suspected = {n: why for n, why in built.telling.suspected.items() if n not in built.leaks}
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
            checks=[
                Check("features", not built.failures, "; ".join(built.failures) or "sound"),
                Check("leakage", not built.leaks, told, values={"leaks": len(built.leaks)}),
                Check(
                    "suspected_leakage",
                    not suspected,
                    describe_suspected(suspected, len(manifest.features)),
                    "WARN",
                    {"suspected": len(suspected)},
                ),
            ],
        )

    return [validated_features]
