"""Whether anything that a pipeline is made from has changed since its last complete run.

This asks coarsely, without Dagster: if one thing differs, Dagster runs, and each asset asks for itself.
"""

import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ml_assets import durable
from ml_assets.artifacts.code import code_of_modules
from ml_assets.artifacts.fingerprint import LIBRARIES, libraries_of
from ml_assets.artifacts.home import Home
from ml_assets.artifacts.sound import outline
from ml_assets.artifacts.store import Store
from ml_assets.errors import MLAssetsError
from ml_assets.pipeline_file import PipelineFile

_PACKAGE = Path(__file__).parent.parent
_LIBRARIES = ("dagster", *LIBRARIES.values())


def unchanged_assets(pipeline: PipelineFile, home: Home) -> list[str] | None:
    """Give the names of all assets if every one of them still holds, else None.

    Parameters
    ----------
    pipeline : PipelineFile
        The pipeline.
    home : Home
        The home folder, whose last complete run is compared with.
    """
    last_inputs = durable.read_json_object(_memory_file(pipeline, home))
    assets = _stored_assets(last_inputs or {})
    store = Store(home.pipeline(pipeline.spec.name))
    is_same = bool(assets) and last_inputs == _inputs(pipeline, home, store, assets)
    return assets if is_same else None


def remember_inputs(pipeline: PipelineFile, home: Home) -> None:
    """Record what a complete, successful run was made from; nothing where that is not known."""
    store = Store(home.pipeline(pipeline.spec.name))
    assets = store.assets()
    records = {name: store.current(name) for name in assets}
    ordered = sorted(assets, key=lambda name: _depth(store, records, name))
    durable.write_json(_memory_file(pipeline, home), _inputs(pipeline, home, store, ordered))


def _stored_assets(last_inputs: Mapping[str, Any]) -> list[str]:
    """The assets of the last complete run; none where its memory is not as it was written."""
    entries = last_inputs.get("assets")
    pairs = (
        [pair for pair in entries if isinstance(pair, list) and pair]
        if isinstance(entries, list)
        else []
    )
    return [name for name, *_ in pairs if isinstance(name, str)]


def _memory_file(pipeline: PipelineFile, home: Home) -> Path:
    return home.pipeline(pipeline.spec.name) / "last_run.json"


def _depth(store: Store, records: Any, name: str) -> tuple[int, str]:
    record = records[name]
    return (len(store.lineage(record)) if record is not None else 0, name)


def _inputs(
    pipeline: PipelineFile, home: Home, store: Store, assets: list[str]
) -> dict[str, Any] | None:
    """Everything that the assets depend on, or None where that is not known cheaply.

    Of the stored files only size and time are compared here. Where these differ Dagster runs, and each
    asset compares the content.
    """
    from ml_assets.registry.registry import champion

    spec, source = pipeline.spec, _source(pipeline)
    records = {name: store.current(name) for name in assets}
    if source is None or any(record is None or record.blocks() for record in records.values()):
        return None
    holder = champion(home.tracking_uri, spec.model_name)
    schema = spec.directory / spec.schema_.file
    user_code = code_of_modules(spec.user_modules)
    return {
        "assets": [[name, record.fingerprint] for name, record in records.items() if record],
        "files": [outline(store, store.artifact(record)) for record in records.values() if record],
        "yaml": durable.json_digest(spec.model_dump(mode="json")),
        "code": _package_digests(),
        "user_code": {name: module.digest for name, module in user_code.items()},
        "libraries": {name: metadata.version(name) for name in _LIBRARIES}
        | libraries_of(user_code, (*spec.user_modules, *spec.training.libraries)),
        "python": platform.python_version(),
        "source": source,
        "schema": durable.file_digest(schema) if schema.is_file() else None,
        "champion": [holder.version, holder.model_digest] if holder else None,
        "mlflow": os.environ.get("MLFLOW_TRACKING_URI", ""),
    }


def _source(pipeline: PipelineFile) -> str | None:
    """The fingerprint of the source; None too where it cannot be read: what looks next gives the line."""
    from ml_assets.ingest.sources import source_fingerprint

    try:
        return source_fingerprint(pipeline.spec.ingest.source, pipeline.spec.directory)
    except MLAssetsError:
        return None


def _package_digests() -> dict[str, str]:
    """The digest of every file of this package."""
    files = sorted(_PACKAGE.rglob("*.py"))
    return {path.relative_to(_PACKAGE).as_posix(): durable.file_digest(path) for path in files}
