"""Hints of the nearest name."""

import pytest

from ml_assets.errors import did_you_mean

CASES = [
    ("tipz", ["tips", "fare"], " Did you mean 'tips'?"),
    ("TIPS", ["tips", "fare"], " Did you mean 'tips'?"),
    ("trip mile", ["trip_miles", "Trip_Total"], " Did you mean 'trip_miles'?"),
    ("total", ["trip_miles", "Trip_Total"], " Did you mean 'Trip_Total'?"),
    ("xyz", ["tips", "fare"], ""),
    ("tips", [], ""),
    ("", ["tips"], ""),
]


@pytest.mark.parametrize(("name", "known", "hint"), CASES)
def test_the_nearest_name_is_hinted_at_as_it_is_written(
    name: str, known: list[str], hint: str
) -> None:
    assert did_you_mean(name, known) == hint
