"""Names that become files, folders and models stay where they are put, whatever somebody writes."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ml_assets.pipeline import PipelineName
from ml_assets.registry.spec import RegistrySpec
from ml_assets.schema.spec import SchemaSpec

NAME = TypeAdapter(PipelineName)
KINDS: dict[str, Callable[[str], str | None]] = {
    "name": lambda text: NAME.validate_python(text),
    "registry.model": lambda text: RegistrySpec(model=text).model,
    "schema.file": lambda text: SchemaSpec(file=text).file,
}
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
TRICKS = [
    "..", "../shop", "a/../../b", "/etc/passwd", "a/b", "a\\b", "~", "~root", "", " ", "a b", " a", "a ",
    ".", ".hidden", "-rf", "a#b", "a%2e%2e", "%2e", "a\x00b", "a\nb", "a\n", "\ta", "CON", "nul", "com1",
    "aux.yaml", "con.yaml", "x" * 300, "x" * 300 + ".yaml", "\u202eabc", "abc\u202e.yaml", "a\u200db",
    "\u0645\u062f\u0644", "\u0430bc", "caf\u00e9", "\uff0e\uff0e", "a..b", "a..yaml", "a.", "a:b", "a*",
    "a?b", "<a>", "a|b", '"a"', "$HOME", "${HOME}", "`id`", "a;b", "{{ env.HOME }}", "models:/x",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_no_name(kind: str, trick: str) -> None:
    with pytest.raises(ValidationError):
        KINDS[kind](trick)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("name", "shop"), ("name", "a" * 63), ("name", "constant"), ("registry.model", "Shop-1.2_x"),
        ("registry.model", "0"), ("schema.file", "schema_v2.yaml"), ("schema.file", "a.b.yml"),
    ],
)  # fmt: skip
def test_a_name_is_a_name(kind: str, name: str) -> None:
    assert KINDS[kind](name) == name


# Mostly what could pass, with what must not between.
TEXTS = (
    st.text(st.sampled_from("aZ0_.-/\\%#~: \x00\n\u202eé")) | st.text() | st.sampled_from(TRICKS)
)


@given(st.sampled_from(sorted(KINDS)), TEXTS, st.sampled_from(["", ".yaml", ".yml"]))
def test_whatever_is_taken_for_a_name_stays_in_its_folder_on_every_system(
    kind: str, text: str, suffix: str
) -> None:
    try:
        name = KINDS[kind](text + suffix)
    except ValidationError:
        return
    assert name is not None
    assert os.path.normpath(f"/base/{name}") == f"/base/{name}"
    assert Path("/base", name).parent == Path("/base")
    assert quote(name) == name
    assert re.fullmatch(r"[\x21-\x7e]{1,200}", name)
    assert name[0] not in ".-"
    assert name[-1] != "."
    assert name.split(".")[0].lower() not in DEVICES
