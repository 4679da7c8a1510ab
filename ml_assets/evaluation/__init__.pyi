from .assessment import Assessment as Assessment
from .evaluator import evaluate as evaluate
from .explain_row import RowExplanation as RowExplanation
from .explain_row import explain_row as explain_row
from .fairness import Finding as Finding
from .fairness import Limits as Limits
from .fairness import find_unfairness as find_unfairness
from .group_metrics import Disparity as Disparity
from .group_metrics import GroupMetrics as GroupMetrics
from .group_metrics import GroupResult as GroupResult
from .group_metrics import group_metrics as group_metrics
from .group_thresholds import GroupThresholds as GroupThresholds
from .group_thresholds import offer_group_thresholds as offer_group_thresholds
from .importance import Dependence as Dependence
from .importance import Importance as Importance
from .importance import partial_dependence as partial_dependence
from .importance import permutation_importance as permutation_importance
from .metrics import METRICS as METRICS
from .metrics import Value as Value
from .metrics import compute_metrics as compute_metrics
from .page import evaluation_html as evaluation_html
from .proxies import Proxies as Proxies
from .proxies import find_proxies as find_proxies
from .result import BaselineResult as BaselineResult
from .result import Evaluation as Evaluation
from .result import Metric as Metric
from .result import RuleResult as RuleResult
from .result import SliceResult as SliceResult
from .staleness import Staleness as Staleness
from .staleness import find_staleness as find_staleness
from .weak_slices import WeakSlice as WeakSlice
from .weak_slices import WeakSlices as WeakSlices
from .weak_slices import find_weak_slices as find_weak_slices

__all__ = [
    "METRICS",
    "Assessment",
    "BaselineResult",
    "Dependence",
    "Disparity",
    "Evaluation",
    "Finding",
    "GroupMetrics",
    "GroupResult",
    "GroupThresholds",
    "Importance",
    "Limits",
    "Metric",
    "Proxies",
    "RowExplanation",
    "RuleResult",
    "SliceResult",
    "Staleness",
    "Value",
    "WeakSlice",
    "WeakSlices",
    "compute_metrics",
    "evaluate",
    "evaluation_html",
    "explain_row",
    "find_proxies",
    "find_staleness",
    "find_unfairness",
    "find_weak_slices",
    "group_metrics",
    "offer_group_thresholds",
    "partial_dependence",
    "permutation_importance",
]
