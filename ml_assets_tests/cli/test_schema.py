"""The commands about a schema: what is proposed, accept, history, restore."""

import re
from pathlib import Path

import pytest

import ml_assets.__main__ as command_line
from ml_assets.__main__ import main
from ml_assets.durable import write_bytes
from ml_assets_tests.artifacts_factory import put_artifact
from ml_assets_tests.pipeline_factory import write_pipeline
from ml_assets_tests.schema.test_accept import WRITTEN, toy_in
from ml_assets_tests.schema.toy import Toy


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A pipeline whose schema is broken, where the command line finds it."""
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setattr(command_line, "DEFS", tmp_path)
    write_pipeline(tmp_path, "toy", labels="late", transform={"known_after": ["dep_delay"]})
    return toy_in(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["schema", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_schema_is_accepted_shown_and_restored(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--feature", "hour", "--anomaly", "INT_TYPE_BIG_INT"]
    code, out, _ = run(capsys, "accept", "toy", "--reason", "we fly at night", *named)
    assert (code, out.splitlines()[0]) == (
        0,
        "toy/schema.yaml is now version 2, accepted by ada: we fly at night",
    )
    code, out, _ = run(capsys, "restore", "toy", "1", "--reason", "we do not")
    assert (code, "is now version 3, restored by ada: we do not" in out) == (0, True)
    code, out, _ = run(capsys, "history", "toy")
    assert code == 0
    assert re.sub(r"\d{4}-\d\d-\d\dT[\d:]{8}", "AT", out) == HISTORY


HISTORY = """\
version 1  AT  found by Ada

version 2  AT  accepted by ada (hour, INT_TYPE_BIG_INT): we fly at night
-  hour: {type: int, min: 0, max: 5}
+  hour: {type: int, min: 0, max: 13}

version 3  AT  restored by ada: we do not
-  hour: {type: int, min: 0, max: 13}
+  hour: {type: int, min: 0, max: 5}
"""


def test_what_is_proposed_is_printed(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "proposal", "toy") == (
        0,
        "No change of the schema of toy is proposed.\n",
        "",
    )
    diff = "-  hour: int\n+  hour: float\n"
    put_artifact(
        toy.store, "anomalies", lambda path: write_bytes(path / "proposal.diff", diff.encode())
    )
    assert run(capsys, "proposal", "toy") == (0, diff, "")


def test_what_is_refused_ends_with_one_and_changes_nothing(
    toy: Toy, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = run(capsys, "accept", "toy", "--reason", " ")
    assert (code, error) == (1, "A reason is needed: it is kept on record. Say why.\n")
    assert toy.file.read_text() == WRITTEN


def test_a_reason_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["schema", "accept", "toy"])
    assert "the following arguments are required: --reason" in capsys.readouterr().err
