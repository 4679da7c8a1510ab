"""A pipeline of three columns whose asset `schema` can be materialized, for tests."""

from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from ml_assets.artifacts.home import Home
from ml_assets.artifacts.io_manager import ArtifactIOManager
from ml_assets.artifacts.store import Store
from ml_assets.durable import write_json
from ml_assets.pipeline import PipelineSpec
from ml_assets.schema.assets import build_assets
from ml_assets.schema.model import TRAINING
from ml_assets.schema.people import schema_versions
from ml_assets.schema.yaml_file import read_schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.severity import with_severity
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.artifacts_factory import put_artifact


class Toy:
    """The pipeline, its home, and its schema file in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.home, self.file = Home(folder / "home"), folder / "toy" / "schema.yaml"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.store = Store(self.home.pipeline("toy"))
        self.pipeline = PipelineSpec(
            name="toy",
            directory=self.file.parent,
            task="binary",
            ingest={"source": {"csv": "x.csv"}},
            labels="late",
            transform={"known_after": ["dep_delay"]},
        )

    def put_statistics(self, hours: Any, **columns: Any) -> None:
        """Put the statistics of a table: `hours` in two columns, the label, and other columns."""
        usual = {"hour": hours, "dep_delay": hours, "late": [True] * len(hours)}
        statistics = generate_statistics(pd.DataFrame({**usual, **columns})).to_json()
        put_artifact(
            self.store,
            "statistics",
            lambda path: write_json(
                path / "statistics.json", {"train": statistics, "all": statistics}
            ),
        )

    def put_anomalies(self, allowed: float = 0.0) -> None:
        """Put what the schema file says of the statistics; what so few rows have is a warning."""
        statistics = self.store.current_artifact("statistics")
        described = DatasetStatistics.from_json(statistics.json("statistics.json")["all"])
        anomalies = validate_statistics(described, read_schema(self.file), TRAINING)
        judged = [anomaly.to_json() for anomaly in with_severity(anomalies, {}, allowed)]
        put_artifact(
            self.store,
            "anomalies",
            lambda path: write_json(path / "anomalies.json", judged),
            inputs={"statistics": statistics.fingerprint},
        )

    def run(self, raise_on_error: bool = True, **config: Any) -> Any:
        """Materialize `schema`, launched with a config if there is one."""
        spec = dg.AssetSpec(dg.AssetKey(["toy", "statistics"])).with_io_manager_key("artifacts")
        return dg.materialize(
            [spec, *build_assets(self.pipeline)],
            resources={"artifacts": ArtifactIOManager(home=str(self.home.root))},
            instance=dg.DagsterInstance.ephemeral(tempdir=str(self.home.root)),
            run_config={"ops": {"toy__schema": {"config": config}}} if config else None,
            raise_on_error=raise_on_error,
        )

    def versions(self) -> list[tuple[int, str, str, str]]:
        """Number, how, by whom and why, of each version of the schema."""
        versions = schema_versions(self.home, self.pipeline)
        return [(version.sequence, version.how, version.by, version.reason) for version in versions]


def metadata(result: Any) -> Any:
    """The metadata of the materialization of `schema`."""
    return result.asset_materializations_for_node("toy__schema")[0].metadata


def checks(result: Any) -> Any:
    """The check evaluations of a run by name."""
    return {
        evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()
    }
