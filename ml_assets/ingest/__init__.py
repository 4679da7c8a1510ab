"""The room `ingest` (TFX: ExampleGen): from a source to snapshots, and from these to examples.

Comes in: a CSV, Parquet or JSON Lines file, folder or pattern, a SQL query, or a Python function.
Goes out: `raw_data`, the source's rows cut into spans, each an immutable Parquet snapshot named by its
content; and `examples`, the labelled rows of a window, each with a stable id and its split.

Reading order: `spec` (the YAML); `sources` (opens a source of any kind), `source_files`,
`column_names`, `column_types`, `rejected`; the readers `encoding`, `byte_buffer`, `csv_records`,
`csv_file`, `jsonl_file`, `text_types`, `text_file`, `table_part`, `sql_query`, `user_function`, `spool`,
`spooled_part`; `preflight` (what is refused before anything runs), `kept_open`; `spans`,
`snapshot_writer`, `snapshots`; `example_ids`, `split`, `examples`, `guarantees`; `assets` (the wiring).
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
