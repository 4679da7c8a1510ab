"""CPU seconds of the whole lifecycle of Chicago taxi: cold, with tuning, and with nothing changed.

Run it from the project's folder, in an environment with compiled bytecode (`make install` makes one)::

    .venv/bin/python -m benchmarks.lifecycle path/to/chicago_taxi/data.csv

The data are TFX's tutorial data (15,002 rows): in TFX's repository,
``tfx/examples/chicago_taxi_pipeline/data/simple/data.csv``. Label: tips above a fifth of fare.
Each row of the result is one process with its children. Nothing outside a temporary folder is written.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[1]
LOAD = "from ml_assets.definitions import defs; defs()"
TURNS = 7
UNTIL_EVALUATION = "+key:taxi/evaluation"
# What the stages until the evaluation import, so that their run can be told from their process.
IMPORTS = """\
import pandas, pyarrow.compute, pyarrow.dataset, pyarrow.parquet, pandera.pandas, skops.io
import matplotlib.pyplot, scipy.stats, sklearn.compose, sklearn.ensemble, sklearn.linear_model
from dagster._cli import main
from ml_assets.definitions import defs
defs()
"""
PIPELINE = """\
type: ml_assets.component.MLPipeline
attributes:
  description: Will the tip be more than a fifth of the fare?
  task: binary
  ingest: {{source: {{csv: {data}}}}}
  labels: {{expression: tips > 0.2 * fare}}
  transform: {{known_after: [tips], exclude: [trip_start_timestamp]}}
  training: {{tuning: {{trials: {trials}}}}}
  evaluation:
    thresholds: {{roc_auc: {{min: 0.9}}}}
    slices: [payment_type]
"""


def main() -> None:
    """Print one row for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Chicago taxi's data.csv")
    data = parser.parse_args().data.resolve(strict=True)
    imported, loaded = median_seconds("import dagster", LOAD)
    _row("import dagster", imported)
    _row(f"load the definitions ({loaded / imported:.2f} times import dagster)", loaded)
    _row("import the libraries", cpu_seconds([sys.executable, "-c", IMPORTS], PROJECT))
    for title, trials, select in (
        ("TFX's stages: no tuning, no infra validation, no push", 0, UNTIL_EVALUATION),
        ("everything, 20 tuning trials", 20, None),
    ):
        with tempfile.TemporaryDirectory() as folder:
            project = _project(Path(folder), data, trials)
            command = [sys.executable, "-m", "ml_assets", "run", "taxi"]
            chosen = [] if select is None else ["--select", select]
            _row(title, cpu_seconds([*command, *chosen], project))
            if select is None:
                _row("the same again, nothing changed", cpu_seconds(command, project))
                _row("the same through Dagster", cpu_seconds(_dagster(), project))
                _print_metrics(project)
    packages, megabytes = environment_size()
    print(f"{'environment':<62} {packages} packages, {megabytes:.0f} MB")


def median_seconds(*programs: str) -> list[float]:
    """Give the median CPU seconds of short programs, which take turns, after one turn that compiles."""
    turns = [
        [cpu_seconds([sys.executable, "-c", program], PROJECT) for program in programs]
        for _ in range(TURNS + 1)
    ]
    return [median(seconds) for seconds in zip(*turns[1:], strict=True)]


def cpu_seconds(command: Sequence[str], folder: Path) -> float:
    """Give the CPU seconds, user and system, of a command and its children; fail if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    hidden = {"PYTHONDONTWRITEBYTECODE", "ML_ASSETS_HOME", "DAGSTER_HOME"}
    home = {"ML_ASSETS_HOME": str(folder / ".ml_assets")} if folder != PROJECT else {}
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | home
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def environment_size() -> tuple[int, float]:
    """Give the number of installed packages, and the megabytes of all files of the environment."""
    files = (path for path in Path(sys.prefix).rglob("*") if path.is_file())
    return len({d.name for d in metadata.distributions()}), sum(
        path.stat().st_size for path in files
    ) / 1e6


def _dagster() -> list[str]:
    module = ["-m", "dagster", "asset", "materialize", "-m", "ml_assets.definitions"]
    return [sys.executable, *module, "--select", "group:taxi"]


def _project(folder: Path, data: Path, trials: int) -> Path:
    """Make a project with only the taxi pipeline, compiled."""
    ignored = shutil.ignore_patterns("flights", ".ml_assets")
    shutil.copytree(PROJECT / "ml_assets", folder / "ml_assets", ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", folder)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "ml_assets"], cwd=folder, check=True)
    pipeline = folder / "ml_assets" / "defs" / "taxi"
    pipeline.mkdir(parents=True)
    (pipeline / "defs.yaml").write_text(PIPELINE.format(data=data, trials=trials))
    return folder


def _print_metrics(project: Path) -> None:
    store = project / ".ml_assets" / "pipelines" / "taxi"
    current = json.loads((store / "current" / "evaluation.json").read_text())
    record = store / "records" / "evaluation" / f"{current['fingerprint']}.json"
    metrics = json.loads(record.read_text())["summary"]["metrics"]
    print(f"{'ROC AUC on the test split':<62} {metrics['roc_auc'][0]:.4f}")


def _row(title: str, seconds: float) -> None:
    print(f"{title:<62} {seconds:7.2f} CPU s", flush=True)


if __name__ == "__main__":
    main()
