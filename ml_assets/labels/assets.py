"""The assets of this room."""

import dagster as dg

from ml_assets.pipeline import PipelineSpec


def build_assets(pipeline: PipelineSpec) -> list[dg.AssetsDefinition]:
    """Give the assets of this room."""
    return []
