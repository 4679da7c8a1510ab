"""`validate_statistics`: TFDV's function of that name."""

from collections.abc import Iterator

from ml_assets.errors import did_you_mean
from ml_assets.schema.model import Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly, anomaly
from ml_assets.validation.feature_checks import check_feature

_JENSEN_SHANNON = "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"


def validate_statistics(
    statistics: DatasetStatistics,
    schema: Schema,
    environment: str | None = None,
    previous_statistics: DatasetStatistics | None = None,
    serving_statistics: DatasetStatistics | None = None,
) -> list[Anomaly]:
    """Find where data differ from what a schema demands.

    Parameters
    ----------
    statistics : DatasetStatistics
        Of the data to judge.
    schema : Schema
        What they must look like.
    environment : str, optional
        Where the data come from: ``TRAINING`` or ``SERVING``. Features that are not in it may be absent.
        Without it every feature must be there.
    previous_statistics : DatasetStatistics, optional
        Of an earlier span: each feature whose distribution drifted since is an anomaly.
    serving_statistics : DatasetStatistics, optional
        Of data at serving: each feature whose distribution differs there is an anomaly.

    Returns
    -------
    list of Anomaly
        Of the data set first, then by the schema's order of features; empty if all is well. Severities
        are the usual ones: see `with_severity`.

    Raises
    ------
    ValueError
        If the schema does not know the environment.
    """
    found = [
        *_check_dataset(statistics, schema),
        *_check_columns(statistics, schema, environment),
        *_check_new_columns(statistics, schema),
    ]
    if previous_statistics is not None:
        found += _check_distributions(statistics, previous_statistics, "the previous data")
    if serving_statistics is not None:
        found += _check_distributions(serving_statistics, statistics, "the training data")
    return found


def _check_dataset(statistics: DatasetStatistics, schema: Schema) -> Iterator[Anomaly]:
    rows = statistics.num_rows
    least = max(schema.min_rows or 0, 1)
    if rows < least:
        yield anomaly(
            None,
            "DATASET_LOW_NUM_EXAMPLES",
            f"The data have {rows:,} rows; the schema wants at least {least:,}. Look for missing files "
            "or spans, or lower min_rows in the schema.",
            expected=f"at least {least:,} rows",
            found=f"{rows:,} rows",
        )
    if schema.max_rows is not None and rows > schema.max_rows:
        yield anomaly(
            None,
            "DATASET_HIGH_NUM_EXAMPLES",
            f"The data have {rows:,} rows; the schema wants at most {schema.max_rows:,}. Look for data "
            "that were delivered twice, or raise max_rows in the schema.",
            expected=f"at most {schema.max_rows:,} rows",
            found=f"{rows:,} rows",
        )


def _check_columns(
    statistics: DatasetStatistics, schema: Schema, environment: str | None
) -> Iterator[Anomaly]:
    found = statistics.by_name
    new = [name for name in found if name not in schema.by_name]
    for feature in schema.expected_in(environment):
        if feature.name in found:
            yield from check_feature(found[feature.name], feature)
        elif feature.required:
            yield anomaly(
                feature.name,
                "SCHEMA_MISSING_COLUMN",
                f"The column {feature.name} is missing.{did_you_mean(feature.name, new)} Restore it, or "
                "set `required: false` for it in the schema.",
                expected="the column is there",
                found="no such column",
            )


def _check_new_columns(statistics: DatasetStatistics, schema: Schema) -> Iterator[Anomaly]:
    known = {*schema.by_name, *(name for name, _ in schema.left_out)}
    for found in statistics.features:
        if found.name not in known:
            yield anomaly(
                found.name,
                "SCHEMA_NEW_COLUMN",
                f"The column {found.name} ({found.type}) is not in the schema and is not used. Add it to "
                "the schema's features, or to left_out with a reason.",
                expected="no such column",
                found=f"a column of type {found.type}",
                severity="WARN",
            )


def _check_distributions(
    current: DatasetStatistics, reference: DatasetStatistics, name: str
) -> Iterator[Anomaly]:
    from ml_assets.validation.drift import detect_drift

    for finding in detect_drift(current, reference):
        if finding.verdict == "alarm":
            yield anomaly(
                finding.feature,
                _JENSEN_SHANNON,
                f"{finding.feature} differs from {name}: {finding.explanation}",
                expected=f"a distribution like that of {name}",
                found=", ".join(f"{k} {v:.3g}" for k, v in finding.distances.items()),
            )
