"""The adapter of a real MLflow scoring server: starts it in a fresh process, asks it, and ends it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import ml_assets
from ml_assets.errors import ModelError
from ml_assets.registry import serve

JSON = "application/json"
_LOOK_EVERY_SECONDS = 0.1
_MEGABYTE = 1e6


class ScoringServerError(ModelError):
    """The server did not start, died, or did not answer in time; the message names its log."""


@dataclass(frozen=True)
class Answer:
    """What the server answered: the HTTP status, the body, and the seconds it took."""

    status: int
    body: bytes
    seconds: float


@dataclass
class Memory:
    """The most memory that a server was seen to hold, and whether it was ended for it, in megabytes."""

    peak_mb: float = 0.0
    is_too_much: bool = False


@dataclass(frozen=True)
class ScoringServer:
    """A scoring server in a process of its own.

    Attributes
    ----------
    process : subprocess.Popen
        It, the leader of its own process group.
    port : int
        On 127.0.0.1.
    log : Path
        The file with its output.
    answer_seconds : float
        How long one answer may take.
    memory : Memory
        What it was seen to hold so far.
    """

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    answer_seconds: float
    memory: Memory = field(default_factory=Memory)

    def wait_until_healthy(self, max_seconds: float) -> float:
        """Wait for the first healthy answer; give the seconds since this call.

        Raises
        ------
        ScoringServerError
            If the process ends before, or takes longer than `max_seconds`.
        """
        began = time.monotonic()
        while (waited := time.monotonic() - began) <= max_seconds:
            self.check_alive()
            if self._is_healthy(max(max_seconds - waited, _LOOK_EVERY_SECONDS)):
                return time.monotonic() - began
            time.sleep(_LOOK_EVERY_SECONDS)
        raise ScoringServerError(
            f"the scoring server was not healthy after {max_seconds:g} s; its output is in {self.log}"
        )

    def check_alive(self) -> None:
        """See that the process runs.

        Raises
        ------
        ScoringServerError
            With how it ended, if it does not.
        """
        code = self.process.poll()
        if self.memory.is_too_much:
            raise ScoringServerError(
                f"the scoring server was ended when it held {self.memory.peak_mb:.0f} MB of memory; its "
                f"output is in {self.log}"
            )
        if code is not None:
            raise ScoringServerError(
                f"the scoring server ended {_ending(code)}{self._last_line()}; its output is in "
                f"{self.log}"
            )

    def ask(self, body: bytes, content_type: str = JSON) -> Answer:
        """Ask for predictions.

        Raises
        ------
        ScoringServerError
            If there is no answer in time, or the server dies of the question.
        """
        began = time.monotonic()
        try:
            status, content = self._request(
                "POST", "/invocations", self.answer_seconds, body, content_type
            )
            return Answer(status, content, time.monotonic() - began)
        except TimeoutError as error:
            raise ScoringServerError(
                f"the scoring server did not answer within {self.answer_seconds:g} s; its output is in "
                f"{self.log}"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self._wait_for_end()
            self.check_alive()
            raise ScoringServerError(
                f"the scoring server broke off its answer ({type(error).__name__}); its output is in "
                f"{self.log}"
            ) from error

    def look_at_memory(self, most_mb: float) -> float:
        """Give the most resident memory of process and children so far, in megabytes (10^6 bytes).

        A server that holds more than `most_mb` is ended, before the machine has none left.
        """
        resident_mb = sum(_resident_bytes(process) for process in self._family()) / _MEGABYTE
        self.memory.peak_mb = max(self.memory.peak_mb, resident_mb)
        if resident_mb > most_mb and not self.memory.is_too_much:
            self.memory.is_too_much = True
            self._kill()
        return self.memory.peak_mb

    def end(self) -> None:
        """End the process, its group and its children, whatever they are doing."""
        self._kill()
        self.process.wait()

    def _kill(self) -> None:
        family = self._family()
        _kill_if_running(lambda: os.killpg(self.process.pid, signal.SIGKILL))
        for process in family:
            _kill_if_running(process.kill)

    def _family(self) -> list[psutil.Process]:
        try:
            leader = psutil.Process(self.process.pid)
            return [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _is_healthy(self, seconds: float) -> bool:
        try:
            return self._request("GET", "/health", seconds)[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def _request(
        self, method: str, path: str, seconds: float, body: bytes | None = None, content: str = JSON
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        with closing(connection):
            connection.request(method, path, body, {"Content-Type": content, "Connection": "close"})
            response = connection.getresponse()
            return response.status, response.read()

    def _wait_for_end(self) -> None:
        """Give a process that just closed its socket a moment to be gone, so that its end is seen."""
        try:
            self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return

    def _last_line(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f" ({lines[-1].strip()[:200]})" if lines else ""


@contextmanager
def scoring_server(
    model: Path,
    log: Path,
    answer_seconds: float,
    most_mb: float,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ScoringServer]:
    """Start a scoring server for an MLflow model; it is gone afterwards, and so are its children.

    Parameters
    ----------
    model : Path
        The folder of the MLflow model.
    log : Path
        The file for its output; replaced.
    answer_seconds : float
        How long one answer may take, > 0.
    most_mb : float
        It is ended when it holds more resident memory, in megabytes.
    environment : mapping of str to str, optional
        Variables to set for it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="ml_assets-serving-") as empty,
        _bind_free_port() as listener,
    ):
        with log.open("wb") as output:
            process = _start(model, listener.fileno(), output.fileno(), empty, environment or {})
        server = ScoringServer(process, listener.getsockname()[1], log, answer_seconds)
        listener.close()
        with _memory_watch(server, most_mb):
            try:
                yield server
            finally:
                server.end()


@contextmanager
def _memory_watch(server: ScoringServer, most_mb: float) -> Iterator[None]:
    """Look at the server's memory all the while."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(_LOOK_EVERY_SECONDS):
            server.look_at_memory(most_mb)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


@contextmanager
def _bind_free_port() -> Iterator[socket.socket]:
    """A socket bound to a free port, which the server inherits, so that nobody else can take it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener


def _start(
    model: Path, listener: int, output: int, folder: str, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    # -P: nothing that lies in the working folder is imported.
    module = [sys.executable, "-P", "-m", serve.__name__]
    return subprocess.Popen(
        [*module, str(model), str(listener), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd=folder,
        env={**_environment(), **environment},
        pass_fds=[listener],
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """Give it this process's environment, and the same modules to import (a user's estimator, say)."""
    folders = [Path(ml_assets.__file__).parent.parent, *map(Path, sys.path)]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(str(path.absolute()) for path in folders)),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _ending(code: int) -> str:
    if code >= 0:
        return f"with exit code {code}"
    return f"by {signal.Signals(-code).name}"


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _kill_if_running(kill: Callable[[], object]) -> None:
    try:
        kill()
    except (ProcessLookupError, psutil.NoSuchProcess):
        return
