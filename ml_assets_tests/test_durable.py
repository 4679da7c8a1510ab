"""Writes: at every moment, and after every crash, the old state or the new one."""

import errno
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets import durable
from ml_assets_tests.durable_writes import (
    publish_file,
    publish_folder,
    write_file,
    write_new_file,
    write_old,
)
from ml_assets_tests.dying import DONE, KILL, Write, fail_at_each, folders_for, kill_at_each

GONE = 2**22 + 1  # above the largest process id that Linux gives


def nobody(_pid: int) -> bool:
    return False


def hidden(folder: Path) -> list[Path]:
    """What lies in a folder under a name that readers do not look at."""
    return list(folder.rglob(".*"))


@pytest.mark.parametrize("write", [write_file, publish_file])
def test_a_file_killed_at_any_step_is_the_old_one_or_the_new_one(
    tmp_path: Path, write: Write
) -> None:
    folders = folders_for(write, KILL, tmp_path, write_old)
    kill_at_each(write, folders)
    assert any(hidden(folder) for folder in folders)  # some were killed in the middle
    states = [durable.read_json(folder / "a.json") for folder in folders]
    for folder in folders:
        durable.sweep_staging(folder, nobody)
        assert [path.name for path in folder.iterdir()] == ["a.json"]
        write(folder)
        assert durable.read_json(folder / "a.json") == "new"
    assert states == sorted(states, reverse=True)  # first always the old, then always the new
    assert set(states) == {"old", "new"}


def test_a_new_file_killed_at_any_step_is_absent_or_whole(tmp_path: Path) -> None:
    folders = folders_for(write_new_file, KILL, tmp_path, write_old)
    kill_at_each(write_new_file, folders)
    assert any(hidden(folder) for folder in folders)
    paths = [folder / "b.json" for folder in folders]
    states = [path.read_bytes() if path.exists() else None for path in paths]
    for folder, path in zip(folders, paths, strict=True):
        durable.sweep_staging(folder, nobody)
        assert not hidden(folder)
        with suppress(FileExistsError):
            write_new_file(folder)
        assert path.read_bytes() == b"new"
    assert set(states) == {None, b"new"}


def test_a_folder_killed_at_any_step_is_absent_or_whole(tmp_path: Path) -> None:
    folders = folders_for(publish_folder, KILL, tmp_path, write_old)
    (whole,) = (path for path in (tmp_path / "alive").iterdir() if path.is_dir())
    kill_at_each(publish_folder, folders)
    assert any(hidden(folder) for folder in folders)
    states = [(folder / whole.name).is_dir() for folder in folders]
    for folder in folders:
        made = folder / whole.name
        assert not made.is_dir() or durable.directory_digest(made) == whole.name
        durable.sweep_staging(folder, nobody)
        assert not hidden(folder)
        publish_folder(folder)
        assert durable.directory_digest(made) == whole.name
    assert set(states) == {True, False}


FAILING = [
    *(
        (write, errno.ENOSPC)
        for write in (write_file, publish_file, publish_folder, write_new_file)
    ),
    (write_file, errno.EIO),
    (publish_folder, errno.EACCES),
    (write_new_file, errno.EROFS),
]


@pytest.mark.parametrize(("write", "code"), FAILING)
def test_a_disk_that_fails_at_any_step_leaves_the_old_state_or_the_new_and_says_why(
    tmp_path: Path, write: Write, code: int
) -> None:
    folders = folders_for(write, errno.errorcode[code], tmp_path, write_old)
    made = {path.name for path in (tmp_path / "alive").iterdir()}
    said = fail_at_each(write, folders, code)
    assert any(one != DONE for one in said)
    for folder, outcome in zip(folders, said, strict=True):
        assert not hidden(folder)
        found = {path.name for path in folder.iterdir()}
        assert found in ({"a.json"}, made)
        if outcome == DONE:
            assert found == made
        else:
            assert os.strerror(code) in outcome
        is_new = durable.read_json(folder / "a.json") == "new"
        assert is_new <= (write in (write_file, publish_file))


def test_an_exception_while_staging_leaves_nothing(tmp_path: Path) -> None:
    def stop() -> None:
        with durable.staging_directory(tmp_path / "new") as staged:
            (staged / "a").write_text("a")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        stop()
    assert list((tmp_path / "new").iterdir()) == []


def test_a_real_limit_on_the_size_of_files_leaves_the_old_file(tmp_path: Path) -> None:
    durable.write_bytes(tmp_path / "a", b"old")
    snippet = (
        "import sys; from pathlib import Path; from ml_assets import durable\n"
        "durable.write_bytes(Path(sys.argv[1]) / 'a', b'x' * 1_000_000)"
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [sys.executable, "-c", snippet, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(durable.__file__).parents[1])},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "File too large" in done.stderr
    assert (tmp_path / "a").read_bytes() == b"old"
    assert not hidden(tmp_path)


def publish(folder: Path, text: str) -> Path:
    with durable.staging_directory(folder) as staged:
        (staged / "a").write_text(text)
        return folder / durable.publish_directory(staged, folder)


def test_a_folder_is_named_by_its_digest(tmp_path: Path) -> None:
    made = publish(tmp_path, "first")
    assert made.name == durable.directory_digest(made)


def test_a_folder_that_another_process_published_first_is_kept(tmp_path: Path) -> None:
    made = publish(tmp_path, "first")
    inode = made.stat().st_ino
    assert publish(tmp_path, "first") == made
    assert made.stat().st_ino == inode
    assert not hidden(tmp_path)


def test_a_folder_that_was_damaged_makes_way(tmp_path: Path) -> None:
    made = publish(tmp_path, "first")
    (made / "a").write_text("firsT")
    (made / "more").touch()
    assert publish(tmp_path, "first") == made
    assert [path.read_text() for path in made.iterdir()] == ["first"]
    assert not hidden(tmp_path)


# What may be left of a JSON object: something else, half of it, nothing, no text.
BROKEN = [b"[]", b"3", b'{"a": ', b"", b"\xff\xfe", b"null"]


@pytest.mark.parametrize("content", BROKEN)
def test_what_cannot_be_read_as_an_object_counts_as_absent(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    assert durable.read_json_object(path) is None
    path.write_bytes(content)
    assert durable.read_json_object(path) is None
    path.write_text('{"a": 1}')
    assert durable.read_json_object(path) == {"a": 1}


def test_only_remains_of_dead_processes_of_this_machine_are_swept(tmp_path: Path) -> None:
    host = os.uname().nodename
    dead = [f".{host}-{GONE}-abc.staging", f".{host}-{GONE}-abc.tmp"]
    kept = [
        f".{host}-{os.getpid()}-abc.staging",
        f".elsewhere-{GONE}-abc.staging",
        ".hidden",
        ".a-b.staging",
        f"{host}-{GONE}-abc.tmp",
    ]
    for name in (*dead, *kept):
        (tmp_path / name).mkdir()
    removed = durable.sweep_staging(tmp_path, lambda pid: pid != GONE)
    assert [path.name for path in removed] == sorted(dead)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_remains_are_named_so_that_they_can_be_swept(tmp_path: Path) -> None:
    with durable.staging_directory(tmp_path) as staged:
        assert durable.sweep_staging(tmp_path, lambda pid: pid == os.getpid()) == []
        assert durable.sweep_staging(tmp_path, nobody) == [staged]


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
              st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)  # fmt: skip


@given(JSON_VALUES)
def test_json_reads_back_equal_whatever_the_order_of_keys(value: Any) -> None:
    import json

    text = durable.json_bytes(value)
    assert json.loads(text) == value
    backwards = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert durable.json_bytes(backwards) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [-float("inf")]}])
def test_numbers_without_a_word_in_json_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        durable.json_bytes(value)


def test_the_digest_of_a_folder_is_of_names_and_contents(tmp_path: Path) -> None:
    def digest(files: dict[str, str]) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return durable.directory_digest(folder)

    one = {"a": "1", "b/c": "2"}
    assert digest(one) == digest(dict(reversed(one.items())))
    others = [{"a": "1", "b/d": "2"}, {"a": "2", "b/c": "1"}, {"a": "1"}, {**one, "e": ""}]
    assert len({digest(files) for files in (one, *others)}) == 5
