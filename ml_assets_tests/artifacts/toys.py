"""Two toy stages: `second` is made from `first`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.outcome import Check, Columns, Markdown, Outcome, Rows
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.artifacts.store import Artifact, Record, Store
from ml_assets.pipeline import PipelineSpec
from ml_assets_tests.pipeline_factory import SMALLEST


@dataclass
class World:
    """What the toy stages look at beside their settings, and which of them were called."""

    rows: int = 3
    sound: bool = True
    error: Exception | None = None
    stale: str | None = None
    calls: list[str] = field(default_factory=list)
    before: list[str | None] = field(default_factory=list)


def pipeline(**attributes: Any) -> PipelineSpec:
    """Give the toy pipeline."""
    return PipelineSpec.model_validate({**SMALLEST, "name": "toy", **attributes})


def toy_assets(spec: PipelineSpec, world: World) -> list[dg.AssetsDefinition]:
    """Give the two stages of a pipeline."""

    @stage_asset(
        spec,
        config={"statistics": spec.statistics},
        kinds=["parquet"],
        blocking_checks=["sound"],
        checks=["pretty"],
        verify=lambda _home, _artifact: world.stale,
    )
    def first(stage: Stage) -> Outcome:
        """The numbers
        of the toy."""
        world.calls.append("first")
        world.before.append(stage.previous.digest if stage.previous else None)
        (stage.directory / "a.txt").write_text("a" * world.rows)
        if world.error is not None:
            raise world.error
        stage.log("first is being made")
        return Outcome(
            summary={"rows": world.rows},
            metadata={
                "mean": 0.5,
                "note": Markdown("**bold**"),
                "sample": Rows([{"a": 1, "b": None}]),
                "columns": Columns([("a", "int64", False, "An `a`.")]),
                "nothing": None,
            },
            checks=[
                Check("sound", world.sound, f"{world.rows} rows, 3 wanted.", values={"rows": 3}),
                Check("pretty", False, "Not pretty.", severity="WARN", values={"why": None}),
            ],
        )

    @stage_asset(spec, ins=["first"], config={"transform": spec.transform})
    def second(stage: Stage, first: Artifact) -> Outcome:
        """The numbers again."""
        world.calls.append("second")
        (stage.directory / "b.txt").write_text((first.path / "a.txt").read_text().upper())
        return Outcome(summary={"rows": first.summary["rows"]})

    return [first, second]


@dataclass(frozen=True)
class Toy:
    """A pipeline of toys with a home and a Dagster instance."""

    home: Home
    instance: dg.DagsterInstance

    @property
    def store(self) -> Store:
        """Its artifacts."""
        return Store(self.home.pipeline("toy"))

    def run(
        self,
        world: World,
        select: Sequence[str] | None = None,
        assets: Callable[[PipelineSpec, World], list[dg.AssetsDefinition]] = toy_assets,
        **attributes: Any,
    ) -> dg.ExecuteInProcessResult:
        """Materialize the toys; the calls of earlier runs are forgotten."""
        world.calls.clear()
        return dg.materialize(
            assets(pipeline(**attributes), world),
            instance=self.instance,
            resources={"artifacts": ArtifactIOManager(home=str(self.home.root))},
            selection=[dg.AssetKey(["toy", name]) for name in select] if select else None,
            raise_on_error=False,
        )

    def record(self, asset: str) -> Record:
        """Give the record of an asset that holds now."""
        record = self.store.current(asset)
        assert record is not None
        return record


def metadata_of(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """Give the plain values of an asset's metadata in a run."""
    (event,) = result.asset_materializations_for_node(f"toy__{asset}")
    return {name: value.value for name, value in event.metadata.items()}


def files(folder: Path) -> dict[str, str]:
    """Give the files of an artifact."""
    return {path.name: path.read_text() for path in folder.iterdir()}
