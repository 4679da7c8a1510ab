"""`python -m ml_assets`: run, check, new, summary, ui, explain, rollback, approve and schema."""

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_assets.errors import MLAssetsError

DEFS = Path(__file__).parent / "defs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0, or 1 with the reason on standard error."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not hasattr(options, "command"):
        parser.print_help()
        return 0
    try:
        return int(options.command(options))
    except MLAssetsError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml_assets", description="The lifecycle of tabular models as Dagster assets."
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    run = _add_pipeline_command(
        commands, "run", _run, "run what changed of a pipeline, then sum it up"
    )
    run.add_argument("--select", help="a Dagster asset selection instead of the whole pipeline")
    run.add_argument("--traceback", action="store_true", help="print the traceback of a failure")
    check = commands.add_parser("check", help="check the YAML of pipelines against their sources")
    check.add_argument("pipelines", nargs="*", help="names of pipelines; all by default")
    check.set_defaults(command=_check)
    _add_pipeline_command(commands, "summary", _summary, "sum up the last run of a pipeline")
    new = commands.add_parser("new", help="write a first pipeline for a file of data")
    new.add_argument("name", help="the new pipeline's name")
    new.add_argument("file", type=Path, help="a CSV, Parquet or JSON Lines file")
    new.add_argument("--label", required=True, help="the column to predict, or an expression")
    new.add_argument("--encoding", help="of a text file; guessed by default")
    new.set_defaults(command=_new)
    ui = commands.add_parser("ui", help="start the Dagster UI with its daemon, and the MLflow UI")
    ui.add_argument("--port", type=int, default=3000, help="of the Dagster UI")
    ui.add_argument("--mlflow-port", type=int, default=5000, help="of the MLflow UI")
    ui.set_defaults(command=_ui)
    text = "make an earlier champion the champion again"
    rollback = _add_pipeline_command(commands, "rollback", _rollback, text)
    rollback.add_argument("--to", type=int, help="the version; the champion before by default")
    rollback.add_argument("--reason", required=True, help="why; kept in the ledger")
    text = "approve of a version, where the YAML asks for it"
    approve = _add_pipeline_command(commands, "approve", _approve, text)
    approve.add_argument("version", type=int, help="the version in MLflow's registry")
    approve.add_argument("--reason", required=True, help="why; kept in the ledger")
    text = "say why the champion predicts what it predicts for an example"
    explain = _add_pipeline_command(commands, "explain", _explain, text)
    explain.add_argument("example_id", help="its id, or the first six characters and more")
    explain.add_argument("--picture", type=Path, help="a PNG file for the contributions")
    _add_schema(commands)
    return parser


def _add_schema(commands: Any) -> None:
    text = "accept changes of a schema, or look at its history"
    verbs = commands.add_parser("schema", help=text).add_subparsers(metavar="VERB", required=True)
    _add_pipeline_command(verbs, "proposal", _schema_proposal, "print what would be accepted")
    text = "allow what the anomalies of the last run are about"
    accept = _add_pipeline_command(verbs, "accept", _accept_schema, text)
    accept.add_argument("--reason", required=True, help="why; kept in the schema and its history")
    accept.add_argument("--feature", action="append", default=[], help="only of this column")
    accept.add_argument("--anomaly", action="append", default=[], help="only of this code")
    text = "print every version: when, how, by whom and why"
    _add_pipeline_command(verbs, "history", _schema_history, text)
    text = "make an older version the schema again"
    restore = _add_pipeline_command(verbs, "restore", _restore_schema, text)
    restore.add_argument("version", type=int, help="its number in the history")
    restore.add_argument("--reason", required=True, help="why; kept in the schema and its history")


def _add_pipeline_command(
    commands: Any, name: str, command: Any, text: str
) -> argparse.ArgumentParser:
    """Add a command that is about one pipeline."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
    parser.add_argument("pipeline", help="the pipeline's name")
    parser.set_defaults(command=command)
    return parser


def _run(options: argparse.Namespace) -> int:
    from ml_assets.cli.run import run_pipeline

    return run_pipeline(DEFS, options.pipeline, options.select, options.traceback)


def _check(options: argparse.Namespace) -> int:
    from ml_assets.cli.check import check_pipelines

    return check_pipelines(DEFS, options.pipelines)


def _summary(options: argparse.Namespace) -> int:
    from ml_assets.cli.summary import print_summary

    return print_summary(DEFS, options.pipeline)


def _new(options: argparse.Namespace) -> int:
    from ml_assets.cli.new import new_pipeline

    return new_pipeline(DEFS, options.name, options.file, options.label, options.encoding)


def _explain(options: argparse.Namespace) -> int:
    from ml_assets.cli.explain import explain

    return explain(DEFS, options.pipeline, options.example_id, options.picture)


def _rollback(options: argparse.Namespace) -> int:
    from ml_assets.cli.people import roll_back

    return roll_back(DEFS, options.pipeline, options.reason, options.to)


def _approve(options: argparse.Namespace) -> int:
    from ml_assets.cli.people import approve

    return approve(DEFS, options.pipeline, options.version, options.reason)


def _schema_proposal(options: argparse.Namespace) -> int:
    from ml_assets.cli.people import show_proposal

    return show_proposal(DEFS, options.pipeline)


def _accept_schema(options: argparse.Namespace) -> int:
    from ml_assets.cli.people import accept_schema

    return accept_schema(DEFS, options.pipeline, options.reason, options.feature, options.anomaly)


def _schema_history(options: argparse.Namespace) -> int:
    from ml_assets.cli.people import show_schema_history

    return show_schema_history(DEFS, options.pipeline)


def _restore_schema(options: argparse.Namespace) -> int:
    from ml_assets.cli.people import restore_schema

    return restore_schema(DEFS, options.pipeline, options.version, options.reason)


def _ui(options: argparse.Namespace) -> int:
    from ml_assets.cli.ui import serve_ui

    return serve_ui(options.port, options.mlflow_port)


if __name__ == "__main__":
    # The default visits what the libraries have imported again and again: a tenth of the imports' time.
    gc.set_threshold(50_000)
    code = main()
    # Python's last collection would visit all of it once more, for a second, and free nothing.
    gc.freeze()
    sys.exit(code)
