"""Tunes and trains: from the feature table to a model bundle that takes raw columns.

In: `validated_features` (the feature table and the fitted transform), the labels' classes. Out: the
assets `best_hyperparameters` (an Optuna search on the eval split) and `model` (a scikit-learn pipeline of
transform and estimator, a majority and a linear baseline, a manifest). In TFX: Tuner and Trainer.

Reading order: `spec` (the YAML), `data` (what is learnt from), `estimators` (by name), `metrics` and
`predict`, `trial` (one try), `space` and `tune` (the search), `study` (its file, the adapter for Optuna's
storage), `tuning` (from the YAML to the search), `train` (the final fit), `bundle` (the model's files),
`picture`, `assets` (the wiring).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
