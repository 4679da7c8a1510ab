import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ml_assets.ingest.snapshots import take_snapshots
from ml_assets.ingest.sources import open_source
from ml_assets.ingest.spec import IngestSpec, WindowSpec
from ml_assets.monitoring.new_spans import find_new_spans

ALL, LAST = WindowSpec(), WindowSpec(last=1)


def _write(folder: Path, name: str, days: list[int], amount: float = 1.0) -> None:
    when = [f"2026-01-{day:02d}T10:00:00" for day in days]
    folder.mkdir(exist_ok=True)
    pd.DataFrame({"when": when, "amount": amount}).to_csv(folder / name, index=False)


def _ingest(span: str, **source: Any) -> IngestSpec:
    time = {} if span == "file" else {"time": "when"}
    return IngestSpec.model_validate(
        {"source": source or {"csv": "data/*.csv"}, "span": span, **time}
    )


def _manifest(ingest: IngestSpec, home: Path) -> dict[str, Any]:
    scratch = home / "scratch"
    scratch.mkdir(exist_ok=True)
    source = open_source(ingest.source, home, scratch)
    taken = take_snapshots(source, source.types(), ingest.time, ingest.span, home / "spans")
    return taken.manifest("before")


@pytest.mark.parametrize(
    ("span", "windows", "expected"),
    [
        ("day", [ALL], ("2026-01-03", "2026-01-04")),
        ("day", [LAST], ("2026-01-04",)),
        ("day", [WindowSpec.model_validate({"end": "2026-01-02"}), LAST], ("2026-01-04",)),
        ("day", [WindowSpec.model_validate({"end": "2026-01-02"})], ()),
        ("day", [WindowSpec.model_validate({"start": "2026-02-01"})], ()),
        ("month", [ALL], ("2026-01",)),
        ("file", [ALL], ("data/2.csv",)),
    ],
)
def test_a_new_file_brings_its_spans_as_far_as_they_lie_in_a_window(
    span: str, windows: list[WindowSpec], expected: tuple[str, ...], tmp_path: Path
) -> None:
    _write(tmp_path / "data", "1.csv", [1, 2])
    ingest = _ingest(span)
    manifest = _manifest(ingest, tmp_path)
    _write(tmp_path / "data", "2.csv", [3, 4, 4])
    spans = find_new_spans(ingest, tmp_path, manifest, windows)
    assert [Path(name).name for name in spans] == [Path(name).name for name in expected]


@pytest.mark.parametrize("span", ["day", "file"])
def test_the_same_content_brings_nothing_whatever_its_name_and_time(
    span: str, tmp_path: Path
) -> None:
    _write(tmp_path / "data", "1.csv", [1, 2])
    ingest = _ingest(span)
    manifest = _manifest(ingest, tmp_path)
    (tmp_path / "data" / "1.csv").rename(tmp_path / "data" / "0.csv")
    (tmp_path / "data" / "2.csv").write_bytes((tmp_path / "data" / "0.csv").read_bytes())
    assert find_new_spans(ingest, tmp_path, manifest, [ALL]) == ()


def test_a_file_changed_in_place_touches_its_spans(tmp_path: Path) -> None:
    _write(tmp_path / "data", "1.csv", [1, 2])
    _write(tmp_path / "data", "2.csv", [3])
    ingest = _ingest("day")
    manifest = _manifest(ingest, tmp_path)
    _write(tmp_path / "data", "2.csv", [3], amount=2.0)
    assert find_new_spans(ingest, tmp_path, manifest, [ALL]) == ("2026-01-03",)


def test_rows_that_went_away_bring_nothing(tmp_path: Path) -> None:
    _write(tmp_path / "data", "1.csv", [1, 2])
    _write(tmp_path / "data", "2.csv", [3])
    ingest = _ingest("day")
    manifest = _manifest(ingest, tmp_path)
    (tmp_path / "data" / "2.csv").unlink()
    assert find_new_spans(ingest, tmp_path, manifest, [ALL]) == ()


def test_a_function_touches_the_spans_whose_rows_changed_in_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    code = """
        import pandas as pd
        ROWS = ["2026-01-01", "2026-01-02"]
        def rows():
            return pd.DataFrame({"when": pd.to_datetime(ROWS)})
    """
    (tmp_path / "shop_rows.py").write_text(textwrap.dedent(code))
    ingest = _ingest("day", python="shop_rows:rows")
    manifest = _manifest(ingest, tmp_path)
    assert find_new_spans(ingest, tmp_path, manifest, [ALL]) == ()
    import shop_rows  # type: ignore[import-not-found]

    monkeypatch.setattr(shop_rows, "ROWS", ["2026-01-01", "2026-01-02", "2026-01-02", "2026-01-05"])
    spans = find_new_spans(ingest, tmp_path, manifest, [ALL])
    assert spans == ("2026-01-02", "2026-01-05")
