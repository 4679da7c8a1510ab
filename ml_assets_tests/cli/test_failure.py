"""A failure is explained also where the disk takes nothing any more."""

import errno
import os
from pathlib import Path

import pytest

from ml_assets.artifacts.home import Home
from ml_assets.cli.failure import explain_error


def test_a_traceback_that_cannot_be_kept_does_not_hide_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").touch()  # nothing can be written below a file
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    explain_error(full, Home(tmp_path), "shop", show_traceback=False)

    *_, kept, last = capsys.readouterr().err.splitlines()
    assert kept.startswith("Traceback: not kept, ")
    assert last.startswith(
        f"Failed: shop: [Errno 28] No space left on device: the disk below {tmp_path}"
    )
    assert last.endswith("Mend that, then: python -m ml_assets run shop")


def test_a_home_that_may_not_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere

    explain_error(RuntimeError("unable to open database file"), Home(tmp_path), "shop", False)

    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(
        f"Failed: shop: unable to open database file: {tmp_path} may not be written"
    )
