"""The ways in which something is written durably, as functions of one folder."""

from pathlib import Path

from ml_assets import durable


def write_file(folder: Path) -> None:
    durable.write_json(folder / "a.json", "new")


def publish_file(folder: Path) -> None:
    with durable.staging_directory(folder) as staged:
        (staged / "a").write_text('"new"\n')
        durable.publish_file(staged / "a", folder / "a.json")


def publish_folder(folder: Path) -> None:
    with durable.staging_directory(folder) as staged:
        (staged / "inner").mkdir()
        (staged / "a.json").write_text('"new"\n')
        (staged / "inner" / "b").write_text("b")
        durable.publish_directory(staged, folder)


def write_new_file(folder: Path) -> None:
    durable.write_new(folder / "b.json", b"new")


def write_old(folder: Path) -> None:
    durable.write_json(folder / "a.json", "old")
