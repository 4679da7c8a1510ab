"""LightGBM's own text of a model, cut down to what predicts, and checked before LightGBM reads it.

LightGBM follows the node numbers of a text without checking that the nodes exist, and believes what it
says of its own length. A text can come from a crafted file, so both are checked here.
"""

import re
from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt

from ml_assets.errors import ModelError

_HEADER = (
    "version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective",
    "feature_names", "feature_infos",
)  # fmt: skip
_FLAGS = ("tree", "average_output")
_WHOLE_OF_NODES = ("split_feature", "decision_type", "left_child", "right_child", "internal_count")
_OF_NODES = ("split_gain", "threshold", "internal_value", "internal_weight")
_WHOLE_OF_LEAVES = ("leaf_count",)
_OF_LEAVES = ("leaf_value", "leaf_weight")
_OF_TREES = ("num_leaves", "num_cat", "is_linear", "shrinkage")
_OF_SETS = ("cat_boundaries", "cat_threshold")
_IN_TREES = (
    *_WHOLE_OF_NODES, *_OF_NODES, *_WHOLE_OF_LEAVES, *_OF_LEAVES, *_OF_TREES, *_OF_SETS,
)  # fmt: skip
_OBJECTIVE = re.compile(r"[a-z0-9_]+(?: sqrt| [a-z_]+:[-+.0-9e]+)*")
# Python reads more forms of a number than LightGBM: 1_0 and 1e1 are ten here and one there.
_WHOLE = re.compile(r"-?[0-9]{1,10}(?: -?[0-9]{1,10})*")
_NUMBER = re.compile(r"[-+.0-9einfa]+(?: [-+.0-9einfa]+)*")
_END = "end of trees"
_BY_CATEGORY = 1
_MOST_LEAVES = 2**17
_Numbers = npt.NDArray[np.float64]


def trimmed(text: str) -> str:
    """Give the header and the trees of a model's text, without its settings and its own lengths."""
    body = text[: text.index(_END) + len(_END)]
    return re.sub(r"\ntree_sizes=.*", "", body) + "\n"


def check_text(text: str) -> None:
    """Refuse a text that LightGBM could not follow safely.

    Raises
    ------
    ModelError
        If it has other lines than `trimmed` leaves, or a tree points outside itself, outside the features
        or outside its sets of categories.
    """
    try:
        header, trees = _parse(text)
        sound = _is_sound_header(header, len(trees)) and all(
            _is_sound_tree(tree, _integer(header["max_feature_idx"]) + 1) for tree in trees
        )
    except (ValueError, KeyError, IndexError, OverflowError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise ModelError(
            "the model file holds a LightGBM text that is damaged or of another kind. Do not use the "
            "file; materialize the model again."
        )


def _parse(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The lines of the header and of each tree, by their keys.

    Blank lines end a part for LightGBM, so they must stand where it writes them.
    """
    if not text.endswith(f"\n\n\n{_END}\n"):
        raise ValueError("no end")
    header, *trees = re.split(r"\n\n(?:\n)?Tree=\d+\n", text.removesuffix(f"\n\n\n{_END}\n"))
    return _parse_lines(header, (*_HEADER, *_FLAGS)), [
        _parse_lines(tree, _IN_TREES) for tree in trees
    ]


def _parse_lines(part: str, allowed: Collection[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in part.split("\n"):
        key, equals, value = line.partition("=")
        if key not in allowed or key in values or bool(equals) == (key in _FLAGS):
            raise ValueError(f"line {key}")
        values[key] = value
    return values


def _is_sound_header(header: Mapping[str, str], trees: int) -> bool:
    width, outputs = _integer(header["max_feature_idx"]) + 1, _integer(header["num_class"])
    per_round, objective = _integer(header["num_tree_per_iteration"]), header["objective"]
    # The objective, which turns the trees' sums into probabilities, reads as many as it names itself.
    class_counts = [int(number) for number in re.findall(r" num_class:([0-9]+)", objective)]
    is_multiclass = objective.startswith("multiclass")
    names, infos = (header[key].split(" ") for key in ("feature_names", "feature_infos"))
    return (
        "tree" in header
        and width >= 1
        and outputs >= 1
        and per_round == outputs
        and trees % per_round == 0
        and len(names) == len(infos) == width
        and all([*names, *infos])
        and _OBJECTIVE.fullmatch(objective) is not None
        and class_counts == ([outputs] if is_multiclass else [])
        and is_multiclass == (outputs > 1)
    )


def _is_sound_tree(tree: Mapping[str, str], width: int) -> bool:
    leaves, sets = _integer(tree["num_leaves"]), _integer(tree["num_cat"])
    if not 1 <= leaves <= _MOST_LEAVES or not 0 <= sets < leaves or _integer(tree["is_linear"]):
        return False
    nodes = {name: _numbers(tree[name], _WHOLE) for name in _WHOLE_OF_NODES}
    nodes |= {name: _numbers(tree[name], _NUMBER) for name in _OF_NODES}
    ends = {name: _numbers(tree[name], _WHOLE) for name in _WHOLE_OF_LEAVES}
    ends |= {name: _numbers(tree[name], _NUMBER) for name in _OF_LEAVES}
    if leaves == 1:
        # A tree that never split has one leaf, and LightGBM writes nothing of its nodes.
        return not any(map(len, nodes.values())) and len(ends["leaf_value"]) == 1 and not sets
    if any(len(values) != leaves - 1 for values in nodes.values()) or any(
        len(values) != leaves for values in ends.values()
    ):
        return False
    is_set = nodes["decision_type"] % 2 == _BY_CATEGORY
    return (
        _is_within(nodes["split_feature"], 0, width)
        and _is_within(nodes["decision_type"], -128, 128)
        and _is_within(nodes["threshold"][is_set], 0, sets)
        and all(_leads_on(nodes[name], leaves) for name in ("left_child", "right_child"))
        and _are_sound_sets(tree, sets)
    )


def _leads_on(children: _Numbers, leaves: int) -> bool:
    """Whether each child is a leaf that exists, or a later node: no walk then goes round in a circle.

    The leaves are numbered from -1 downwards.
    """
    is_later = children > np.arange(len(children))
    return _is_within(children, -leaves, leaves - 1) and bool(np.all(is_later | (children < 0)))


def _are_sound_sets(tree: Mapping[str, str], sets: int) -> bool:
    if not sets:
        return not set(_OF_SETS) & tree.keys()
    bounds, words = (_numbers(tree[name], _WHOLE) for name in _OF_SETS)
    return (
        len(bounds) == sets + 1
        and bounds[0] == 0
        and bool(np.all(np.diff(bounds) > 0))
        and bounds[-1] == len(words)
        and _is_within(words, 0, 2**32)
    )


def _integer(text: str) -> int:
    (number,) = _numbers(text, _WHOLE)
    return int(number)


def _numbers(text: str, form: re.Pattern[str]) -> _Numbers:
    if text and form.fullmatch(text) is None:
        raise ValueError("not numbers")
    return np.array(text.split(" ") if text else [], dtype=np.float64)


def _is_within(values: _Numbers, low: int, high: int) -> bool:
    return bool(np.all((values >= low) & (values < high) & (values % 1 == 0)))
