"""A person accepts what is proposed for a schema: by command, by launching the asset, by editing."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ml_assets import durable
from ml_assets.errors import PipelineFileError, RequestError
from ml_assets.schema.history import new_version
from ml_assets.schema.people import Acceptance, accept_schema, restore_schema, schema_versions
from ml_assets.schema.pinned_file import pinned_schema
from ml_assets.schema.yaml_file import read_schema
from ml_assets_tests.dying import KILL, folders_for, kill_at_each
from ml_assets_tests.schema.toy import Toy, checks, metadata

WRITTEN = """\
# Agreed with the airport.
reviewed: Ada
features:
  hour: {type: int, min: 0, max: 5}  # local time

  dep_delay: {type: int, min: 0, max: 5, not_in: [SERVING]}
  late: {type: bool, not_in: [SERVING]}
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A schema file in which the hours end at 5, and data in which they go to 9."""
    monkeypatch.setenv("ML_ASSETS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOGNAME", "ada")
    return toy_in(tmp_path)


def toy_in(folder: Path) -> Toy:
    prepared = Toy(folder)
    prepared.file.write_text(WRITTEN)
    prepared.put_statistics([1, 2, 9])
    prepared.put_anomalies()
    return prepared


def accept(toy: Toy, reason: str = "new hours", *features: str, **more: Any) -> str:
    return accept_schema(toy.home, toy.pipeline, Acceptance(reason, features, **more))


def test_an_acceptance_changes_the_lines_concerned_and_is_recorded(toy: Toy) -> None:
    message = accept(toy, "we fly at night")
    assert toy.file.read_text() == (
        "# Agreed with the airport.\n"
        "reviewed: Ada\n"
        "reason: we fly at night\n"
        "features:\n"
        "  hour: {type: int, min: 0, max: 13}  # local time\n"
        "\n"
        "  dep_delay: {type: int, min: 0, max: 13, not_in: [SERVING]}\n"
        "  late: {type: bool, not_in: [SERVING]}\n"
    )
    assert toy.versions() == [
        (1, "found", "Ada", ""),
        (2, "accepted", "ada", "we fly at night"),
    ]
    first, second = schema_versions(toy.home, toy.pipeline)
    assert (first.text, second.text) == (WRITTEN, toy.file.read_text())
    assert second.diff == (
        "-  hour: {type: int, min: 0, max: 5}\n"
        "+  hour: {type: int, min: 0, max: 13}\n"
        "-  dep_delay: {type: int, min: 0, max: 5, not_in: [SERVING]}\n"
        "+  dep_delay: {type: int, min: 0, max: 13, not_in: [SERVING]}\n"
    )
    assert message == (
        f"toy/schema.yaml is now version 2, accepted by ada: we fly at night\n{second.diff}"
        "Judge the data by it: python -m ml_assets run toy"
    )


def test_only_what_is_named_is_accepted(toy: Toy) -> None:
    accept(toy, "only this", "hour", anomalies=("INT_TYPE_BIG_INT",), by="Bob", run_id="r1")
    limits = {f.name: f.max for f in read_schema(toy.file).features}
    assert limits == {"hour": 13, "dep_delay": 5, "late": None}
    (*_, last) = schema_versions(toy.home, toy.pipeline)
    assert (last.by, last.run_id, last.features, last.anomalies) == (
        "Bob",
        "r1",
        ("hour",),
        ("INT_TYPE_BIG_INT",),
    )


def test_a_warning_is_accepted_only_by_column_and_code(toy: Toy) -> None:
    toy.put_statistics([1, 2, 9], gate=["a", "a", "a"])
    toy.put_anomalies(allowed=0.5)
    accept(toy)
    after = read_schema(toy.file).by_name
    assert (after["hour"].max, after["gate"].domain) == (5, ("a",))
    code = ("INT_TYPE_BIG_INT",)
    for named in ((("hour",), ()), ((), code)):
        with pytest.raises(RequestError, match="What only warns is accepted by its names"):
            accept_schema(toy.home, toy.pipeline, Acceptance("an outlier", *named))
    accept(toy, "the outlier is right", "hour", anomalies=code)
    limits = {f.name: f.max for f in read_schema(toy.file).features}
    assert (limits["hour"], limits["dep_delay"]) == (13, 5)


def test_the_same_acceptance_again_changes_nothing(toy: Toy) -> None:
    accept(toy)
    before = toy.file.read_bytes()
    again = "toy/schema.yaml is unchanged: this was accepted before, as version 2."
    assert accept(toy) == again
    toy.put_anomalies()
    assert accept(toy) == again
    assert toy.file.read_bytes() == before
    assert len(toy.versions()) == 2


def test_the_same_reason_for_other_data_is_another_acceptance(toy: Toy) -> None:
    accept(toy)
    toy.put_statistics([1, 2, 90])
    toy.put_anomalies()
    accept(toy)
    assert [how for _, how, _, _ in toy.versions()] == ["found", "accepted", "accepted"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Acceptance("  "), "A reason is needed: it is kept on record"),
        (Acceptance("r", ("huor",)), "of the feature 'huor'. Did you mean 'hour'"),
        (Acceptance("r", anomalies=("X",)), "of the code 'X'.*\\nThere are: hour INT_TYPE_BIG_INT"),
    ],
)
def test_what_cannot_be_accepted_is_refused(toy: Toy, asked: Acceptance, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        accept_schema(toy.home, toy.pipeline, asked)
    assert toy.file.read_text() == WRITTEN


def test_where_nothing_is_to_be_accepted_that_is_said(toy: Toy) -> None:
    toy.put_statistics([1, 2, 9])
    toy.put_anomalies(allowed=0.5)
    message = (
        "allows already what there is to accept. There are: hour INT_TYPE_BIG_INT, .*by its names"
    )
    with pytest.raises(RequestError, match=message):
        accept(toy)


def test_before_the_first_run_there_is_nothing_to_accept(tmp_path: Path) -> None:
    toy = Toy(tmp_path)
    with pytest.raises(RequestError, match="Nothing is known of anomalies of toy yet"):
        accept(toy)
    toy = toy_in(tmp_path)
    toy.file.unlink()
    with pytest.raises(
        RequestError, match=r"toy/schema\.yaml does not exist yet: it is inferred by"
    ):
        accept(toy)


def test_an_edit_is_recorded_by_whoever_looks_next(toy: Toy) -> None:
    toy.versions()
    edited = WRITTEN.replace("max: 5}", "max: 9}").replace("features:", "reason: asked\nfeatures:")
    toy.file.write_text(edited)
    assert toy.versions() == [(1, "found", "Ada", ""), (2, "edited", "Ada", "asked")]
    last = schema_versions(toy.home, toy.pipeline)[-1]
    assert last.diff.splitlines()[1] == "+  hour: {type: int, min: 0, max: 9}"
    assert last.is_explained


def test_an_edit_before_an_acceptance_is_a_version_of_its_own(toy: Toy) -> None:
    toy.versions()
    toy.file.write_text(WRITTEN.replace("bool", "int"))
    accept(toy)
    assert [how for _, how, _, _ in toy.versions()] == ["found", "edited", "accepted"]


def test_the_reason_of_an_edit_may_come_later_and_an_old_one_does_not_count(toy: Toy) -> None:
    accept(toy, "night flights")
    toy.file.write_text(toy.file.read_text().replace("max: 13}", "max: 12}"))
    assert toy.versions()[2] == (3, "edited", "Ada", "")
    toy.file.write_text(toy.file.read_text().replace("night flights", "noon is 12"))
    assert toy.versions()[3:] == [(4, "edited", "Ada", "noon is 12")]


def test_comments_and_reviews_are_no_version(toy: Toy) -> None:
    toy.versions()
    toy.file.write_text("# More.\n" + WRITTEN.replace("Ada", "Bob"))
    assert len(toy.versions()) == 1


def test_an_older_version_comes_back_as_a_new_one(toy: Toy) -> None:
    accept(toy)
    message = restore_schema(toy.home, toy.pipeline, 1, "they were test flights")
    assert (
        "toy/schema.yaml is now version 3, restored by ada: they were test flights\n-  hour"
        in message
    )
    reason = "reason: they were test flights\n"
    assert toy.file.read_text() == WRITTEN.replace("features:", f"{reason}features:")
    with pytest.raises(RequestError, match="demands what version 1 does already"):
        restore_schema(toy.home, toy.pipeline, 1, "again")
    with pytest.raises(RequestError, match="has no version 9; there are 1 to 3"):
        restore_schema(toy.home, toy.pipeline, 9, "again")


def test_of_many_at_once_one_accepts(toy: Toy) -> None:
    with ThreadPoolExecutor(4) as pool:
        messages = list(pool.map(lambda _: accept(toy), range(4)))
    assert sum("is now version 2" in text for text in messages) == 1
    assert len(toy.versions()) == 2


def test_values_that_may_name_a_person_are_in_no_diff(toy: Toy) -> None:
    people = [f"{name}@example.org" for name in ("ada", "bob", "eve")] * 20
    mail = '  mail: {type: string, domain: ["ada@example.org"]}\n'
    toy.file.write_text(WRITTEN + mail)
    toy.put_statistics([1] * 60, mail=people)
    toy.put_anomalies()
    message = accept(toy)
    assert "eve@example.org" in toy.file.read_text()
    assert '["1 value, not shown"]' in message
    assert '["3 values, not shown (2 of them new)"]' in message
    assert "@" not in message
    assert "@" not in "".join(v.diff for v in schema_versions(toy.home, toy.pipeline))


def test_a_history_that_somebody_changed_stops_what_would_be_recorded(toy: Toy) -> None:
    accept(toy)
    path = toy.store.root / "schema_versions" / "000001.json"
    durable.write_json(path, {**durable.read_json(path), "by": "mallory"})
    with pytest.raises(PipelineFileError, match="the history of the schema is broken here"):
        toy.versions()


def publish(folder: Path) -> None:
    """Accept new hours, as a person does, at a time that is given."""
    pinned = pinned_schema(folder / "toy" / "schema.yaml", folder / "home" / "pipelines" / "toy")
    with pinned.changing("2026-02-02", "", ["hour", "dep_delay", "late"]) as versions:
        text = pinned.text().replace("max: 5", "max: 9")
        kept = {"at": "2026-02-03", "by": "ada", "reason": "new hours"}
        pinned.publish(new_version("accepted", text, versions, **kept))


def test_after_a_kill_at_any_step_it_is_the_old_schema_or_the_accepted_one(tmp_path: Path) -> None:
    toy_in(tmp_path / "start").versions()
    folders = folders_for(
        publish, KILL, tmp_path, lambda folder: shutil.copytree(tmp_path / "start", folder)
    )
    kill_at_each(publish, folders)
    found, accepted = (1, "found", "Ada", ""), (2, "accepted", "ada", "new hours")
    seen = {}
    for folder in folders:
        toy = Toy(folder)
        is_new = toy.file.read_text() != WRITTEN
        assert toy.file.read_text() == WRITTEN.replace("max: 5", "max: 9" if is_new else "max: 5")
        assert toy.versions() == [found, accepted][: 1 + is_new]
        seen[is_new] = toy
    # From either state a person goes on.
    for toy in (seen[False], seen[True]):
        accept(toy)
        assert [how for _, how, _, _ in toy.versions()] == ["found", "accepted"]


def test_launching_the_asset_with_a_config_accepts_and_goes_on(toy: Toy) -> None:
    toy.run()
    config: Any = {"accept": True, "reason": "night flights", "features": ["hour"], "by": "Bob"}
    launched = toy.run(**config)
    shown = metadata(launched)
    assert (shown["cache"].value, shown["version"].value) == ("miss", 2)
    rows = [record.data for record in shown["versions"].records]
    assert [(row["version"], row["by"], row["reason"]) for row in rows] == [
        (2, "Bob", "night flights"),
        (1, "Ada", ""),
    ]
    assert rows[0]["run"] == launched.run_id[:8]
    assert "+  hour: {type: int, min: 0, max: 13}" in shown["last_change"].value
    held = toy.store.current_artifact("schema")
    assert read_schema(held.path / "schema.yaml").by_name["hour"].max == 13
    assert checks(launched)["change_explained"].passed

    again = toy.run(**config)
    assert metadata(again)["cache"].value == "hit"
    assert len(toy.versions()) == 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"accept": True, "features": ["hour"]}, "A reason is needed"),
        ({"reason": "night flights"}, "Set `accept: true`, or take the rest out"),
    ],
)
def test_a_launch_that_says_too_little_is_refused(toy: Toy, config: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        toy.run(**config)
    assert toy.file.read_text() == WRITTEN


def test_an_edit_without_a_reason_is_a_warning(toy: Toy) -> None:
    toy.versions()
    toy.file.write_text(WRITTEN.replace("max: 5", "max: 9"))
    check = checks(toy.run())["change_explained"]
    assert not check.passed
    assert check.description == (
        "Version 2 of toy/schema.yaml, edited without a reason. Write why into it: `reason: ...`."
    )
