from pathlib import Path

import pytest

from ml_assets.errors import DataError
from ml_assets.ingest.source_files import check_unchanged, digested, find_files, project_directory
from ml_assets.ingest.sources import open_source, source_fingerprint
from ml_assets.ingest.spec import SourceSpec


def _files(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        (folder / name.replace("__", ".")).write_text(content)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a.csv", ["a.csv"]),
        (".", ["a.csv", "b.csv"]),
        ("*.csv", ["a.csv", "b.csv"]),
        ("b*", ["b.csv"]),
    ],
)
def test_a_file_a_folder_or_a_pattern(tmp_path: Path, pattern: str, names: list[str]) -> None:
    _files(tmp_path, b__csv="x", a__csv="x", c__md="x", _done__csv="x")
    assert [name for name, _ in find_files(pattern, "csv", tmp_path)] == names


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (
            "taxi.csv",
            r"ingest\.source\.csv: .*taxi\.csv does not exist\. Did you mean 'taxis\.csv'\?",
        ),
        ("none/taxi.csv", r"does not exist; neither does its folder"),
        ("*.tsv", r"no file matches .*\*\.tsv"),
        ("folder", r"folder is a folder and holds no file that ends in \.csv.*holds 1 other files"),
    ],
)
def test_a_missing_file_names_the_nearest(tmp_path: Path, pattern: str, message: str) -> None:
    _files(tmp_path, taxis__csv="x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "readme.md").write_text("x")
    with pytest.raises(DataError, match=message):
        find_files(pattern, "csv", tmp_path)


def test_relative_paths_are_looked_up_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    _files(tmp_path, a__csv="x")
    below = tmp_path / "shop" / "defs" / "sales"
    below.mkdir(parents=True)
    assert project_directory(below) == tmp_path
    assert find_files("a.csv", "csv", below) == [("a.csv", tmp_path / "a.csv")]


def test_a_file_that_changed_while_it_was_read_is_refused(tmp_path: Path) -> None:
    _files(tmp_path, a__csv="x")
    (file,) = digested([("a.csv", tmp_path / "a.csv")])
    check_unchanged(file)
    _files(tmp_path, a__csv="y")
    with pytest.raises(
        DataError, match=r"a\.csv changed while it was read; nothing of it was kept"
    ):
        check_unchanged(file)


def test_the_fingerprint_follows_content_and_names_and_nothing_else(tmp_path: Path) -> None:
    spec = SourceSpec(csv=".")
    _files(tmp_path, a__csv="a\n1\n", b__csv="a\n2\n")
    first = source_fingerprint(spec, tmp_path)
    _files(tmp_path, a__csv="a\n1\n")
    assert source_fingerprint(spec, tmp_path) == first
    assert open_source(spec, tmp_path, tmp_path).fingerprint == first
    _files(tmp_path, a__csv="a\n3\n")
    changed = source_fingerprint(spec, tmp_path)
    (tmp_path / "b.csv").rename(tmp_path / "c.csv")
    assert len({first, changed, source_fingerprint(spec, tmp_path)}) == 3


def test_equal_files_are_read_once(tmp_path: Path) -> None:
    _files(tmp_path, a__csv="a\n1\n", b__csv="a\n2\n", c__csv="a\n1\n")
    source = open_source(SourceSpec(csv="."), tmp_path, tmp_path)
    assert [part.name for part in source.parts] == ["a.csv", "b.csv"]
    assert source.repeated == {"c.csv": "a.csv"}
