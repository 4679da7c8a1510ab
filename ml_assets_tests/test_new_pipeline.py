"""`python -m ml_assets new`: a pipeline of at most 20 lines for a file, which runs as it is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes, load_wine

from ml_assets.pipeline_file import read_pipeline_file
from ml_assets_tests.project_factory import make_project, run_command
from ml_assets_tests.shared_data import shared_path
from ml_assets_tests.test_lifecycle import dagster_statuses


def _taxi(path: Path) -> None:
    shutil.copy(shared_path("chicago_taxi/data.csv"), path)


def _diabetes(path: Path) -> None:
    load_diabetes(as_frame=True).frame.to_csv(path, index=False)


def _wine(path: Path) -> None:
    load_wine(as_frame=True).frame.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("write", "label", "task"),
    [
        (_taxi, "tips > 0.2 * fare", "binary"),
        (_diabetes, "target", "regression"),
        (_wine, "target", "multiclass"),
    ],
    ids=["taxi", "diabetes", "wine"],
)
def test_a_new_pipeline_runs_as_it_is(
    tmp_path: Path, write: Callable[[Path], None], label: str, task: str
) -> None:
    project = make_project(tmp_path)
    write(project / "rows.csv")
    made = run_command(project, "new", "mine", "rows.csv", "--label", label)
    assert made.returncode == 0, made.stderr
    path = project / "ml_assets" / "defs" / "mine" / "defs.yaml"
    assert len(path.read_text().splitlines()) <= 20
    assert "# guess" in path.read_text()
    assert read_pipeline_file(path).spec.task == task
    done = run_command(project, "run", "mine")
    assert done.returncode == 0, done.stderr
    assert "alias champion" in done.stdout
    assert dagster_statuses(project) == ["SUCCESS"]
