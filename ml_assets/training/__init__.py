"""Tunes and trains: from the feature table to a model bundle that takes raw columns.

In: `validated_features` (the feature table and the fitted transform), the labels' classes, and of
`validated_examples` the rows' weights, moments or groups. Out: the assets `best_hyperparameters` (an
Optuna search on the eval split or over folds) and `model` (a scikit-learn pipeline of transform and
estimator, a majority and a linear baseline, a manifest). In TFX: Tuner and Trainer.

Reading order: `spec` (the YAML); `data`, `row_facts` and `learnable` (what is learnt from); `estimators`
by name, `lightgbm_model` and `lightgbm_text`; `metrics`, `predict` and `fitting`. The search: `contest`,
`trial` (one try) with `growth` and `folds`, `attempt` (a try on its own), `points` (what is tried),
`workers` (the adapter for processes and clusters), `space`, `study` (the adapter for Optuna's file),
`tune`, `importance`, `tuning` (from the YAML to the search). The fit: `calibration`, `decision`, `train`,
`reproduce`, `trusted` and `bundle` (the model's files). `usage` measures,
`picture` draws, `assets` wires.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
