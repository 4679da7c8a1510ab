"""The assets of this room: `anomalies` and `validated_examples`."""

import dagster as dg

from ml_assets.artifacts.outcome import Check, Columns, Outcome, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return [_anomalies(pipeline), _validated_examples(pipeline)]


def _anomalies(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["statistics", "schema", "examples"],
        config={"validation": pipeline.validation},
        kinds=["json"],
        blocking_checks=["anomalies"],
    )
    def anomalies(
        stage: Stage, statistics: Artifact, schema: Artifact, examples: Artifact
    ) -> Outcome:
        """Finds where the examples differ from what the schema demands, with rows to look at."""
        from ml_assets.durable import write_json
        from ml_assets.schema.model import TRAINING
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.statistics.model import DatasetStatistics
        from ml_assets.table import Table
        from ml_assets.validation.examples_of import with_example_ids
        from ml_assets.validation.severity import with_severity
        from ml_assets.validation.show import anomalies_verdict, anomaly_rows
        from ml_assets.validation.validate import validate_statistics

        rules, spec = read_schema(schema.path / "schema.yaml"), pipeline.validation
        described = DatasetStatistics.from_json(statistics.json("statistics.json")["all"])
        found = validate_statistics(described, rules, TRAINING)
        found = with_severity(found, spec.severity, spec.max_quarantined_fraction)
        table = Table((examples.path / "examples.parquet",))
        found = with_example_ids(found, table, rules, TRAINING)
        write_json(stage.directory / "anomalies.json", [one.to_json() for one in found])
        errors = sum(one.severity == "ERROR" for one in found)
        counts = {"errors": errors, "warnings": len(found) - errors}
        return Outcome(
            summary={"anomalies": len(found), **counts},
            metadata={
                "anomalies": len(found),
                **counts,
                "found": Rows(anomaly_rows(found)) if found else None,
            },
            checks=[Check("anomalies", not errors, anomalies_verdict(found), values=counts)],
        )

    return anomalies


def _validated_examples(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["examples", "schema", "anomalies"],
        config={
            "validation.max_quarantined_fraction": pipeline.validation.max_quarantined_fraction
        },
        kinds=["pandera", "parquet"],
        blocking_checks=["quarantine"],
    )
    def validated_examples(
        stage: Stage, examples: Artifact, schema: Artifact, anomalies: Artifact
    ) -> Outcome:
        """Keeps the rows that satisfy the schema; sets the others aside with the rule and the reason."""
        from ml_assets.schema.model import TRAINING
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.table import Table
        from ml_assets.validation.quarantine import write_split_by_validity
        from ml_assets.validation.rows import find_broken_rows
        from ml_assets.validation.show import columns_of, quarantine_verdict, rule_rows

        table = Table((examples.path / "examples.parquet",))
        rules = read_schema(schema.path / "schema.yaml")
        broken = find_broken_rows(table, rules, TRAINING)
        done = write_split_by_validity(table, broken, stage.directory)
        limit = pipeline.validation.max_quarantined_fraction
        types = [(field.name, str(field.type)) for field in table.schema]
        return Outcome(
            summary={"rows": done.rows, "quarantined": done.quarantined, **done.splits},
            metadata={
                "quarantined": done.quarantined,
                "quarantined_fraction": done.fraction,
                "broken_rules": Rows(rule_rows(done)) if broken else None,
                "columns": Columns(columns_of(types, rules)),
            },
            checks=[
                Check(
                    "quarantine",
                    done.fraction <= limit,
                    quarantine_verdict(done, limit),
                    values={"fraction": done.fraction, "limit": limit},
                )
            ],
        )

    return validated_examples
