"""Columns whose type changed: numbers as text, 0 and 1 as true and false, times as text."""

from ml_assets.statistics.model import FeatureStatistics
from ml_assets.validation.moves.move import Move
from ml_assets.validation.side import Side

_NEARLY_ALL = 0.98


def type_move(reference: Side, current: Side) -> Move | None:
    """Give the change of type, where both sides have values and are not comparable."""
    if reference.kind == current.kind or "nothing" in (reference.kind, current.kind):
        return None
    before, now = reference.feature, current.feature
    text = f"its type changed from {before.type} to {now.type}"
    return Move("type", f"{text}{_hint(before, now)}", 10.0, 0.0)


def _hint(before: FeatureStatistics, now: FeatureStatistics) -> str:
    if now.string and before.numeric:
        if {value.lower() for value, _ in now.string.value_counts} <= {"true", "false"}:
            return ": 0 and 1 are written as true and false" if _is_bit(before) else ""
        return ": the numbers are written as text" if _are_numbers(now) else ""
    if before.string and now.numeric:
        if before.type == "bool":
            return ": true and false are written as 0 and 1" if _is_bit(now) else ""
        return ": the text is read as numbers" if _are_numbers(before) else ""
    if now.string and before.time:
        return ": the times are written as text" if now.semantic_type in ("date", None) else ""
    if before.string and now.time:
        return ": the text is read as times"
    if before.time and now.numeric:
        return ": the times are written as numbers"
    return ""


def _is_bit(feature: FeatureStatistics) -> bool:
    numeric = feature.numeric
    return numeric is not None and {value for value, _ in numeric.distribution} <= {0, 1}


def _are_numbers(feature: FeatureStatistics) -> bool:
    numbers = feature.string.numbers if feature.string else None
    return numbers is not None and numbers.num_float >= _NEARLY_ALL * feature.num_non_missing > 0
