from .expression import evaluate as evaluate
from .label import Labels as Labels
from .label import make_labels as make_labels

__all__ = ["Labels", "evaluate", "make_labels"]
