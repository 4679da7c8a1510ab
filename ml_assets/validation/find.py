"""All anomalies of examples: of their statistics, of their rows, and against the span before."""

from ml_assets.schema.model import TRAINING, Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.semantic_type import identifying
from ml_assets.table import Table
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.dependencies import check_dependencies
from ml_assets.validation.examples_of import with_example_ids
from ml_assets.validation.previous_span import compare_spans
from ml_assets.validation.severity import with_severity
from ml_assets.validation.spec import ValidationSpec
from ml_assets.validation.validate import validate_statistics


def find_anomalies(
    statistics: DatasetStatistics, schema: Schema, table: Table, spec: ValidationSpec
) -> list[Anomaly]:
    """Give the anomalies of examples, worst first, with rows to look at.

    Parameters
    ----------
    statistics : DatasetStatistics
        Of the examples.
    schema : Schema
        What they must look like.
    table : Table
        The examples.
    spec : ValidationSpec
        How strictly they are judged.
    """
    hidden = identifying(statistics.features)
    anomalies = [
        *validate_statistics(statistics, schema, TRAINING),
        *check_dependencies(table, schema, hidden),
        *compare_spans(table, schema, TRAINING, spec.drift_alarm),
    ]
    judged = with_severity(anomalies, spec.severity, spec.max_quarantined_fraction)
    return with_example_ids(judged, table, schema, TRAINING, spec.max_example_ids)
