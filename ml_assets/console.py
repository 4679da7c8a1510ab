"""What a person sees of a run: one quiet line for each asset, and the errors."""

import logging
import sys

import dagster as dg

_SHOWN_EVENTS = frozenset({"STEP_FAILURE", "RUN_FAILURE"})


@dg.logger(description="One line for each asset; the full story is in Dagster's event log.")
def quiet_console(init_context: dg.InitLoggerContext) -> logging.Logger:
    """Give a logger that prints only what this package and its users' code say, and failures."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(_is_for_people)
    logger = logging.Logger("ml_assets", logging.INFO)
    logger.addHandler(handler)
    return logger


def _is_for_people(record: logging.LogRecord) -> bool:
    meta = getattr(record, "dagster_meta", {})
    if meta.get("dagster_event") is not None:
        return False
    record.msg, record.args = meta.get("orig_message") or record.getMessage(), None
    return True
