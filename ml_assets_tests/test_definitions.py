"""What Dagster loads."""

import dagster as dg
import pytest

from ml_assets import definitions
from ml_assets.cli.execute import load_definitions
from ml_assets.component import MLPipeline

MODULE = "ml_assets.definitions"


def test_a_process_reads_the_yaml_once_however_often_dagster_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []
    build = MLPipeline.build_defs

    def count(component: MLPipeline, context: dg.ComponentLoadContext) -> dg.Definitions:
        read.append(component.spec.name)
        return build(component, context)

    monkeypatch.setattr(MLPipeline, "build_defs", count)
    definitions._read_once.cache_clear()
    loaded = load_definitions(MODULE)
    job = loaded.repository.get_reconstructable_job("flights_retrain")
    subset = job.get_subset(asset_selection={dg.AssetKey(["flights", "raw_data"])})
    assert subset.get_definition().name == job.get_definition().name
    assert read == ["flights"]
