"""Ways round the gate: MLflow's own buttons, forged tags, altered files, a clock that jumps."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry import kept_files, promotion
from ml_assets.registry.gate import Decision
from ml_assets.registry.ledger import passed_the_gate, withdrawal_of
from ml_assets.registry.promotion import Request, approve, ledger_of, promote, rollback
from ml_assets.registry.registry import Registry, champion, register, registered_version
from ml_assets.registry.run import local_path
from ml_assets.registry.version import RegisteredVersion
from ml_assets_tests.registry.children import ASKED, YES, candidate_in, registry_in
from ml_assets_tests.registry.contents import mlflow_in

NO = Decision(False, ("blessing: roc_auc is 0.61",))
BACK = Request("ada", "it refused every flight to Boston")


@pytest.fixture
def registry(home: Path) -> Registry:
    return registry_in(home)


def offer(registry: Registry, model: str, decision: Decision = YES) -> RegisteredVersion:
    """Register a model and ask for its promotion."""
    version = register(registry, candidate_in(registry.folder, model))
    promote(registry, version, lambda current, entries: decision, ASKED)
    return version


def set_by_hand(registry: Registry, version: int) -> None:
    with mlflow_in(registry.folder) as client:
        client.set_registered_model_alias("flights", "champion", str(version))


def champion_of(registry: Registry) -> int | None:
    current = champion(registry.tracking_uri, "flights")
    return current.version if current else None


def moves(registry: Registry) -> list[tuple[str, int | None, int | None]]:
    entries = ledger_of(registry, "flights").entries()
    return [(entry.action, entry.from_version, entry.to_version) for entry in entries]


def files_of(version: RegisteredVersion) -> Path:
    return local_path(version.source) or Path("nowhere")


def test_a_rollback_goes_to_what_passed_the_gate_not_to_what_was_set_by_hand(
    registry: Registry,
) -> None:
    offer(registry, "a")
    offer(registry, "b", NO)
    set_by_hand(registry, 2)
    offer(registry, "c")

    with pytest.raises(
        ModelError, match=r"version 2 of 'flights', as MLflow has it now, never pas"
    ):
        rollback(registry, "flights", BACK, to=2)
    rollback(registry, "flights", BACK)

    assert champion_of(registry) == 1
    assert moves(registry)[1:] == [("found", 1, 2), ("promotion", 2, 3), ("rollback", 3, 1)]


def test_a_rollback_takes_back_what_was_set_by_hand(registry: Registry) -> None:
    offer(registry, "a")
    offer(registry, "b", NO)
    set_by_hand(registry, 2)

    rollback(registry, "flights", BACK)

    assert champion_of(registry) == 1


def test_what_was_rolled_back_stays_withdrawn_when_its_alias_is_set_by_hand(
    registry: Registry,
) -> None:
    offer(registry, "a")
    second = offer(registry, "b")
    rollback(registry, "flights", BACK)
    set_by_hand(registry, 2)
    approve(registry, second, ASKED)  # any look at the ledger enters what was found

    entries = ledger_of(registry, "flights").entries()
    assert [entry.action for entry in entries[2:]] == ["rollback", "found", "approval"]
    assert withdrawal_of(entries, second.model_digest or "") == entries[2]


def test_a_champion_set_by_hand_becomes_the_gates_own_when_the_gate_says_yes(
    registry: Registry,
) -> None:
    offer(registry, "a")
    second = offer(registry, "b", NO)
    set_by_hand(registry, 2)
    offer(registry, "b", NO)
    assert not passed_the_gate(ledger_of(registry, "flights").entries(), second)

    offer(registry, "b")

    assert passed_the_gate(ledger_of(registry, "flights").entries(), second)
    assert moves(registry)[1:] == [("found", 1, 2), ("promotion", 2, 2)]
    rollback(registry, "flights", BACK)
    assert champion_of(registry) == 1


def test_a_version_that_somebody_gave_a_digest_is_not_taken_for_it(registry: Registry) -> None:
    candidate, other_candidate = (candidate_in(registry.folder, model) for model in "ab")
    with mlflow_in(registry.folder) as client:
        client.create_registered_model("flights")
        tags = {"ml_assets.model_digest": candidate.digest}
        client.create_model_version("flights", source=other_candidate.directory.as_uri(), tags=tags)
    forged = registered_version(registry.tracking_uri, "flights", 1)
    assert forged is not None

    decision = promote(registry, forged, lambda current, entries: YES, ASKED)
    ours = offer(registry, "a")

    assert decision.reasons == (
        f"its files in {forged.source} were altered after it was registered",
    )
    assert (ours.version, champion_of(registry)) == (2, 2)


def test_a_version_whose_tag_was_altered_cannot_be_rolled_back_to(registry: Registry) -> None:
    offer(registry, "a")
    offer(registry, "b")
    refused = offer(registry, "c", NO)
    first = registered_version(registry.tracking_uri, "flights", 1)
    assert first is not None
    shutil.rmtree(files_of(first))
    shutil.copytree(files_of(refused), files_of(first))
    with mlflow_in(registry.folder) as client:
        client.set_model_version_tag("flights", "1", "ml_assets.model_digest", refused.model_digest)

    with pytest.raises(ModelError, match="version 1 of 'flights', as MLflow has it now, never pas"):
        rollback(registry, "flights", BACK, to=1)
    assert champion_of(registry) == 2


HARM: dict[str, Callable[[Path], object]] = {
    "were altered": lambda folder: (folder / "bundle" / "model.json").write_text("{}"),
    "are gone": shutil.rmtree,
}


@pytest.mark.parametrize("elsewhere", [False, True], ids=["local", "fetched"])
@pytest.mark.parametrize("harm", HARM)
def test_a_version_whose_files_are_not_those_registered_is_not_promoted_but_registered_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, harm: str, elsewhere: bool
) -> None:
    version = register(registry, candidate_in(registry.folder))
    HARM[harm](files_of(version))
    if elsewhere:  # MLflow then brings the files, as it does from a server
        monkeypatch.setattr(kept_files, "local_path", lambda source: None)

    decision = promote(registry, version, lambda current, entries: YES, ASKED)

    assert not decision.promote
    assert f"its files {'in' if harm == 'were altered' else 'are gone'}" in decision.reasons[0]
    assert champion_of(registry) is None
    assert offer(registry, "a").version == 2
    assert champion_of(registry) == 2


def test_an_intent_that_was_cut_off_does_not_stop_the_registry(registry: Registry) -> None:
    offer(registry, "a")
    path = ledger_of(registry, "flights").folder / "intent.json"
    for number, left in enumerate((b"", b'{"action": "promo', b"[]", b"\xff\xfe"), start=1):
        path.write_bytes(left)

        offer(registry, str(number))

        assert moves(registry)[-1] == ("promotion", number, number + 1)
        assert not path.exists()


def test_a_clock_that_jumps_back_changes_no_order(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)

    class Backwards(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            nonlocal now
            now -= timedelta(days=1)
            return now

    monkeypatch.setattr(promotion, "datetime", Backwards)
    for model in "abc":
        offer(registry, model)
    first = rollback(registry, "flights", BACK)

    entries = ledger_of(registry, "flights").entries()
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4]
    assert (first.from_version, first.to_version, champion_of(registry)) == (3, 2, 2)
