"""Fits the groups one after the other, each by the clock, and puts them together as one transformer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator

from ml_assets.errors import DataError
from ml_assets.transform.encoders import category_counts, fit_encoder
from ml_assets.transform.manifest import FeatureColumn, FeatureKind
from ml_assets.transform.options import HashOptions, NumberOptions, OwnVocabularyOptions
from ml_assets.transform.plan import Group, PlannedFeatures, plan_groups, without
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.useless import useless_features

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[Any]
Clock = Callable[[], float]

_KINDS: dict[str, FeatureKind] = {
    "bucketize": "category",
    "bucketize_per_key": "category",
    "categorical": "category",
    "compute_and_apply_vocabulary": "category",
    "apply_vocabulary": "category",
    "hash_strings": "category",
    "date_parts": "date_part",
    "missing": "flag",
}


@dataclass(frozen=True)
class Cost:
    """The time that one encoder took on the training rows.

    Attributes
    ----------
    encoder : str
        Its name in the fitted transform.
    columns : tuple of str
        The raw columns that it reads.
    features : tuple of str
        What it gives.
    fit_seconds : float
        To learn; for a target encoding also to encode the training rows.
    transform_seconds : float
        To encode the training rows.
    """

    encoder: str
    columns: tuple[str, ...]
    features: tuple[str, ...]
    fit_seconds: float
    transform_seconds: float

    @property
    def seconds_each(self) -> float:
        """What each of its features took: they are made together, and share the time alike."""
        return (self.fit_seconds + self.transform_seconds) / len(self.features)


@dataclass(frozen=True)
class FittedGroup:
    """A group with its fitted encoder.

    Attributes
    ----------
    group : Group
        What it takes.
    encoder : transformer
        Takes a DataFrame with the group's columns.
    features : tuple of FeatureColumn
        What it gives.
    training : ndarray
        The features of the training rows.
    served : mapping of str to ndarray
        What the encoder gives for the training rows where that is something else, by feature.
    cost : Cost
        The time that it took.
    """

    group: Group
    encoder: Any
    features: tuple[FeatureColumn, ...]
    training: Matrix
    served: Mapping[str, Matrix]
    cost: Cost


def no_clock() -> float:
    """Give no time."""
    return 0.0


def fit_groups(
    train: pd.DataFrame,
    planned: Sequence[PlannedFeatures],
    spec: TransformSpec,
    label: Labels | None = None,
    clock: Clock = no_clock,
) -> tuple[list[FittedGroup], dict[str, str]]:
    """Fit every group, without the features that turn out to be useless.

    Parameters
    ----------
    train : DataFrame
        The rows of the training split.
    planned : sequence of PlannedFeatures
        What is to become features.
    spec : TransformSpec
        The `transform` part of the YAML.
    label : ndarray, optional
        The label of the rows.
    clock : callable
        Gives seconds.

    Returns
    -------
    (list of FittedGroup, dict of str to str)
        The groups, and by column or feature why it is left out.

    Raises
    ------
    DataError
        If an encoding cannot be learnt from the rows.
    """
    fitted_groups, removed = list[FittedGroup](), dict[str, tuple[str, str]]()
    for group in plan_groups(planned):
        fitted = _fit_group(group, train, spec, label, clock)
        useless = _useless_reasons(fitted, spec)
        reduced = without(group, useless, _feature_names(group, fitted.training))
        if reduced.members != group.members:
            refitted = [_fit_group(reduced, train, spec, label, clock)] if reduced.members else []
            remaining = {feature.name for again in refitted for feature in again.features}
            removed |= {
                name: (member.name, useless[name])
                for member, names in _feature_names(group, fitted.training)
                for name in names
                if name not in remaining
            }
            fitted_groups += refitted
        else:
            fitted_groups.append(fitted)
    return fitted_groups, _reasons_by_column(
        removed, {member.name for fitted in fitted_groups for member in fitted.group.members}
    )


def assemble(groups: Sequence[FittedGroup], train: pd.DataFrame) -> ColumnTransformer:
    """Put the fitted encoders together as one transformer, by column names.

    It takes a DataFrame, so order and further columns do not matter, and gives a dense float64 array.
    """
    transformer = ColumnTransformer(
        [
            (fitted.group.name, FrozenEstimator(fitted.encoder), fitted.group.columns)
            for fitted in groups
        ],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )
    # It is shown its own columns only: it remembers the names of all that it was fitted on. Its
    # encoders are frozen, so a row is enough.
    names = dict.fromkeys(name for fitted in groups for name in fitted.group.columns)
    return transformer.fit(train[list(names)].head(1))


def _fit_group(
    group: Group, train: pd.DataFrame, spec: TransformSpec, label: Labels | None, clock: Clock
) -> FittedGroup:
    rows, start = train[group.columns], clock()
    try:
        encoder, training = fit_encoder(group, rows, label, spec)
        fit_end = clock()
        served = _dense(encoder.transform(rows))
    except ValueError as error:
        names = ", ".join(f"'{member.name}'" for member in group.members[:3])
        raise DataError(
            f"transform.encodings: {group.encoding.name} of {names} cannot be learnt from {len(rows):,} "
            f"training rows: {error}. Choose another encoding."
        ) from error
    transform_end = clock()
    features = _feature_columns(group, encoder, served)
    feature_names = tuple(feature.name for feature in features)
    cost = Cost(
        group.name, tuple(group.columns), feature_names, fit_end - start, transform_end - fit_end
    )
    if training is None:
        return FittedGroup(group, encoder, features, served, {}, cost)
    served_by_name = {
        feature.name: served[:, position] for position, feature in enumerate(features)
    }
    return FittedGroup(group, encoder, features, training, served_by_name, cost)


def _dense(matrix: Any) -> Matrix:
    values = matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)
    return values.astype(np.float64, copy=False)


def _feature_names(group: Group, matrix: Matrix) -> list[tuple[PlannedFeatures, tuple[str, ...]]]:
    """The members with the names of their features; but for parts of moments they have equally many."""
    count = matrix.shape[1] // len(group.members)
    return [(member, member.features(count)) for member in group.members]


def _feature_columns(group: Group, encoder: Any, matrix: Matrix) -> tuple[FeatureColumn, ...]:
    encoding, options = group.encoding.name, group.encoding.options
    counts = _code_counts(group, encoder)
    is_number = isinstance(options, NumberOptions) and options.impute is not None
    is_flag = group.reading == "flags" and not is_number
    kind: FeatureKind = "flag" if is_flag else _KINDS.get(encoding, "number")
    return tuple(
        FeatureColumn(name, member.sources, kind, counts.get(member.name), encoding)
        for member, names in _feature_names(group, matrix)
        for name in names
    )


def _code_counts(group: Group, encoder: Any) -> dict[str, int]:
    """The number of codes of each member that becomes codes."""
    names, options = [member.name for member in group.members], group.encoding.options
    match group.encoding.name:
        case "hash_strings" if isinstance(options, HashOptions):
            return dict.fromkeys(names, options.hash_buckets)
        case "categorical" | "compute_and_apply_vocabulary":
            return dict(zip(names, category_counts(encoder.named_steps["codes"]), strict=True))
        case "apply_vocabulary" if isinstance(options, OwnVocabularyOptions):
            return dict.fromkeys(names, len(options.vocabulary) + (options.unknown == "rare"))
        case "bucketize":
            edges = encoder.named_steps["buckets"].kw_args["boundaries"]
            return {
                name: len(boundaries) + 1 for name, boundaries in zip(names, edges, strict=True)
            }
        case "bucketize_per_key":
            counts = (
                np.isfinite(encoder.named_steps["buckets"].kw_args["edges"]).sum(axis=2).max(axis=1)
            )
            return {name: int(count) + 1 for name, count in zip(names, counts, strict=True)}
        case _:
            return {}


def _useless_reasons(fitted: FittedGroup, spec: TransformSpec) -> dict[str, str]:
    # Folds give a column without information different means; what is served has one.
    served = list(fitted.served.values())
    matrix = np.column_stack(served) if served else fitted.training
    return useless_features(fitted.features, matrix, spec.min_category_count)


def _reasons_by_column(
    removed: Mapping[str, tuple[str, str]], kept_columns: set[str]
) -> dict[str, str]:
    """The reasons by column, or by feature where others of the column are left."""
    reasons = dict[str, str]()
    for feature, (column, reason) in removed.items():
        reasons.setdefault(feature if column in kept_columns else column, reason)
    return reasons
