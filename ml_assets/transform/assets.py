"""The asset of this room: `validated_features`."""

import time
from typing import TYPE_CHECKING

import dagster as dg

from ml_assets.artifacts.outcome import Check, Columns, Lineage, Outcome, Rows, Scalar
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec

if TYPE_CHECKING:
    from ml_assets.schema.model import Schema
    from ml_assets.transform.build import BuiltFeatures
    from ml_assets.transform.fit_groups import Cost
    from ml_assets.transform.select import Roles
    from ml_assets.transform.shared_rows import SharedRows

_MAX_SHOWN, _MAX_COLUMNS = 20, 5
# Of the rows of eval and test, the share that may be training rows without a word, beyond chance.
_MAX_SHARED = 0.01


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
        blocking_checks=["features", "leakage", "shared_rows"],
        checks=["suspected_leakage"],
    )
    def validated_features(stage: Stage, validated_examples: Artifact, schema: Artifact) -> Outcome:
        """The features, made by one preprocessing that is fitted on the training split."""
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.table import Table
        from ml_assets.transform.build import build_features

        described = read_schema(schema.path / "schema.yaml")
        roles = _roles(pipeline, described)
        built = build_features(
            Table((validated_examples.path / "examples.parquet",)),
            {column.name: column.type for column in described.features if not column.is_ignored},
            {column.name: column.allows_null for column in described.features},
            pipeline.transform,
            roles,
            stage.directory,
            clock=time.monotonic,
        )
        return _outcome(built, pipeline, roles)

    return [validated_features]


def _roles(pipeline: PipelineSpec, described: "Schema") -> "Roles":
    """What each column is for, where that keeps it from being a feature."""
    from ml_assets.schema.model import SERVING
    from ml_assets.transform.select import Roles

    return Roles(
        key=tuple(pipeline.ingest.key),
        time=pipeline.ingest.time,
        label=tuple(pipeline.labels.columns),
        absent=tuple(feature.name for feature in described.features if not feature.is_in(SERVING)),
        left_out={
            **dict(described.left_out),
            **{
                feature.name: f"its stage is {feature.stage}"
                for feature in described.features
                if feature.is_ignored
            },
        },
        weight=pipeline.statistics.weight,
    )


def _outcome(built: "BuiltFeatures", pipeline: PipelineSpec, roles: "Roles") -> Outcome:
    from ml_assets.transform.select import is_dropped_on_purpose

    manifest, spec = built.manifest, pipeline.transform
    useless = [name for name in manifest.dropped if not is_dropped_on_purpose(name, spec, roles)]
    costs = sorted(built.costs, key=lambda cost: -cost.fit_seconds - cost.transform_seconds)
    seconds = {name: cost.seconds_each for cost in costs for name in cost.features}
    return Outcome(
        summary={
            "rows": built.rows,
            "features": len(manifest.features),
            "dropped": dict(manifest.dropped),
            "useless": useless,
            "notes": dict(manifest.notes),
        },
        metadata={
            "features": len(manifest.features),
            "columns": Columns(
                [
                    (
                        feature.name,
                        feature.kind,
                        True,
                        f"{feature.encoding} of {feature.source}, {seconds[feature.name]:.4f} s",
                    )
                    for feature in manifest.features
                ]
            ),
            "lineage": Lineage(
                (pipeline.name, "validated_examples"),
                [(feature.name, feature.sources) for feature in manifest.features],
            ),
            "costs": Rows([_cost_row(cost) for cost in costs[:_MAX_SHOWN]]),
            "dropped": Rows(
                [{"column": name, "why": reason} for name, reason in manifest.dropped.items()]
            ),
        },
        checks=_checks(built, spec.max_shared_fraction),
    )


def _cost_row(cost: "Cost") -> dict[str, Scalar]:
    names = ", ".join(cost.columns[:_MAX_COLUMNS])
    more = len(cost.columns) - _MAX_COLUMNS
    return {
        "encoder": cost.encoder,
        "columns": f"{names} and {more} more" if more > 0 else names,
        "features": len(cost.features),
        "fit_seconds": round(cost.fit_seconds, 4),
        "transform_seconds": round(cost.transform_seconds, 4),
    }


def _checks(built: "BuiltFeatures", max_shared: float) -> list[Check]:
    from ml_assets.transform.leakage import describe_leaks
    from ml_assets.transform.single_feature import describe_suspected

    manifest, parts = built.manifest, (built.forbidden, built.telling, built.uncrossed)
    leaks_text, count = describe_leaks(*parts, len(manifest.inputs)), sum(map(len, parts))
    suspected_text = describe_suspected(built.suspected, len(manifest.features))
    values = {"suspected": len(built.suspected)}
    return [
        Check("features", not built.failures, "; ".join(built.failures) or "sound"),
        Check("leakage", not count, leaks_text, values={"leaks": count}),
        Check("suspected_leakage", not built.suspected, suspected_text, "WARN", values),
        _shared_rows_check(built.shared, max_shared),
    ]


def _shared_rows_check(shared: "SharedRows", max_allowed: float) -> Check:
    from ml_assets.transform.shared_rows import describe_shared

    return Check(
        "shared_rows",
        shared.beyond_chance <= _MAX_SHARED,
        describe_shared(shared, _MAX_SHARED, max_allowed),
        "ERROR" if shared.beyond_chance > max_allowed else "WARN",
        {"rows": shared.rows, "share": shared.share, "by_chance": shared.by_chance},
    )
