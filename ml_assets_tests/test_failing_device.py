"""A device that really answers with an input/output error: smaller than the file system on it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml_assets import durable

_WHOLE, _LEFT = 16_000_000, 1_000_000


def _done(*command: str) -> str | None:
    """Run a command, and give what it prints; None where it fails or is not there."""
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Give a file with a small file system."""
    path = tmp_path / "image"
    with path.open("wb") as file:
        file.truncate(_WHOLE)
    # Without a journal a failed write leaves the file system as it was, and not read-only.
    if _done("mkfs.ext4", "-q", "-O", "^has_journal", str(path)) is None:
        pytest.skip("mkfs.ext4 is not there")
    return path


@pytest.fixture
def device(image: Path) -> Iterator[str]:
    """Give a device of that file."""
    name = _done("losetup", "--find", "--show", str(image))
    if name is None:
        pytest.skip("only root can make a device of a file")
    yield name
    subprocess.run(["losetup", "--detach", name], check=True)


@pytest.fixture
def disk(device: str, tmp_path: Path) -> Iterator[Path]:
    """Give the folder in which the device is mounted."""
    path = tmp_path / "disk"
    path.mkdir()
    if _done("mount", device, str(path)) is None:
        pytest.skip("the device cannot be mounted")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_a_device_that_fails_leaves_the_old_file_and_says_so(
    image: Path, device: str, disk: Path
) -> None:
    path = disk / "model.json"
    durable.write_bytes(path, b"old")
    with image.open("r+b") as file:
        file.truncate(_LEFT)
    subprocess.run(["losetup", "--set-capacity", device], check=True)

    with pytest.raises(OSError, match="Input/output error"):
        durable.write_bytes(path, bytes(3_000_000))

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in disk.iterdir() if entry.name != "lost+found"] == [path.name]
