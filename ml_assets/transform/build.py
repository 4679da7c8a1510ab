"""Builds all that the transform room gives: fitted transform, feature table, findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ml_assets import durable
from ml_assets.table import LABEL, SPLIT, Table, split_is
from ml_assets.transform.bundle import write_skops
from ml_assets.transform.cross_fitting import find_uncrossed
from ml_assets.transform.features import feature_failures, write_features
from ml_assets.transform.fit import FittedTransform, fit_transform
from ml_assets.transform.fit_groups import Clock, Cost, no_clock
from ml_assets.transform.later_moments import find_later_moments
from ml_assets.transform.leakage import find_label_copies, find_leaks
from ml_assets.transform.manifest import TransformManifest
from ml_assets.transform.select import Roles
from ml_assets.transform.shared_rows import SharedRows, find_shared_rows
from ml_assets.transform.single_feature import find_telling
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.trusted import TRUSTED_TYPES


@dataclass(frozen=True)
class BuiltFeatures:
    """What was built, and what is wrong with it.

    Attributes
    ----------
    manifest : TransformManifest
        What the fitted transform reads and gives.
    rows : int
        The rows of the feature table.
    failures : list of str
        What breaks the feature table's schema.
    forbidden : mapping of str to str
        Raw columns that the transform reads and must not, with the reason.
    telling, suspected : mapping of str to str
        Raw columns that alone tell the label in every training row, and those that nearly do or whose
        moments lie after that of the prediction.
    uncrossed : mapping of str to str
        Target encodings whose training values were made with the row's own label.
    shared : SharedRows
        How many rows of the other splits are training rows too.
    costs : sequence of Cost
        The time that each encoder took.
    """

    manifest: TransformManifest
    rows: int
    failures: list[str]
    forbidden: Mapping[str, str]
    telling: Mapping[str, str]
    suspected: Mapping[str, str]
    uncrossed: Mapping[str, str]
    shared: SharedRows
    costs: Sequence[Cost]


def build_features(
    examples: Table,
    types: Mapping[str, str],
    nullable: Mapping[str, bool],
    spec: TransformSpec,
    roles: Roles,
    directory: Path,
    clock: Clock = no_clock,
) -> BuiltFeatures:
    """Fit the transform on the training split, and write it and the features of all examples.

    Parameters
    ----------
    examples : Table
        Validated examples of every split: the reserved columns, then the raw ones.
    types, nullable : mapping
        The type of each column of the schema, and whether it may be null.
    spec : TransformSpec
        The `transform` part of the YAML.
    roles : Roles
        The key, time and label columns.
    directory : Path
        Gets ``transform.skops``, ``transform.json`` and ``features.parquet``.
    clock : callable
        Gives seconds; without one no time is measured.

    Returns
    -------
    BuiltFeatures
        The manifest and the findings.

    Raises
    ------
    PipelineFileError, DataError
        As `fit_transform`.
    """
    fitted = fit_transform(
        examples.to_pandas(where=split_is("train")), types, spec, roles, nullable, clock
    )
    write_skops(fitted.transformer, directory / "transform.skops", TRUSTED_TYPES)
    durable.write_json(directory / "transform.json", fitted.manifest.to_json())
    table = write_features(examples, fitted, directory / "features.parquet").to_pandas()
    return _examine(examples, table, fitted, spec, roles)


def _examine(
    examples: Table,
    table: pd.DataFrame,
    fitted: FittedTransform,
    spec: TransformSpec,
    roles: Roles,
) -> BuiltFeatures:
    """Look for what is wrong with the features as they were written."""
    train, features = table[table[SPLIT] == "train"], fitted.manifest.features
    matrix, label = train[fitted.manifest.feature_names].to_numpy(), train[LABEL].to_numpy()
    # What the fitted object itself says it reads, not what was planned.
    read = [str(name) for name in fitted.transformer.feature_names_in_]
    forbidden = find_leaks(read, spec, roles)
    alone = find_telling(features, matrix, label, spec)
    telling = {
        **alone.certain,
        **find_label_copies(features, matrix, label.astype("float64"), spec),
    }
    suspected = {**find_later_moments(examples, read, roles.time, spec), **alone.suspected}
    encoded = {
        name for feature in features if feature.name in fitted.served for name in feature.sources
    }
    raw = examples.to_pandas(sorted(encoded), where=split_is("train"))
    return BuiltFeatures(
        fitted.manifest,
        examples.num_rows,
        feature_failures(table, features, examples.num_rows),
        forbidden,
        {name: reason for name, reason in telling.items() if name not in forbidden},
        {name: reason for name, reason in suspected.items() if name not in {*telling, *forbidden}},
        find_uncrossed(features, train, fitted.served, raw, label),
        find_shared_rows(features, table),
        fitted.costs,
    )
