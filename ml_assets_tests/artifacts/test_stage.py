"""Stages under a real Dagster: when they run, what they say, and what they stop."""

import re
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_assets.artifacts.outcome import Check, Outcome
from ml_assets.artifacts.stage import Stage, stage_asset
from ml_assets.errors import DataError
from ml_assets.pipeline import PipelineSpec
from ml_assets_tests.artifacts.toys import Toy, World, files, metadata_of, pipeline, toy_assets


def test_a_first_run_makes_every_artifact(toy: Toy) -> None:
    result = toy.run(World())
    assert result.success
    assert files(toy.store.artifact(toy.record("second")).path) == {"b.txt": "AAA"}
    assert toy.record("first").reason == "first time"
    assert metadata_of(result, "second")["cache"] == "miss"


def test_a_second_run_is_cached_and_tells_the_same(toy: Toy) -> None:
    world = World()
    first, second = toy.run(world), toy.run(world)
    assert world.calls == []
    before, after = metadata_of(first, "first"), metadata_of(second, "first")
    assert (after.pop("cache"), after.pop("reason"), after.pop("seconds")) == ("hit", "cached", 0.0)
    assert after == {name: before[name] for name in after}
    assert second.success


def test_the_version_of_the_code_is_that_of_the_stages_function(toy: Toy) -> None:
    first, second = (
        metadata_of(toy.run(World()), name)["code_version"] for name in ("first", "second")
    )
    assert (len(first), len(second)) == (16, 16)
    assert first != second


def test_the_data_version_is_the_digest_of_the_content(toy: Toy) -> None:
    for result in (toy.run(World()), toy.run(World())):
        (event,) = result.asset_materializations_for_node("toy__first")
        assert event.tags
        assert event.tags["dagster/data_version"] == toy.record("first").digest


# The YAML of the second run, the stages that then run, and the reason of the first of them.
CHANGES = [
    ({}, [], None),
    ({"statistics": {"top_values": 5}}, ["first"], "statistics in the YAML changed"),
    ({"transform": {"max_categories": 5}}, ["second"], "transform in the YAML changed"),
    ({"monitoring": {"min_rows": 5}}, [], None),
    ({"description": "A toy"}, [], None),
]


@pytest.mark.parametrize(("attributes", "calls", "reason"), CHANGES)
def test_a_changed_key_runs_only_what_reads_it(
    toy: Toy, attributes: dict[str, Any], calls: list[str], reason: str | None
) -> None:
    world = World()
    toy.run(world)
    result = toy.run(world, **attributes)
    assert world.calls == calls
    assert [metadata_of(result, name)["reason"] for name in calls] == ([reason] if reason else [])


def test_content_that_comes_out_equal_does_not_run_what_follows(toy: Toy) -> None:
    world = World()
    toy.run(world)
    toy.run(world, statistics={"top_values": 5})
    assert world.calls == ["first"]
    assert toy.record("second").inputs == {"first": toy.record("first").fingerprint}


def test_going_back_to_an_earlier_yaml_is_cached(toy: Toy) -> None:
    world = World()
    settings: list[dict[str, Any]] = [{}, {"transform": {"max_categories": 5}}, {}]
    for attributes in settings:
        toy.run(world, **attributes)
    assert world.calls == []


def test_content_that_changed_outside_runs_what_follows_and_says_how_many_rows(toy: Toy) -> None:
    world = World()
    toy.run(world)
    world.rows, world.stale = 8000, "the source changed"
    result = toy.run(world)
    assert world.calls == ["first", "second"]
    assert metadata_of(result, "first")["reason"] == "the source changed"
    assert metadata_of(result, "second")["reason"] == "first changed: 3 -> 8,000 rows"


def test_content_that_changed_outside_and_back_is_told_apart(toy: Toy) -> None:
    world = World()
    for rows in (3, 5, 3):
        world.rows, world.stale = rows, "the source changed"
        toy.run(world)
        lineage = toy.store.lineage(toy.record("second"))
        assert lineage["first"].summary["rows"] == rows
    assert world.calls == ["first"]


def test_a_stage_is_given_what_held_before(toy: Toy) -> None:
    world = World()
    toy.run(world)
    digest = toy.record("first").digest
    world.stale = "again"
    toy.run(world)
    assert world.before == [None, digest]


def test_an_artifact_whose_folder_is_gone_is_made_again(toy: Toy) -> None:
    world = World()
    toy.run(world)
    shutil.rmtree(toy.store.root / "objects" / "second")
    result = toy.run(world)
    assert world.calls == ["second"]
    assert metadata_of(result, "second")["reason"] == "what was stored was deleted"


DAMAGE: dict[str, Callable[[Path], object]] = {
    "altered": lambda path: path.write_text("aab"),
    "cut off": lambda path: path.write_text("a"),
    "deleted": lambda path: path.unlink(),
    "more": lambda path: path.with_name("b.txt").touch(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_artifact_is_made_again_and_says_so(
    toy: Toy, damage: Callable[[Path], object]
) -> None:
    world = World()
    toy.run(world)
    path = toy.store.artifact(toy.record("first")).path
    damage(path / "a.txt")
    result = toy.run(world)
    assert result.success
    assert world.calls == ["first"]
    assert metadata_of(result, "first")["reason"] == (
        f"what was stored was damaged: objects/first/{path.name[:12]}... was altered, or files of it "
        "are gone"
    )
    assert files(path) == {"a.txt": "aaa"}
    assert [entry.name for entry in (toy.store.root / "damaged").iterdir()] == [
        f"first-{path.name[:12]}"
    ]


def test_a_damaged_input_is_refused_and_made_again_by_the_next_whole_run(toy: Toy) -> None:
    world = World()
    toy.run(world)
    path = toy.store.artifact(toy.record("first")).path
    (path / "a.txt").write_text("AAB")
    result = toy.run(world, select=["second"], transform={"max_categories": 5})
    assert world.calls == []
    error = result.failure_data_for_node("toy__second").error  # type: ignore[union-attr]
    assert re.search(
        rf"toy/first was damaged: objects/first/{path.name[:12]}\.\.\. was altered, or files of it "
        r"are gone\.\n"
        r"It was moved to .*toy/damaged\. A run of the whole pipeline makes it again\.",
        error.to_string(),  # type: ignore[union-attr]
    )
    again = toy.run(world, transform={"max_categories": 5})
    assert world.calls == ["first", "second"]
    assert metadata_of(again, "first")["reason"] == "what was stored was damaged"


def test_a_damaged_artifact_is_not_what_held_before(toy: Toy) -> None:
    world = World()
    toy.run(world)
    (toy.store.artifact(toy.record("first")).path / "a.txt").write_text("AAB")
    toy.run(world, statistics={"top_values": 5})
    assert world.before == [None, None]


def test_a_record_that_was_deleted_is_made_again_over_a_damaged_artifact(toy: Toy) -> None:
    world = World()
    toy.run(world)
    path = toy.store.artifact(toy.record("first")).path
    (path / "a.txt").write_text("AAB")
    shutil.rmtree(toy.store.root / "records" / "first")
    assert toy.run(world).success
    assert files(path) == {"a.txt": "aaa"}


def test_an_upgraded_library_runs_what_imports_it(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assets(spec: PipelineSpec, world: World) -> list[dg.AssetsDefinition]:
        @stage_asset(spec, config={})
        def first(stage: Stage) -> Outcome:
            import pandas

            world.calls.append("first")
            (stage.directory / "a.txt").write_text(pandas.__name__)
            return Outcome()

        return [first]

    world = World()
    toy.run(world, assets=assets)
    version = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "99" if name == "pandas" else version(name)
    )
    result = toy.run(world, assets=assets)
    assert world.calls == ["first"]
    assert metadata_of(result, "first")["reason"] == "pandas was upgraded"


def test_a_failed_blocking_check_stops_what_follows_on_the_cached_run_too(toy: Toy) -> None:
    world = World(sound=False)
    for calls in (["first"], []):
        result = toy.run(world)
        assert not result.success
        assert world.calls == calls
        assert toy.store.current("second") is None
        checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
        assert not checks["sound"].passed
        assert checks["sound"].description == "3 rows, 3 wanted."
    assert toy.record("first").blocks()


def test_a_failed_warning_stops_nothing(toy: Toy) -> None:
    result = toy.run(World())
    (pretty,) = [
        check for check in result.get_asset_check_evaluations() if check.check_name == "pretty"
    ]
    assert (pretty.passed, pretty.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.success


def test_an_error_leaves_nothing_and_the_next_run_resumes_behind_what_is_made(toy: Toy) -> None:
    world = World(error=DataError("bad"))
    assert not toy.run(world).success
    assert toy.store.current("first") is None
    assert list((toy.store.root / "objects" / "first").iterdir()) == []
    world.error = None
    assert toy.run(world).success
    world.error = DataError("bad")
    assert toy.run(world).success
    assert world.calls == []


def test_a_check_that_was_not_declared_is_an_error(toy: Toy) -> None:
    def assets(spec: PipelineSpec, _world: World) -> list[dg.AssetsDefinition]:
        @stage_asset(spec, config={}, checks=["a"])
        def first(stage: Stage) -> Outcome:
            return Outcome(checks=[Check("b", True)])

        return [first]

    result = toy.run(World(), assets=assets)
    error = result.failure_data_for_node("toy__first").error  # type: ignore[union-attr]
    assert "first declares checks {'a'} but gave {'b'}" in error.to_string()  # type: ignore[union-attr]


def test_a_named_module_without_a_source_is_refused(toy: Toy) -> None:
    def assets(spec: PipelineSpec, _world: World) -> list[dg.AssetsDefinition]:
        @stage_asset(spec, config={"training.estimator": spec.training.estimator})
        def first(stage: Stage) -> Outcome:
            return Outcome()

        return [first]

    result = toy.run(World(), assets=assets, training={"estimator": "nowhere_at_all:make"})
    error = result.failure_data_for_node("toy__first").error  # type: ignore[union-attr]
    assert (
        "The YAML of toy names a function of the module 'nowhere_at_all', and no Python source file"
        in error.to_string()  # type: ignore[union-attr]
    )


def test_only_a_part_can_be_run_on_what_others_have_made(toy: Toy) -> None:
    world = World()
    assert not toy.run(world, select=["second"]).success
    toy.run(world)
    toy.run(world, select=["second"], transform={"max_categories": 5})
    assert world.calls == ["second"]


def test_an_asset_is_described_for_the_ui() -> None:
    first, second = toy_assets(pipeline(owners=["team:toys"]), World())
    (spec,) = first.specs
    assert spec.key == dg.AssetKey(["toy", "first"])
    assert spec.description == "The numbers of the toy."
    assert (spec.group_name, list(spec.owners), spec.kinds) == ("toy", ["team:toys"], {"parquet"})
    assert spec.freshness_policy is not None
    assert second.asset_deps[dg.AssetKey(["toy", "second"])] == {spec.key}
    assert {check.name: check.blocking for check in first.check_specs} == {
        "sound": True,
        "pretty": False,
    }


def test_metadata_reaches_dagster_with_its_kinds(toy: Toy) -> None:
    result = toy.run(World())
    (event,) = result.asset_materializations_for_node("toy__first")
    values = event.metadata
    assert values["mean"] == dg.FloatMetadataValue(0.5)
    assert values["note"] == dg.MarkdownMetadataValue("**bold**")
    assert values["dagster/row_count"].value == 3
    assert isinstance(values["sample"], dg.TableMetadataValue)
    schema = values["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchemaMetadataValue)
    assert [column.name for column in schema.schema.columns] == ["a"]
    assert "nothing" not in values
