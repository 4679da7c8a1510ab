"""Finds moments that lie after the moment of prediction: what happened then cannot have been known.

A column such as ``refunded_at`` tells that something happened, and when. Clocks differ by a little, and
plans lie in the future by right, so such columns are suspected and not refused.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.table import Table, split_is
from ml_assets.transform.spec import TransformSpec

_MIN_SHARE = 0.01


def find_later_moments(
    examples: Table, columns: Sequence[str], time: str | None, spec: TransformSpec
) -> dict[str, str]:
    """Give the columns with moments after that of the prediction in 1 % of training rows, each with why.

    Parameters
    ----------
    examples : Table
        With ``_split``, the columns and the time.
    columns : sequence of str
        What the transform reads; what is no date or timestamp is not looked at, nor are moments with a
        time zone where the prediction's has none, or the other way round.
    time : str or None
        The column with the moment of prediction; without it nothing is found.
    spec : TransformSpec
        The `transform` part of the YAML: what `known_before` names is not reported.
    """
    if time is None:
        return {}
    prediction_type = examples.schema.field(time).type
    compared = [
        name
        for name in columns
        if name != time
        and not spec.is_known_before([name])
        and _is_comparable(examples.schema.field(name).type, prediction_type)
    ]
    if not compared:
        return {}
    rows = examples.to_arrow([time, *compared], where=split_is("train"))
    shares = {name: _share_later(rows[name], rows[time]) for name in compared}
    return {
        name: f"is later than '{time}' in {share:.0%} of the training rows"
        for name, share in shares.items()
        if share >= _MIN_SHARE
    }


def _is_comparable(kind: pa.DataType, other: pa.DataType) -> bool:
    if pa.types.is_date(kind) or pa.types.is_date(other):
        return pa.types.is_temporal(kind) and not pa.types.is_time(kind)
    return pa.types.is_timestamp(kind) and (kind.tz is None) == (other.tz is None)


def _share_later(values: pa.ChunkedArray, times: pa.ChunkedArray) -> float:
    # A date is later where its day is: within a day it tells nothing.
    is_day = pa.types.is_date(values.type) or pa.types.is_date(times.type)
    unit = pa.date32() if is_day else pa.timestamp("us")
    later = pc.greater(_cast(values, unit), _cast(times, unit))
    return float(pc.sum(later).as_py() or 0) / max(1, len(values))


def _cast(values: pa.ChunkedArray, unit: pa.DataType) -> pa.ChunkedArray:
    return pc.cast(values, unit, safe=False)
