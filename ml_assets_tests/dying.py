"""Runs a snippet in a child process that is killed at one of the steps by which it writes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

# Every call by which a write becomes visible or durable. "after" the call is "before" the next, but for
# the last; each of these is a place to die.
_PRELUDE = """
import os, signal, sys
place, seen = int(sys.argv[1]), 0
def dying(name):
    call = getattr(os, name)
    def step(*arguments, **options):
        global seen
        for half in ("before", "after"):
            if half == "after":
                result = call(*arguments, **options)
            if seen == place:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1
        return result
    return step
for name in ("fsync", "replace", "rename", "mkdir"):
    setattr(os, name, dying(name))
"""
_EPILOGUE = """
print(seen)
"""
NOWHERE = -1


def die_at(place: int, snippet: str, *arguments: object) -> int | None:
    """Run a snippet that is killed at its step number `place`.

    Parameters
    ----------
    place : int
        From 0; `NOWHERE` lets it live.
    snippet : str
        Python code; ``sys.argv[2:]`` are the arguments.

    Returns
    -------
    int or None
        The number of places at which it could have died, or None where it did.
    """
    command = [sys.executable, "-c", _PRELUDE + snippet + _EPILOGUE, str(place)]
    project = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    if place == NOWHERE:
        assert done.returncode == 0, done.stderr
        return int(done.stdout.splitlines()[-1])
    assert done.returncode == -signal.SIGKILL, (done.returncode, done.stderr)
    return None
