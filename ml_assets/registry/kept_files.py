"""Whether the files that MLflow keeps of a version are those that were registered, by their content."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ml_assets import durable
from ml_assets.registry.mlflow_model import BUNDLE
from ml_assets.registry.run import local_path
from ml_assets.registry.version import RegisteredVersion


def why_not_as_registered(version: RegisteredVersion, tracking_uri: str) -> str | None:
    """Say why the files of a version are not those that were registered, or None.

    Parameters
    ----------
    version : RegisteredVersion
        The version. Its files are compared with its digest.
    tracking_uri : str
        MLflow's URI. Files that it keeps elsewhere than on this machine are fetched first.
    """
    if version.model_digest is None:
        return foreign(version)
    with _files_of(version, tracking_uri) as folder:
        if not (folder / BUNDLE).is_dir():
            return f"its files are gone from {version.source}"
        if durable.directory_digest(folder / BUNDLE) != version.model_digest:
            return f"its files in {version.source} were altered after it was registered"
    return None


def foreign(version: RegisteredVersion) -> str:
    """Say that a version is not one of ours."""
    return f"version {version.version} of '{version.name}' was not registered by ml_assets"


@contextmanager
def _files_of(version: RegisteredVersion, tracking_uri: str) -> Iterator[Path]:
    """The folder of its files, which may not exist."""
    folder = local_path(version.source)
    if folder is not None:
        yield folder
        return
    from mlflow.artifacts import download_artifacts, list_artifacts

    location = {"artifact_uri": version.source, "tracking_uri": tracking_uri}
    with TemporaryDirectory(prefix="ml_assets-version-") as fetched:
        if list_artifacts(**location):
            download_artifacts(**location, dst_path=fetched)
        yield next((path.parent for path in Path(fetched).rglob("MLmodel")), Path(fetched))
