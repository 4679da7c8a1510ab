"""The commands of `python -m ml_assets`: what Dagster's own command line has no word for.

Reading order: `run` (a pipeline from its YAML to its summary), `unchanged` (whether there is anything to
run), `failure` (what went wrong), `summary`, `check` (mistakes in a YAML file), `new` (a first YAML for a
file of data), `ui`.
"""
