"""Evaluation: whether the candidate is good enough, and for whom.

What comes in: the candidate model, the champion that it must beat, the test split of the examples.
What goes out: `evaluation`: metrics with intervals, overall and on slices, beside the baselines on the
same rows, and the blessing with its reasons (check `blessing`); groups of people; the slices on which it
is weak, what it owes to each column, and how it ages; all of it on one HTML page.
TFX: Evaluator, Fairness Indicators.

Reading order: `spec` (the YAML) and `names` (of the metrics). `metrics` (what is measured; its formulas
lie in `ranking`, `binary`, `multiclass`, `regression`, and in `extra` with `confusion` and `averages`),
`bootstrap` (intervals), `slices` and `sql_slices`, `compare`, `measurements` and `churn` (one model
beside another), `rules` and `cross_slices` (the blessing), `evaluator` (all of these), `result` (what it
gives). Groups of people: `group_metrics`, `fairness`, `proxies`, `group_thresholds`, `fairness_report`.
Beside these `weak_slices`, `importance`, `explain_row` and `staleness`. `assessment` is everything about
one candidate, scored by `models`; it is shown by `report`, `drawing`, `page` and `verdicts`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
