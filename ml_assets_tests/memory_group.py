"""A control group of the kernel with a limit on memory: who grows beyond it is killed by the kernel."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_ROOT = Path("/sys/fs/cgroup")
_TRIES = 100


@dataclass(frozen=True)
class MemoryGroup:
    """A control group, and the file in which the kernel counts whom it killed there."""

    path: Path
    counts: Path

    def inside(self, *command: str) -> list[str]:
        """Give a command that runs another one inside the group."""
        return [
            "sh",
            "-c",
            'echo $$ > "$0" && exec "$@"',
            str(self.path / "cgroup.procs"),
            *command,
        ]

    def kills(self) -> int:
        """How many processes the kernel has killed here because no memory was left."""
        lines = (line.split() for line in self.counts.read_text().splitlines())
        return next(int(count) for name, count in lines if name == "oom_kill")


@contextmanager
def memory_group(limit: int) -> Iterator[MemoryGroup]:
    """Make a control group whose processes hold so many bytes together, swap included, and remove it.

    Skips the test where this process may make none.
    """
    is_second = (_ROOT / "cgroup.controllers").is_file()
    parent = _ROOT if is_second else _ROOT / "memory"
    path = parent / f"ml_assets_tests-{os.getpid()}"
    try:
        if is_second:
            (parent / "cgroup.subtree_control").write_text("+memory")
        path.mkdir()
    except OSError as error:
        pytest.skip(f"only root can make a control group with a limit on memory: {error}")
    try:
        yield _limited(path, limit, is_second)
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a group, after the processes in it: a run that was killed leaves its children behind."""
    for pid in map(int, (path / "cgroup.procs").read_text().split()):
        os.kill(pid, signal.SIGKILL)
    for _ in range(_TRIES):
        try:
            path.rmdir()
            return
        except OSError:  # busy: the kernel has not finished with one of them
            select.select([], [], [], 0.1)
    path.rmdir()


def _limited(path: Path, limit: int, is_second: bool) -> MemoryGroup:
    if is_second:
        limits, counts = {"memory.max": limit, "memory.swap.max": 0}, "memory.events"
    else:
        # The limit on memory with swap may not be below that on memory alone.
        limits = {"memory.limit_in_bytes": limit, "memory.memsw.limit_in_bytes": limit}
        counts = "memory.oom_control"
    for name, value in limits.items():
        if (path / name).exists():  # a kernel without swap has no limit on it
            (path / name).write_text(str(value))
    return MemoryGroup(path, path / counts)
