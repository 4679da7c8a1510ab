"""Whether numbers lie in their range and are finite."""

from collections.abc import Callable, Iterator

from ml_assets.schema.model import Feature, Number
from ml_assets.statistics.model import FeatureStatistics, NumericStatistics, StringStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly_of_rows


def check_numbers(
    column: FeatureStatistics, numeric: NumericStatistics, feature: Feature
) -> Iterator[Anomaly]:
    """Find NaN, numbers outside their range, and infinity, in TFDV's order."""
    if numeric.num_nan and not feature.allow_nan:
        yield not_a_number(column, numeric.num_nan)
    yield from check_range(column, feature, numeric.min, numeric.max, _counter(numeric))
    if numeric.num_inf and not feature.allow_inf:
        yield infinite(column, numeric.num_inf)


def check_bools_as_ints(
    column: FeatureStatistics, string: StringStatistics, feature: Feature
) -> Iterator[Anomaly]:
    """Find bools outside the range of ints, with true as 1 and false as 0."""
    counts = {int(text == "true"): count for text, count in string.value_counts}
    yield from check_range(
        column,
        feature,
        *extremes_of_bools(string),
        lambda test: sum(count for value, count in counts.items() if test(value)),
    )


def extremes_of_bools(string: StringStatistics) -> tuple[Number | None, Number | None]:
    """Give the least and the greatest value of bools, with true as 1 and false as 0."""
    values = [int(text == "true") for text, _ in string.value_counts]
    return min(values, default=None), max(values, default=None)


def check_range(
    column: FeatureStatistics,
    feature: Feature,
    least: Number | None,
    most: Number | None,
    count: Callable[[Callable[[Number], bool]], int],
) -> Iterator[Anomaly]:
    """Find numbers outside their range.

    Parameters
    ----------
    column : FeatureStatistics
        The column's statistics.
    feature : Feature
        What it must look like.
    least, most : int or float, optional
        The extremes that were found.
    count : callable
        Gives how many rows have a number for which a test is true.
    """
    kind = "INT_TYPE_{}_INT" if "int" in (feature.type, feature.holds) else "FLOAT_TYPE_{}_FLOAT"
    low, high = feature.min, feature.max
    if low is not None and least is not None and least < low:
        rows = count(lambda value: value < low)
        text = f"below the schema's minimum of {low}"
        reach = (f"down to {least}", f"at least {low}")
        yield _out_of_range(column, kind.format("SMALL"), "min", rows, text, reach)
    if high is not None and most is not None and most > high:
        rows = count(lambda value: value > high)
        text = f"above the schema's maximum of {high}"
        reach = (f"up to {most}", f"at most {high}")
        yield _out_of_range(column, kind.format("BIG"), "max", rows, text, reach)


def not_a_number(column: FeatureStatistics, count: int) -> Anomaly:
    """Give the anomaly of so many NaN."""
    return anomaly_of_rows(
        column,
        "FLOAT_TYPE_HAS_NAN",
        count,
        "is NaN",
        ". Store a null where there is no value, or set `allow_nan: true` for "
        f"{column.name} in the schema.",
        expected="no NaN",
        found=f"{count:,} NaN",
    )


def infinite(column: FeatureStatistics, count: int) -> Anomaly:
    """Give the anomaly of so many infinite numbers."""
    return anomaly_of_rows(
        column,
        "FLOAT_TYPE_HAS_INF",
        count,
        "is infinite",
        f". Correct the values, or set `allow_inf: true` for {column.name} in the schema.",
        expected="finite values",
        found=f"{count:,} infinite values",
    )


def _counter(numeric: NumericStatistics) -> Callable[[Callable[[Number], bool]], int]:
    """Counts in the stored distribution; at least the extreme one, which a thinned one may lack."""
    return lambda test: max(1, sum(count for value, count in numeric.distribution if test(value)))


def _out_of_range(
    column: FeatureStatistics, code: str, key: str, rows: int, text: str, reach: tuple[str, str]
) -> Anomaly:
    return anomaly_of_rows(
        column,
        code,
        rows,
        f"is {text}, {reach[0]},",
        f". Correct the values, or change {key} of {column.name} in the schema.",
        expected=reach[1],
        found=reach[0],
    )
