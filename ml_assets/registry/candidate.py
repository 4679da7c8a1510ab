"""`Candidate`: what is registered, and how it is tagged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ml_assets.registry.version import PREFIX

DIGEST_TAG = PREFIX + "model_digest"
MAX_TAG = 4_000


@dataclass(frozen=True)
class Candidate:
    """What is registered.

    Attributes
    ----------
    name : str
        The registered model's name.
    digest : str
        Of the model artifact: the same digest is the same version.
    directory : Path
        The MLflow model.
    tags : mapping of str to str
        Without the prefix ``ml_assets.``.
    params, metrics : mapping
        For the MLflow run.
    description : str
        Markdown, for the run and the version.
    """

    name: str
    digest: str
    directory: Path
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    description: str = ""

    def version_tags(self) -> dict[str, str]:
        """Give its tags as MLflow keeps them, the digest among them."""
        tags = {**self.tags, "model_digest": self.digest}
        return {PREFIX + key: str(value)[:MAX_TAG] for key, value in sorted(tags.items())}
