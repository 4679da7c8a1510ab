from .anomaly import Anomaly as Anomaly
from .cells.find import find_cell_errors as find_cell_errors
from .cells.model import CellError as CellError
from .cells.model import CellErrors as CellErrors
from .comparators import Measurement as Measurement
from .comparators import measure_distances as measure_distances
from .dependencies import check_dependencies as check_dependencies
from .drift import DriftFinding as DriftFinding
from .drift import detect_drift as detect_drift
from .example import validate_example as validate_example
from .feature_skew import FeatureMismatch as FeatureMismatch
from .feature_skew import FeatureSkew as FeatureSkew
from .feature_skew import detect_feature_skew as detect_feature_skew
from .multivariate import MultivariateDrift as MultivariateDrift
from .multivariate import detect_multivariate_drift as detect_multivariate_drift
from .report import Report as Report
from .report import report_html as report_html
from .report import write_report as write_report
from .rows import BrokenRule as BrokenRule
from .rows import find_broken_rows as find_broken_rows
from .severity import with_severity as with_severity
from .skew import Skew as Skew
from .skew import detect_skew as detect_skew
from .update import update_schema as update_schema
from .validate import validate_statistics as validate_statistics

__all__ = [
    "Anomaly",
    "BrokenRule",
    "CellError",
    "CellErrors",
    "DriftFinding",
    "FeatureMismatch",
    "FeatureSkew",
    "Measurement",
    "MultivariateDrift",
    "Report",
    "Skew",
    "check_dependencies",
    "detect_drift",
    "detect_feature_skew",
    "detect_multivariate_drift",
    "detect_skew",
    "find_broken_rows",
    "find_cell_errors",
    "measure_distances",
    "report_html",
    "update_schema",
    "validate_example",
    "validate_statistics",
    "with_severity",
    "write_report",
]
