"""Validation: whether data are what they should be (TFX: ExampleValidator, DistributionValidator).

In: the statistics of the examples, the schema, and the examples. Out: `anomalies`, each with what was
found, where, in how many rows, some of their ids, and what to do; and `validated_examples`, the rows that
satisfy the schema, beside a quarantine that has the rule and the reason for every other row; and
`cell_errors`, the cells that are probably wrong though they satisfy it.

Read `validate` first (what TFDV's function of that name does), then `codes`, `feature_checks`,
`dataset_checks`, `comparators` (with `measures`) and `severity` (what fails a check). How a schema
changes to have no anomalies: `update`, `relax` and `proposal`. Single rows: `value_rules`, then `rows`
(pandera), `repeats`, `dependencies`, `python_values`, `quarantine` and `examples_of`; a single
request: `example`. Spans that look poisoned: `poisoning`, then `label_flips` and `floods`. Drift: `drift`
and `skew`, then `compare`, `side`, `bins`, `distances`, `evidence`, the package `moves` (what may move,
and its name) and `explain`; all columns at once: `multivariate`; rows that both sets have:
`feature_skew`, then `aligned` and `value_pairs`. As one HTML file: `report`, then `report_sections`,
`report_view` and `report_shapes`.
Cells: the package `cells`, which has its own door.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
