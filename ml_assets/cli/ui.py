"""Starts the Dagster UI with its daemon and the MLflow UI, and ends them with all their children."""

import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

from ml_assets.artifacts.home import Home
from ml_assets.cli.environment import prepare_environment
from ml_assets.registry.database import keep_before_migration, sqlite_path

_GRACE_SECONDS = 15


def serve_ui(port: int, mlflow_port: int) -> int:
    """Serve both UIs on the loopback address until interrupted or terminated.

    Parameters
    ----------
    port, mlflow_port : int
        Of the Dagster UI and of the MLflow UI.

    Returns
    -------
    int
        0 after Ctrl-C, TERM, or the end of the terminal; 1 if one of the two ended by itself.
    """
    home = prepare_environment()
    if (database := sqlite_path(home.tracking_uri)) is not None:
        keep_before_migration(database)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: stop.set())
    servers = {
        "Dagster": _start(_dagster_command(port)),
        "MLflow": _start(_mlflow_command(home, mlflow_port)),
    }
    print(f"Dagster UI: http://127.0.0.1:{port}", flush=True)
    print(f"MLflow UI:  http://127.0.0.1:{mlflow_port}", flush=True)
    print("Ctrl-C ends both.", flush=True)
    ended: list[str] = []
    while not ended and not stop.wait(0.5):
        ended = [name for name, server in servers.items() if server.poll() is not None]
    _end_with_children(servers.values())
    for name in ended:
        code = servers[name].returncode
        print(f"The {name} UI ended by itself with code {code}; is its port free?", file=sys.stderr)
    return 1 if ended else 0


def _dagster_command(port: int) -> list[str]:
    workspace = Path("workspace.yaml")
    target = ["-w", str(workspace)] if workspace.is_file() else ["-m", "ml_assets.definitions"]
    return [sys.executable, "-m", "dagster", "dev", *target, "-h", "127.0.0.1", "-p", str(port)]


def _mlflow_command(home: Home, port: int) -> list[str]:
    server = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    artifacts = (home.mlflow / "artifacts").as_uri()
    store = ["--backend-store-uri", home.tracking_uri, "--default-artifact-root", artifacts]
    return [*server, *store, "--workers", "1"]


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # Its own session, so that Ctrl-C reaches only this process, which then ends the whole family.
    return subprocess.Popen(command, start_new_session=True)


def _end_with_children(servers: Collection[subprocess.Popen[bytes]]) -> None:
    """End processes and everything that they started: all at once with INT, after a while with KILL."""
    import psutil

    alive = [server for server in servers if server.poll() is None]
    family = [
        process
        for server in alive
        for process in (psutil.Process(server.pid), *psutil.Process(server.pid).children(True))
    ]
    for server in alive:
        server.send_signal(signal.SIGINT)
    _, remaining = psutil.wait_procs(family, timeout=_GRACE_SECONDS)
    for process in remaining:
        process.kill()
    psutil.wait_procs(remaining, timeout=_GRACE_SECONDS)
    for server in servers:
        server.wait()
