"""The artifact store: what is published holds, and what is not published is not there."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_assets import durable
from ml_assets.artifacts.store import Artifact, Store, process_is_alive
from ml_assets.errors import DataError
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.dying import DONE, KILL, fail_at_each, folders_for, kill_at_each


def put(store: Store, asset: str, text: str, **more: Any) -> Artifact:
    return put_artifact(store, asset, lambda folder: _write(folder, text), **more)


def _write(folder: Path, text: str) -> None:
    (folder / "a.json").write_text(f'"{text}"')


def test_an_artifact_holds_once_it_is_pointed_to(tmp_path: Path) -> None:
    store = Store(tmp_path / "shop")
    assert store.current("model") is None
    artifact = put(store, "model", "one", summary={"rows": 3})
    assert store.current_artifact("model") == artifact
    assert artifact.json("a.json") == "one"
    assert artifact.summary == {"rows": 3}
    assert artifact.path == store.object_path("model", artifact.digest)


def test_a_record_knows_the_settings_that_it_was_made_with(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "model", "one")
    settings = {"config": {"training": durable.json_digest({"trials": 3})}}
    stored = store.last_record("model")
    assert stored is not None
    record = replace(stored, ingredients=settings)
    matches = [record.was_made_with("training", {"trials": trials}) for trials in (3, 4)]
    assert [*matches, record.was_made_with("task", "binary")] == [True, False, False]


def test_the_same_content_is_one_folder(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second, third = (put(store, "model", text) for text in ("a", "b", "a"))
    assert first == third
    assert {first.digest, second.digest} == {
        path.name for path in (tmp_path / "objects" / "model").iterdir()
    }


def test_what_was_never_made_is_an_error_with_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^shop/model does not exist yet\..* run shop$"):
        Store(tmp_path / "shop").current_artifact("model")


def test_a_record_without_its_folder_does_not_hold(tmp_path: Path) -> None:
    store = Store(tmp_path)
    artifact = put(store, "model", "one")
    shutil.rmtree(artifact.path)
    assert store.current("model") is None
    assert store.last_record("model") is not None


# What is left of a file: half of it, nothing, something else, and a record of another version.
BROKEN = ["{", "", "[]", "null", '{"asset": "model"}']


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("folder", ["current", "records/model"])
def test_a_broken_record_or_pointer_counts_as_absent(
    tmp_path: Path, folder: str, text: str
) -> None:
    store = Store(tmp_path)
    put(store, "model", "one")
    (path,) = (tmp_path / folder).iterdir()
    path.write_text(text)
    assert store.current("model") is None
    assert put(store, "model", "one") == store.current_artifact("model")


def test_lineage_names_every_record_upstream(tmp_path: Path) -> None:
    store = Store(tmp_path)
    data = put(store, "data", "d")
    left = put(store, "left", "l", inputs={"data": data.fingerprint})
    right = put(store, "right", "r", inputs={"data": data.fingerprint})
    put(store, "model", "m", inputs={"left": left.fingerprint, "right": right.fingerprint})
    put(store, "data", "later")
    record = store.current("model")
    assert record is not None
    digests = {name: upstream.digest for name, upstream in store.lineage(record).items()}
    expected = {artifact.asset: artifact.digest for artifact in (data, left, right)}
    assert digests == {**expected, "model": record.digest}


def test_lineage_with_a_hole_is_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "model", "m", inputs={"data": "gone"})
    record = store.current("model")
    assert record is not None
    with pytest.raises(DataError, match="model: the record of its input data is missing"):
        store.lineage(record)


CHECKS = [
    ([], [], False),
    ([("a", True, "ERROR")], ["a"], False),
    ([("a", False, "ERROR")], ["a"], True),
    ([("a", False, "ERROR")], [], False),
    ([("a", False, "WARN")], ["a"], False),
    ([("a", True, "ERROR"), ("b", False, "ERROR")], ["a"], False),
    ([("a", True, "ERROR"), ("b", False, "ERROR")], ["a", "b"], True),
]


@pytest.mark.parametrize(("checks", "blocking", "blocks"), CHECKS)
def test_a_failed_blocking_error_blocks(
    tmp_path: Path, checks: list[tuple[str, bool, str]], blocking: list[str], blocks: bool
) -> None:
    store = Store(tmp_path)
    stored = [
        {"name": name, "passed": passed, "severity": severity, "description": ""}
        for name, passed, severity in checks
    ]
    put(store, "model", "m", checks=stored, blocking=blocking)
    record = store.current("model")
    assert record is not None
    assert record.blocks() == blocks


def make(folder: Path) -> None:
    put(Store(folder), "model", "new")


def make_old(folder: Path) -> None:
    put(Store(folder), "model", "old")


def test_a_process_killed_at_any_step_leaves_the_old_artifact_or_the_new_one(
    tmp_path: Path,
) -> None:
    folders = folders_for(make, KILL, tmp_path, make_old)
    kill_at_each(make, folders)
    assert any(list(folder.rglob(".*")) for folder in folders)  # some were killed in the middle
    states = []
    for store in map(Store, folders):
        artifact = store.current_artifact("model")
        states.append(artifact.json("a.json"))
        assert durable.directory_digest(artifact.path) == artifact.digest
        store.sweep()
        assert not list(store.root.rglob(".*"))
        make(store.root)
        assert store.current_artifact("model").json("a.json") == "new"
    assert states == sorted(states, reverse=True)  # first always the old, then always the new
    assert set(states) == {"old", "new"}


def test_a_disk_that_fills_at_any_step_leaves_the_old_artifact_or_the_new_one(
    tmp_path: Path,
) -> None:
    folders = folders_for(make, "ENOSPC", tmp_path, make_old)
    outcomes = fail_at_each(make, folders, errno.ENOSPC)
    assert any("No space left on device" in text for text in outcomes)
    for store, outcome in zip(map(Store, folders), outcomes, strict=True):
        artifact = store.current_artifact("model")
        assert durable.directory_digest(artifact.path) == artifact.digest
        assert outcome != DONE or artifact.json("a.json") == "new"
        assert not list(store.root.rglob(".*"))


def test_a_living_process_is_not_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.staging("model") as folder:
        assert store.sweep() == []
        assert folder.is_dir()


@pytest.mark.parametrize(
    ("pid", "alive"),
    [(os.getpid(), True), (1, True), (2**22 + 1, False)],
    ids=["this process", "the first", "none"],
)
def test_processes_are_told_alive_or_not(pid: int, alive: bool) -> None:
    assert process_is_alive(pid) == alive


def test_a_process_that_waits_to_be_reaped_is_not_alive() -> None:
    import subprocess
    import sys

    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not process_is_alive(child.pid)
