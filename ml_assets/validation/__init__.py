"""Validation: whether data are what they should be (TFX: ExampleValidator, DistributionValidator).

In: the statistics of the examples, the schema, and the examples. Out: `anomalies`, each with what was
found, where, in how many rows, some of their ids, and what to do; and `validated_examples`, the rows that
satisfy the schema, beside a quarantine that has the rule and the reason for every other row.

Read `validate` first (what TFDV's function of that name does), then `feature_checks`, `severity` (what
blocks) and `rows`, `quarantine` and `examples_of` (single rows, judged by pandera). Drift: `drift` and
`skew`, then `bins`, `distances`, `unknown`, `transforms` and `explain`. All of it as one HTML file:
`report`, then `report_sections`, `report_view` and `report_shapes`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
