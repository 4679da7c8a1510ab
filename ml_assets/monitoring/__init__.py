"""Monitoring: watches what the champion scores, and says when to retrain.

What comes in: `predictions` with the raw rows behind them, the statistics that the champion was trained
on, and labels as they become known. What goes out: `serving_statistics`, `skew`, `drift`, `performance`
and, with a time column, `staleness`, each with its check, and a sensor that starts retraining.
TFX has no such stage; skew and drift are TFDV's, and DistributionValidator's.

Reading order: `spec` (the YAML), `findings` and `picture` (what skew and drift add up to), `performance`
(labels that became known), `later_rows` and `aging` (how the champion ages), `retraining` (when to
retrain) with `new_spans` (what a source would bring), `labelled_assets`, `assets`, `sensors`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
