"""The space of a search: as Optuna's distributions, and what lies in it or on its edges."""

import math
from collections.abc import Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ml_assets.training.spec import Choice, FloatRange, IntRange, SearchDimension

# A best value this near to an end, as a share of the range, lies on the edge.
_EDGE_SHARE = 0.01


def to_distributions(space: Mapping[str, SearchDimension]) -> dict[str, BaseDistribution]:
    """Give each dimension as Optuna's distribution."""
    return {name: _distribution(dimension) for name, dimension in space.items()}


def clip_to_space(
    values: Mapping[str, Any], space: Mapping[str, SearchDimension]
) -> dict[str, Any]:
    """Give the searched ones of `values`: numbers clipped to their range, unknown choices left out."""
    point = {}
    for name, dimension in space.items():
        value = values.get(name)
        if isinstance(dimension, Choice):
            if value in dimension.choices:
                point[name] = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            point[name] = min(max(value, dimension.low), dimension.high)
    return point


def corner(space: Mapping[str, SearchDimension]) -> dict[str, Any]:
    """Give one point of the space."""
    return {
        name: dimension.choices[0] if isinstance(dimension, Choice) else dimension.low
        for name, dimension in space.items()
    }


def values_on_edges(
    best: Mapping[str, Any], space: Mapping[str, SearchDimension]
) -> dict[str, str]:
    """Give the best values that lie on an edge of the space, by name: ``low`` or ``high``."""
    ends = {}
    for name, dimension in space.items():
        if isinstance(dimension, Choice) or name not in best:
            continue
        share = _share(best[name], dimension)
        if share <= _EDGE_SHARE or share >= 1 - _EDGE_SHARE:
            ends[name] = "low" if share < 0.5 else "high"
    return ends


def _share(value: float, dimension: FloatRange | IntRange) -> float:
    low, high = float(dimension.low), float(dimension.high)
    if dimension.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return 0.5 if high == low else (value - low) / (high - low)


def _distribution(dimension: SearchDimension) -> BaseDistribution:
    match dimension:
        case FloatRange(low=low, high=high, log=log):
            return FloatDistribution(low, high, log=log)
        case IntRange(low=low, high=high, log=log):
            return IntDistribution(low, high, log=log)
        case Choice(choices=choices):
            return CategoricalDistribution(tuple(choices))
