"""Serving: scores spans of rows with the champion, in batches.

What comes in: the champion of the model registry, and the spans of `raw_data` that the serving window
chooses. What goes out: `predictions`: key, time, example id, span, model version, score and prediction of
each row (check `predictions`).
TFX: BulkInferrer.

Reading order: `spec` (the YAML), `score` (rows to predictions), `sound` (what the check demands),
`champion` (who scores). What a person asks: `people` (why was this predicted?), with `explanation`
(the answer in words).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
