from datetime import UTC, datetime
from typing import Any

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry.version import RegisteredVersion
from ml_assets.serving.champion import Scorer, holds_no_more, scorer


def _version(version: int, **tags: Any) -> RegisteredVersion:
    return RegisteredVersion("shop", version, tags, datetime(2026, 1, 1, tzinfo=UTC), "file:///x")


def test_the_champion_scores_and_names_its_model_and_statistics() -> None:
    champion = scorer(_version(3, model_digest="m", statistics_digest="s"), "shop", "orders")
    assert champion == Scorer("shop", 3, "m", "s", None)
    assert Scorer.from_json(champion.to_json()) == champion


@pytest.mark.parametrize(
    ("champion", "message"),
    [
        (None, "shop/predictions: the registered model 'orders' has no champion.*run shop"),
        (_version(4), "version 4 of 'orders'.*was not registered by ml_assets"),
    ],
)
def test_without_a_champion_of_ours_the_message_says_what_to_do(
    champion: RegisteredVersion | None, message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        scorer(champion, "orders", "shop")


@pytest.mark.parametrize(
    ("champion", "why"),
    [
        (None, "there is no champion any more"),
        (_version(3), "the champion is now version 3, no longer 2"),
        (_version(2), None),
    ],
)
def test_predictions_hold_while_their_version_is_the_champion(
    champion: RegisteredVersion | None, why: str | None
) -> None:
    assert holds_no_more(champion, 2) == why
