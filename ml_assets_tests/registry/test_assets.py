"""The registry's assets in Dagster: from a model and its verdicts to a champion."""

from typing import Any

import numpy as np
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.errors import ModelError
from ml_assets.registry.client import connect
from ml_assets.registry.infra_result import InfraValidation
from ml_assets.registry.registry import champion, registered_version
from ml_assets.training.bundle import load_model
from ml_assets_tests.registry.rich_model import rich_rows, write_rich_bundle
from ml_assets_tests.registry.shop import (
    FAILED,
    aliases,
    put,
    put_examples,
    put_model,
    registered,
    run,
    store_of,
)


@pytest.fixture
def home(shop_home: Home) -> Home:
    return shop_home


def test_a_good_candidate_is_served_registered_and_promoted_and_then_cached(home: Home) -> None:
    put(home, "model", write_rich_bundle)
    first = run(home, max_latency_ms=5_000, tolerance=0)

    assert first.success
    assert first.checks["infra_blessing"].passed
    assert first.said == "version 1 is the champion"
    digest = store_of(home).current_artifact("model").digest
    assert registered(home) == {
        "name": "shop",
        "version": 1,
        "model_digest": digest,
        "champion": True,
        "champion_version": 1,
        "challenger": None,
        "reasons": [],
        "stale": [],
        "promoted": True,
        "said": "version 1 is the champion",
    }
    _assert_tags_tell_of_every_verdict(home)
    _assert_answers_are_those_of_training(home)
    assert list((store_of(home).root / "logs").iterdir()) == []

    second = run(home, max_latency_ms=5_000, tolerance=0)

    assert second.success
    assert set(second.reasons.values()) == {"cached"}


def _assert_tags_tell_of_every_verdict(home: Home) -> None:
    version = champion(home.tracking_uri, "shop")
    assert version is not None
    assert version.baseline is None
    tags = dict(version.tags)
    assert tags.pop("dagster_run_id")
    assert tags.pop("code_version")
    assert set(tags) == {
        "baseline",
        "evaluation_digest",
        "infra_validation_digest",
        "model_digest",
        "pipeline",
        "promotion",
        "validated_examples_digest",
        "verdict.blessing",
        "verdict.infra_blessing",
        "verdict.quarantine",
    }
    assert tags["verdict.infra_blessing"] == "passed"


def _assert_answers_are_those_of_training(home: Home) -> None:
    infra = store_of(home).current_artifact("infra_validation")
    answers = infra.json("infra_validation.json")
    assert (answers["rows"], answers["max_difference"]) == (50, 0.0)
    assert set(answers["refused"].values()) == {400, 415}
    assert None not in [infra.summary[n] for n in ("load_seconds", "p50_ms", "p99_ms", "memory_mb")]
    model = store_of(home).current_artifact("model")
    expected = load_model(model.path).predict(rich_rows().to_pandas())
    np.testing.assert_array_equal(np.load(infra.path / "expected.npy"), expected[-50:])
    assert infra.json("infra_blessing.json") == {
        "candidate": model.digest,
        "blessed": True,
        "reasons": [],
    }


def test_a_candidate_that_is_not_blessed_stays_the_challenger(
    home: Home, served: InfraValidation
) -> None:
    result = run(home, blessed=False)

    assert not result.success
    assert result.said == (
        "version 1 was not promoted, there is no champion: "
        "blessing: roc_auc is 0.81; it must be at least 0.99"
    )
    assert aliases(home) == (None, 1)


def test_a_refused_candidate_leaves_the_champion(home: Home, served: InfraValidation) -> None:
    run(home)
    put_model(home, seed=1)

    result = run(home, blessed=False)

    assert not result.success
    description = result.said
    assert description.startswith("version 2 was not promoted, the champion stays version 1: bless")
    assert aliases(home) == (1, 2)
    again = run(home, blessed=False)
    assert not again.success
    assert set(again.reasons.values()) == {"cached"}


def test_a_better_candidate_becomes_champion_and_remembers_whom_it_replaced(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    first = store_of(home).current_artifact("model").digest
    put_model(home, seed=1)

    assert run(home).success

    assert aliases(home) == (2, None)
    baseline = store_of(home).current_artifact("baseline_model").json("baseline.json")
    assert baseline == {"version": 1, "model_digest": first, "examples_digest": None}
    again = run(home)
    assert again.success
    assert set(again.reasons.values()) == {"cached"}


def test_a_candidate_whose_server_failed_is_not_promoted_and_tried_again(
    home: Home, served: InfraValidation
) -> None:
    served.reasons.append("the 99th percentile of the latency is 1400 ms; the limit is 1000 ms")

    result = run(home)

    assert not result.success
    assert not result.checks["infra_blessing"].passed
    assert (
        "infra_blessing: the 99th percentile of the latency is 1400 ms; the limit is 1000 ms"
        in result.said
    )
    served.reasons.clear()
    again = run(home)
    assert again.success
    assert again.reasons["infra_validation"] == "it was not blessed, so it is tried again"
    assert aliases(home) == (1, None)


def test_a_check_that_failed_anywhere_before_is_a_no(home: Home, served: InfraValidation) -> None:
    put_examples(home, FAILED)

    result = run(home)

    assert not result.success
    assert (
        "validated_examples: quarantine failed: 9 % of the rows; at most 5 % may be" in result.said
    )
    assert aliases(home) == (None, 1)


def test_verdicts_are_read_from_the_disk_at_the_moment_of_promotion(
    home: Home, served: InfraValidation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml_assets.registry import registry

    original = registry.register

    def register_while_someone_alters(*arguments: Any) -> Any:
        version = original(*arguments)
        path = store_of(home).current_artifact("evaluation").path / "blessing.json"
        path.write_text(path.read_text().replace("[]", '["altered"]'))
        return version

    monkeypatch.setattr(registry, "register", register_while_someone_alters)

    result = run(home)

    assert not result.success
    description = result.said
    assert "evaluation: its files are missing or were altered after it was made" in description


def test_aliases_that_someone_moves_are_seen(home: Home, served: InfraValidation) -> None:
    run(home)
    put_model(home, seed=1)
    run(home)
    with connect(home.tracking_uri, "a test") as client:
        client.set_registered_model_alias("shop", "champion", "1")

    result = run(home)

    assert result.reasons["baseline_model"] == "cached"
    assert result.reasons["registered_model"] == (
        "the alias champion was moved in MLflow, from version 2 to version 1"
    )
    assert aliases(home) == (2, None)


def test_a_version_that_someone_deletes_is_registered_again(
    home: Home, served: InfraValidation
) -> None:
    run(home)
    with connect(home.tracking_uri, "a test") as client:
        client.delete_model_version("shop", "1")

    result = run(home)

    assert result.success
    assert result.reasons["registered_model"] == "version 1 of shop is gone from MLflow"
    assert registered_version(home.tracking_uri, "shop", 1) is None
    assert aliases(home) == (2, None)


def test_a_champion_that_an_upgrade_may_change_is_told_and_asked_again_each_time(
    home: Home, served: InfraValidation, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_model(home, seed=0, skops="0.1")
    run(home)
    put_model(home, seed=1)

    first, second = run(home), run(home)

    baseline = store_of(home).current_artifact("baseline_model").json("baseline.json")
    assert baseline["refused"].startswith("version 1 of 'shop' was made with skops 0.1 (here ")
    assert baseline["refused"].endswith(
        "nothing tells what it predicted when it was validated. Train another one, or install those "
        "versions."
    )
    assert first.reasons["baseline_model"].startswith("model changed")
    assert second.reasons["baseline_model"] == "the champion was refused, so it is asked again"


def test_a_champion_of_someone_else_is_refused_as_a_baseline(home: Home) -> None:
    from ml_assets.registry.baseline import find_baseline

    with connect(home.tracking_uri, "a test") as client:
        client.create_registered_model("shop")
        client.create_model_version("shop", source=home.root.as_uri())
        client.set_registered_model_alias("shop", "champion", "1")

    with pytest.raises(
        ModelError, match=r"champion of 'shop', version 1, was not registered by ml_assets .*Remove"
    ):
        find_baseline(home.tracking_uri, "shop", "a" * 64)
