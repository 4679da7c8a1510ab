"""A pipeline's YAML as it is read: files, references, round trips."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ml_assets
from ml_assets.errors import PipelineFileError
from ml_assets.pipeline import PipelineSpec
from ml_assets.pipeline_file import COMPONENT_TYPE, pipeline_files, read_pipeline_file
from ml_assets_tests.pipeline_factory import SMALLEST, mistakes, to_yaml, write_pipeline, write_text

HEAD = f"type: {COMPONENT_TYPE}\nattributes:\n"
REST = "  task: binary\n  ingest: {source: {csv: a.csv}}\n  labels: paid\n"
SHIPPED = pipeline_files(Path(ml_assets.__file__).parent / "defs")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_pipeline_loads(path: Path) -> None:
    assert read_pipeline_file(path).spec.name == path.parent.name


def test_the_smallest_pipeline_is_named_by_its_folder(tmp_path: Path) -> None:
    spec = read_pipeline_file(write_pipeline(tmp_path)).spec
    assert (spec.name, spec.directory, spec.labels.column) == ("shop", tmp_path / "shop", "paid")


# The whole text of the file, and the message.
UNREADABLE = [
    ("", "shop/defs.yaml:1: needs the keys type and attributes."),
    ("- a\n- b\n", "shop/defs.yaml:1: needs the keys type and attributes."),
    (
        f"type: {COMPONENT_TYPE}\n",
        "shop/defs.yaml:1: attributes must be a mapping; found nothing.",
    ),
    (HEAD, "shop/defs.yaml:2: attributes must be a mapping; found nothing."),
    (HEAD + "  - a\n", "shop/defs.yaml:2: attributes must be a mapping; found a list of 1."),
    (
        "type: a.B\nattributes:\n" + REST,
        f"shop/defs.yaml:1: type must be {COMPONENT_TYPE}; found 'a.B'.",
    ),
    (
        HEAD.replace("attributes", "atributes") + REST,
        "shop/defs.yaml:1: attributes must be a mapping; found nothing.\n"
        "shop/defs.yaml:2: atributes is not a key of the file. Did you mean 'attributes'?",
    ),
    (HEAD + "  task: [a\n  b: c\n", "shop/defs.yaml:4: not YAML: while parsing a flow sequence "),
    (HEAD + "  a: 'b\n", "shop/defs.yaml:4: not YAML: while scanning a quoted scalar (from line 3): "),
    (HEAD + "  a: \x00\n", "shop/defs.yaml:3: not YAML: character 0x0 is not allowed."),
    (HEAD + REST + "---\n" + HEAD, "shop/defs.yaml:6: not YAML: expected a single document"),
    (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "shop/defs.yaml:2: not YAML: aliases (*name) are not allowed; write the values out.",
    ),
    ("a: " + "[" * 5000, "shop/defs.yaml:1: not YAML: nested deeper than 40 levels."),
    ("#" * 200_001, "shop/defs.yaml is larger than 200,000 characters."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), UNREADABLE)
def test_a_file_that_is_no_pipeline_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PipelineFileError, match="^" + re.escape(message)):
        read_pipeline_file(write_text(tmp_path, text))


def test_other_encodings_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "")
    path.write_bytes(HEAD.encode("utf-16"))
    assert mistakes(path) == ["shop/defs.yaml is not UTF-8 at byte 0."]
    assert "No such file" in mistakes(tmp_path / "gone" / "defs.yaml")[0]
    (tmp_path / "folder" / "defs.yaml").mkdir(parents=True)
    assert "Is a directory" in mistakes(tmp_path / "folder" / "defs.yaml")[0]


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    assert read_pipeline_file(write_text(tmp_path, "\ufeff" + HEAD + REST)).spec.task == "binary"


def test_the_other_keys_of_a_dagster_component_are_allowed(tmp_path: Path) -> None:
    more = "requirements: {env: [HOME]}\npost_processing: {assets: []}\n"
    assert read_pipeline_file(write_text(tmp_path, HEAD + REST + more)).spec.task == "binary"


REFERENCES = [
    ("{{ env.SHOP_DATA }}", "/data/a.csv"),
    ("{{env.SHOP_DATA}}", "/data/a.csv"),
    ("{{ env('SHOP_DATA') }}", "/data/a.csv"),
    ('{{ env("SHOP_DATA", "b") }}', "/data/a.csv"),
    ("{{ env('NOWHERE_SET', 'b') }}", "b"),
    ("{{ env('NOWHERE_SET', '') }}x", "x"),
    ("s3:/{{ env.SHOP_DATA }}.{{ env.SHOP_DATA }}", "s3://data/a.csv./data/a.csv"),
    ("{a} } {", "{a} } {"),
]


@pytest.mark.parametrize(("text", "expected"), REFERENCES)
def test_references_to_the_environment_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    monkeypatch.setenv("SHOP_DATA", "/data/a.csv")
    path = write_pipeline(tmp_path, ingest={"source": {"csv": text}})
    assert read_pipeline_file(path).spec.ingest.source.csv == expected


def test_a_number_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SEED", "7")
    path = write_pipeline(tmp_path, training={"seed": "{{ env.SHOP_SEED }}"})
    assert read_pipeline_file(path).spec.training.seed == 7


def test_the_value_of_an_environment_variable_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    found = mistakes(write_pipeline(tmp_path, training={"seed": "{{ env.SHOP_PASSWORD }}"}))
    assert "found the value of {{ env.SHOP_PASSWORD }}" in found[0]
    assert "hunter2" not in found[0]


def test_dates_of_yaml_are_read_as_dates(tmp_path: Path) -> None:
    window = "  serving: {window: {start: 2013-07-01, end: 2013-07-07T12:00:00}}\n"
    spec = read_pipeline_file(write_text(tmp_path, HEAD + REST + window)).spec
    assert spec.serving.window.start == datetime(2013, 7, 1)
    assert spec.serving.window.end == datetime(2013, 7, 7, 12)


def test_where_names_the_line_of_a_key_or_of_the_nearest_above(tmp_path: Path) -> None:
    file = read_pipeline_file(
        write_text(tmp_path, HEAD + REST + "  transform:\n    exclude: [a]\n")
    )
    assert file.where("transform", "exclude", 0) == "shop/defs.yaml:7"
    assert file.where("transform", "features") == "shop/defs.yaml:6"
    assert file.where("serving", "window") == "shop/defs.yaml:2"


def test_pipeline_files_are_found_sorted_and_only_those(tmp_path: Path) -> None:
    found = [write_pipeline(tmp_path, name) for name in ("b", "a")]
    write_text(tmp_path, "type: another.Component\n", "c")
    assert pipeline_files(tmp_path) == sorted(found)


NAMES = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), NUMBERS, st.text(max_size=6))
RANGES = st.tuples(NUMBERS, NUMBERS).map(lambda ends: {"low": min(ends), "high": max(ends)})
INT_RANGES = st.tuples(st.integers(1, 9), st.integers(9, 99), st.booleans()).map(
    lambda ends: {"low": ends[0], "high": ends[1], "log": ends[2]}
)
CHOICES = st.lists(SCALARS, min_size=1, max_size=4).map(lambda found: {"choices": found})
PLAIN_TEXT = st.text(st.characters(exclude_categories=["C"], exclude_characters="{}"), max_size=9)


@st.composite
def attributes(draw: st.DrawFn) -> dict[str, Any]:
    """Attributes of a pipeline, of many types of values."""
    metric = st.sampled_from(["roc_auc", "log_loss", "f1", "recall@0.5", "shop.value:profit"])
    share = st.floats(0, 1)
    threshold = st.fixed_dictionaries({"min": share}, optional={"min_change": NUMBERS})
    window = st.one_of(
        st.integers(1, 9).map(lambda last: {"last": last}),
        st.datetimes(datetime(1, 1, 1), datetime(2100, 1, 1)).map(lambda start: {"start": start}),
    )
    return {
        **SMALLEST,
        "description": draw(PLAIN_TEXT),
        "labels": {"column": draw(NAMES), "positive": draw(SCALARS.filter(_has_no_control))},
        "ingest": {
            "source": {"csv": draw(PLAIN_TEXT), "types": draw(st.dictionaries(NAMES, _TYPES))},
            "key": draw(st.lists(PLAIN_TEXT, max_size=3)),
            "time": draw(NAMES),
            "span": "day",
            "window": draw(window),
        },
        "evaluation": {"thresholds": draw(st.dictionaries(metric, threshold))},
        "training": {
            "parameters": draw(st.dictionaries(NAMES, SCALARS.filter(_has_no_control))),
            "tuning": {
                "search_space": draw(
                    st.dictionaries(NAMES, st.one_of(RANGES, INT_RANGES, CHOICES), max_size=3)
                )
            },
        },
    }


_TYPES = st.sampled_from(["string", "int", "float", "bool", "date", "timestamp"])


def _has_no_control(value: Any) -> bool:
    return not isinstance(value, str) or ("{{" not in value and value.isprintable())


@given(attributes())
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_a_specification_written_as_yaml_reads_back_equal(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    spec = PipelineSpec.model_validate(
        {**values, "name": "shop", "directory": (tmp_path / "shop").absolute()}
    )
    assert read_pipeline_file(write_text(tmp_path, to_yaml(spec))).spec == spec


OWNERS = ["a@b.org", "a.b+c@d-e.co.uk", "team:x", "team: x y", "team:", "bob", "a@b", "a@b.org, c@d.org",
          "x team:y", "", "a b@c.org"]  # fmt: skip


@pytest.mark.parametrize("owner", OWNERS)
def test_owners_are_those_that_dagster_takes(owner: str) -> None:
    from dagster._core.definitions.utils import is_valid_owner

    try:
        PipelineSpec.model_validate({"name": "shop", **SMALLEST, "owners": [owner]})
    except ValueError:
        assert not is_valid_owner(owner)
    else:
        assert is_valid_owner(owner)


def test_a_schema_file_that_is_named_and_missing_is_told_with_the_nearest(tmp_path: Path) -> None:
    path = write_text(tmp_path, HEAD + REST + "  schema:\n    file: shcema_v2.yaml\n")
    (path.parent / "schema_v2.yaml").touch()
    assert mistakes(path) == [
        "shop/defs.yaml:7: schema.file: shop/shcema_v2.yaml does not exist. Did you mean "
        "'schema_v2.yaml'? Without schema.file, a schema is inferred."
    ]
    (path.parent / "shcema_v2.yaml").touch()
    assert read_pipeline_file(path).spec.schema_.file == "shcema_v2.yaml"


def test_the_usual_schema_file_may_be_named_before_it_is_inferred(tmp_path: Path) -> None:
    path = write_text(tmp_path, HEAD + REST + "  schema: {file: schema.yaml}\n")
    assert read_pipeline_file(path).spec.schema_.file == "schema.yaml"
