"""Builds all that the transform room gives: fitted transform, feature table, findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ml_assets import durable
from ml_assets.table import LABEL, SPLIT, Table, split_is
from ml_assets.transform.bundle import write_skops
from ml_assets.transform.features import feature_failures, write_features
from ml_assets.transform.fit import fit_transform
from ml_assets.transform.leakage import find_label_copies, find_leaks
from ml_assets.transform.manifest import TransformManifest
from ml_assets.transform.select import Roles
from ml_assets.transform.single_feature import Telling, find_telling
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
    leaks : mapping of str to str
        Raw columns that the transform reads and must not, with the reason.
    telling : Telling
        Raw columns that alone predict the label too well; those that do in every row are leaks too.
    """

    manifest: TransformManifest
    rows: int
    failures: list[str]
    leaks: Mapping[str, str]
    telling: Telling


def build_features(
    examples: Table,
    types: Mapping[str, str],
    nullable: Mapping[str, bool],
    spec: TransformSpec,
    roles: Roles,
    directory: Path,
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
        examples.to_pandas(where=split_is("train")), types, spec, roles, nullable
    )
    write_skops(fitted.transformer, directory / "transform.skops", TRUSTED_TYPES)
    durable.write_json(directory / "transform.json", fitted.manifest.to_json())
    table = write_features(examples, fitted, directory / "features.parquet").to_pandas()
    train = table[table[SPLIT] == "train"]
    features = fitted.manifest.features
    # What the fitted object itself says it reads, not what was planned.
    leaks = find_leaks([str(name) for name in fitted.transformer.feature_names_in_], spec, roles)
    matrix, label = train[fitted.manifest.feature_names].to_numpy(), train[LABEL].to_numpy()
    telling = find_telling(features, matrix, label, spec)
    copies = find_label_copies(features, matrix, label.astype("float64"), spec)
    leaks = {**telling.certain, **copies, **leaks}
    rows, failures = examples.num_rows, feature_failures(table, features, examples.num_rows)
    return BuiltFeatures(fitted.manifest, rows, failures, leaks, telling)
