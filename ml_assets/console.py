"""What a person sees of a run: one quiet line for each asset, and the causes of failures."""

import logging
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from dagster_shared.error import SerializableErrorInfo


# Errors whose message is written for a person; what caused them says less.
_FOR_PEOPLE = {"PipelineFileError", "DataError", "ModelError", "MissingExtraError"}


def _quiet_logger(init_context: dg.InitLoggerContext) -> logging.Logger:
    """Give a logger that prints only what stages say, and failures."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Quiet())
    handler.addFilter(_is_for_people)
    logger = logging.Logger("ml_assets", logging.INFO)
    logger.addHandler(handler)
    return logger


quiet_console = dg.LoggerDefinition(
    _quiet_logger,
    description="One line for each asset; the full story is in Dagster's event log.",
)


def cause(event: dg.DagsterEvent) -> str:
    """Give the cause of a failure in words, without a traceback.

    Parameters
    ----------
    event : DagsterEvent
        The failure of a step or of a run.

    Returns
    -------
    str
        The message of the outermost error that was written for a person; without one, the name and
        message of the innermost.
    """
    errors = list(errors_of(event))
    for error in errors:
        name = str(error.cls_name)
        if name in _FOR_PEOPLE:
            text = str(error.message).strip()
            return text.removeprefix(f"ml_assets.errors.{name}: ").removeprefix(f"{name}: ")
    if not errors:
        return "unknown cause"
    text = str(errors[-1].message).strip()
    if errors[-1].cls_name == "DagsterAssetCheckFailedError":
        failed = [line.rpartition(": ")[2] for line in text.splitlines()[1:]]
        return f"blocking check failed: {', '.join(failed)}"
    if errors[-1].cls_name == "ChildProcessCrashException":
        return "its process was killed, most often because the machine had no memory left"
    return text


def errors_of(event: dg.DagsterEvent) -> "Iterator[SerializableErrorInfo]":
    """Give the error of a step's or a run's failure, then what caused it, and so on."""
    error = error_of(event)
    while error is not None:
        yield error
        error = error.cause


def error_of(event: dg.DagsterEvent) -> "SerializableErrorInfo | None":
    """Give the error of a step's or a run's failure, as far as one was recorded."""
    if event.event_type == dg.DagsterEventType.STEP_FAILURE:
        return event.step_failure_data.error
    return event.job_failure_data.error


def asset_name(event: dg.DagsterEvent) -> str:
    """Name the asset of an event as its key is written."""
    pipeline, _, asset = str(event.step_key).rpartition("__")
    return f"{pipeline}/{asset}" if pipeline else asset


def _failure(record: logging.LogRecord) -> dg.DagsterEvent | None:
    event = getattr(record, "dagster_meta", {}).get("dagster_event")
    is_failure = event is not None and event.event_type == dg.DagsterEventType.STEP_FAILURE
    return event if is_failure else None


def _is_for_people(record: logging.LogRecord) -> bool:
    meta = getattr(record, "dagster_meta", {})
    # Stages speak at level INFO; what Dagster itself remarks on steps that it leaves out is an ERROR.
    by_a_step = meta.get("dagster_event") is None and meta.get("step_key") is not None
    return (by_a_step and record.levelno == logging.INFO) or _failure(record) is not None


class _Quiet(logging.Formatter):
    """Writes only what was said: no time, no level, no run id, no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        failure = _failure(record)
        if failure is not None:
            return f"{asset_name(failure)} failed: {cause(failure)}"
        message = getattr(record, "dagster_meta", {}).get("orig_message")
        return str(message or record.getMessage())
