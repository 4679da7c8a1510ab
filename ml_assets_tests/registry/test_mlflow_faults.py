"""A remote MLflow that is down, slow or failing at any call: a clear failure, and nothing half-done."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ml_assets.errors import ModelError
from ml_assets.registry.promotion import ledger_of, promote
from ml_assets.registry.registry import Registry, champion, close_dead_runs, register
from ml_assets_tests.registry.children import ASKED, YES, candidate_in
from ml_assets_tests.registry.contents import half_built

# MLflow's client leaves the connections of a request that failed to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

Fault = Callable[["Proxy", int], str | None]
_WAIT_SECONDS = 240.0


@dataclass
class Proxy:
    """Stands before MLflow's server; `fault` says for each request what happens to it instead."""

    target: int
    fault: Fault = lambda proxy, number: None
    requests: list[str] = field(default_factory=list)
    faulted: int = 0


def handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.requests.append(f"{self.command} {self.path}")
            fault_kind = proxy.fault(proxy, len(proxy.requests))
            if fault_kind is not None:
                proxy.faulted += 1
                if fault_kind == "cut":
                    self.close_connection = True
                    return
                self.send_response(int(fault_kind))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            connection = http.client.HTTPConnection("127.0.0.1", proxy.target)
            headers = {"Content-Type": self.headers.get("Content-Type", "")}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _relay  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[int]:
    """A real MLflow tracking server on SQLite."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    database = folder / "mlflow.db"
    database.write_bytes(empty_database.read_bytes())
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    stores = ["--backend-store-uri", f"sqlite:///{database}", "--workers", "1"]
    artifacts = ["--default-artifact-root", str(folder / "artifacts"), "--no-serve-artifacts"]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [*command, *stores, *artifacts],
        stdout=log,
        stderr=log,
        env={
            **os.environ,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        start_new_session=True,
    )
    try:
        wait_for(port, process, folder / "log")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers; the pause between two looks is a wait for its socket."""
    import select
    import time

    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/health")
                if connection.getresponse().status == http.client.OK:
                    return
        except OSError:
            select.select([], [], [], 0.1)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@pytest.fixture
def proxy(server: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Proxy, str]]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    new_proxy = Proxy(server)
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler(new_proxy))
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield new_proxy, f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        listener.server_close()


def registry_at(uri: str, home: Path) -> Registry:
    return Registry(uri, home, "host-1", lambda name: False)


def named(home: Path, name: str, model: str) -> Any:
    from dataclasses import replace

    return replace(candidate_in(home, model), name=name)


def crown(registry: Registry, candidate: Any) -> None:
    promote(registry, register(registry, candidate), lambda current, entries: YES, ASKED)


def from_request_on(first: int, fault_kind: str) -> Fault:
    return lambda proxy, number: fault_kind if number >= first else None


def test_a_failure_at_any_request_promotes_nothing_and_the_next_run_mends_it(
    proxy: tuple[Proxy, str], tmp_path: Path
) -> None:
    server_proxy, uri = proxy
    home = tmp_path / "home"
    for name in ("begun", "all"):  # the first also begins MLflow's client
        server_proxy.requests.clear()
        crown(registry_at(uri, home), named(home, name, "a"))
    requests = len(server_proxy.requests)
    assert requests >= 25
    for number in range(1, requests + 1):
        fault_kind = ("500", "cut")[number % 2]
        name = f"{fault_kind}-{number}"
        registry, start = registry_at(uri, home), len(server_proxy.requests)
        server_proxy.faulted, server_proxy.fault = 0, from_request_on(start + number, fault_kind)
        with pytest.raises(ModelError, match=r"MLflow \(.*\) failed at .*Mend MLflow, then"):
            crown(registry, named(home, name, "a"))
        assert server_proxy.faulted
        server_proxy.fault = lambda _, number: None
        current, ledger = champion(uri, name), ledger_of(registry, name)
        assert current is None or ledger.intent() or ledger.entries(), name

        crown(registry, named(home, name, "a"))

        current = champion(uri, name)
        assert current is not None
        assert (current.version, half_built(uri, name)) == (1, []), name
        moves = [(e.action, e.to_version) for e in ledger.entries()]
        assert moves == [("promotion", 1)], name


def test_a_request_is_tried_three_times(
    proxy: tuple[Proxy, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES")  # what this package sets then counts
    server_proxy, uri = proxy
    server_proxy.fault = from_request_on(1, "500")

    with pytest.raises(ModelError, match="failed at registering never"):
        register(registry_at(uri, tmp_path / "home"), named(tmp_path / "home", "never", "a"))

    assert len(server_proxy.requests) == 3
    assert len({*server_proxy.requests}) == 1


def test_a_server_that_is_down_is_given_up_after_bounded_retries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    uri = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(ModelError, match=r"failed at registering flights: .*The champion was not"):
        register(registry_at(uri, tmp_path / "home"), candidate_in(tmp_path / "home"))


def test_a_server_that_never_answers_is_given_up(
    proxy: tuple[Proxy, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    released = threading.Event()
    server_proxy, uri = proxy

    def hang(proxy: Proxy, number: int) -> str | None:
        released.wait(_WAIT_SECONDS)
        return "500"

    server_proxy.fault = hang
    try:
        with pytest.raises(ModelError, match="failed at registering slow"):
            register(registry_at(uri, tmp_path / "home"), named(tmp_path / "home", "slow", "a"))
    finally:
        released.set()
    server_proxy.fault = lambda _, number: None
    assert close_dead_runs(uri, lambda name: False) == []
    assert champion(uri, "slow") is None
