"""The study file: Optuna's journal of a search, in a form that survives a killed process.

A journal is a file of JSON lines. A trial is written when it has ended, whole and as one line: so a
search that dies, in whatever way, leaves neither a trial that seems to run nor half of one.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

_NAME = "search"


@contextmanager
def open_study(path: Path, direction: str, log: Callable[[str], None]) -> Iterator[optuna.Study]:
    """Open or begin the study in a file; nobody else can while this one is open.

    Whoever searches holds a lock on it, which the kernel drops with the process. Half a line that a
    killed process left at the end is cut off.

    Parameters
    ----------
    path : Path
        The journal file; made with its folder where absent.
    direction : {"minimize", "maximize"}
        Of the metric.
    log : callable
        Prints one line for a person, when another process has to be waited for.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path, log):
        _cut_torn_end(path)
        storage = JournalStorage(JournalFileBackend(str(path), lock_obj=_HeldLock()))
        study = optuna.create_study(
            storage=storage, study_name=_NAME, direction=direction, load_if_exists=True
        )
        yield study


class _HeldLock:
    """Optuna's own lock outlives a killed process for half a minute; ours is already held."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return None


@contextmanager
def _locked(path: Path, log: Callable[[str], None]) -> Iterator[None]:
    with path.with_suffix(".lock").open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log("waits for another process that searches the same hyperparameters")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _cut_torn_end(path: Path) -> None:
    """Keep the lines of a journal up to the first that was not written whole."""
    if not path.exists():
        return
    whole_bytes = 0
    with path.open("rb") as journal:
        for line in journal:
            if not (line.endswith(b"\n") and _is_json(line)):
                break
            whole_bytes += len(line)
    if whole_bytes < path.stat().st_size:
        with path.open("r+b") as journal:
            journal.truncate(whole_bytes)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
