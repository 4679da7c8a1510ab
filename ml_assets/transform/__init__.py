"""Turns validated examples into features, by one fitted preprocessing that training and serving share.

In: validated examples (Parquet), the schema. Out: the asset `validated_features`: the fitted scikit-learn
ColumnTransformer (``transform.skops``) with what it reads and gives (``transform.json``), and the feature
table (``features.parquet``, checked by pandera). In TFX: Transform.

Reading order: `spec`, `encoding` and `options` (the YAML), `select` (which columns), `plan` (what goes
together), `convert`, `derive`, `per_key` and `encoders` (how), `useless` (what is left out), `fit_groups`
and `fit` (on the training split), `features` (the table), `leakage`, `later_moments`, `single_feature`,
`cross_fitting` and `shared_rows` (what it must not know), `bundle` and `trusted` (safe model files),
`build` (all of it), `assets` (the wiring).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
