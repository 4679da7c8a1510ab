"""The TFX lifecycle for tabular data as Dagster assets: one YAML file describes one model.

Importing this package imports nothing else. Read on in `ml_assets.component` (how a YAML file becomes
assets) or in a room, in the order of the lifecycle: `ingest`, `labels`, `statistics`, `schema`,
`validation`, `transform`, `training`, `evaluation`, `registry`, `serving`, `monitoring`.
"""
