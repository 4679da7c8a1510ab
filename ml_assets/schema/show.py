"""How the schema is shown: the columns for the Dagster UI, and the sentence on its review."""

from pathlib import Path

from ml_assets.schema.history import Version
from ml_assets.schema.model import Feature, Schema


def columns(schema: Schema) -> list[tuple[str, str, bool, str]]:
    """Give name, type, whether null is allowed, and the rules in words, of each feature."""
    return [
        (feature.name, feature.type, feature.allows_null, "; ".join(rules(feature)))
        for feature in schema.features
    ]


def rules(feature: Feature) -> list[str]:
    """Give in words what a feature's values must be, but for its type."""
    statements = [
        (feature.min is not None, f"at least {feature.min}"),
        (feature.max is not None, f"at most {feature.max}"),
        (feature.domain is not None, f"one of {len(feature.domain or ())} values"),
        (feature.unique, "all different"),
        (0 < feature.min_fraction < 1, f"in at least {feature.min_fraction:.0%} of the rows"),
        (not feature.required, "may be absent"),
        (bool(feature.not_in), f"not in {', '.join(feature.not_in)}"),
        (bool(feature.note), feature.note),
    ]
    return [text for holds, text in statements if holds]


def review(schema: Schema, path: Path) -> str:
    """Say whether a person has read the schema, and what to do if not."""
    name = f"{path.parent.name}/{path.name}"
    if schema.reviewed:
        return (
            f"{name} was reviewed{f' by {schema.reviewed}' if schema.reviewed is not True else ''}."
        )
    return (
        f"{name} was inferred from the training split and no one has reviewed it. Read it, edit it, "
        "then set `reviewed: true` in it, or put your name there."
    )


def explanation(version: Version, name: str) -> str:
    """Say why the file was changed last, and what to do where it does not say so."""
    change = f"Version {version.sequence} of {name}, {version.how}"
    if version.is_explained:
        return f"{change}{f': {version.reason}' if version.reason else '.'}"
    return f"{change} without a reason. Write why into it: `reason: ...`."


def version_text(version: Version) -> str:
    """Give a version for the console: when, how, by whom, why and what changed."""
    names = ", ".join((*version.features, *version.anomalies))
    reason = version.reason or ("" if version.is_explained else "no reason given")
    return (
        f"version {version.sequence}  {version.at[:19]}  {version.how}"
        f"{f' by {version.by}' if version.by else ''}{f' ({names})' if names else ''}"
        f"{f': {reason}' if reason else ''}\n{version.diff}"
    )
