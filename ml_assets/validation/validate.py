"""`validate_statistics`: TFDV's function of that name."""

from collections.abc import Iterator

from ml_assets.errors import did_you_mean
from ml_assets.schema.model import SEVERAL_IN_SHAPE, SEVERAL_VALUES, Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.comparators import Comparison, compare_by_default, compare_feature
from ml_assets.validation.dataset_checks import check_row_counts, compare_row_counts
from ml_assets.validation.feature_checks import check_feature


def validate_statistics(
    statistics: DatasetStatistics,
    schema: Schema,
    environment: str | None = None,
    previous_statistics: DatasetStatistics | None = None,
    serving_statistics: DatasetStatistics | None = None,
    *,
    previous_version_statistics: DatasetStatistics | None = None,
) -> list[Anomaly]:
    """Find where data differ from what a schema demands.

    Parameters
    ----------
    statistics : DatasetStatistics
        Of the data to judge.
    schema : Schema
        What they must look like. Columns in a stage of their life in which they are not judged, such as
        ``DEPRECATED``, are left alone.
    environment : str, optional
        Where the data come from, such as ``TRAINING`` or ``SERVING``. Features that are not in it need
        not be there, and are an anomaly if they have values. Without it every feature is expected.
    previous_statistics : DatasetStatistics, optional
        Of an earlier span. A feature whose distribution is further from it than its `drift` comparator
        allows is an anomaly; without a comparator, one that moved much and beyond chance. So is a number
        of rows outside `rows_vs_previous`.
    serving_statistics : DatasetStatistics, optional
        Of data at serving: the same with the `skew` comparator.
    previous_version_statistics : DatasetStatistics, optional
        Of an earlier version of the same span, for `rows_vs_version`.

    Returns
    -------
    list of Anomaly
        Of the data set first, then by the schema's order of features; empty if all is well. Severities
        are the usual ones: see `with_severity`. `measure_distances` gives the distances, those within
        their limits included.

    Raises
    ------
    ValueError
        If the schema does not know the environment.
    """
    others: dict[Comparison, DatasetStatistics | None] = {
        "drift": previous_statistics,
        "skew": serving_statistics,
    }
    controls = {kind: side for kind, side in others.items() if side is not None}
    before = (previous_statistics, previous_version_statistics)
    return [
        *compare_row_counts(statistics, schema, *before),
        *check_row_counts(statistics, schema),
        *_check_columns(statistics, schema, environment, controls),
        *_check_left_out(statistics, schema),
        *_check_new_columns(statistics, schema),
        *_check_by_default(statistics, schema, environment, controls),
    ]


def _check_columns(
    statistics: DatasetStatistics,
    schema: Schema,
    environment: str | None,
    controls: dict[Comparison, DatasetStatistics],
) -> Iterator[Anomaly]:
    columns, features = statistics.by_name, schema.by_name
    new = [name for name in columns if name not in features]
    expected = {feature.name for feature in schema.expected_in(environment)}
    for feature in schema.features:
        if feature.is_ignored:
            continue
        if feature.name in columns:
            column = columns[feature.name]
            yield from check_feature(column, feature, environment)
            for kind, control in controls.items():
                yield from compare_feature(column, control, feature, kind)
        elif feature.required and feature.name in expected:
            yield _missing_column(feature.name, new)


def _missing_column(name: str, new: list[str]) -> Anomaly:
    return anomaly(
        name,
        "SCHEMA_MISSING_COLUMN",
        f"The column {name} is missing.{did_you_mean(name, new)} Restore it, or set `required: "
        "false` for it in the schema.",
        expected="the column is there",
        found="no such column",
    )


def _check_left_out(statistics: DatasetStatistics, schema: Schema) -> Iterator[Anomaly]:
    """Columns that the schema leaves out as lists, although the data have one value in each row."""
    for name, reason in schema.left_out:
        column, code = statistics.by_name.get(name), _code_of_several(reason)
        if column is None or not code or column.type == "nested" or not column.num_non_missing:
            continue
        yield anomaly(
            name,
            code,
            f"{name} has one value in a row, and the schema leaves it out because {reason}. Give the "
            "data that the schema means, or describe it among the schema's features.",
            expected="several values in each row",
            found="one value in each row",
        )


def _code_of_several(reason: str) -> str:
    """TFDV's code for one value where the schema wants several; empty for other reasons."""
    number = "".join(filter(str.isdigit, reason))
    codes = {
        SEVERAL_VALUES.format(number): "FEATURE_TYPE_LOW_NUMBER_VALUES",
        SEVERAL_IN_SHAPE.format(number): "INVALID_FEATURE_SHAPE",
    }
    return codes.get(reason, "")


def _check_new_columns(statistics: DatasetStatistics, schema: Schema) -> Iterator[Anomaly]:
    known = {*schema.by_name, *(name for name, _ in schema.left_out)}
    for column in statistics.features:
        if column.name not in known:
            yield anomaly(
                column.name,
                "SCHEMA_NEW_COLUMN",
                f"The column {column.name} ({column.type}) is not in the schema and is not used. Add it "
                "to the schema's features, or to left_out with a reason.",
                expected="no such column",
                found=f"a column of type {column.type}",
                severity="WARN",
            )


def _check_by_default(
    statistics: DatasetStatistics,
    schema: Schema,
    environment: str | None,
    controls: dict[Comparison, DatasetStatistics],
) -> Iterator[Anomaly]:
    features = [feature for feature in schema.expected_in(environment) if not feature.is_ignored]
    for kind, control in controls.items():
        # Drift compares the data with earlier ones; skew compares serving with the data to train on.
        sides = (statistics, control) if kind == "drift" else (control, statistics)
        yield from compare_by_default(*sides, features, kind)
