"""The MLflow run of one registration: its parameters, metrics and model files.

It is running until the model version exists. So a run that still runs while its process is gone left
something half-built, and `close_dead_runs` removes that.
"""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.registry.candidate import DIGEST_TAG, Candidate
from ml_assets.registry.mlflow_model import BUNDLE
from ml_assets.registry.version import PREFIX

PROCESS_TAG = PREFIX + "process"
_MAX_PARAM = 500
# What MLflow takes in the name of a metric; the `@` of `recall_at_precision@0.9` is not among it.
_REFUSED_IN_NAMES = re.compile(r"[^/\w.\- :]")


def begin_run(client: Any, experiment: str, process: str, candidate: Candidate) -> Any:
    """Begin the run of a registration, owned by the process of that name."""
    tags = {
        **candidate.version_tags(),
        PROCESS_TAG: process,
        "mlflow.note.content": candidate.description,
        "mlflow.source.name": "ml_assets",
        "mlflow.source.type": "JOB",
    }
    return client.create_run(experiment, tags=tags, run_name=candidate.name)


def log_run(client: Any, run_id: str, candidate: Candidate) -> None:
    """Keep the candidate's parameters and metrics with its run, under names that MLflow takes."""
    from mlflow.entities import Metric, Param

    timestamp = int(datetime.now(UTC).timestamp() * 1000)
    client.log_batch(
        run_id,
        metrics=[
            Metric(_REFUSED_IN_NAMES.sub("_", key), value, timestamp, 0)
            for key, value in sorted(candidate.metrics.items())
        ],
        params=[
            Param(key, str(value)[:_MAX_PARAM]) for key, value in sorted(candidate.params.items())
        ],
    )


def log_model(client: Any, experiment: str, run_id: str, candidate: Candidate) -> Any:
    """Keep the model's files with MLflow, see that they arrived whole, and give MLflow's logged model.

    Raises
    ------
    ModelError
        If the files are not those of the candidate's digest, or differ once they are on this machine's
        disk.
    """
    if durable.directory_digest(candidate.directory / BUNDLE) != candidate.digest:
        raise ModelError(
            f"{candidate.name}: the files in {candidate.directory} are not those of the model "
            f"{candidate.digest[:12]}; they were altered. Delete that folder, then run again."
        )
    tags = {DIGEST_TAG: candidate.digest}
    model = client.create_logged_model(experiment, candidate.name, source_run_id=run_id, tags=tags)
    client.log_model_artifacts(model.model_id, str(candidate.directory))
    folder = local_path(model.artifact_location)
    if folder is not None:
        durable.sync_tree(folder)
        if durable.directory_digest(folder) != durable.directory_digest(candidate.directory):
            raise ModelError(
                f"{candidate.name}: the model's files in {folder} differ from those in "
                f"{candidate.directory}. Check the disk, then run again."
            )
    return client.finalize_logged_model(model.model_id, "READY")


def close_dead_runs(client: Any, is_running: Callable[[str], bool]) -> list[str]:
    """Close as failed the running runs whose process is gone; give their ids."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    running = (
        client.search_runs(experiments, "attributes.status = 'RUNNING'") if experiments else []
    )
    owned = [run for run in running if PROCESS_TAG in run.data.tags]
    dead = [run for run in owned if not is_running(run.data.tags[PROCESS_TAG])]
    for run in dead:
        discard(client, run)
    return [run.info.run_id for run in dead]


def discard(client: Any, run: Any) -> None:
    """Close a run as failed. If no version came of it, remove its model."""
    run_id, experiment = run.info.run_id, run.info.experiment_id
    if not client.search_model_versions(f"run_id = '{run_id}'"):
        for model in client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
            folder = local_path(model.artifact_location)
            if folder is not None and folder.parent.name == model.model_id:
                shutil.rmtree(folder.parent, ignore_errors=True)
            client.delete_logged_model(model.model_id)
    client.set_terminated(run_id, "FAILED")


def local_path(source: str) -> Path | None:
    """Give the folder on this machine that an artifact URI names, or None if it is elsewhere."""
    parts = urlsplit(source)
    if parts.scheme not in ("", "file") or parts.netloc not in ("", "localhost"):
        return None
    return Path(unquote(parts.path) if parts.scheme else source)
