"""MLflow's client, quiet and with failures in words; and the lock of this machine's processes."""

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.registry import database

# A server that is down or slow is asked again a few times and then given up: a registration that hangs
# would hold the lock. MLflow's own defaults are seven retries of two minutes each.
_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
# How MLflow goes on where the tables are those of another version.
_OTHER_SCHEMA = "Take a backup of your database"


@contextmanager
def connect(tracking_uri: str, doing: str) -> Iterator[Any]:
    """Give MLflow's client; its failures become `ModelError`, its chatter is not heard.

    Parameters
    ----------
    tracking_uri : str
        MLflow's URI, for tracking and for the registry.
    doing : str
        What for, such as ``"registering flights"``; a failure names it.

    Raises
    ------
    ModelError
        If MLflow, or its database, fails inside.
    """
    with quiet():
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        path = database.sqlite_path(tracking_uri)
        if path is not None:
            database.keep_before_migration(path)
        try:
            yield MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
        except (MlflowException, SQLAlchemyError) as error:
            cause = _cause(error)
            remedy = _remedy(cause, tracking_uri)
            message = cause.partition(_OTHER_SCHEMA)[0].rstrip(". ")[:300]
            raise ModelError(
                _without_password(
                    f"MLflow ({tracking_uri}) failed at {doing}: {message}. The champion was not "
                    f"changed. {remedy}, then run again."
                )
            ) from error


@contextmanager
def locked(folder: Path, tracking_uri: str) -> Iterator[None]:
    """Hold the registry against this machine's other processes, and see that its database is there.

    The lock ends with the process, however that ends.
    """
    with durable.exclusive(folder / "registry.lock"):
        path = database.sqlite_path(tracking_uri)
        if path is not None and not path.is_file():
            with quiet():
                database.create_database(path)
        if path is not None:
            database.wait_until_writable(path)
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow and its dependencies from printing, warning and sending telemetry."""
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        yield


def _cause(error: BaseException) -> str:
    """What the database itself says, if it is what failed, else the first line of the error."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "orig", None) is not None:  # as SQLAlchemy keeps it
            return str(cause.orig)  # type: ignore[attr-defined]
        cause = cause.__cause__
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0]


def _remedy(cause: str, tracking_uri: str) -> str:
    if "database is locked" in cause:
        return "End the process that holds the database"
    if _OTHER_SCHEMA not in cause:
        return "Mend MLflow"
    return (
        "That database was made by another version of MLflow. Copy it, and run "
        f"`python -m mlflow db upgrade {tracking_uri}`, or install the version that made it"
    )


def _without_password(text: str) -> str:
    return re.sub(r"://[^/@\s]*@", "://...@", text)
