from .anomaly import Anomaly as Anomaly
from .drift import DriftFinding as DriftFinding
from .drift import detect_drift as detect_drift
from .rows import BrokenRule as BrokenRule
from .rows import find_broken_rows as find_broken_rows
from .skew import Skew as Skew
from .skew import detect_skew as detect_skew
from .validate import validate_statistics as validate_statistics

__all__ = [
    "Anomaly",
    "BrokenRule",
    "DriftFinding",
    "Skew",
    "detect_drift",
    "detect_skew",
    "find_broken_rows",
    "validate_statistics",
]
