"""Checks a model that was made with other versions of the libraries before it is opened.

No library promises that a newer version reads and computes what an older one wrote. So in a server
process of its own the model must predict what it predicted when it was validated. The outcome is
remembered until a library changes again.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_assets import durable
from ml_assets.errors import ModelError
from ml_assets.registry.spec import InfraValidationSpec
from ml_assets.registry.version import RegisteredVersion

if TYPE_CHECKING:
    from ml_assets.registry.answers import Predictions
    from ml_assets.registry.infra_result import Limits

EXPECTED_FILE = "expected.npy"
_MEMORY = "asked_again.json"


def keep_expected(directory: Path, expected: "Predictions | None") -> None:
    """Keep what a candidate predicted when it was validated, for `refuse_if_upgrades_change_it`."""
    import numpy as np

    if expected is not None:
        np.save(directory / EXPECTED_FILE, expected, allow_pickle=False)


def other_libraries(libraries: Mapping[str, str]) -> dict[str, str]:
    """Give the libraries that a model was made with and that are of another version here, in words."""
    installed = {name: _installed_version(name) for name in libraries}
    return {
        name: f"{name} {version} (here {installed[name]})"
        for name, version in sorted(libraries.items())
        if installed[name] != version
    }


def refuse_if_upgrades_change_it(
    version: RegisteredVersion,
    folder_of: Callable[[str, str], Path],
    limits: InfraValidationSpec,
    trusted_types: Sequence[str],
    root: Path,
) -> None:
    """Refuse a registered model that predicts otherwise since a library changed.

    Parameters
    ----------
    version : RegisteredVersion
        The version. Nothing is checked where it was made with the versions that are installed here.
    folder_of : callable
        Gives the folder of an asset's content by its digest, and raises where that was altered. It may
        be gone: opening the model then fails and says so.
    limits : InfraValidationSpec
        What it must keep: the time to load, the memory and the tolerance.
    trusted_types : sequence of str
        The types of the user's own in its file.
    root : Path
        The pipeline's folder, for the server's log and for what is remembered.

    Raises
    ------
    ModelError
        With the versions and the difference; also where no record says what it predicted.
    """
    path = folder_of("model", version.model_digest or "none") / "model.json"
    manifest = durable.read_json(path) if path.is_file() else {"libraries": {}}
    changed = other_libraries(manifest["libraries"])
    key = durable.json_digest([version.model_digest, changed])
    if not changed or (durable.read_json_object(root / _MEMORY) or {}).get("key") == key:
        return
    reason = _why_not_opened(version, folder_of, manifest, limits, trusted_types, root)
    if reason is not None:
        raise ModelError(
            f"version {version.version} of '{version.name}' was made with {', '.join(changed.values())}. "
            f"So it was asked again before it was opened, and {reason}. Train another one, or install "
            "those versions."
        )
    durable.write_json(root / _MEMORY, {"key": key})


def _why_not_opened(
    version: RegisteredVersion,
    folder_of: Callable[[str, str], Path],
    manifest: Mapping[str, Any],
    limits: InfraValidationSpec,
    trusted_types: Sequence[str],
    root: Path,
) -> str | None:
    """Say what speaks against opening it, or None."""
    import numpy as np

    from ml_assets.registry.infra_result import Limits
    from ml_assets.registry.loader import TRUSTED_TYPES
    from ml_assets.registry.mlflow_model import BUNDLE
    from ml_assets.registry.payload import choose_rows
    from ml_assets.table import Table

    validation, examples = (
        folder_of(asset, version.tags.get(f"{asset}_digest", "none"))
        for asset in ("infra_validation", "validated_examples")
    )
    served = validation / "mlflow_model"
    if durable.directory_digest(served / BUNDLE) != version.model_digest:
        return f"{served} does not hold it"
    if not ((validation / EXPECTED_FILE).is_file() and (examples / "examples.parquet").is_file()):
        return "nothing tells what it predicted when it was validated"
    expected = np.load(validation / EXPECTED_FILE, allow_pickle=False)
    names = [column["name"] for column in manifest["input_columns"]]
    rows = choose_rows(Table((examples / "examples.parquet",)), names, len(expected))
    log = root / "logs" / f"version_{version.version}.log"
    environment = {TRUSTED_TYPES: ",".join(trusted_types)}
    return _why_predictions_differ(served, rows, expected, Limits.of(limits), log, environment)


def _why_predictions_differ(
    served: Path,
    rows: Any,
    expected: "Predictions",
    limits: "Limits",
    log: Path,
    environment: Mapping[str, str],
) -> str | None:
    from ml_assets.registry.answers import is_expected
    from ml_assets.registry.payload import rows_body
    from ml_assets.registry.scoring_server import ScoringServerError, scoring_server

    most_mb = limits.max_memory_mb + limits.spare_memory_mb
    try:
        with scoring_server(served, log, limits.max_answer_seconds, most_mb, environment) as server:
            server.wait_until_healthy(limits.max_load_seconds)
            answer = server.ask(rows_body(rows))
    except ScoringServerError as error:
        return str(error)
    if not is_expected(answer, expected, limits.tolerance):
        return f"it does not predict what it did then; the server's output is in {log}"
    log.unlink(missing_ok=True)
    return None


def _installed_version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
