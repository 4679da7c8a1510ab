"""`dg`, beside Dagster's own commands: what it needs of the component and of the form of the YAML."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml_assets_tests.project_factory import CHURN, make_project, project_environment


def dg(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``dg`` in a project, with the packages of this environment."""
    programs = Path(sys.prefix) / "bin"
    environment = project_environment(folder)
    return subprocess.run(
        [programs / "dg", *arguments],
        cwd=folder,
        env={**environment, "PATH": f"{programs}:{os.environ['PATH']}", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project whose YAML has the short forms of label and key."""
    assert "labels: churned" in CHURN
    text = CHURN.replace("key: [customer]", "key: customer")
    folder = make_project(tmp_path_factory.mktemp("project"), text)
    (folder / ".ml_assets" / "dagster").mkdir()
    return folder


def test_dg_checks_and_loads_what_our_own_check_lets_pass(project: Path) -> None:
    done = dg(project, "check", "defs")
    assert done.returncode == 0, done.stdout
    assert "All definitions loaded successfully." in done.stdout


def test_dg_scaffolds_a_pipeline_that_says_what_it_lacks(project: Path) -> None:
    done = dg(project, "scaffold", "defs", "ml_assets.component.MLPipeline", "mine")
    assert done.returncode == 0, done.stderr
    text = (project / "ml_assets" / "defs" / "mine" / "defs.yaml").read_text()
    assert text.startswith("type: ml_assets.component.MLPipeline")
