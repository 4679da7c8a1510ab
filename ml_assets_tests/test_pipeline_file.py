"""Mistakes in a pipeline's YAML: each is told with its line, all at once."""

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
from ml_assets_tests.pipeline_factory import SMALLEST, to_yaml, write_pipeline, write_text

HEAD = f"type: {COMPONENT_TYPE}\nattributes:\n"
REST = "  task: binary\n  ingest: {source: {csv: a.csv}}\n  labels: paid\n"
SHIPPED = pipeline_files(Path(ml_assets.__file__).parent / "defs")


def mistakes(path: Path) -> list[str]:
    with pytest.raises(PipelineFileError) as caught:
        read_pipeline_file(path)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_pipeline_loads(path: Path) -> None:
    assert read_pipeline_file(path).spec.name == path.parent.name


def test_the_smallest_pipeline_is_named_by_its_folder(tmp_path: Path) -> None:
    spec = read_pipeline_file(write_pipeline(tmp_path)).spec
    assert (spec.name, spec.directory, spec.labels.column) == ("shop", tmp_path / "shop", "paid")


# Lines of the YAML below its first two; the line, and the message that names the mistake.
ONE_MISTAKE = [
    (
        REST + "  labls: x\n",
        6,
        "labls is not a key of attributes. Did you mean 'labels'? Allowed: description, ",
    ),
    (
        REST.replace("binary", "binari"),
        3,
        "task must be one of binary, multiclass, regression; found 'binari'. "
        "Did you mean 'binary'?",
    ),
    ("  task: binary\n  labels: paid\n", 2, "ingest is missing; it must be a mapping with keys of "),
    (
        REST + "  statistics:\n    top_values: many\n",
        7,
        "statistics.top_values must be a whole number >= 1 and <= 1000; found 'many'.",
    ),
    (
        REST + "  training:\n    tuning:\n      trials: -1\n",
        8,
        "training.tuning.trials must be a whole number >= 0 and <= 100000; found -1.",
    ),
    (
        REST + "  training: {tuning: {trials: 2.5}}\n",
        6,
        "training.tuning.trials must be a whole number >= 0 and <= 100000; found 2.5.",
    ),
    (
        REST + "  monitoring: {retraining: {on_drift: maybe}}\n",
        6,
        "monitoring.retraining.on_drift must be true or false; found 'maybe'.",
    ),
    (
        REST + "  statistics: [1, 2]\n",
        6,
        "statistics must be a mapping with keys of top_values, histogram_buckets, slices, "
        "min_slice_rows, cross_features, weight; "
        "found a list of 2.",
    ),
    (
        REST + "  statistics:\n",
        6,
        "statistics must be a mapping with keys of top_values, histogram_buckets, slices, "
        "min_slice_rows, cross_features, weight; found nothing.",
    ),
    (
        REST + "  transform: {exclude: tips}\n",
        6,
        "transform.exclude must be a list, each item text; found 'tips'.",
    ),
    (
        REST + "  transform: {exclude: [tips, 3]}\n",
        6,
        "transform.exclude.1 must be text; found 3.",
    ),
    (
        REST + "  owners: {a: b}\n",
        6,
        "owners must be a list, each item an e-mail address or team:name; found a mapping with a.",
    ),
    (
        REST + "  owners: [a@b.org, bob]\n",
        6,
        "owners.1 must be an e-mail address or team:name; found 'bob'.",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      roc_auc: {min: 60}\n",
        8,
        "evaluation.thresholds.roc_auc.min 60 cannot be reached: roc_auc lies between 0 and 1.",
    ),
    (
        REST.replace("binary", "regression") + "  evaluation: {slice_thresholds: {rmse: {max: -1}}}\n",
        6,
        "evaluation.slice_thresholds.rmse.max -1 cannot be reached: rmse is at least 0.",
    ),
    (
        REST.replace("binary", "regression") + "  evaluation: {thresholds: {r2: {min: 1.5}}}\n",
        6,
        "evaluation.thresholds.r2.min 1.5 cannot be reached: r2 is at most 1.",
    ),
    (
        REST + "  transform: {features: [a, tips], known_after: [tips]}\n",
        6,
        "transform.features names 'tips', which known_after names too.",
    ),
    (
        REST + "  transform: {features: [a], exclude: [a]}\n",
        6,
        "transform.features names 'a', which exclude names too.",
    ),
    (
        REST + "  transform: {encodings: {a: numeric}, exclude: [a]}\n",
        6,
        "transform.encodings names 'a', which exclude names too.",
    ),
    (
        REST + "  transform: {features: [a, paid]}\n",
        6,
        "transform.features names 'paid', which makes the label.",
    ),
    (
        REST + "  transform: {features: []}\n",
        6,
        "transform.features must be a list, each item text with at least 1; found a list of 0.",
    ),
    (
        REST.replace("csv: a.csv", "parquet: a, decimal: ','"),
        4,
        "ingest.source.decimal belongs to a csv source; found parquet.",
    ),
    (
        REST.replace("csv: a.csv", "csv: a, decimal: ',', thousands: ','"),
        4,
        "ingest.source.thousands must differ from decimal.",
    ),
    (
        REST.replace("labels: paid", "labels: {expression: a > 1, null_values: [NA]}"),
        5,
        "labels.null_values belongs to a column; in an expression, compare with such texts.",
    ),
    (
        REST + "  serving: {window: {start: yesterday}}\n",
        6,
        "serving.window.start must be a date or time such as 2013-01-31; found 'yesterday'.",
    ),
    (
        REST.replace("csv: a.csv", 'csv: a.csv, delimiter: "::"'),
        4,
        "ingest.source.delimiter must be text of exactly 1 character; found '::'.",
    ),
    (
        REST.replace("csv: a.csv", "csv: a.csv, types: {zip: text}"),
        4,
        "ingest.source.types.zip must be one of string, int, float, bool, date, timestamp; "
        "found 'text'.",
    ),
    (
        REST.replace("csv: a.csv", "python: rows"),
        4,
        "ingest.source.python must be package.module:name; found 'rows'.",
    ),
    (
        REST.replace("csv: a.csv", "csv: a.csv, parquet: b"),
        4,
        "ingest.source needs exactly one of csv, parquet, jsonl, sql, python; "
        "found csv and parquet.",
    ),
    (
        "  task: binary\n  ingest:\n    span: day\n    source:\n      encoding: utf-8\n  labels: paid\n",
        6,
        "ingest.source needs exactly one of csv, parquet, jsonl, sql, python; found none.",
    ),
    (
        "  task: binary\n  ingest:\n    source: {csv: a.csv}\n    key: id\n    span: day\n"
        "  labels: paid\n",
        7,
        "ingest.span day needs a time column; set time.",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      f1: {}\n      roc_auc: {mn: 0.7}\n",
        9,
        "evaluation.thresholds.roc_auc.mn is not a key of thresholds.roc_auc. "
        "Did you mean 'min'? Allowed: max, min, min_change.",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      rocauc: {min: 0.7}\n",
        8,
        "evaluation.thresholds.rocauc is not a key of evaluation.thresholds. "
        "Did you mean 'roc_auc'? Allowed: accuracy, ",
    ),
    (
        REST + "  evaluation:\n    confidence: 0.9\n    thresholds:\n      rmse: {max: 3}\n",
        9,
        "evaluation.thresholds.rmse cannot be measured for a binary task; allowed: accuracy, ",
    ),
    (
        REST + "  training:\n    seed: 1\n    estimator: ridge\n",
        8,
        "training.estimator ridge is for regression; use logistic.",
    ),
    (
        REST + "  training: {estimator: logistik}\n",
        6,
        "training.estimator must be one of hist_gradient_boosting, logistic, ridge, random_forest "
        "or package.module:name; found 'logistik'. Did you mean 'logistic'?",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space:\n        depth: {low: 1, hgh: 3}\n",
        9,
        "training.tuning.search_space.depth.hgh is not a key of search_space.depth. "
        "Did you mean 'high'? Allowed: high, log, low.",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space:\n        depth: {choice: [1]}\n",
        9,
        "training.tuning.search_space.depth.choice is not a key of search_space.depth. "
        "Did you mean 'choices'? Allowed: choices.",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space:\n        depth: {low: 5, high: 1}\n",
        9,
        "training.tuning.search_space.depth.low 5.0 is above high 1.0.",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space: {depth: 5}\n",
        8,
        "training.tuning.search_space.depth must be a mapping with keys of low, high, log "
        "or a mapping with keys of choices; found 5.",
    ),
    (
        REST + "  training: {tuning: {search_space: {a: {choices: []}}}}\n",
        6,
        "training.tuning.search_space.a.choices must be a list, each item text or a whole number "
        "or a number or true or false with at least 1; found a list of 0.",
    ),
    (
        REST.replace("labels: paid", "labels: {expression: tips >}"),
        5,
        "labels.expression cannot be read: invalid syntax.",
    ),
    (
        REST.replace("labels: paid", "labels: {column: a, expression: b}"),
        5,
        "labels needs either column or expression; found both.",
    ),
    (REST + "  name: My Shop\n", 6, "name must be lower-case letters, digits and _, "),
    (REST + "  directory: /etc\n", 6, "directory is not a key of attributes; it is the folder of "),
    (
        REST + "  validation: {max_quarantined_fraction: .nan}\n",
        6,
        "validation.max_quarantined_fraction must be a finite number; found .nan.",
    ),
    (REST + "  description: 1\n  description: 2\n", 7, "description appears twice (first in line 6)"),
    (
        REST + "  evaluation:\n    seed: 1\n    slices: []\n    seed: 2\n",
        9,
        "evaluation.seed appears twice (first in line 7); keep one.",
    ),
    (
        REST + "  description: !!python/object/apply:os.system [ls]\n",
        6,
        "description: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed.",
    ),
    (
        REST + "  description: !!python/name:os.system\n",
        6,
        "description: '' cannot be read: could not determine a constructor for the tag ",
    ),
    (REST + "  description: 2013-13-45\n", 6, "description: '2013-13-45' cannot be read: month must "),
    (REST + "  ? [a, b]\n  : 1\n", 6, "attributes: a key must be text."),
    (
        REST + "  description: '{{ env.NOWHERE_SET }}'\n",
        6,
        "description: the environment variable NOWHERE_SET is not set.",
    ),
    (
        REST + "  description: 'a {{ context.x }}'\n",
        6,
        "description: {{ context.x }} cannot be resolved; allowed are {{ env.NAME }} and ",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "line", "message"), ONE_MISTAKE)
def test_a_mistake_is_told_with_line_key_found_and_allowed(
    tmp_path: Path, lines: str, line: int, message: str
) -> None:
    found = mistakes(write_text(tmp_path, HEAD + lines))
    assert [one for one in found if one.startswith(f"shop/defs.yaml:{line}: {message}")], found


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = HEAD + (
        "  task: binari\n  ingest:\n    source: {csv: a, jsonl: b}\n    key: 5\n  labels: 7\n"
        "  labels: paid\n  evaluation:\n    thresholds:\n      roc_acu: {min: 0.7}\n"
        "  training: {seed: x, tuning: {search_space: {a: {lo: 1, high: 2}}}}\n"
    )
    found = mistakes(write_text(tmp_path, text))
    assert [re.match(r"shop/defs.yaml:(\d+): (\S+)", one).groups() for one in found] == [  # type: ignore[union-attr]
        ("3", "task"),
        ("5", "ingest.source"),
        ("6", "ingest.key"),
        ("8", "labels"),
        ("11", "evaluation.thresholds.roc_acu"),
        ("12", "training.seed"),
        ("12", "training.tuning.search_space.a.lo"),
        ("12", "training.tuning.search_space.a.low"),
    ]


def test_a_value_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    path = write_pipeline(tmp_path, statistics={"top_values": "{{ env.NOWHERE_SET }}"})
    assert len(mistakes(path)) == 1


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
    metric = st.sampled_from(["roc_auc", "log_loss", "f1"])
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
