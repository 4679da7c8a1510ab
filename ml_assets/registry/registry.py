"""The MLflow adapter: registers a candidate once for each content, and finds versions.

Registration is one step for whoever looks: the version with all its tags appears in one transaction,
after its files are there and checked. What a killed process left before that is removed by the next,
and what it left to do after that is done by the next. A file lock below the home folder keeps the
processes of one machine apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml_assets.registry import database, run
from ml_assets.registry.candidate import DIGEST_TAG, Candidate
from ml_assets.registry.client import connect, locked
from ml_assets.registry.kept_files import why_not_as_registered
from ml_assets.registry.version import CHALLENGER, CHAMPION, RegisteredVersion, own_tags


@dataclass(frozen=True)
class Registry:
    """MLflow's tracking server and model registry, as this process uses them.

    Attributes
    ----------
    tracking_uri : str
        MLflow's URI, for tracking and for the registry.
    folder : Path
        Where this machine's lock lies, and the models where the URI is SQLite.
    process : str
        The name of this process.
    is_running : callable
        Whether the process of a name still runs.
    """

    tracking_uri: str
    folder: Path
    process: str
    is_running: Callable[[str], bool]


def champion(tracking_uri: str, name: str) -> RegisteredVersion | None:
    """Give the champion of the registered model `name`, or None. SQLite is read without MLflow."""
    return _with_alias(tracking_uri, name, CHAMPION)


def challenger(tracking_uri: str, name: str) -> RegisteredVersion | None:
    """Give the challenger of the registered model `name`, or None. SQLite is read without MLflow."""
    return _with_alias(tracking_uri, name, CHALLENGER)


def registered_version(tracking_uri: str, name: str, version: int) -> RegisteredVersion | None:
    """Give one version of the registered model `name`, or None. SQLite is read without MLflow."""
    path = database.sqlite_path(tracking_uri)
    if path is not None:
        registered = database.version_with_number(path, name, version)
        if registered is not database.UNKNOWN:
            return registered
    with connect(tracking_uri, f"version {version} of {name}") as client:
        return _version_or_none(lambda: client.get_model_version(name, str(version)))


def register(registry: Registry, candidate: Candidate) -> RegisteredVersion:
    """Register a candidate, or find the version that it already is, and name it challenger.

    Parameters
    ----------
    registry : Registry
        The registry.
    candidate : Candidate
        What to register. If a version has its digest, that version's tags are updated.

    Returns
    -------
    RegisteredVersion
        The one version with this content.

    Raises
    ------
    ModelError
        If MLflow fails, or the files it keeps are not those that it was given. No version exists then.
    """
    with (
        locked(registry.folder, registry.tracking_uri),
        connect(registry.tracking_uri, f"registering {candidate.name}") as client,
    ):
        # Of this process, which holds the lock, no other registration is under way: one that runs failed.
        run.close_dead_runs(
            client, lambda process: process != registry.process and registry.is_running(process)
        )
        version = _find_version(client, registry, candidate)
        if version is None:
            version = _create_version(client, registry, candidate)
        else:
            _update_tags(client, version, candidate)
        _finish_run(client, version)
        _set_alias(client, candidate.name, CHALLENGER, version)
        return _to_registered(client.get_model_version(candidate.name, version.version))


def close_dead_runs(tracking_uri: str, is_running: Callable[[str], bool]) -> list[str]:
    """Mark MLflow's running runs as failed whose process is gone, and remove what they left half-built.

    Parameters
    ----------
    tracking_uri : str
        MLflow's URI.
    is_running : callable
        Whether the process of a name still runs.

    Returns
    -------
    list of str
        The ids of the runs that were closed. Where there are none and the URI is SQLite, MLflow is not
        imported.
    """
    path = database.sqlite_path(tracking_uri)
    if path is not None:
        names = database.running_processes(path)
        if names is not database.UNKNOWN and all(is_running(name) for name in names):
            return []
    with connect(tracking_uri, "closing dead runs") as client:
        return run.close_dead_runs(client, is_running)


def _with_alias(tracking_uri: str, name: str, alias: str) -> RegisteredVersion | None:
    path = database.sqlite_path(tracking_uri)
    if path is not None:
        version = database.version_with_alias(path, name, alias)
        if version is not database.UNKNOWN:
            return version
    with connect(tracking_uri, f"{alias} of {name}") as client:
        return _version_or_none(lambda: client.get_model_version_by_alias(name, alias))


def _version_or_none(ask: Callable[[], Any]) -> RegisteredVersion | None:
    from mlflow.exceptions import MlflowException

    try:
        return _to_registered(ask())
    except MlflowException as error:
        # MLflow answers that an alias does not exist with INVALID_PARAMETER_VALUE.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _to_registered(version: Any) -> RegisteredVersion:
    return RegisteredVersion(
        name=version.name,
        version=int(version.version),
        tags=own_tags(version.tags),
        created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        source=version.source or "",
    )


def _find_version(client: Any, registry: Registry, candidate: Candidate) -> Any:
    """The first version with this content, by its tag and by its files."""
    query = f"name = '{candidate.name}' and tags.`{DIGEST_TAG}` = '{candidate.digest}'"
    versions = sorted(client.search_model_versions(query), key=lambda version: int(version.version))
    uri = registry.tracking_uri
    return next(
        (
            version
            for version in versions
            if not why_not_as_registered(_to_registered(version), uri)
        ),
        None,
    )


def _create_version(client: Any, registry: Registry, candidate: Candidate) -> Any:
    experiment = _experiment_id(client, registry, candidate.name)
    begun_run = run.begin_run(client, experiment, registry.process, candidate)
    run_id = begun_run.info.run_id
    try:
        run.log_run(client, run_id, candidate)
        model = run.log_model(client, experiment, run_id, candidate)
        _create_registered_model(client, candidate.name)
        return client.create_model_version(
            candidate.name,
            source=model.artifact_location,
            run_id=run_id,
            model_id=model.model_id,
            tags=candidate.version_tags(),
            description=candidate.description,
        )
    except BaseException:
        run.discard(client, begun_run)
        raise


def _experiment_id(client: Any, registry: Registry, name: str) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is not None:
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(experiment.experiment_id)
        return str(experiment.experiment_id)
    is_local = database.sqlite_path(registry.tracking_uri) is not None
    folder = (registry.folder.absolute() / "artifacts" / name).as_uri() if is_local else None
    return str(client.create_experiment(name, artifact_location=folder))


def _create_registered_model(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _update_tags(client: Any, version: Any, candidate: Candidate) -> None:
    for key, value in candidate.version_tags().items():
        if version.tags.get(key) != value:
            client.set_model_version_tag(candidate.name, version.version, key, value)


def _finish_run(client: Any, version: Any) -> None:
    if version.run_id and client.get_run(version.run_id).info.status != "FINISHED":
        client.set_terminated(version.run_id, "FINISHED")


def _set_alias(client: Any, name: str, alias: str, version: Any) -> None:
    client.set_registered_model_alias(name, alias, str(version.version))
