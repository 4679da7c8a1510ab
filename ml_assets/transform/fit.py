"""Fits the one preprocessing of a model: raw columns in, float64 features out.

Numbers, flags and date parts pass as they are, with NaN for null; texts become ordinal codes, the rare
ones sharing one. The fit sees the training split only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from ml_assets.errors import DataError, PipelineFileError, did_you_mean
from ml_assets.transform.convert import parse_numbers
from ml_assets.transform.encoders import (
    PlannedColumn,
    build_transformer,
    feature_columns,
    plan_column,
)
from ml_assets.transform.manifest import InputColumn, TransformManifest
from ml_assets.transform.select import Roles, Selection, is_explicit, select_columns
from ml_assets.transform.spec import TransformSpec
from ml_assets.transform.useless import names_rows, useless_features

# Of a text column that is to be numbers, the largest share that may be none.
_MOST_LOST = 0.5


@dataclass(frozen=True)
class FittedTransform:
    """A fitted transform and what it reads and gives.

    Attributes
    ----------
    transformer : ColumnTransformer
        Takes a DataFrame with at least the input columns, in any order, and gives a float64 array.
    manifest : TransformManifest
        What it reads and gives.
    """

    transformer: ColumnTransformer
    manifest: TransformManifest

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
) -> FittedTransform:
    """Fit the preprocessing on the training split.

    Parameters
    ----------
    train : DataFrame
        The rows of the training split, and no other rows.
    types : mapping of str to str
        The type of each column of the schema: int, float, string, bool, date or timestamp.
    spec : TransformSpec
        The `transform` part of the YAML.
    roles : Roles
        The key, time and label columns.
    nullable : mapping of str to bool, optional
        Whether the schema allows null in a column; true where it is not named.

    Returns
    -------
    FittedTransform
        Columns that cannot be learnt from (no value, one value, a name for each row) are left out, with
        the reason in the manifest.

    Raises
    ------
    PipelineFileError
        If the YAML names a column that the schema lacks.
    DataError
        If there are no rows, if a wanted column is not in the data, or if no feature is left.
    """
    if train.empty:
        raise DataError("the training split has no rows; look at ingest.window and ingest.split.")
    selection = select_columns(types, spec, roles)
    dropped = {**selection.dropped, **_unusable(train, types, selection, spec)}
    columns = [
        plan_column(name, types[name], encoding)
        for name, encoding in selection.encodings.items()
        if name not in dropped
    ]
    transformer, kept, useless = _fit_useful(train, columns, spec)
    dropped |= _without_use(columns, kept, useless)
    _refuse_texts(train, columns)
    if not kept:
        reasons = "".join(f"\n  '{name}' {reason}" for name, reason in dropped.items())
        raise DataError(f"no column is left to learn from:{reasons}")
    return FittedTransform(
        transformer,
        TransformManifest(
            inputs=tuple(_input(train, column, nullable or {}) for column in kept),
            features=feature_columns(transformer, kept),
            dropped=dropped,
            notes=_notes(train, kept),
            rows=len(train),
        ),
    )


def _refuse_texts(train: pd.DataFrame, columns: Sequence[PlannedColumn]) -> None:
    """Refuse a numeric encoding of texts that mostly are no numbers: they would all be missing."""
    mistakes = []
    for column in columns:
        if column.group != "parsed":
            continue
        texts = train[column.name].dropna()
        lost = int(np.isnan(parse_numbers(texts.to_frame())).sum())
        if lost > _MOST_LOST * len(texts):
            mistakes.append(
                f"transform.encodings.{column.name}: numeric, but {lost:,} of {len(texts):,} training "
                f"texts of '{column.name}' are no numbers and would be missing. Use categorical, or "
                "write numbers in the source."
            )
    if mistakes:
        raise PipelineFileError("\n".join(mistakes))


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
    """The selected columns that the data lack, and the texts that name rows, with the reason."""
    check_columns(train, [name for name in selection.encodings if is_explicit(name, spec)])
    found = {}
    for name in selection.encodings:
        if name not in train:
            found[name] = "is not in the data"
        elif types[name] == "string" and not is_explicit(name, spec):
            reason = names_rows(train[name])
            found |= {name: reason} if reason else {}
    return found


def _fit_useful(
    train: pd.DataFrame, columns: Sequence[PlannedColumn], spec: TransformSpec
) -> tuple[ColumnTransformer, list[PlannedColumn], dict[str, str]]:
    """Fit, and where some features turn out to be useless fit again without them."""
    transformer = build_transformer(columns, spec)
    # It is shown its own columns only: it remembers the names of all that it was fitted on.
    matrix = transformer.fit_transform(train[[column.name for column in columns]])
    features = feature_columns(transformer, columns)
    useless = useless_features(features, matrix, spec.min_category_count)
    if not useless:
        return transformer, list(columns), {}
    kept = [
        replace(column, parts=tuple(p for p in column.parts if f"{column.name}.{p}" not in useless))
        for column in columns
        if not set(column.features) <= useless.keys()
    ]
    transformer = build_transformer(kept, spec)
    transformer.fit(train[[column.name for column in kept]])
    return transformer, kept, useless


def _without_use(
    columns: Sequence[PlannedColumn], kept: Sequence[PlannedColumn], useless: Mapping[str, str]
) -> dict[str, str]:
    """The reasons by column, or by feature where only some parts of a column are useless."""
    names = {column.name for column in kept}
    found = {}
    for column in columns:
        if column.name not in names:
            found[column.name] = useless[column.features[0]]
        else:
            found |= {name: useless[name] for name in column.features if name in useless}
    return found


def _input(train: pd.DataFrame, column: PlannedColumn, nullable: Mapping[str, bool]) -> InputColumn:
    may_be_null = nullable.get(column.name, True) or bool(train[column.name].isna().any())
    return InputColumn(column.name, column.type, may_be_null)


def _notes(train: pd.DataFrame, columns: Sequence[PlannedColumn]) -> dict[str, str]:
    notes = {}
    for column in columns:
        values = train[column.name]
        if column.group in ("numbers", "number_codes") and values.dtype.kind == "f":
            if infinite := int(np.isinf(values.to_numpy(np.float64, na_value=np.nan)).sum()):
                notes[column.name] = f"{infinite:,} infinite training values count as missing"
        elif column.group == "parsed":
            lost = int(np.isnan(parse_numbers(values.to_frame())).sum() - values.isna().sum())
            if lost:
                notes[column.name] = f"{lost:,} training texts are no numbers and count as missing"
    return notes
