"""Damage in the store is found by content, in objects and in the snapshots beside them."""

import os
from pathlib import Path

import pytest

import ml_assets
from ml_assets import durable
from ml_assets.artifacts.sound import (
    find_damage,
    outline,
    refuse_damaged,
    set_aside,
    sound_path,
)
from ml_assets.artifacts.store import Artifact, Store
from ml_assets.errors import DataError, ModelError
from ml_assets_tests.artifacts_factory import damage, put_artifact


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "shop")


def put_raw_data(store: Store) -> Artifact:
    spans = []
    for text in ("one", "two"):
        durable.write_bytes(store.root / "spans" / "new", text.encode())
        digest = durable.file_digest(store.root / "spans" / "new")
        (store.root / "spans" / "new").rename(store.root / "spans" / f"{digest}.parquet")
        spans.append({"file": f"{digest}.parquet", "sha256": digest})
    return put_artifact(
        store, "raw_data", lambda path: durable.write_json(path / "manifest.json", {"spans": spans})
    )


def span_of(store: Store, artifact: Artifact) -> Path:
    return store.root / "spans" / str(artifact.json("manifest.json")["spans"][0]["file"])


def test_what_is_as_it_was_made_is_sound(store: Store) -> None:
    assert find_damage(store, put_raw_data(store)) == []


def test_a_change_that_keeps_size_and_time_is_found_by_another_process(store: Store) -> None:
    artifact = put_raw_data(store)
    path = span_of(store, artifact)
    before = path.stat()
    path.write_bytes(b"onE")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert find_damage(store, artifact) == [path]


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_damaged_snapshot_is_refused_and_set_aside(store: Store, is_deleted: bool) -> None:
    artifact = put_raw_data(store)
    path = span_of(store, artifact)
    path.unlink() if is_deleted else path.write_bytes(b"x")
    state = "is gone" if is_deleted else "was altered, or files of it are gone"
    with pytest.raises(
        DataError, match=rf"^shop/raw_data was damaged: spans/{path.name[:12]}\.\.\. {state}\."
    ):
        refuse_damaged(store, [artifact])
    assert not path.exists()
    assert artifact.path.is_dir()


def test_the_same_artifact_may_be_damaged_twice(store: Store) -> None:
    for _ in range(2):
        artifact = put_raw_data(store)
        (artifact.path / "manifest.json").write_text("{")
        assert find_damage(store, artifact) == [artifact.path]
        set_aside(store, [artifact.path])
        assert not artifact.path.exists()
    assert len(list((store.root / "damaged").iterdir())) == 1


def test_all_that_is_damaged_is_told_at_once(store: Store) -> None:
    artifacts = [
        put_artifact(store, name, lambda folder: durable.write_json(folder / "a", 1))
        for name in ("model", "data")
    ]
    for artifact in artifacts:
        (artifact.path / "a").unlink()
    with pytest.raises(DataError, match=r"(?s)shop/model was damaged.*shop/data was damaged"):
        refuse_damaged(store, artifacts)


def test_an_outline_tells_size_and_time_of_every_file(store: Store) -> None:
    artifact = put_raw_data(store)
    before = outline(store, artifact)
    assert len(before) == 3
    assert outline(store, artifact) == before
    os.utime(span_of(store, artifact), (1, 1))
    assert outline(store, artifact) != before


def test_an_older_artifact_is_given_only_as_it_was_made(store: Store) -> None:
    artifact = put_artifact(store, "model", lambda path: durable.write_json(path / "a.json", 1))
    assert sound_path(store, "model", artifact.digest) == artifact.path
    assert not sound_path(store, "model", "0" * 64, may_be_gone=True).exists()
    with pytest.raises(
        ModelError, match=r"^shop/model: objects/model/000000000000\.\.\. is gone, so"
    ):
        sound_path(store, "model", "0" * 64)
    damage(artifact.path / "a.json")
    with pytest.raises(
        ModelError, match=r"^shop/model: objects/model/.* was altered after it was m"
    ):
        sound_path(store, "model", artifact.digest)
    assert artifact.path.is_dir()


@pytest.mark.parametrize(
    "path",
    sorted(Path(ml_assets.__file__).parent.glob("*/assets.py")),
    ids=lambda path: path.parent.name,
)
def test_no_room_opens_an_artifact_without_that_question(path: Path) -> None:
    assert "object_path" not in path.read_text()
