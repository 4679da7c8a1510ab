"""One thread for each fit: on busy cores OpenMP's threads spin."""

from collections.abc import Iterator

import pytest

from ml_assets.training.fitting import limit_threads


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with limit_threads(1):
        yield
