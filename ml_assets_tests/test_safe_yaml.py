"""YAML that is made to harm its reader, as a pipeline or as a schema, is refused in a short sentence."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.errors import PipelineFileError
from ml_assets.pipeline_file import read_pipeline_file
from ml_assets.safe_yaml import SafeLoader, scalar_of
from ml_assets.schema.yaml_file import read_schema
from ml_assets_tests.pipeline_factory import write_text

PIPELINE = """\
type: ml_assets.component.MLPipeline
attributes:
  task: binary
  ingest: {source: {csv: a.csv}}
  labels: paid
  training: {seed: VALUE}
"""
SCHEMA = "features:\n  a: {type: int, min: VALUE}\n"
LAUGHS = "\n".join(
    ["a0: &a0 [ha, ha]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
)


def read_as_pipeline(folder: Path, text: str) -> object:
    return read_pipeline_file(write_text(folder, text))


def read_as_schema(folder: Path, text: str) -> object:
    (folder / "schema.yaml").write_text(text)
    return read_schema(folder / "schema.yaml")


READERS: dict[Callable[[Path, str], object], str] = {
    read_as_pipeline: PIPELINE,
    read_as_schema: SCHEMA,
}
VALUES = {
    "a hexadecimal number": "0x" + "f" * 20_000,
    "a binary number": "0b" + "1" * 80_000,
    "a decimal number": "9" * 5_000,
    "sixties": ":".join(["59"] * 2_000),
    "a fraction of sixties": ":".join(["59"] * 2_000) + ".5",
    "infinity": ".inf",
    "a lone tag": "!!python/name:os.system ''",
    "a call": "!!python/object/apply:os.system [touch it]",
    "nested lists": "[" * 3_000 + "]" * 3_000,
    "nested mappings": "{a: " * 3_000 + "1" + "}" * 3_000,
    "an anchor to itself": "&a [*a]",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("read", READERS)
def test_a_value_that_would_harm_is_refused(
    tmp_path: Path, read: Callable[[Path, str], object], value: str
) -> None:
    with pytest.raises(PipelineFileError) as caught:
        read(tmp_path, READERS[read].replace("VALUE", value))
    assert len(str(caught.value)) < 400
    assert not list(tmp_path.glob("**/it"))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "text",
    [LAUGHS, "a: &a b\n<<: *a\n", "x: 1\nx: 2\n", "#" * 6_000_000, "a\x00b", "\x00"],
    ids=["laughs", "merge", "twice", "large", "nul", "only nul"],
)
def test_a_text_that_would_harm_is_refused(
    tmp_path: Path, read: Callable[[Path, str], object], text: str
) -> None:
    with pytest.raises(PipelineFileError):
        read(tmp_path, text)


@given(st.text(max_size=40))
def test_any_text_is_a_value_or_an_error_with_a_reason(text: str) -> None:
    try:
        node = SafeLoader(text).get_single_node()
    except yaml.YAMLError:
        return
    if isinstance(node, yaml.ScalarNode):
        with suppress(ValueError):
            assert len(repr(scalar_of(node))) < 1_000
