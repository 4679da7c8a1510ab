"""Data that lies beside the project, for tests only; a test skips where it is absent."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_path(name: str) -> Path:
    """Give the path of a shared file, or skip the test with the reason."""
    root = Path(os.environ.get("ML_ASSETS_SHARED") or _BESIDE)
    path = root / name
    if not path.exists():
        pytest.skip(f"{name} is not in {root}; set ML_ASSETS_SHARED to the folder that has it")
    return path
