"""A home for the toy pipeline."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.artifacts.home import Home
from ml_assets_tests.artifacts.toys import Toy


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """Give a pipeline of toys without any artifact."""
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Toy(Home(tmp_path), instance)
