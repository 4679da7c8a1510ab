"""Judges distances by the comparators of a schema, where a column has one."""

from collections.abc import Sequence
from dataclasses import dataclass

from ml_assets.schema.model import Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.comparators import Measurement, measure_distances


@dataclass(frozen=True)
class Limited:
    """What a column's comparator says.

    Attributes
    ----------
    is_exceeded : bool
        Whether one of the distances is above its limit.
    text : str
        The distances and their limits, those above first.
    """

    is_exceeded: bool
    text: str


def judge_by_limits(
    current: DatasetStatistics, reference: DatasetStatistics, schema: Schema
) -> dict[str, Limited]:
    """Judge each column that has a `drift` comparator in the schema by that.

    Parameters
    ----------
    current, reference : DatasetStatistics
        The new data, and those they are compared with.
    schema : Schema
        With comparators.

    Returns
    -------
    dict of str to Limited
        By column; one whose distances are not defined is left out.
    """
    by_name: dict[str, list[Measurement]] = {}
    for one in measure_distances(current, schema, previous_statistics=reference):
        by_name.setdefault(one.feature, []).append(one)
    return {name: _judge(measured) for name, measured in by_name.items()}


def exceeded(measured: Sequence[Measurement]) -> list[Measurement]:
    """Give the distances that are above their limits."""
    return [one for one in measured if one.value > one.threshold]


def _judge(measured: Sequence[Measurement]) -> Limited:
    above = exceeded(measured)
    said = [
        f"{one.metric} is {one.value:.4g}, {'above' if one in above else 'within'} the schema's limit of "
        f"{one.threshold:g}"
        for one in (above or measured)
    ]
    return Limited(bool(above), "; ".join(said))
