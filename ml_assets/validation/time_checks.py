"""Whether dates and timestamps lie in their range."""

from collections.abc import Iterator
from datetime import date

from ml_assets.schema.model import Feature
from ml_assets.statistics.model import FeatureStatistics, TimeStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly_of_rows
from ml_assets.validation.moments import first_of, last_of, microseconds, read_moment


def check_times(
    column: FeatureStatistics, time: TimeStatistics, feature: Feature
) -> Iterator[Anomaly]:
    """Find moments that are too early or too late."""
    first, last = _moment(time.min), _moment(time.max)
    early, late = feature.earliest, feature.latest
    if early is not None and first is not None and first < first_of(early):
        rows = sum(bucket.count for bucket in time.histogram if bucket.high < first_of(early))
        yield _outside(column, "TIME_TYPE_EARLY_TIME", "earliest", early, rows, str(time.min))
    if late is not None and last is not None and last > last_of(late):
        rows = sum(bucket.count for bucket in time.histogram if bucket.low > last_of(late))
        yield _outside(column, "TIME_TYPE_LATE_TIME", "latest", late, rows, str(time.max))


def _moment(text: str | None) -> int | None:
    moment = None if text is None else read_moment(text)
    return None if moment is None else microseconds(moment)


def _outside(
    column: FeatureStatistics, code: str, key: str, limit: date, rows: int, reach: str
) -> Anomaly:
    rows = max(1, rows)
    word = "before" if key == "earliest" else "after"
    reach = f"{'back' if key == 'earliest' else 'up'} to {reach}"
    return anomaly_of_rows(
        column,
        code,
        rows,
        f"is {word} the schema's {key} of {limit.isoformat()}, {reach},",
        f". Correct the values, or change {key} of {column.name} in the schema.",
        expected=f"not {word} {limit.isoformat()}",
        found=reach,
        at_least=True,
    )
