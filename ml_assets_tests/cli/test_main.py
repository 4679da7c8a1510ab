"""The command line itself."""

import pytest

from ml_assets.__main__ import main


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "write a first pipeline for a file of data" in capsys.readouterr().out


def test_the_help_of_new_names_every_kind_of_file(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["new", "--help"])
    assert "a CSV, Parquet or JSON Lines file" in capsys.readouterr().out
