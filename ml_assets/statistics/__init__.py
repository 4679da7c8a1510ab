"""Statistics: what is known of a data set (TFX: StatisticsGen).

In: a `Table`, a DataFrame or Arrow data. Out: `DatasetStatistics`, from which the schema is inferred,
anomalies are found and drift is computed without a look at the rows again. The asset `statistics` holds
them for each split and for all splits together.

Statistics are mergeable: each record batch becomes a state, states are merged, and only the last one is
described. Read `generate` first, then `model` and `feature_model` (what is known), `arrow_input`,
`parquet_input`, `frame_input` and `plain_arrow` (how rows are read), `dataset_state` and `feature_state`
(the merge), `numeric_state`, `category_state`, `time_state` and `weighted_state`, what they hold
(`points`, `moments`, `quantile_sketch`, `distinct_sketch`, `text_kinds`, `time_grid`), `describe` and
`semantic_type`, and `sparklines` and `picture` (how it is shown). Columns together: `relations` (what is
known), `relate`, `relations_state` (the pass), `slice_state`, `comoments`, `category_pairs` and
`association_state` (the merge), `label_classes`, `number_bins`, `information`, and `relation_tables` (how
it is shown). A window of spans: `span_states`, `span_blocks`, `block_state`, `split_states`,
`association_bins` and `state_file`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
