"""An edit of this very package re-runs the stages that depend on it, and only those."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import ml_assets

# In a process of its own, with the package's copy first on the path: the digest of the code of each
# stage, as JSON. Standard input gives edits, one after the other.
CHILD = """
import json, sys
from importlib import import_module
from pathlib import Path
from ml_assets.artifacts import code, declared, modules
from ml_assets.artifacts.fingerprint import ingredients
from ml_assets.component import ROOMS
from ml_assets.pipeline_file import read_pipeline_file

spec = read_pipeline_file(Path(sys.argv[1])).spec
for room in ROOMS:
    import_module(f"ml_assets.{room}.assets").build_assets(spec)
memo = {}
def codes():
    for cached in (
        code._text, code._behind_door, modules.source_file, modules._spec, modules._places,
    ):
        cached.cache_clear()
    return {
        one.name: ingredients(one.function, {}, {}, declared.user_modules(one), memo)["code"]
        for one in declared._stages.values()
    }
before, package = codes(), Path(code.__file__).parents[1]
for line in sys.stdin:
    file, old, new = json.loads(line)
    text = (package / file).read_text()
    assert old in text, (file, old)
    (package / file).write_text(text.replace(old, new, 1))
    after = codes()
    print(json.dumps(sorted(name for name in before if before[name] != after[name])))
    (package / file).write_text(text)
"""
INGEST, DESCRIBE = {"raw_data", "examples", "labels"}, {"statistics", "serving_statistics"}
# A file of the package, an edit of it, and stages that then run and that do not.
REAL_EDITS: list[tuple[str, str, str, set[str], set[str]]] = [
    ("statistics/generate.py", "def generate_statistics(", "def generate_statistics(x, ",
     {"statistics"}, {*INGEST, "model", "evaluation"}),
    ("statistics/generate.py", '"""', '"""Now: ', set(), {*INGEST, *DESCRIBE}),
    ("statistics/assets.py", "Outcome(", "Outcome(None, ", {"statistics"}, {*INGEST, "schema"}),
    ("ingest/csv_file.py", "def csv_blocks(", "def csv_blocks(x, ",
     {"raw_data"}, {"examples", *DESCRIBE, "model"}),
    ("defs/flights/source.py", "def flights_with_weather(", "def flights_with_weather(x, ",
     {"raw_data"}, {"examples", "labels", *DESCRIBE, "model", "evaluation"}),
    ("training/fitting.py", "def ", "def _", {"model", "best_hyperparameters"},
     {*INGEST, "statistics", "validated_features"}),
    ("transform/fit.py", "def fit_", "def _fit_", {"validated_features"}, {*INGEST, "statistics"}),
    ("table.py", "BATCH_ROWS = ", "BATCH_ROWS = 1 + ", {"raw_data", "examples"}, set()),
    ("pipeline.py", "return self.registry.model", "return None or self.registry.model", set(),
     {*INGEST, *DESCRIBE, "model", "evaluation", "registered_model"}),
    ("pipeline_file.py", "nearest right key", "nearest key", set(), {*INGEST, "model"}),
    ("spec_mistakes.py", "is missing", "lacks", set(), {*INGEST, "model"}),
]  # fmt: skip


def test_edits_of_the_package_run_what_depends_on_them_and_only_that(tmp_path: Path) -> None:
    source = Path(ml_assets.__file__).parent
    copy = tmp_path / "ml_assets"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    yaml = copy / "defs" / "flights" / "defs.yaml"
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(yaml)],
        input="\n".join(json.dumps(edit[:3]) for edit in REAL_EDITS),
        cwd=tmp_path,  # Python looks there first, so it must not be this project
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    changes = [set(json.loads(line)) for line in done.stdout.splitlines()]
    for (file, _, new, ran, kept), changed in zip(REAL_EDITS, changes, strict=True):
        assert ran <= changed, (file, new, changed)
        assert not kept & changed, (file, new, changed)
