"""Statistics: what is known of a data set (TFX: StatisticsGen).

In: a table, a DataFrame or an Arrow table. Out: `DatasetStatistics`, from which the schema is inferred,
anomalies are found and drift is computed without a look at the rows again. The asset `statistics` holds
them for each split and for all splits together.

Statistics are mergeable: each record batch becomes a state, states are merged, and only the last one is
described. Read `generate` first, then `model` (what is known), `dataset_state` and `feature_state` (the
merge), `numeric_state`, `category_state` and `time_state`, the sketches (`points`, `quantile_sketch`,
`distinct_sketch`), `describe`, and `sparklines` and `picture` (how it is shown). Columns together:
`relations` (what is known), `relate` (the pass), `slice_state`, `comoments`, `category_pairs` and
`association_state` (the merge), `information`, and `relation_tables` (how it is shown).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
