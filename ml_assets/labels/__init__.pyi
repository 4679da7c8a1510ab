from .expression import evaluate as evaluate
from .label import Labels as Labels
from .label import label_array as label_array
from .label import make_labels as make_labels

__all__ = ["Labels", "evaluate", "label_array", "make_labels"]
