"""Fits the preprocessing of a model: raw columns in, float64 features out.

By default numbers, flags and date parts pass as they are, with NaN for null; texts become ordinal codes,
the rare ones sharing one. The fit sees the training split only.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer

from ml_assets.errors import DataError, PipelineFileError, did_you_mean
from ml_assets.table import LABEL
from ml_assets.transform.convert import parse_numbers
from ml_assets.transform.fit_groups import Clock, Cost, FittedGroup, assemble, fit_groups, no_clock
from ml_assets.transform.manifest import InputColumn, TransformManifest
from ml_assets.transform.plan import PlannedFeatures, plan_features
from ml_assets.transform.select import (
    Roles,
    Selection,
    columns_of,
    is_explicit,
    read_by,
    select_columns,
)
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.useless import why_it_names_rows

Matrix = npt.NDArray[np.float64]

# Of a text column that is to be numbers, the largest share that may be none.
_MAX_LOST = 0.5


@dataclass(frozen=True)
class FittedTransform:
    """A fitted transform, its manifest, and the features of the training rows.

    Attributes
    ----------
    transformer : ColumnTransformer
        Takes a DataFrame with at least the input columns, in any order, and gives a float64 array.
    manifest : TransformManifest
        What it reads and gives.
    training : ndarray
        The features of the training rows, in their order. They are what `transformer` gives, but for
        target encodings: these are cross-fitted.
    served : mapping of str to ndarray
        What `transformer` gives for the training rows where that is something else, by feature.
    costs : tuple of Cost
        The time that each encoder took.
    """

    transformer: ColumnTransformer
    manifest: TransformManifest
    training: Matrix
    served: Mapping[str, Matrix]
    costs: tuple[Cost, ...]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Give the features of a frame, with their names and the frame's index."""
        check_columns(frame, self.manifest.input_names)
        matrix = self.transformer.transform(frame)
        return pd.DataFrame(matrix, columns=self.manifest.feature_names, index=frame.index)


def fit_transform(
    train: pd.DataFrame,
    types: Mapping[str, str],
    spec: TransformSpec,
    roles: Roles,
    nullable: Mapping[str, bool] | None = None,
    clock: Clock = no_clock,
) -> FittedTransform:
    """Fit the preprocessing on the training split.

    Parameters
    ----------
    train : DataFrame
        The rows of the training split, and no other rows. A target encoding also needs their ``_label``.
    types : mapping of str to str
        The type of each column of the schema: int, float, string, bool, date or timestamp.
    spec : TransformSpec
        The `transform` part of the YAML.
    roles : Roles
        The key, time and label columns.
    nullable : mapping of str to bool, optional
        Whether the schema allows null in a column; true where it is not named.
    clock : callable
        Gives seconds; without one no time is measured.

    Returns
    -------
    FittedTransform
        Columns that cannot be learnt from (no value, one value, a name for each row) are left out, with
        the reason in the manifest.

    Raises
    ------
    PipelineFileError
        If the YAML names a column that the schema lacks, or an encoding that does not fit a column.
    DataError
        If there are no rows, if a wanted column is not in the data, if an encoding cannot be learnt from
        the rows, if no feature is left, or if two have the same name.
    """
    if train.empty:
        raise DataError("the training split has no rows; look at ingest.window and ingest.split.")
    selection = select_columns(types, spec, roles)
    dropped = {**selection.dropped, **_unusable(train, types, selection, spec)}
    planned = [
        features
        for key, encodings in selection.encodings.items()
        if key not in dropped
        for features in plan_features(key, types, encodings)
    ]
    _refuse_texts(train, planned)
    label = train[LABEL].to_numpy() if LABEL in train else None
    groups, useless = fit_groups(train, planned, spec, label, clock)
    dropped |= useless
    if not groups:
        reasons = "".join(f"\n  '{name}' {reason}" for name, reason in dropped.items())
        raise DataError(f"no column is left to learn from:{reasons}")
    manifest = _manifest(train, types, groups, dropped, nullable or {})
    _refuse_equal_names(manifest)
    return FittedTransform(
        assemble(groups, train),
        manifest,
        np.hstack([group.training for group in groups]),
        {name: values for group in groups for name, values in group.served.items()},
        tuple(group.cost for group in groups),
    )


def _manifest(
    train: pd.DataFrame,
    types: Mapping[str, str],
    groups: Sequence[FittedGroup],
    dropped: Mapping[str, str],
    nullable: Mapping[str, bool],
) -> TransformManifest:
    read = {name for fitted in groups for name in fitted.group.columns}
    return TransformManifest(
        inputs=tuple(
            InputColumn(
                name, types[name], nullable.get(name, True) or bool(train[name].isna().any())
            )
            for name in types
            if name in read
        ),
        features=tuple(feature for fitted in groups for feature in fitted.features),
        dropped=dropped,
        notes=_notes(train, [features for fitted in groups for features in fitted.group.members]),
        rows=len(train),
    )


def _refuse_equal_names(manifest: TransformManifest) -> None:
    counts = Counter(manifest.feature_names)
    repeated = [feature for feature in manifest.features if counts[feature.name] > 1]
    if repeated:
        origins = ", ".join(f"{feature.encoding} of '{feature.source}'" for feature in repeated)
        raise DataError(
            f"several features have the name '{repeated[0].name}': {origins}. Rename a column in the "
            "source, or leave one of these out (transform.exclude, or the encoding drop)."
        )


def _refuse_texts(train: pd.DataFrame, planned: Sequence[PlannedFeatures]) -> None:
    """Refuse a numeric encoding of texts that are mostly not numbers: they would become missing."""
    mistakes = []
    for features in planned:
        if features.reading != "parsed":
            continue
        texts = train[features.name].dropna()
        lost = int(np.isnan(parse_numbers(texts.to_frame())).sum())
        if lost > _MAX_LOST * len(texts):
            mistakes.append(
                f"transform.encodings.{features.name}: {features.encoding.name}, but {lost:,} of "
                f"{len(texts):,} training texts of '{features.name}' are no numbers and would be "
                "missing. Use categorical, or write numbers in the source."
            )
    if mistakes:
        raise PipelineFileError("\n".join(dict.fromkeys(mistakes)))


def check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a frame that lacks columns which a transform reads.

    Raises
    ------
    DataError
        Naming every missing column, with the nearest name that the frame has.
    """
    missing = [name for name in names if name not in frame.columns]
    if missing:
        present = [str(name) for name in frame.columns]
        hints = "".join(f"\n  '{name}'.{did_you_mean(name, present)}" for name in missing)
        raise DataError(
            f"{len(missing)} of the {len(names)} columns that the model reads are missing:{hints}"
        )


def _unusable(
    train: pd.DataFrame, types: Mapping[str, str], selection: Selection, spec: TransformSpec
) -> dict[str, str]:
    """Why selected columns cannot be used: absent from the data, empty, or a text that names rows."""
    wanted = {
        key: encodings for key, encodings in selection.encodings.items() if is_explicit(key, spec)
    }
    check_columns(
        train,
        [name for key, encodings in wanted.items() for name in read_by(key, encodings, types)],
    )
    reasons = {}
    for key in selection.encodings:
        if any(name not in train for name in columns_of(key, types)):
            reasons[key] = "is not in the data"
        elif key in types and not train[key].notna().any():
            reasons[key] = "has no value in the training split"
        elif types.get(key) == "string" and not is_explicit(key, spec):
            reason = why_it_names_rows(train[key])
            reasons |= {key: reason} if reason else {}
    return reasons


def _notes(train: pd.DataFrame, planned: Sequence[PlannedFeatures]) -> dict[str, str]:
    readings = {name: features.reading for features in planned for name in features.types}
    notes = {}
    for name, reading in readings.items():
        values = train[name]
        if reading == "numbers" and values.dtype.kind == "f":
            if infinite := int(np.isinf(values.to_numpy(np.float64, na_value=np.nan)).sum()):
                notes[name] = f"{infinite:,} infinite training values count as missing"
        elif reading == "parsed":
            lost = int(np.isnan(parse_numbers(values.to_frame())).sum() - values.isna().sum())
            if lost:
                notes[name] = f"{lost:,} training texts are no numbers and count as missing"
    return notes
