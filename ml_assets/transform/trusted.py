"""The types that a model file of ours may hold: our own list, never the list in the file.

scikit-learn's public estimators, NumPy's arrays and plain Python values are trusted by skops itself. Of
these here the trees hold node numbers that scikit-learn follows without checking them, so `check_trees`
looks at them before a model predicts.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import Tree

from ml_assets.errors import ModelError

_CONVERT = "ml_assets.transform.convert"
_DERIVE = "ml_assets.transform.derive"
_PER_KEY = "ml_assets.transform.per_key"
TRUSTED_TYPES = (
    f"{_CONVERT}.parse_numbers",
    f"{_CONVERT}.to_date_parts",
    f"{_CONVERT}.to_numbers",
    f"{_CONVERT}.to_seconds",
    f"{_CONVERT}.to_texts",
    f"{_DERIVE}.to_buckets",
    f"{_DERIVE}.to_crossed",
    f"{_DERIVE}.to_cycles",
    f"{_DERIVE}.to_documents",
    f"{_DERIVE}.to_finite",
    f"{_DERIVE}.to_hash_codes",
    f"{_DERIVE}.to_interpolated",
    f"{_DERIVE}.to_rare",
    f"{_DERIVE}.to_word_counts",
    f"{_PER_KEY}.to_buckets_per_key",
    f"{_PER_KEY}.to_keyed",
    f"{_PER_KEY}.to_scaled_per_key",
    "functools.partial",
    "numpy.dtype",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfSquaredError",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
)
_NO_CHILD = -1


def check_trees(model: object) -> None:
    """Refuse a model whose trees point outside themselves or outside their features.

    Such a tree can only come from a crafted or damaged file; following it would read foreign memory.

    Raises
    ------
    ModelError
        If a child, feature or category set that a node names does not exist.
    """
    for estimator in _estimators(model):
        width = int(getattr(estimator, "n_features_in_", 0))
        for tree in _trees(estimator):
            if not _is_sound(tree, width):
                raise ModelError(
                    f"the model file holds a damaged tree in {type(estimator).__name__}: a node points "
                    f"outside it. Do not use the file; materialize the model again."
                )


def _estimators(model: Any) -> Iterator[Any]:
    """The model and the estimators inside it."""
    yield model
    steps = [step for _, step in getattr(model, "steps", ())]
    forest = np.ravel(getattr(model, "estimators_", ()))
    calibrated = getattr(model, "calibrated_classifiers_", ())
    wrapped = [getattr(candidate, "estimator", None) for candidate in (model, *calibrated)]
    for inner in (*steps, *forest, *wrapped):
        if inner is not None:
            yield from _estimators(inner)


def _trees(estimator: Any) -> Iterator[Any]:
    if isinstance(getattr(estimator, "tree_", None), Tree):
        yield estimator.tree_
    for stage in getattr(estimator, "_predictors", ()):
        yield from stage


def _is_sound(tree: Any, width: int) -> bool:
    if isinstance(tree, TreePredictor):
        return _is_sound_predictor(tree, width)
    inner = np.flatnonzero(tree.children_left != _NO_CHILD)
    return bool(
        _children_follow(inner, tree.children_left[inner], tree.node_count)
        and _children_follow(inner, tree.children_right[inner], tree.node_count)
        and _within(tree.feature[inner], 0, width)
        and len(tree.value) == tree.node_count
    )


def _is_sound_predictor(tree: TreePredictor, width: int) -> bool:
    nodes = tree.nodes
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    by_category = nodes[inner][nodes["is_categorical"][inner] == 1]
    sets = min(len(tree.binned_left_cat_bitsets), len(tree.raw_left_cat_bitsets))
    return bool(
        len(nodes) > 0
        and _children_follow(inner, nodes["left"][inner], len(nodes))
        and _children_follow(inner, nodes["right"][inner], len(nodes))
        and _within(nodes["feature_idx"][inner], 0, width)
        and _within(by_category["bitset_idx"], 0, sets)
    )


def _children_follow(parents: Any, children: Any, count: int) -> bool:
    # A child always comes after its parent, so no walk through the tree goes round in a circle.
    return bool(np.all((children > parents) & (children < count)))


def _within(values: Any, low: int, high: int) -> bool:
    return bool(np.all((values >= low) & (values < high)))
