"""Writes that survive a crash: a temporary file, fsync, then one rename.

At every moment a reader sees the old state or the new one. This module is the only place where the
package puts a file or folder under its final name.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What is being written: ".<host>-<process id>-<random>", so that only its own machine judges it.
_REMAINS = re.compile(r"\.(?P<host>.+)-(?P<pid>\d+)-[^-]+\.(?:staging|tmp)")


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file `path` with `content` in one step, durably."""
    with _temporary_file(path, content) as temporary:
        temporary.replace(path)


def write_new(path: Path, content: bytes) -> None:
    """Write the file `path` in one step, durably, only if there is none.

    Raises
    ------
    FileExistsError
        If there is one already; it is left as it is.
    """
    with _temporary_file(path, content) as temporary:
        os.link(temporary, path)


def write_json(path: Path, value: Any) -> None:
    """Replace the file `path` with `value` as JSON: sorted keys, no NaN, one step, durably."""
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Give `value` as canonical JSON: the same value always gives the same bytes.

    Raises
    ------
    ValueError
        If a number is NaN or infinite: JSON has no word for it, so the caller must choose one.
    """
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_bytes())


def read_json_object(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where there is none, or something that cannot be read as one."""
    try:
        value = read_json(path)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError):
        return None
    return value if isinstance(value, dict) else None


@contextmanager
def staging_directory(parent: Path) -> Iterator[Path]:
    """Give an empty folder inside `parent` that is gone afterwards, unless it was published.

    Only a process killed in between leaves the folder behind; `sweep_staging` removes such remains.
    """
    parent.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=_prefix(), suffix=".staging", dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def publish_directory(staged: Path, parent: Path) -> str:
    """Move the folder `staged` into `parent`, durably, in one rename; its digest becomes its name.

    Where that is there already (another process was first), it is kept and `staged` is left to its
    owner. One whose content is not what its name says was damaged, and makes way.

    Returns
    -------
    str
        The digest.
    """
    sync_tree(staged)
    digest = directory_digest(staged)
    target = parent / digest
    parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and directory_digest(target) != digest:
        remove_directory(target)
    try:
        staged.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    _sync_directory(parent)
    return digest


def remove_directory(path: Path) -> None:
    """Remove a folder: at every moment it is whole, or not there under its name."""
    with staging_directory(path.parent) as aside:
        path.rename(aside / path.name)


def publish_file(staged: Path, target: Path) -> None:
    """Give the file `staged` its final name `target`, durably, in one rename."""
    _sync_file(staged)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(target)
    _sync_directory(target.parent)


def sync_tree(directory: Path) -> None:
    """Flush a folder and all that is below it to the disk."""
    for path in sorted(directory.rglob("*")):
        _sync_file(path) if path.is_file() else _sync_directory(path)
    _sync_directory(directory)


def sweep_staging(parent: Path, is_alive: Callable[[int], bool]) -> list[Path]:
    """Remove what processes of this machine that are gone left half-written in `parent`.

    Parameters
    ----------
    parent : Path
        The folder that was given to `staging_directory`, or that holds the files of `write_bytes`.
    is_alive : callable
        Says of a process id whether that process still runs.

    Returns
    -------
    list of Path
        What was removed, sorted.
    """
    candidates = ((path, _REMAINS.fullmatch(path.name)) for path in sorted(parent.glob(".*")))
    gone = [
        path
        for path, match in candidates
        if match and match["host"] == _host() and not is_alive(int(match["pid"]))
    ]
    for path in gone:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return gone


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path` against this machine's other processes; it ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def directory_digest(directory: Path, digest_of: Callable[[Path], str] = file_digest) -> str:
    """Give the SHA-256 over the relative names and contents of all files below `directory`.

    Parameters
    ----------
    directory : Path
        The folder.
    digest_of : callable
        Gives the digest of a file's content.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(directory).as_posix()}\0{digest_of(path)}\n".encode())
    return digest.hexdigest()


def json_digest(value: Any) -> str:
    """Give the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json_bytes(value)).hexdigest()


@contextmanager
def _temporary_file(path: Path, content: bytes) -> Iterator[Path]:
    """Give a file beside `path` that is on the disk, to be put there; it is gone at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_prefix(), suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
    _sync_directory(path.parent)


def _prefix() -> str:
    return f".{_host()}-{os.getpid()}-"


def _host() -> str:
    return os.uname().nodename.replace("/", "_")


def _sync_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
