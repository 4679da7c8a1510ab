"""Whole runs: killed at a write, on a full, read-only or forbidden disk, at once, with a wrong clock.

At each moment the old champion and everything that it was made from is whole, and the next run goes on.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.sound import find_damage
from ml_assets.artifacts.store import Store
from ml_assets.registry.ledger import ledger_in
from ml_assets.registry.promotion import ledger_folder
from ml_assets.registry.registry import champion
from ml_assets_tests.clock import clock_library
from ml_assets_tests.daily_shop import write_day, write_shop
from ml_assets_tests.registry.contents import half_built
from ml_assets_tests.whole_run import CLOCK, KILLED, PERMISSIONS, SUCCESS, WholeRuns, whole_runs

_DISK_BYTES = 60_000_000


@dataclass(frozen=True)
class Shop:
    """The pipeline `shop` after its first run, and after the orders of another day."""

    folder: Path
    runs: WholeRuns
    is_a_disk_of_its_own: bool
    has_a_clock: bool

    @property
    def home(self) -> Home:
        return Home(self.folder / "home")

    @property
    def store(self) -> Store:
        return Store(self.home.pipeline("shop"))

    def champion(self) -> int:
        found = champion(self.home.tracking_uri, "shop")
        assert found is not None
        return found.version

    def moves(self) -> list[tuple[str, int | None, int | None]]:
        entries = ledger_in(ledger_folder(self.home.mlflow, "shop")).entries()
        return [(entry.action, entry.from_version, entry.to_version) for entry in entries]

    def half_written(self) -> list[Path]:
        """What killed processes left below the home and beside the pipeline."""
        return [*self.home.root.rglob(".*"), *(self.folder / "shop").rglob(".*")]

    def statuses(self) -> list[str]:
        """How Dagster's runs ended, the oldest first."""
        with dg.DagsterInstance.from_config(str(self.home.dagster)) as instance:
            return [run.status.value for run in reversed(instance.get_runs())]

    def is_sound(self) -> bool:
        """Whether everything that holds now, and the snapshots that it names, is as it was made."""
        records = [self.store.current(asset) for asset in self.store.assets()]
        assert None not in records
        return not any(find_damage(self.store, self.store.artifact(one)) for one in records if one)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder, days=3)
    clock = clock_library(folder)
    with small_disk(folder / "home") as is_one, whole_runs(folder, clock) as runs:
        assert runs.run() == SUCCESS
        found = Shop(folder, runs, is_one, clock is not None)
        assert found.moves() == [("promotion", None, 1)]
        write_day(folder, 4)
        yield found


@contextmanager
def small_disk(path: Path) -> Iterator[bool]:
    """Mount a small disk of its own at a folder; where this process may not, say so."""
    path.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(path)]
    done = subprocess.run(["mount", *options], capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def disk(shop: Shop) -> Path:
    if not shop.is_a_disk_of_its_own:
        pytest.skip("only root can mount a small disk")
    return shop.home.root


@contextmanager
def filled(disk: Path, leave: int) -> Iterator[None]:
    """Leave only so many bytes on a disk."""
    filler = disk / "filler"
    try:
        with filler.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, shutil.disk_usage(disk).free - leave)
        yield
    finally:
        filler.unlink()


def check_that_the_old_state_holds(shop: Shop, before: tuple[object, ...]) -> None:
    assert (shop.champion(), shop.moves()) == before
    assert shop.is_sound()


@pytest.mark.parametrize("leave", [0, 300_000], ids=["at once", "in the middle"])
def test_a_full_disk_fails_the_run_with_the_reason_and_leaves_the_old_state(
    shop: Shop, disk: Path, leave: int
) -> None:
    before = (shop.champion(), shop.moves())

    with filled(disk, leave):
        said = shop.runs.run()

    assert "No space left on device" in said or "disk is full" in said or "disk I/O error" in said
    check_that_the_old_state_holds(shop, before)


def test_a_read_only_disk_fails_the_run_with_the_reason_and_leaves_the_old_state(
    shop: Shop, disk: Path
) -> None:
    before = (shop.champion(), shop.moves())
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        said = shop.runs.run()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)

    assert (
        "Read-only file system" in said or "readonly database" in said or "unable to open" in said
    )
    check_that_the_old_state_holds(shop, before)


# In the order of a run. What is visible of each: the folder in which something was begun.
SITES = {
    "*/spans/*.parquet": "pipelines/shop/spans",
    "*/objects/validated_features/*": "pipelines/shop/objects/validated_features",
    "*/objects/model/*": "pipelines/shop/objects/model",
    "mlflow.log_model_artifacts": "mlflow/artifacts/shop/models",
    "mlflow.set_registered_model_alias champion": "mlflow/ledger/shop",
    "*/ledger/shop/000002.json": "mlflow/ledger/shop",
}


def test_a_run_that_is_killed_at_any_of_its_writes_leaves_the_old_state_and_the_next_one_goes_on(
    shop: Shop,
) -> None:
    runs = len(shop.statuses())
    for site, place in SITES.items():
        assert shop.runs.run(site) == KILLED, site
        begun = [path.name for path in (shop.home.root / place).iterdir()]
        is_moved = "alias" in site or "ledger" in site
        if is_moved:
            # The move was noted before it was made, and the ledger does not say it yet.
            assert "intent.json" in begun
        elif "mlflow" in site:
            assert half_built(shop.home.tracking_uri, "shop")
        else:
            assert any(name.startswith(".") for name in begun), site
        assert shop.champion() == (2 if is_moved else 1), site
        assert shop.moves() == [("promotion", None, 1)], site
        assert shop.is_sound(), site

    assert shop.runs.run() == SUCCESS

    assert (shop.champion(), shop.moves()) == (2, [("promotion", None, 1), ("promotion", 1, 2)])
    assert shop.half_written() == []
    assert half_built(shop.home.tracking_uri, "shop") == []
    assert shop.statuses()[runs:] == ["FAILURE"] * len(SITES) + ["SUCCESS"]


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """Take the right to write into a folder and those below from everybody."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    modes = [path.stat().st_mode for path in folders]
    try:
        for path in folders:
            path.chmod(0o555)
        yield
    finally:
        for path, mode in zip(folders, modes, strict=True):
            path.chmod(mode)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("pipelines/shop/spans", "Permission denied"),
        ("pipelines/shop/objects", "Permission denied"),
        ("mlflow", "See that the disk has room and that its folder may be written, then run again"),
    ],
)
def test_a_folder_that_may_not_be_written_fails_the_run_with_the_reason_and_leaves_the_old_state(
    shop: Shop, place: str, reason: str
) -> None:
    write_day(shop.folder, 5)
    before = (shop.champion(), shop.moves())

    with forbidden(shop.home.root / place):
        said = shop.runs.run(PERMISSIONS)

    assert reason in said
    assert f"home/{place}" in said
    check_that_the_old_state_holds(shop, before)
    assert shop.statuses()[-1] == "FAILURE"


def test_of_runs_at_once_one_makes_each_version_and_the_ledger_is_one_line(shop: Shop) -> None:
    write_day(shop.folder, 6)
    before = shop.champion()

    ended = shop.runs.run_at_once("", "", "")

    assert ended == [SUCCESS] * 3
    assert shop.champion() == before + 1
    assert shop.moves()[-1] == ("promotion", before, before + 1)
    assert shop.is_sound()
    assert shop.half_written() == []
    assert half_built(shop.home.tracking_uri, "shop") == []


def test_a_run_whose_clock_jumped_back_a_day_comes_after_the_one_before(shop: Shop) -> None:
    if not shop.has_a_clock:
        pytest.skip("there is no C compiler, so no clock can be set for one process alone")
    write_day(shop.folder, 7)
    before = shop.champion()

    assert shop.runs.run(f"{CLOCK}-86400") == SUCCESS

    last, new = ledger_in(ledger_folder(shop.home.mlflow, "shop")).entries()[-2:]
    assert new.at < last.at
    assert (new.sequence, new.to_version) == (last.sequence + 1, before + 1)
    assert shop.champion() == before + 1
    assert shop.is_sound()
    assert shop.runs.run() == SUCCESS
    assert shop.champion() == before + 1
