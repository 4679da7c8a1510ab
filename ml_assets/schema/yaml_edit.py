"""Changes the text of a schema file so that it says something else; the rest stays as people wrote it.

Only the lines of what changed are written anew, not comments, blank lines and those of other features.
"""

from collections.abc import Iterator, Sequence

import yaml

from ml_assets.errors import PipelineFileError
from ml_assets.schema.model import Schema
from ml_assets.schema.yaml_lines import Mistakes, compose
from ml_assets.schema.yaml_reader import parse_schema
from ml_assets.schema.yaml_writer import body_lines, feature_lines, people_lines, schema_text

# What is put in at an index in place of the characters up to another one.
_Edit = tuple[int, int, str]
_Nodes = dict[str, tuple[yaml.Node, yaml.Node]]
_LAST = ("left_out", "functional_dependencies")


def edited_text(text: str, wanted: Schema, title: str = "") -> str:
    """Give the text of a schema file changed so that it says `wanted`.

    Parameters
    ----------
    text : str
        The text of a valid schema file.
    wanted : Schema
        What it shall say.
    title : str
        What the schema is of; see `schema_text`.

    Returns
    -------
    str
        Where the text is not laid out as a block of lines, so that single lines cannot be changed, all of
        it is written anew.

    Raises
    ------
    PipelineFileError
        If `text` is no valid schema file, or `wanted` has mistakes.
    """
    old = parse_schema(text, "the schema file")
    changed = text
    edits = sorted(_edits(text, old, wanted), key=lambda edit: edit[:2])
    for start, end, new in reversed(edits):
        changed = changed[:start] + new + changed[end:]
    return changed if _says(changed, wanted) else schema_text(wanted, title)


def _says(text: str, wanted: Schema) -> bool:
    try:
        return parse_schema(text, "") == wanted
    except PipelineFileError:
        return False


def _edits(text: str, old: Schema, wanted: Schema) -> Iterator[_Edit]:
    root = _nodes(compose(text, Mistakes("")))
    if not root:
        return
    before, after = (people_lines(schema) | body_lines(schema) for schema in (old, wanted))
    features = _nodes(root["features"][1])
    if features and wanted.features:
        yield from _feature_edits(text, features, old, wanted)
        before, after = ({**lines, "features": []} for lines in (before, after))
    for key in {**after, **before}:
        if before.get(key) != after.get(key):
            above = [*after][: [*after].index(key)] if key in after else []
            yield _key_edit(text, root, key, after.get(key, []), above)


def _key_edit(
    text: str, root: _Nodes, key: str, lines: Sequence[str], above: Sequence[str]
) -> _Edit:
    """A key that is not there yet comes below the nearest of the keys that stand above it."""
    if key in root:
        return _replaced(text, root[key], lines)
    if key in _LAST:
        return len(text), len(text), ("" if text.endswith("\n") else "\n") + _joined(lines)
    nearest = next((name for name in reversed(above) if name in root), None)
    if nearest is None:
        index = _start(next(iter(root.values()))[0])
    else:
        index = _line_end(text, _end(root[nearest][1])) + 1
    return index, index, _joined(lines)


def _feature_edits(text: str, nodes: _Nodes, old: Schema, wanted: Schema) -> Iterator[_Edit]:
    before, after = old.by_name, wanted.by_name
    last = list(nodes.values())[-1]
    column = last[0].start_mark.column
    for name, pair in nodes.items():
        if before[name] != after.get(name):
            lines = feature_lines(after[name]) if name in after else []
            yield _replaced(text, pair, _indented(lines, column))
    new = [
        line
        for feature in wanted.features
        if feature.name not in nodes
        for line in feature_lines(feature)
    ]
    if new:
        index = _line_end(text, _end(last[1]))
        yield index, index, "\n" + _joined(_indented(new, column)).removesuffix("\n")


def _nodes(node: yaml.Node | None) -> _Nodes:
    """The key and value nodes of a mapping that is laid out in lines; none of another one."""
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return {}
    return {str(key.value): (key, value) for key, value in node.value}


def _replaced(text: str, pair: tuple[yaml.Node, yaml.Node], lines: Sequence[str]) -> _Edit:
    """What stands behind the value in its last line stays, such as a comment."""
    start, end = _start(pair[0]), _end(pair[1])
    if lines:
        return start, end, _joined(lines).removesuffix("\n")
    return start, min(len(text), _line_end(text, end) + 1), ""


def _start(key: yaml.Node) -> int:
    """Where the line of a key begins."""
    return int(key.start_mark.index) - int(key.start_mark.column)


def _end(node: yaml.Node) -> int:
    """Where a value ends; that of a block ends with its last item, not with the next key."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _indented(lines: Sequence[str], column: int) -> list[str]:
    return [" " * column + line[2:] for line in lines]


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
