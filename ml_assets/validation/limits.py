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
    for measurement in measure_distances(current, schema, previous_statistics=reference):
        by_name.setdefault(measurement.feature, []).append(measurement)
    return {name: _judge(measurements) for name, measurements in by_name.items()}


def exceeded(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Give the distances that are above their limits."""
    return [
        measurement for measurement in measurements if measurement.value > measurement.threshold
    ]


def _judge(measurements: Sequence[Measurement]) -> Limited:
    above = exceeded(measurements)
    texts = [
        f"{measurement.metric} is {measurement.value:.4g}, "
        f"{'above' if measurement in above else 'within'} the schema's limit of {measurement.threshold:g}"
        for measurement in (above or measurements)
    ]
    return Limited(bool(above), "; ".join(texts))
