from .new_spans import find_new_spans as find_new_spans
from .performance import Performance as Performance
from .performance import judge_performance as judge_performance
from .retraining import Decision as Decision
from .retraining import State as State
from .retraining import decide_retraining as decide_retraining

__all__ = [
    "Decision",
    "Performance",
    "State",
    "decide_retraining",
    "find_new_spans",
    "judge_performance",
]
