"""Every move of the champion is in the ledger, and a champion can be put back."""

import json
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from ml_assets import durable
from ml_assets.chain import Chain
from ml_assets.errors import ModelError
from ml_assets.registry.client import connect
from ml_assets.registry.gate import Decision
from ml_assets.registry.ledger import (
    Entry,
    approval_of,
    champion_before,
    ledger_in,
    ledger_rows,
    withdrawal_of,
)
from ml_assets.registry.promotion import Request, approve, ledger_of, promote, rollback
from ml_assets.registry.registry import Registry, champion, register
from ml_assets.registry.run import local_path
from ml_assets.registry.version import RegisteredVersion
from ml_assets_tests.registry import children as child
from ml_assets_tests.registry.children import ASKED, YES, candidate_in, registry_in

BACK = Request("ada", "it refused every flight to Boston", "run-7")


def crown(home: Path, model: str) -> RegisteredVersion:
    """Register and promote a model."""
    registry = registry_in(home)
    version = register(registry, candidate_in(home, model))
    promote(registry, version, lambda current, entries: YES, ASKED)
    return version


def moves(registry: Registry) -> list[tuple[str, int | None, int | None]]:
    entries = ledger_of(registry, "flights").entries()
    return [(entry.action, entry.from_version, entry.to_version) for entry in entries]


def champion_of(registry: Registry) -> int | None:
    current = champion(registry.tracking_uri, "flights")
    return current.version if current else None


def set_champion(registry: Registry, version: int) -> None:
    with connect(registry.tracking_uri, "a test") as client:
        client.set_registered_model_alias("flights", "champion", str(version))


def test_a_promotion_says_who_why_in_which_run_and_on_what_evidence(home: Path) -> None:
    registry = registry_in(home)
    version = register(registry, candidate_in(home))
    request = Request("ada", "every verdict is positive", "run-1", {"evaluation": "e" * 64})
    waived = Decision(True, (), ("beats_linear waived by bob until 2027-01-01: a first model",))

    promote(registry, version, lambda current, entries: waived, request)

    (entry,) = ledger_of(registry, "flights").entries()
    assert (entry.sequence, entry.action, entry.from_version, entry.to_version) == (
        1,
        "promotion",
        None,
        1,
    )
    assert (entry.by, entry.reason, entry.run_id) == ("ada", "every verdict is positive", "run-1")
    assert entry.evidence == {"evaluation": "e" * 64, "waived": waived.waived[0]}
    assert entry.digest == version.model_digest


def test_promoting_the_champion_again_adds_no_entry(home: Path) -> None:
    crown(home, "a")
    crown(home, "a")

    assert moves(registry_in(home)) == [("promotion", None, 1)]


def test_a_refusal_adds_no_entry(home: Path) -> None:
    registry = registry_in(home)
    version = register(registry, candidate_in(home))

    promote(registry, version, lambda current, entries: Decision(False, ("no",)), ASKED)

    assert moves(registry) == []


def test_a_rollback_makes_the_champion_before_champion_again(home: Path) -> None:
    registry = registry_in(home)
    for model in "abc":
        crown(home, model)

    first = rollback(registry, "flights", BACK)
    second = rollback(registry, "flights", BACK)

    assert (first.to_version, second.to_version) == (2, 1)
    assert (first.by, first.reason, first.run_id) == ("ada", BACK.reason, "run-7")
    assert champion_of(registry) == 1
    assert moves(registry)[3:] == [("rollback", 3, 2), ("rollback", 2, 1)]


def test_a_rollback_can_name_its_version_and_be_undone(home: Path) -> None:
    registry = registry_in(home)
    digests = [crown(home, model).model_digest or "" for model in "ab"]
    rollback(registry, "flights", BACK, to=1)
    entries = ledger_of(registry, "flights").entries()
    assert withdrawal_of(entries, digests[1]) == entries[-1]
    assert withdrawal_of(entries, digests[0]) is None

    rollback(registry, "flights", BACK, to=2)

    entries = ledger_of(registry, "flights").entries()
    assert champion_of(registry) == 2
    assert withdrawal_of(entries, digests[1]) is None


@pytest.mark.parametrize(
    ("models", "to", "message"),
    [
        ("", None, "'flights' has no champion, so there is nothing to roll back from"),
        ("a", None, "No version of 'flights' passed the gate before version 1"),
        ("ab", 2, "version 2 of 'flights' is the champion already"),
        ("ab", 7, "version 7 of 'flights', .* never passed the gate. Those that did: 1, 2"),
    ],
)
def test_a_rollback_that_cannot_be_says_why(
    home: Path, models: str, to: int | None, message: str
) -> None:
    registry = registry_in(home)
    for model in models:
        crown(home, model)
    before = champion_of(registry)

    with pytest.raises(ModelError, match=message):
        rollback(registry, "flights", BACK, to)
    assert champion_of(registry) == before


def test_a_version_that_never_passed_the_gate_cannot_be_rolled_back_to(home: Path) -> None:
    registry = registry_in(home)
    crown(home, "a")
    register(registry, candidate_in(home, "b"))

    with pytest.raises(ModelError, match=r"never passed the gate\. Those that did: 1"):
        rollback(registry, "flights", BACK, to=2)


@pytest.mark.parametrize("harm", ["altered", "gone", "refused"])
def test_a_rollback_to_files_that_cannot_serve_is_refused(home: Path, harm: str) -> None:
    registry = registry_in(home)
    first = crown(home, "a")
    crown(home, "b")
    bundle = (local_path(first.source) or Path()) / "bundle"
    if harm == "altered":
        (bundle / "model.json").write_text("{}")
    if harm == "gone":
        bundle.rename(bundle.with_name("elsewhere"))

    def refuse(version: RegisteredVersion) -> str | None:
        return "it was refused" if harm == "refused" else None

    messages = {"altered": "were altered", "gone": "are gone", "refused": "it was refused"}
    with pytest.raises(ModelError, match=f"{messages[harm]}.* The champion was not changed"):
        rollback(registry, "flights", BACK, refuse=refuse)
    assert champion_of(registry) == 2


def test_a_champion_that_was_moved_by_hand_is_found_and_recorded(home: Path) -> None:
    registry = registry_in(home)
    for model in "ab":
        crown(home, model)
    set_champion(registry, 1)

    crown(home, "c")

    assert moves(registry)[2:] == [("found", 2, 1), ("promotion", 1, 3)]
    entry = ledger_of(registry, "flights").entries()[2]
    assert (entry.by, entry.reason) == (
        "unknown",
        "the alias champion was moved in MLflow, not by ml_assets",
    )


def test_a_champion_from_before_the_ledger_is_recorded(home: Path) -> None:
    registry = registry_in(home)
    register(registry, candidate_in(home))
    set_champion(registry, 1)

    crown(home, "b")

    assert moves(registry) == [("found", None, 1), ("promotion", 1, 2)]


def test_an_approval_is_of_one_content(home: Path) -> None:
    registry = registry_in(home)
    version = register(registry, candidate_in(home))

    approve(registry, version, Request("ada", "looked at the slices"))

    entries = ledger_of(registry, "flights").entries()
    assert approval_of(entries, version.model_digest or "") == entries[0]
    assert approval_of(entries, "f" * 64) is None
    assert champion_of(registry) is None


@pytest.mark.parametrize("step", ["set_registered_model_alias", "intent", "append"])
def test_a_kill_in_a_rollback_leaves_the_old_champion_or_finishes(
    home: Path, children: ForkServerContext, step: str
) -> None:
    for model in "ab":
        crown(home, model)
    process = children.Process(target=child.die_in_rollback, args=(home, step))
    process.start()
    process.join(60)
    assert process.exitcode == -9
    registry = registry_in(home)
    moved = step != "intent"
    assert champion_of(registry) == (1 if moved else 2)

    crown(home, "c")

    expected = [("rollback", 2, 1), ("promotion", 1, 3)] if moved else [("promotion", 2, 3)]
    assert moves(registry)[2:] == expected
    assert ledger_of(registry, "flights").intent() is None


def entry(to: int, before: int | None = None, **more: Any) -> Entry:
    values = {"action": "promotion", "digest": f"d{to}", "from_digest": f"d{before}"} | more
    return Entry(
        from_version=before, to_version=to, by="ada", reason="good", run_id="r", at="2026", **values
    )


def test_the_ledger_numbers_and_chains_its_entries(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    written = [ledger.append(entry(1)), ledger.append(entry(2, 1))]

    assert ledger.entries() == written
    assert [e.sequence for e in written] == [1, 2]
    assert (written[0].previous, len(written[1].previous)) == ("", 64)
    assert champion_before(written, 2) == 1
    assert champion_before(written, 1) is None
    assert champion_before(written, 9) == 2  # one that never passed the gate
    assert [row["number"] for row in ledger_rows(written)] == [2, 1]


def alter(path: Path) -> None:
    durable.write_json(path, {**json.loads(path.read_text()), "by": "mallory"})


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: alter(folder / "000001.json"), "000002.json: the ledger .* is broken here"),
        (lambda folder: (folder / "000001.json").unlink(), "says it is number 2"),
        (lambda folder: (folder / "000002.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "000002.json").write_text("{}"), "cannot be read"),
    ],
)
def test_a_ledger_that_somebody_changed_is_refused(tmp_path: Path, harm: Any, message: str) -> None:
    ledger = ledger_in(tmp_path)
    for to in (1, 2, 3):
        ledger.append(entry(to, to - 1))
    harm(tmp_path)

    with pytest.raises(ModelError, match=f"{message}(.|\n)*nothing is promoted"):
        ledger.entries()


def test_of_two_writers_of_one_entry_one_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_in(tmp_path)
    ledger.append(entry(1))
    monkeypatch.setattr(Chain, "_files", lambda self: [])

    with pytest.raises(
        ModelError, match="another process wrote this entry of the ledger of promotions first"
    ):
        ledger.append(entry(2))


def test_with_a_broken_ledger_nothing_is_promoted(home: Path) -> None:
    registry = registry_in(home)
    for model in "ab":
        crown(home, model)
    (home / "ledger" / "flights" / "000001.json").unlink()
    version = register(registry, candidate_in(home, "c"))

    with pytest.raises(ModelError, match="ledger of promotions is broken"):
        promote(registry, version, lambda current, entries: YES, ASKED)
    assert champion_of(registry) == 2
