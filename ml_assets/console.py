"""What a person sees of a run: one quiet line for each asset, and the causes of failures."""

import logging
import sys

import dagster as dg


def _quiet_logger(init_context: dg.InitLoggerContext) -> logging.Logger:
    """Give a logger that prints only what stages say, and failures."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(_for_people)
    logger = logging.Logger("ml_assets", logging.INFO)
    logger.addHandler(handler)
    return logger


quiet_console = dg.LoggerDefinition(
    _quiet_logger,
    description="One line for each asset; the full story is in Dagster's event log.",
)


def cause(event: dg.DagsterEvent) -> str:
    """Give the cause of a step's failure in words, without a traceback.

    Parameters
    ----------
    event : DagsterEvent
        A step's failure.

    Returns
    -------
    str
        The message of the innermost error; for failed checks, the checks' names.
    """
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "unknown cause"
    text = str(error.message).strip()
    name = str(error.cls_name)
    if name.startswith(("PipelineFileError", "DataError", "ModelError", "MissingExtraError")):
        return text.removeprefix(f"ml_assets.errors.{name}: ").removeprefix(f"{name}: ")
    return text


def _for_people(record: logging.LogRecord) -> bool:
    meta = getattr(record, "dagster_meta", {})
    event = meta.get("dagster_event")
    if event is None:
        record.msg, record.args = meta.get("orig_message") or record.getMessage(), None
        return True
    if event.event_type == dg.DagsterEventType.STEP_FAILURE:
        record.msg, record.args = f"{asset_name(event)} failed: {cause(event)}", None
        record.exc_info = None
        return True
    return False


def asset_name(event: dg.DagsterEvent) -> str:
    """Name the asset of an event as its key is written."""
    return str(event.step_key).replace("__", "/", 1)
