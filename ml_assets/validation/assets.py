"""The assets of this room: `anomalies`, `validated_examples` and `cell_errors`."""

from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from ml_assets.artifacts.outcome import Check, Columns, File, Markdown, Outcome, Rows, Scalar
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact
from ml_assets.pipeline import PipelineSpec
from ml_assets.validation.codes import KINDS, Kind

if TYPE_CHECKING:
    from ml_assets.schema.model import Schema
    from ml_assets.statistics.model import DatasetStatistics
    from ml_assets.table import Table
    from ml_assets.validation.anomaly import Anomaly
    from ml_assets.validation.cells.model import CellErrors
    from ml_assets.validation.proposal import Proposal
    from ml_assets.validation.suspect_span import SuspectSpan


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    always = [_anomalies(pipeline), _validated_examples(pipeline)]
    return [*always, _cell_errors(pipeline)] if pipeline.validation.cell_errors.enabled else always


def _anomalies(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec = pipeline.validation

    @stage_asset(
        pipeline,
        ins=["statistics", "schema", "examples"],
        config={
            "validation": spec,
            "schema": pipeline.schema_,
            "labels": pipeline.labels,
            "transform.known_after": pipeline.transform.known_after,
        },
        kinds=["json"],
        blocking_checks=[kind for kind in KINDS if kind in spec.blocking],
        checks=[kind for kind in KINDS if kind not in spec.blocking],
    )
    def anomalies(
        stage: Stage, statistics: Artifact, schema: Artifact, examples: Artifact
    ) -> Outcome:
        """Where the examples differ from what the schema demands, with rows to look at."""
        from ml_assets.durable import write_json
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.statistics.model import DatasetStatistics
        from ml_assets.table import Table
        from ml_assets.validation.find import find_anomalies
        from ml_assets.validation.report import Report, write_report

        stored = statistics.json("statistics.json")
        described = {name: DatasetStatistics.from_json(content) for name, content in stored.items()}
        rules = read_schema(schema.path / "schema.yaml")
        table = Table((examples.path / "examples.parquet",))
        anomalies = find_anomalies(described["all"], rules, table, spec)
        write_json(stage.directory / "anomalies.json", [anomaly.to_json() for anomaly in anomalies])
        title = f"Validation of {pipeline.name}"
        write_report(
            stage.directory / "report.html", Report(described, rules, anomalies, title=title)
        )
        proposal = _propose(pipeline, rules, described["all"], anomalies, stage.directory)
        return _anomalies_outcome(pipeline, anomalies, proposal)

    return anomalies


def _anomalies_outcome(
    pipeline: PipelineSpec, anomalies: "list[Anomaly]", proposal: "Proposal | None"
) -> Outcome:
    from ml_assets.validation.show import anomaly_rows

    errors = sum(anomaly.severity == "ERROR" for anomaly in anomalies)
    counts = {"errors": errors, "warnings": len(anomalies) - errors}
    return Outcome(
        summary={"anomalies": len(anomalies), **counts},
        metadata={
            "anomalies": len(anomalies),
            **counts,
            "found": Rows(anomaly_rows(anomalies)) if anomalies else None,
            "proposal": Markdown(f"~~~diff\n{proposal.diff}~~~") if proposal else None,
            "report": File("report.html"),
        },
        checks=[_check(kind, anomalies, pipeline if proposal else None) for kind in KINDS],
    )


def _propose(
    pipeline: PipelineSpec,
    rules: "Schema",
    statistics: "DatasetStatistics",
    anomalies: "list[Anomaly]",
    directory: Path,
) -> "Proposal | None":
    """Write what it would take to accept the anomalies, if anything, into the artifact."""
    from ml_assets.durable import write_bytes
    from ml_assets.schema.pinned_file import inference_options
    from ml_assets.schema.yaml_writer import schema_body
    from ml_assets.statistics.semantic_type import harmless
    from ml_assets.validation.proposal import PROPOSAL, propose

    inference = inference_options(pipeline.schema_, pipeline.absent_in_serving)
    proposal = propose(rules, statistics, anomalies, harmless(statistics.features), **inference)
    if proposal is not None:
        write_bytes(directory / "proposal.yaml", schema_body(proposal.schema).encode())
        write_bytes(directory / PROPOSAL, proposal.diff.encode())
    return proposal


def _check(kind: Kind, anomalies: "list[Anomaly]", proposes: PipelineSpec | None) -> Check:
    """The verdict on one kind, with the way to accept what is proposed, if a pipeline proposes it."""
    from ml_assets.validation.proposal import how_to_accept, proposed
    from ml_assets.validation.show import kind_verdict

    of_kind = [anomaly for anomaly in anomalies if anomaly.kind == kind]
    errors = sum(anomaly.severity == "ERROR" for anomaly in of_kind)
    counts = {"errors": errors, "warnings": len(of_kind) - errors}
    verdict = kind_verdict(kind, of_kind)
    codes = list(dict.fromkeys(anomaly.code for anomaly in proposed(of_kind)))
    if proposes is not None and codes:
        verdict += "\n" + how_to_accept(proposes.name, proposes.schema_.file, codes)
    return Check(kind, not errors, verdict, values=counts, brief=kind_verdict(kind, of_kind))


def _validated_examples(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    @stage_asset(
        pipeline,
        ins=["examples", "schema", "anomalies"],
        config={
            "validation.max_quarantined_fraction": pipeline.validation.max_quarantined_fraction,
            "validation.screen_poisoning": pipeline.validation.screen_poisoning,
            "task": pipeline.task,
            "ingest.key": pipeline.ingest.key,
            "ingest.time": pipeline.ingest.time,
            "labels": pipeline.labels.columns,
        },
        kinds=["pandera", "parquet"],
        blocking_checks=["quarantine"],
        checks=["poisoning"] if pipeline.validation.screen_poisoning else [],
    )
    def validated_examples(
        stage: Stage, examples: Artifact, schema: Artifact, anomalies: Artifact
    ) -> Outcome:
        """The rows that satisfy the schema; the others are set aside with rule and reason."""
        from ml_assets.schema.model import TRAINING
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.table import Table
        from ml_assets.validation.poisoning import suspect_rows
        from ml_assets.validation.quarantine import write_split_by_validity
        from ml_assets.validation.rows import find_broken_rows
        from ml_assets.validation.show import columns_of, quarantine_verdict, rule_rows

        table = Table((examples.path / "examples.parquet",))
        rules = read_schema(schema.path / "schema.yaml")
        broken = find_broken_rows(table, rules, TRAINING)
        suspects = _suspects(pipeline, table)
        poisoned = suspect_rows(table, [suspect for suspect in suspects if not suspect.doubt])
        quarantine = write_split_by_validity(
            table, merge(broken, poisoned, key=lambda rule: rule.row), stage.directory
        )
        limit = pipeline.validation.max_quarantined_fraction
        types = [(field.name, str(field.type)) for field in table.schema]
        return Outcome(
            summary={
                "rows": quarantine.rows,
                "quarantined": quarantine.quarantined,
                **quarantine.splits,
            },
            metadata={
                "quarantined": quarantine.quarantined,
                "quarantined_fraction": quarantine.fraction,
                "broken_rules": Rows(rule_rows(quarantine)) if quarantine.quarantined else None,
                "columns": Columns(columns_of(types, rules)),
            },
            checks=[
                Check(
                    "quarantine",
                    quarantine.fraction <= limit,
                    quarantine_verdict(quarantine, limit),
                    values={"fraction": quarantine.fraction, "limit": limit},
                ),
                *([_poisoning(suspects)] if pipeline.validation.screen_poisoning else []),
            ],
        )

    return validated_examples


def _suspects(pipeline: PipelineSpec, table: "Table") -> "list[SuspectSpan]":
    """The spans that look poisoned."""
    from ml_assets.validation.poisoning import screen_spans

    if not pipeline.validation.screen_poisoning:
        return []
    time = [pipeline.ingest.time] if pipeline.ingest.time else []
    excluded = [*pipeline.ingest.key, *time, *pipeline.labels.columns]
    return screen_spans(table, pipeline.task, excluded)


def _poisoning(suspects: "list[SuspectSpan]") -> Check:
    from ml_assets.validation.show import poisoning_verdict

    doubted = sum(bool(suspect.doubt) for suspect in suspects)
    values = {"set_aside": len(suspects) - doubted, "left_in": doubted}
    return Check("poisoning", not suspects, poisoning_verdict(suspects), "WARN", values)


def _cell_errors(pipeline: PipelineSpec) -> dg.AssetsDefinition:
    spec = pipeline.validation.cell_errors

    @stage_asset(
        pipeline,
        ins=["validated_examples", "schema", "statistics"],
        config={"validation.cell_errors": spec},
        kinds=["parquet"],
        checks=["cell_errors"],
    )
    def cell_errors(
        stage: Stage, validated_examples: Artifact, schema: Artifact, statistics: Artifact
    ) -> Outcome:
        """Single cells that are probably wrong though they satisfy the schema; none is changed."""
        from ml_assets.schema.dependencies import mine_functional_dependencies
        from ml_assets.schema.yaml_file import read_schema
        from ml_assets.statistics.model import DatasetStatistics
        from ml_assets.statistics.semantic_type import identifying
        from ml_assets.table import Table, write_table
        from ml_assets.validation.cells.find import find_cell_errors
        from ml_assets.validation.cells.show import dependency_rows
        from ml_assets.validation.report import Report, write_report

        rules = read_schema(schema.path / "schema.yaml")
        table = Table((validated_examples.path / "examples.parquet",))
        suspicious = find_cell_errors(
            table, schema=rules, threshold=spec.threshold, max_errors=spec.max_found
        )
        errors = suspicious.to_arrow()
        write_table(stage.directory / "cell_errors.parquet", errors.to_batches(), errors.schema)
        described = DatasetStatistics.from_json(statistics.json("statistics.json")["all"])
        hidden = identifying(described.features)
        title = f"Cell errors of {pipeline.name}"
        report = Report(described, rules, cells=suspicious.errors, title=title)
        write_report(stage.directory / "report.html", report)
        proposed = dependency_rows(mine_functional_dependencies(table), rules)
        return _cells_outcome(suspicious, hidden, proposed, spec.max_fraction)

    return cell_errors


def _cells_outcome(
    cell_errors: "CellErrors", hidden: set[str], proposed: "list[dict[str, Scalar]]", limit: float
) -> Outcome:
    from ml_assets.validation.cells.model import ARROW_SCHEMA
    from ml_assets.validation.cells.show import cells_verdict, count_rows, error_rows

    counts = {"cell_errors": cell_errors.found, "fraction": cell_errors.fraction}
    return Outcome(
        summary={"rows": len(cell_errors.errors), **counts},
        metadata={
            "columns": Columns(
                [(field.name, str(field.type), field.nullable, "") for field in ARROW_SCHEMA]
            ),
            **counts,
            "most_suspicious": Rows(error_rows(cell_errors, hidden))
            if cell_errors.errors
            else None,
            "by_kind": Rows(count_rows(cell_errors)) if cell_errors.counts else None,
            "proposed_dependencies": Rows(proposed) if proposed else None,
            "report": File("report.html"),
        },
        checks=[
            Check(
                "cell_errors",
                cell_errors.fraction <= limit,
                cells_verdict(cell_errors, limit),
                severity="WARN",
                values={"fraction": cell_errors.fraction, "limit": limit},
            )
        ],
    )
