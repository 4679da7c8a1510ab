"""The UI in a real Chromium: a person materializes a pipeline and sees the run turn green."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from ml_assets_tests.project_factory import (
    PROJECT,
    free_port,
    make_project,
    project_environment,
    run_command,
)

pytestmark = pytest.mark.ui
_CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_PICTURES = os.environ.get("ML_ASSETS_PICTURES")


class Ui:
    """The running UIs: `make ui` in a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.mlflow_port = folder, free_port(), free_port()
        arguments = f"ARGS=--port={self.port} --mlflow-port={self.mlflow_port}"
        environment = Path(sys.prefix)
        self._terminal, inside = os.openpty()
        self.process = subprocess.Popen(
            # What is installed is what is tested: the environment is not made again.
            ["make", "-o", f"{environment}/.run", "ui", f"VENV={environment}", arguments],
            cwd=folder,
            env=project_environment(folder),
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inside)
        Thread(target=self._keep_log, args=[folder / "ui.log"], daemon=True).start()

    def _keep_log(self, path: Path) -> None:
        with path.open("wb") as log, contextlib.suppress(OSError):  # which is how a terminal ends
            while text := os.read(self._terminal, 4096):
                log.write(text)
                log.flush()

    def press_ctrl_c(self) -> None:
        """Type it: the terminal interrupts the processes in its foreground, and no other."""
        os.write(self._terminal, b"\x03")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def query(self, text: str) -> Any:
        body = json.dumps({"query": text}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]

    def wait(self, url: str, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the UI has ended by itself"
            try:
                urllib.request.urlopen(url, timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        raise AssertionError(f"{url} did not answer within {seconds} s")


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    folder = make_project(tmp_path_factory.mktemp("project"))
    shutil.copy(PROJECT / "Makefile", folder)
    with _running(folder) as started:
        yield started


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Ui]:
    started = Ui(folder)
    try:
        started.wait(f"{started.url}/server_info")
        yield started
    finally:
        if started.process.poll() is None:
            started.process.send_signal(signal.SIGTERM)
            started.process.wait(60)


@pytest.fixture
def page(ui: Ui) -> Iterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium on the PATH; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_CHROMIUM_FLAGS)
        yield browser.new_page(viewport={"width": 1500, "height": 1000})
        browser.close()


def _picture(page: Page, name: str) -> None:
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES) / f"{name}.png")


def test_materializing_from_the_ui_ends_in_a_green_run_and_a_champion(ui: Ui, page: Page) -> None:
    page.goto(f"{ui.url}/locations/ml_assets/asset-groups/churn")
    expect(page.get_by_text("Join the Dagster community")).to_have_count(0)
    button = page.get_by_role("button", name="Materialize all")
    button.click(timeout=60_000)
    page.get_by_text("View", exact=True).first.wait_for(timeout=60_000)
    _picture(page, "group")
    runs = ui.query("{runsOrError(limit: 1) {... on Runs {results {runId}}}}")
    run = runs["runsOrError"]["results"][0]["runId"]
    page.goto(f"{ui.url}/runs/{run}")
    page.get_by_text("Success", exact=True).first.wait_for(timeout=240_000)
    _picture(page, "run")
    page.goto(f"{ui.url}/assets/churn/registered_model?view=checks")
    expect(page.get_by_text("version 1 is the champion").first).to_be_visible(timeout=60_000)
    _picture(page, "registered_model")


def test_an_asset_shows_its_description_checks_and_rows(ui: Ui, page: Page) -> None:
    page.goto(f"{ui.url}/assets/churn/examples")
    expect(page.get_by_text("Row count").first).to_be_visible(timeout=60_000)
    _picture(page, "examples")
    page.goto(f"{ui.url}/assets/churn/examples?view=checks")
    expect(page.get_by_text("splits_disjoint").first).to_be_visible(timeout=60_000)
    _picture(page, "checks")


def test_an_anomaly_is_accepted_by_launching_the_schema_with_a_config(ui: Ui, page: Page) -> None:
    schema = ui.folder / "ml_assets" / "defs" / "churn" / "schema.yaml"
    schema.write_text(schema.read_text().replace("[basic, plus, pro]", "[basic, plus]"))
    ran = run_command(ui.folder, "run", "churn", "--select", "schema,anomalies")
    assert "plan has 1 value outside" in ran.stderr
    page.goto(f"{ui.url}/assets/churn/anomalies?view=checks")
    page.get_by_text("domains").first.click(timeout=60_000)
    expect(page.get_by_text("open the launchpad of churn/schema").first).to_be_visible()
    _picture(page, "how_to_accept")
    page.goto(f"{ui.url}/assets/churn/schema")
    materialize = page.get_by_role("button", name="Materialize")
    materialize.locator("xpath=following::button[1]").click(timeout=60_000)
    page.get_by_text("Open launchpad").click()
    editor = page.locator(".CodeMirror")
    # The form is there with its defaults; only what is asked is filled in.
    expect(editor).to_contain_text("accept: false", timeout=60_000)
    form = editor.evaluate("editor => editor.CodeMirror.getValue()")
    asked = form.replace("accept: false", "accept: true").replace('reason: ""', "reason: as before")
    editor.evaluate("(editor, text) => editor.CodeMirror.setValue(text)", asked)
    expect(editor).to_contain_text("as before")
    _picture(page, "launchpad")
    materialize.last.click()
    page.get_by_text("Success", exact=True).first.wait_for(timeout=120_000)
    page.goto(f"{ui.url}/assets/churn/schema")
    expect(page.get_by_text("as before").first).to_be_visible(timeout=60_000)
    _picture(page, "schema")
    assert "[basic, plus, pro]" in schema.read_text()


def test_the_retraining_sensor_is_on_by_default(ui: Ui) -> None:
    found = ui.query("{sensorsOrError(repositorySelector: {repositoryLocationName: "
                     '"ml_assets", repositoryName: "__repository__"}) '
                     "{... on Sensors {results {name sensorState {status}}}}}")  # fmt: skip
    states = {s["name"]: s["sensorState"]["status"] for s in found["sensorsOrError"]["results"]}
    assert states == {"churn_retraining": "RUNNING"}


def test_the_ui_ends_with_all_its_children_on_ctrl_c(ui: Ui) -> None:
    _assert_ends(ui, ui.press_ctrl_c)


def test_the_ui_ends_with_all_its_children_on_term(ui: Ui) -> None:
    with _running(ui.folder) as again:
        _assert_ends(again, lambda: again.process.send_signal(signal.SIGTERM))


def _assert_ends(ui: Ui, end: Callable[[], None]) -> None:
    ui.wait(f"http://127.0.0.1:{ui.mlflow_port}/health")
    family = psutil.Process(ui.process.pid).children(recursive=True)
    assert len(family) >= 4
    end()
    assert ui.process.wait(60) != 0  # so make says that it was interrupted
    assert [process for process in family if process.is_running()] == []
    for port in (ui.port, ui.mlflow_port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed ones may linger
            probe.bind(("127.0.0.1", port))
