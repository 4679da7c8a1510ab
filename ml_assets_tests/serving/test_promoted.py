"""Only a version that went through the gate scores."""

from datetime import UTC, datetime

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry.ledger import Action, Entry
from ml_assets.registry.version import RegisteredVersion
from ml_assets.serving.promoted import check_promoted


def entry(action: Action, to: int) -> Entry:
    return Entry(action, 1, to, "d", "c", "ada", "why", "", "2026-01-01T00:00:00")


def version(verdict: str | None) -> RegisteredVersion:
    tags = {} if verdict is None else {"promotion": verdict}
    return RegisteredVersion("orders", 2, tags, datetime(2026, 1, 1, tzinfo=UTC), "file:///x")


REFUSED = "refused: blessing: roc_auc is 0.61"


@pytest.mark.parametrize(
    ("verdict", "entries"),
    [
        ("promoted", []),
        (REFUSED, [entry("promotion", 2)]),
        (None, [entry("promotion", 1), entry("rollback", 2)]),
    ],
    ids=["by its tag", "once promoted, and refused by a stricter YAML since", "by a rollback"],
)
def test_what_was_promoted_scores(verdict: str | None, entries: list[Entry]) -> None:
    check_promoted(version(verdict), entries, "shop")
    with pytest.raises(ModelError, match="no verdict is known"):
        check_promoted(version(None), [], "shop")


@pytest.mark.parametrize(
    ("verdict", "entries", "told"),
    [
        (REFUSED, [], r"refused: blessing: roc_auc is 0\.61"),
        (REFUSED, [entry("promotion", 1), entry("found", 2), entry("approval", 2)], "refused"),
        (None, [], "no verdict is known"),
    ],
)
def test_what_was_only_given_the_alias_does_not(
    verdict: str | None, entries: list[Entry], told: str
) -> None:
    with pytest.raises(
        ModelError,
        match=rf"^shop/predictions: version 2 of 'orders' bears .* \({told}.*rollback shop --reason",
    ):
        check_promoted(version(verdict), entries, "shop")
