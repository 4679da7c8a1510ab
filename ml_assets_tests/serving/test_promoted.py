"""Only a version that went through the gate scores."""

from datetime import UTC, datetime

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry.ledger import Action, Entry, passed_the_gate
from ml_assets.registry.version import RegisteredVersion
from ml_assets.serving.promoted import check_promoted


def entry(action: Action, to: int, digest: str = "d") -> Entry:
    return Entry(action, 1, to, digest, "c", "ada", "why", "", "2026-01-01T00:00:00")


def version(verdict: str, digest: str = "d") -> RegisteredVersion:
    tags = {"promotion": verdict, "model_digest": digest}
    return RegisteredVersion("orders", 2, tags, datetime(2026, 1, 1, tzinfo=UTC), "file:///x")


REFUSED = "refused: blessing: roc_auc is 0.61"


@pytest.mark.parametrize(
    ("verdict", "entries"),
    [
        (REFUSED, [entry("promotion", 2)]),
        ("promoted", [entry("promotion", 1), entry("rollback", 2)]),
    ],
    ids=["once promoted, and refused by a stricter YAML since", "by a rollback"],
)
def test_what_was_promoted_scores(verdict: str, entries: list[Entry]) -> None:
    check_promoted(version(verdict), entries, "shop")
    check_promoted(None, entries, "shop")
    assert passed_the_gate(entries, version(verdict))


@pytest.mark.parametrize(
    ("champion", "entries", "verdict"),
    [
        (version(REFUSED), [], r"refused: blessing: roc_auc is 0\.61"),
        (version(REFUSED), [entry("promotion", 1), entry("found", 2)], "refused"),
        (version(REFUSED), [entry("approval", 2)], "refused"),
        (version("promoted"), [], "promoted"),
        (version("promoted", "e"), [entry("promotion", 2)], "promoted"),
    ],
    ids=["refused", "found", "approved only", "a tag that anybody can write", "an altered digest"],
)
def test_what_was_only_given_the_alias_or_a_tag_does_not(
    champion: RegisteredVersion, entries: list[Entry], verdict: str
) -> None:
    with pytest.raises(
        ModelError,
        match=rf"^shop/predictions: version 2 of 'orders' bears .* \({verdict}.*rollback shop --reason",
    ):
        check_promoted(champion, entries, "shop")
