"""Finds what a fitted transform reads although it cannot be known at the moment of prediction."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ml_assets.table import RESERVED_COLUMNS
from ml_assets.transform.manifest import FeatureColumn
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

REMEDY = (
    "Is it known at the moment of prediction? If not, name it in transform.known_after; if so, in "
    "transform.known_before."
)
# With fewer rows a column may agree with the label by chance.
_MIN_ROWS = 50


def find_leaks(inputs: Sequence[str], spec: TransformSpec, roles: Roles) -> dict[str, str]:
    """Give the columns that a fitted transform must not read, each with the reason.

    Parameters
    ----------
    inputs : sequence of str
        The raw columns that the fitted transform reads.
    spec : TransformSpec
        The `transform` part of the YAML, with `known_after`.
    roles : Roles
        What the columns are beside being features.
    """
    forbidden = {
        **dict.fromkeys(roles.absent, "does not exist when the model serves, by the schema"),
        **dict.fromkeys(RESERVED_COLUMNS, "is made by ml_assets, not by the source"),
        **dict.fromkeys(spec.known_after, "is known only after the moment of prediction"),
        **dict.fromkeys(roles.label, "makes the label"),
    }
    return {name: forbidden[name] for name in inputs if name in forbidden}


def find_label_copies(
    features: Sequence[FeatureColumn],
    matrix: npt.NDArray[np.float64],
    label: npt.NDArray[np.float64],
    spec: TransformSpec,
) -> dict[str, str]:
    """Give the columns that say the same as the label, each with the reason.

    A category or number is a copy if its values and the label's belong together one to one in every
    row. A column that `known_before` names is not reported.

    Parameters
    ----------
    features : sequence of FeatureColumn
        The features.
    matrix : ndarray
        Their values in the training split, one column each.
    label : ndarray
        The label of the same rows.
    spec : TransformSpec
        The `transform` part of the YAML.
    """
    if len(label) < _MIN_ROWS:
        return {}
    return {
        feature.source: f"equals the label in each of {len(label):,} training rows"
        for position, feature in enumerate(features)
        if not spec.is_known_before(feature.sources) and _is_copy(matrix[:, position], label)
    }


def describe_leaks(
    forbidden: Mapping[str, str],
    telling: Mapping[str, str],
    uncrossed: Mapping[str, str],
    inputs: int,
) -> str:
    """Say in a few sentences what was found and what to do next.

    Parameters
    ----------
    forbidden : mapping of str to str
        Columns that the transform must not read, as `find_leaks` gives them.
    telling : mapping of str to str
        Columns that tell the label, each with the reason.
    uncrossed : mapping of str to str
        Features as `find_uncrossed` gives them.
    inputs : int
        How many columns the transform reads.
    """
    remedies = (
        (forbidden, "Take it out of transform.features and transform.encodings."),
        (telling, REMEDY),
        (uncrossed, "Materialize the features again; do not train on them."),
    )
    sentences = [f"{_reasons_text(reasons)}. {remedy}" for reasons, remedy in remedies if reasons]
    return (
        " ".join(sentences)
        or f"none of the {inputs} columns that the transform reads tells the label"
    )


def _reasons_text(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"'{name}' {reason}" for name, reason in reasons.items())


def _is_copy(values: npt.NDArray[np.float64], label: npt.NDArray[np.float64]) -> bool:
    if np.isnan(values).any():
        return False
    # The cheap look at the first rows decides for nearly every column.
    head = slice(0, 10 * _MIN_ROWS)
    return _one_to_one(values[head], label[head]) and _one_to_one(values, label)


def _one_to_one(values: npt.NDArray[np.float64], label: npt.NDArray[np.float64]) -> bool:
    pairs = np.unique(np.column_stack([values, label]), axis=0)
    return len(pairs) == len(np.unique(values)) == len(np.unique(label)) > 1
