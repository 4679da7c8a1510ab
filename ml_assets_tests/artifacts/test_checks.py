"""What the UI says of each check."""

from collections.abc import Iterator

import dagster as dg
import pytest

from ml_assets.artifacts.checks import CHECKS
from ml_assets.component import pipeline_definitions
from ml_assets.pipeline import PipelineSpec


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_check_of_a_pipeline_says_what_it_asks(task: str) -> None:
    specs = list(_check_specs(task))
    assert len(specs) > 25
    assert {spec.name: spec.description for spec in specs} == {
        spec.name: CHECKS[spec.name] for spec in specs
    }


def test_no_check_is_described_that_no_pipeline_has() -> None:
    assert {*CHECKS} == {spec.name for spec in _check_specs("binary")}


def _check_specs(task: str) -> Iterator[dg.AssetCheckSpec]:
    fairness = {"fairness": {"protected": ["sex"]}} if task == "binary" else {}
    spec = PipelineSpec.model_validate(
        {
            "name": "toy",
            "task": task,
            "ingest": {"source": {"csv": "x.csv"}, "time": "at"},
            "labels": "y",
            "evaluation": fairness,
            "monitoring": {"multivariate_auc": 0.6},
        }
    )
    for asset in pipeline_definitions(spec).assets or ():
        assert isinstance(asset, dg.AssetsDefinition)
        yield from asset.check_specs
