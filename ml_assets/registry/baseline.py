"""The baseline: the champion that a candidate must beat, as TFX's Resolver finds it."""

from typing import Any

from ml_assets.errors import ModelError
from ml_assets.registry.registry import champion, registered_version
from ml_assets.registry.version import PREFIX, RegisteredVersion


def find_baseline(tracking_uri: str, name: str, candidate: str) -> dict[str, Any]:
    """Find what a candidate is compared with.

    Parameters
    ----------
    tracking_uri : str
        MLflow's URI.
    name : str
        The registered model.
    candidate : str
        The digest of the candidate's model artifact.

    Returns
    -------
    dict
        ``version``, ``model_digest``, and ``examples_digest`` (of what it was trained on, or None); empty
        where there is none. It is the champion, or, for a candidate that is the champion already, the
        version that it was compared with then: so a promotion does not change what its own candidate is
        compared with.

    Raises
    ------
    ModelError
        If the champion was not registered by this package.
    """
    baseline = champion(tracking_uri, name)
    if baseline is not None and baseline.model_digest == candidate:
        previous = baseline.baseline
        baseline = None if previous is None else registered_version(tracking_uri, name, previous)
    return {} if baseline is None else _facts(baseline)


def _facts(version: RegisteredVersion) -> dict[str, Any]:
    if version.model_digest is None:
        raise ModelError(
            f"The champion of '{version.name}', version {version.version}, was not registered by "
            f"ml_assets (its tag {PREFIX}model_digest is missing), so no candidate can be compared "
            f"with it. Remove its alias champion in MLflow, or give the pipeline another name in "
            f"registry.model."
        )
    return {
        "version": version.version,
        "model_digest": version.model_digest,
        "examples_digest": version.tags.get("examples_digest"),
    }
