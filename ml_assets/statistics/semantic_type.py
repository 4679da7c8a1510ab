"""Tells what the values of a column mean, where their form shows it.

A type is given where at least `SHARE` of the values have it: of a column of texts, of those that are not
empty. The first of these that fits is taken: e-mail, URL, date, int, float (see `text_kinds` for what
counts as one), identifier.

An identifier names a row: at least `SHARE` of the values differ, and there are at least `FEW` of them.
Texts must be without spaces and at most `LONGEST` characters long; ints must fill at least half of the
range between the least and the greatest, as running numbers do. Large numbers that merely all differ,
such as amounts or moments, are none.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from ml_assets.statistics.feature_model import FeatureStatistics

if TYPE_CHECKING:
    from ml_assets.statistics.category_state import CategoryState
    from ml_assets.statistics.numeric_state import NumericState

SemanticType = Literal["identifier", "email", "url", "int", "float", "date"]

SHARE = 0.95
FEW = 50
LONGEST = 100
_IDENTIFYING = ("email", "url", "identifier")


def semantic_type_of_texts(state: "CategoryState") -> SemanticType | None:
    """Give the semantic type of a column of texts."""
    values, kinds = state.num_values - state.num_empty, state.kinds
    if not values:
        return None
    counts: tuple[tuple[SemanticType, int], ...] = (
        ("email", kinds.num_email),
        ("url", kinds.num_url),
        ("date", kinds.num_date),
        ("int", kinds.num_int),
        ("float", kinds.num_float),
    )
    for type_, count in counts:
        if count >= SHARE * values:
            return type_
    short = state.lengths is not None and state.lengths[1] <= LONGEST
    one_word = kinds.num_spaced <= (1 - SHARE) * values
    return "identifier" if short and one_word and _differ(state.unique, values) else None


def semantic_type_of_ints(state: "NumericState") -> SemanticType | None:
    """Give the semantic type of a column of ints."""
    if state.extremes is None:
        return None
    low, high = state.extremes
    dense = high - low < 2 * state.unique
    return "identifier" if dense and _differ(state.unique, int(state.moments.count)) else None


def may_identify(feature: FeatureStatistics) -> bool:
    """Whether a value of a column may name a person or a row, so that logs and metadata do not show it.

    So do e-mail addresses, URLs, identifiers, and texts of any form of which nearly all differ.
    """
    if feature.semantic_type is not None or feature.string is None:
        return feature.semantic_type in _IDENTIFYING
    return _differ(feature.string.unique, feature.num_non_missing)


def identifying(features: Iterable[FeatureStatistics]) -> set[str]:
    """Name the columns of which no value is shown: those that `may_identify`."""
    return {feature.name for feature in features if may_identify(feature)}


def harmless(features: Iterable[FeatureStatistics]) -> set[str]:
    """Name the columns of which values may be shown: the others."""
    return {feature.name for feature in features if not may_identify(feature)}


def _differ(unique: int, values: int) -> bool:
    return values >= FEW and unique >= SHARE * values
