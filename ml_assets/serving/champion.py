"""Who scores: the champion, with what the monitoring needs to know of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ml_assets.errors import ModelError
from ml_assets.registry.version import RegisteredVersion

# The file, beside the predictions, of what the monitoring needs to know.
SCORED_BY = "scored_by.json"


@dataclass(frozen=True)
class Scorer:
    """The version that scores.

    Attributes
    ----------
    name : str
        The registered model.
    version : int
        Its version.
    model_digest : str
        Of its model artifact.
    statistics_digest, evaluation_digest : str or None
        Of the statistics of the examples that it was trained on, and of its evaluation.
    examples_digest : str or None
        Of the examples themselves.
    """

    name: str
    version: int
    model_digest: str
    statistics_digest: str | None
    evaluation_digest: str | None
    examples_digest: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Scorer":
        """Read what `to_json` gave."""
        return cls(**value)


def scorer(champion: RegisteredVersion | None, name: str, pipeline: str) -> Scorer:
    """Give the champion as the one who scores.

    Parameters
    ----------
    champion : RegisteredVersion or None
        What the registry says.
    name : str
        The registered model's name, for the message.
    pipeline : str
        The pipeline's name, for the message.

    Raises
    ------
    ModelError
        If there is no champion, or this package did not register it.
    """
    if champion is None:
        raise ModelError(
            f"{pipeline}/predictions: the registered model '{name}' has no champion, so nothing can "
            f"score. A model becomes champion when it passes every gate: python -m ml_assets run "
            f"{pipeline}"
        )
    if champion.model_digest is None:
        raise ModelError(
            f"{pipeline}/predictions: version {champion.version} of '{name}' bears the alias champion, "
            "but was not registered by ml_assets, so its files are unknown. Give the alias back to a "
            f"version of this pipeline: python -m ml_assets run {pipeline}"
        )
    names = ("statistics_digest", "evaluation_digest", "examples_digest")
    traced = {key: champion.tags.get(key) for key in names}
    return Scorer(name, champion.version, champion.model_digest, **traced)


def holds_no_more(champion: RegisteredVersion | None, version: int) -> str | None:
    """Say why the predictions of `version` do not hold any more, or None."""
    if champion is None:
        return "there is no champion any more"
    if champion.version != version:
        return f"the champion is now version {champion.version}, no longer {version}"
    return None
