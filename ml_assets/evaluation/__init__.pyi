from .evaluator import evaluate as evaluate
from .metrics import METRICS as METRICS
from .metrics import Value as Value
from .metrics import compute_metrics as compute_metrics
from .result import BaselineResult as BaselineResult
from .result import Evaluation as Evaluation
from .result import Metric as Metric
from .result import RuleResult as RuleResult
from .result import SliceResult as SliceResult

__all__ = [
    "METRICS",
    "BaselineResult",
    "Evaluation",
    "Metric",
    "RuleResult",
    "SliceResult",
    "Value",
    "compute_metrics",
    "evaluate",
]
