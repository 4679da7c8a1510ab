"""`RegisteredVersion`: one version of a registered model, as this package tagged it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

CHAMPION = "champion"
CHALLENGER = "challenger"
PREFIX = "ml_assets."


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of a registered model.

    Attributes
    ----------
    name : str
        The registered model.
    version : int
        From 1.
    tags : mapping of str to str
        What this package wrote about it, by key without the prefix ``ml_assets.``: ``model_digest``,
        ``pipeline``, ``dagster_run_id``, ``examples_digest``, ``validated_features_digest``,
        ``schema_digest``, ``statistics_digest``, ``code_version``, ``baseline`` and the verdicts.
        Empty for a version that somebody else registered.
    created_at : datetime
        In UTC.
    source : str
        The URI of its files.
    """

    name: str
    version: int
    tags: Mapping[str, str]
    created_at: datetime
    source: str

    @property
    def model_digest(self) -> str | None:
        """The digest of the model artifact that it is, or None if not registered by this package."""
        return self.tags.get("model_digest")

    @property
    def baseline(self) -> int | None:
        """The version that it was compared with when it was judged last, or None if with none."""
        text = self.tags.get("baseline", "")
        return int(text) if text.isdecimal() else None


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the tags of this package out of all tags of a version, without their prefix."""
    return {
        key.removeprefix(PREFIX): value for key, value in tags.items() if key.startswith(PREFIX)
    }
