"""A part of the rows in another unit: numbers of which some were multiplied by a known factor."""

from ml_assets.statistics.points import Array
from ml_assets.validation.moves.move import Pair
from ml_assets.validation.moves.units import KNOWN_FACTORS

# The mixture must explain all but this share of the difference, and hold a part of the rows like this.
_MAX_REST = 0.04
_PARTS = (0.04, 0.6)


def part_text(pair: Pair) -> str:
    """Say which part of the rows is in another unit; empty where no known factor explains the change.

    With F the reference's distribution function, that of a mixture is ``(1 - w) F(x) + w F(x / f)``; w is
    fitted by least squares.
    """
    numbers, old_rows, new_rows = pair.numbers, pair.reference.there, pair.current.there
    if numbers is None or not old_rows or not new_rows or len(pair.reference.values) < 10:
        return ""
    before, now = numbers.reference_ends[1:] / old_rows, numbers.current_ends[1:] / new_rows
    change = now - before
    total = float((change**2).sum())
    best, text = _MAX_REST * total, ""
    for factor, unit in KNOWN_FACTORS.items():
        moved = _scaled(numbers.grid, numbers.reference_ends / old_rows, factor) - before
        size = float((moved**2).sum())
        part = float((moved * change).sum()) / size if size else 0.0
        rest = float(((change - part * moved) ** 2).sum())
        if rest < best and _PARTS[0] <= part <= _PARTS[1]:
            best = rest
            text = f"about {part:.0%} of the values are {factor:.4g} times as large: {unit}?"
    return text


def _scaled(grid: Array, ends: Array, factor: float) -> Array:
    """The reference's distribution function if all of its numbers were multiplied."""
    places = grid.searchsorted(grid / factor, "right")
    result: Array = (
        ends[places] if factor > 0 else 1 - ends[grid.searchsorted(grid / factor, "left")]
    )
    return result
