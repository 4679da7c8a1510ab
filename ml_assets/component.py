"""`MLPipeline`: the Dagster component that turns one YAML file into the assets of one model."""

from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import ModelWrapValidatorHandler, model_validator

from ml_assets.pipeline import PipelineSpec
from ml_assets.pipeline_file import read_pipeline_file

# The rooms whose assets make up a pipeline, in the order of the lifecycle.
ROOMS = (
    "ingest", "labels", "statistics", "schema", "validation", "transform", "training",
    "evaluation", "registry", "serving", "monitoring",
)  # fmt: skip


class PipelineAttributes(PipelineSpec):
    """The pydantic model of the YAML, for `dg` and for editors; it checks nothing.

    Dagster's own check ends in a long traceback, does not know the lines of nested keys and accepts
    duplicate keys, so `MLPipeline.load` reads the file itself.
    """

    name: str = ""  # the folder's name, where the file does not say

    @model_validator(mode="wrap")
    @classmethod
    def _check_later(
        cls, value: Any, handler: ModelWrapValidatorHandler["PipelineAttributes"]
    ) -> "PipelineAttributes":
        values: dict[str, Any] = dict(value)
        return cls.model_construct(None, **values)


class MLPipeline(dg.Component):
    """The whole lifecycle of one tabular model: ingest, validate, train, evaluate, register, watch."""

    def __init__(self, spec: PipelineSpec) -> None:
        self.spec = spec

    @classmethod
    def get_model_cls(cls) -> type[PipelineAttributes]:
        """Give the pydantic model of the YAML's ``attributes``."""
        return PipelineAttributes

    @classmethod
    def load(cls, attributes: Any, context: dg.ComponentLoadContext) -> "MLPipeline":
        """Read the component's YAML file; an error names the line of every mistake."""
        return cls(read_pipeline_file(Path(context.path) / "defs.yaml").spec)

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Give the assets, checks, jobs and sensor of this pipeline."""
        return pipeline_definitions(self.spec)


def pipeline_definitions(spec: PipelineSpec) -> dg.Definitions:
    """Give the assets, checks, jobs and sensor of one pipeline.

    Parameters
    ----------
    spec : PipelineSpec
        The pipeline.

    Returns
    -------
    dagster.Definitions
        Without resources: `ml_assets.definitions` binds the IO manager under the name ``artifacts``.
    """
    from ml_assets.monitoring.sensors import build_retraining
    from ml_assets.registry.jobs import build_jobs

    assets = [
        asset
        for room in ROOMS
        for asset in import_module(f"ml_assets.{room}.assets").build_assets(spec)
    ]
    retraining_jobs, sensors = build_retraining(spec)
    jobs = [*retraining_jobs, *build_jobs(spec)]
    return dg.Definitions(assets=assets, jobs=jobs, sensors=sensors)
