"""Runs a write in child processes that are killed, or whose disk fails, at each of its steps.

The writes are functions of one folder. One process imports their module and then forks for each step, so
that a step costs milliseconds.
"""

import builtins
import errno
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

Write = Callable[[Path], object]
PROJECT = Path(__file__).resolve().parents[1]
KILL, NONE = "kill", "none"
DONE = "done"
# Every call by which a write begins, becomes visible or durable. On a full or failing disk all of them
# fail from one step on, but for those that remove: these make room.
_STEPS = [(os, name) for name in ("fsync", "replace", "rename", "link", "mkdir", "unlink")]
_OPENS = [(os, "open"), (io, "open"), (builtins, "open")]
_REMOVES = ("unlink",)


def folders_for(
    write: Write, fault: str, folder: Path, prepare: Callable[[Path], object]
) -> list[Path]:
    """Prepare a folder for each step of a write, after the write was run undisturbed in ``alive``."""
    alive = folder / "alive"
    prepare(alive)
    steps = int(_run(write, NONE, [alive])[0]) * (2 if fault == KILL else 1)
    folders = [folder / str(place) for place in range(steps)]
    for one in folders:
        prepare(one)
    return folders


def kill_at_each(write: Write, folders: Sequence[Path]) -> None:
    """Run a write in each folder, killed with SIGKILL before or after the step of the folder's number."""
    assert folders
    found = _run(write, KILL, folders)
    assert set(found) == {signal.Signals.SIGKILL.name}, found


def fail_at_each(write: Write, folders: Sequence[Path], code: int) -> list[str]:
    """Run a write in each folder on a disk that fails from the step of the folder's number on.

    Returns
    -------
    list of str
        For each folder `DONE`, or the error in words.
    """
    assert folders
    return _run(write, errno.errorcode[code], folders)


def _run(write: Write, fault: str, folders: Sequence[Path]) -> list[str]:
    name = f"{write.__module__}:{write.__qualname__}"
    done = subprocess.run(
        [sys.executable, "-m", __name__, name, fault, *map(str, folders)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def faulty_disk(fault: str, place: int) -> Iterator[Callable[[], int]]:
    """Make the step number `place` of this process its last, or let the disk fail from there on.

    Gives what tells the number of steps so far.
    """
    seen = 0
    kept = [(module, name, getattr(module, name)) for module, name in (*_STEPS, *_OPENS)]

    def step_of(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal seen
            if name == "open" and not _begins_a_write(*arguments, **options):
                return call(*arguments, **options)
            seen += 1
            if fault == KILL and seen * 2 - 2 == place:
                os.kill(os.getpid(), signal.SIGKILL)
            if fault not in (KILL, NONE) and seen > place and name not in _REMOVES:
                code = getattr(errno, fault)
                raise OSError(code, os.strerror(code))
            try:
                return call(*arguments, **options)
            finally:
                if fault == KILL and seen * 2 - 1 == place:
                    os.kill(os.getpid(), signal.SIGKILL)

        return step

    for module, name, call in kept:
        setattr(module, name, step_of(name, call))
    try:
        yield lambda: seen
    finally:
        for module, name, call in kept:
            setattr(module, name, call)


def _begins_a_write(path: Any, mode: int | str = "r", *_: Any, **__: Any) -> bool:
    return bool(mode & os.O_CREAT) if isinstance(mode, int) else bool({*mode} & {*"wax+"})


def _child(write: Write, fault: str, place: int, folder: Path) -> str:
    """What became of a write in a process of its own."""
    receiver, sender = os.pipe()
    pid = os.fork()
    if not pid:
        with faulty_disk(fault, place):
            try:
                write(folder)
                said = DONE
            except Exception as error:  # whatever it says is what the test asks for
                said = f"{type(error).__name__}: {error}"
        os.write(sender, said.encode())
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(pid, 0)
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else said


def _main(name: str, fault: str, *folders: str) -> list[str]:
    module, _, function = name.partition(":")
    write = getattr(import_module(module), function)
    if fault == NONE:
        with faulty_disk(NONE, 0) as seen:
            write(Path(folders[0]))
            return [str(seen())]
    return [_child(write, fault, place, Path(folder)) for place, folder in enumerate(folders)]


if __name__ == "__main__":
    print(json.dumps(_main(*sys.argv[1:])))
