"""The definitions of the first stages of the pipeline `shop`, whose source is a query or a function."""

from pathlib import Path

import dagster as dg

from ml_assets.artifacts.home import current_home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.console import quiet_console
from ml_assets.ingest.assets import build_assets as build_ingest
from ml_assets.labels.assets import build_assets as build_labels
from ml_assets.pipeline_file import read_pipeline_file

SPEC = read_pipeline_file(Path("defs/shop/defs.yaml")).spec

defs = dg.Definitions(
    assets=[*build_ingest(SPEC), *build_labels(SPEC)],
    resources={"artifacts": ArtifactIOManager(home=str(current_home().root))},
    executor=dg.in_process_executor,
    loggers={"console": quiet_console},
)
