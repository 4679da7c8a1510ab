"""A schema file is changed line by line; what people wrote beside stays."""

from dataclasses import replace

from ml_assets.schema.model import Feature, Schema
from ml_assets.schema.yaml_edit import edited_text
from ml_assets.schema.yaml_reader import parse_schema

TEXT = """\
# Ours.
reviewed: Ada  # in March
min_rows: 5
features:
    # The first.
    x:
        type: int   # whole
        max: 10
    y: {type: string, domain: [
        a, b,
    ]}  # agreed

    z: float
# Not the keys.
left_out:
    tract: empty
"""


def changed(**features: Feature | None) -> Schema:
    """The schema of the text with other features of these names, or without them, and new ones."""
    schema = parse_schema(TEXT, "f")
    by_name = {**schema.by_name, **features}
    return replace(schema, features=tuple(f for f in by_name.values() if f is not None))


def test_a_feature_changes_and_the_comments_stay() -> None:
    wanted = changed(y=Feature("y", "string", domain=("a", "b", "c")))
    block = "    y: {type: string, domain: [\n        a, b,\n    ]}  # agreed"
    assert edited_text(TEXT, wanted) == TEXT.replace(
        block, "    y: {type: string, domain: [a, b, c]}  # agreed"
    )


def test_a_feature_in_a_block_becomes_one_line() -> None:
    wanted = changed(x=Feature("x", "int", max=20))
    block = "    x:\n        type: int   # whole\n        max: 10\n"
    assert edited_text(TEXT, wanted) == TEXT.replace(block, "    x: {type: int, max: 20}\n")


def test_features_come_and_go() -> None:
    wanted = changed(z=None, n=Feature("n", "date"), m=Feature("m", "int", min=0))
    assert edited_text(TEXT, wanted) == TEXT.replace(
        "    z: float\n", "    n: date\n    m: {type: int, min: 0}\n"
    )


def test_keys_come_in_their_order_and_go() -> None:
    wanted = replace(
        parse_schema(TEXT, "f"), reason="asked", min_rows=None, max_rows=9, left_out=()
    )
    after = TEXT.replace("# in March\nmin_rows: 5\n", "# in March\nreason: asked\nmax_rows: 9\n")
    after = after.replace("left_out:\n    tract: empty\n", "")
    assert edited_text(TEXT, wanted) == after


def test_a_file_without_a_last_line_break_gets_more_keys() -> None:
    wanted = Schema((Feature("x", "int"),), left_out=(("y", "a list"),))
    assert (
        edited_text("features:\n  x: int", wanted)
        == "features:\n  x: int\nleft_out:\n  y: a list\n"
    )


def test_what_is_not_laid_out_in_lines_is_written_anew() -> None:
    wanted = Schema((Feature("x", "float"),), reason="asked")
    after = edited_text("min_rows: 5\nfeatures: {x: int}\n", replace(wanted, min_rows=5))
    assert after == "reason: asked\nmin_rows: 5\nfeatures:\n  x: float\n"
    after = edited_text("{features: {x: int}}", wanted, "toy")
    assert "# What the columns of toy must look like." in after
    assert parse_schema(after, "f") == wanted
