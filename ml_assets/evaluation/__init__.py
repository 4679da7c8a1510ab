"""Evaluation: whether the candidate is good enough, and for whom.

What comes in: the candidate model, the champion that it must beat, the test split of the examples.
What goes out: `evaluation`: metrics with intervals, overall and on slices, beside the baselines on the
same rows, and the blessing with its reasons (check `blessing`).
TFX: Evaluator.

Reading order: `spec` (the YAML), `metrics` (what is measured; its formulas lie in `ranking`, `binary`,
`multiclass` and `regression`), `bootstrap` (intervals), `slices`, `compare` (one model beside another),
`rules` (the blessing), `evaluator` (all of it), `result` (what it gives), `report`, `curves` and
`pictures` (how it is shown), `models` (what is scored).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
