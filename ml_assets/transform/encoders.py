"""Fits the encoder of each group: scikit-learn's own, behind the function that reads the raw columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)

from ml_assets.errors import DataError
from ml_assets.table import LABEL
from ml_assets.transform.convert import (
    parse_numbers,
    to_date_parts,
    to_numbers,
    to_seconds,
    to_texts,
)
from ml_assets.transform.derive import (
    UNKNOWN_CODE,
    binned_numbers,
    to_buckets,
    to_crossed,
    to_cycles,
    to_documents,
    to_finite,
    to_hash_codes,
    to_interpolated,
    to_rare,
    to_word_counts,
)
from ml_assets.transform.options import (
    BucketOptions,
    GaussianOptions,
    HashOptions,
    NumberConstant,
    NumberOptions,
    OwnVocabularyOptions,
    PcaOptions,
    PerKeyOptions,
    TargetOptions,
    TextConstant,
    TextOptions,
    VocabularyOptions,
)
from ml_assets.transform.per_key import keyed_reader, learn_per_key, quantile_edges
from ml_assets.transform.plan import Group, PlannedFeatures
from ml_assets.transform.spec import TransformSpec

Labels = npt.NDArray[Any]
Steps = list[tuple[str, Any]]

_NAN = float("nan")
_MAX_QUANTILES = 1_000
# Of what scikit-learn draws at random: folds, and the rows from which quantiles are estimated.
_SEED = 0
_READ = {
    "numbers": to_numbers,
    "flags": to_numbers,
    "parsed": parse_numbers,
    "seconds": to_seconds,
    "texts": to_texts,
    "documents": to_documents,
}


def fit_encoder(
    group: Group, rows: pd.DataFrame, label: Labels | None, spec: TransformSpec
) -> tuple[Any, npt.NDArray[np.float64] | None]:
    """Fit the encoder of a group.

    Parameters
    ----------
    group : Group
        The columns, and what becomes of them.
    rows : DataFrame
        The group's columns in the training split.
    label : ndarray, optional
        The label of the same rows, fractions for a regression; target encodings need it.
    spec : TransformSpec
        The limits of vocabularies that name none of their own.

    Returns
    -------
    (transformer, ndarray or None)
        Takes a DataFrame with the group's columns and gives a matrix, which may be sparse. The second
        is what the training rows get where that is something else: the cross-fitted values.
    """
    steps = _steps(group, rows, label, spec)
    encoder = steps[0][1] if len(steps) == 1 else Pipeline(steps)
    if group.encoding.name == "target_encoding":
        return encoder, encoder.fit_transform(rows, _wide_classes(label))
    encoder.fit(rows)
    if last_step := _learnt_step(group, encoder, rows, spec):
        encoder = Pipeline([*(encoder.steps if len(steps) > 1 else steps), last_step])
    return encoder, None


def _steps(group: Group, rows: pd.DataFrame, label: Labels | None, spec: TransformSpec) -> Steps:
    read: Steps = [("read", _reader(group, rows, spec))]
    match group.encoding.options:
        case _ if group.encoding.name == "missing":
            return [*read, ("missing", MissingIndicator(features="all"))]
        case _ if group.encoding.name == "word_count":
            return [*read, ("words", FunctionTransformer(to_word_counts))]
        case VocabularyOptions() as options:
            return [*read, *_impute_steps(options.impute), ("codes", _vocabulary(options, spec))]
        case OwnVocabularyOptions() as options:
            codes = _own_vocabulary(options, len(group.members))
            return [*read, *_impute_steps(options.impute), ("codes", codes)]
        case HashOptions(hash_buckets=buckets):
            return [
                *read,
                ("codes", FunctionTransformer(to_hash_codes, kw_args={"buckets": buckets})),
            ]
        case TargetOptions() as options:
            return [*read, ("means", _target_encoder(options, label))]
        case TextOptions() as options:
            return [*read, ("words", _vectorizer(group.encoding.name, options))]
        case PcaOptions() as options:
            pca = PCA(options.output_dim, svd_solver="covariance_eigh")
            return [
                *read,
                *_scale_steps(StandardScaler()),
                *_impute_steps(options.impute),
                ("pca", pca),
            ]
        case NumberOptions() as options:
            return [
                *read,
                *_impute_steps(options.impute),
                *_scaler_steps(group.encoding.name, options, len(rows)),
            ]
        case _:
            return read


def _reader(group: Group, rows: pd.DataFrame, spec: TransformSpec) -> FunctionTransformer:
    members = group.members
    match group.reading:
        case "moments":
            parts = {member.name: list(member.parts) for member in members}
            function = to_cycles if group.encoding.name == "cycles" else to_date_parts
            return FunctionTransformer(function, kw_args={"parts": parts})
        case "crossed":
            crosses = {member.name: dict(member.types) for member in members}
            bins = {member.name: _bin_edges(member, rows) for member in members if member.bins}
            binned = {"bins": bins} if bins else {}
            return FunctionTransformer(to_crossed, kw_args={"crosses": crosses, **binned})
        case reading if group.by:
            return keyed_reader(_READ[reading], group.by, rows, spec.min_category_count)
        case reading:
            return FunctionTransformer(_READ[reading])


def _bin_edges(cross: PlannedFeatures, rows: pd.DataFrame) -> dict[str, list[float]]:
    return {
        name: _quantile_boundaries(binned_numbers(rows, name, cross.types[name])[:, 0], bins)
        for name, bins in cross.bins.items()
    }


def _impute_steps(policy: str | NumberConstant | TextConstant | None) -> Steps:
    match policy:
        case None:
            return []
        case NumberConstant(constant=value) | TextConstant(constant=value):
            imputer = SimpleImputer(strategy="constant", fill_value=value, keep_empty_features=True)
        case strategy:
            imputer = SimpleImputer(strategy=strategy, keep_empty_features=True)
    return [("impute", imputer)]


def _scaler_steps(name: str, options: NumberOptions, rows: int) -> Steps:
    match name, options:
        case "scale_to_z_score", _:
            return _scale_steps(StandardScaler())
        case "scale_to_0_1", _:
            return _scale_steps(MinMaxScaler())
        case _, GaussianOptions(method="power"):
            return [
                *_scale_steps(PowerTransformer(standardize=False), "power"),
                *_scale_steps(StandardScaler()),
            ]
        case _, GaussianOptions():
            quantiles = min(_MAX_QUANTILES, rows)
            return _scale_steps(
                QuantileTransformer(
                    n_quantiles=quantiles, output_distribution="normal", random_state=_SEED
                )
            )
        case _:
            return []


def _scale_steps(scaler: Any, name: str = "scale") -> Steps:
    # Of numbers near the end of the floats scaling makes infinite ones, which the next step refuses.
    return [(name, scaler), (f"finite_{name}", FunctionTransformer(to_finite))]


def _vocabulary(options: VocabularyOptions, spec: TransformSpec) -> OrdinalEncoder:
    # A value that training never saw is missing: a code of its own would be a leaf nobody trained.
    unknown = _NAN if options.unknown == "missing" else UNKNOWN_CODE
    return OrdinalEncoder(
        min_frequency=options.frequency_threshold or spec.min_category_count,
        max_categories=options.top_k + 1 if options.top_k else spec.max_categories,
        handle_unknown="use_encoded_value",
        unknown_value=unknown,
        encoded_missing_value=_NAN,
    )


def _own_vocabulary(options: OwnVocabularyOptions, columns: int) -> OrdinalEncoder:
    # Were NaN not named, it would be one of the unknown values.
    values = np.array([*options.texts, _NAN], dtype=object)
    return OrdinalEncoder(
        categories=[values] * columns,
        handle_unknown="use_encoded_value",
        unknown_value=_NAN if options.unknown == "missing" else len(options.texts),
        encoded_missing_value=_NAN,
    )


def _target_encoder(options: TargetOptions, label: Labels | None) -> TargetEncoder:
    """Cross-fitted over shuffled folds; all have each class, unless there are fewer rows of one."""
    if label is None:
        raise DataError(f"target_encoding needs the column {LABEL} in the training rows.")
    is_number = label.dtype.kind == "f"
    classes, counts = np.unique(label, return_counts=True)
    splitter = KFold if is_number or counts.min() < options.folds else StratifiedKFold
    folds = splitter(options.folds, shuffle=True, random_state=_SEED)
    kind = "continuous" if is_number else "binary" if len(classes) <= 2 else "multiclass"
    return TargetEncoder(target_type=kind, smooth=options.smooth, cv=folds)


def _wide_classes(label: Labels | None) -> Labels | None:
    # scikit-learn's TargetEncoder has no code for classes in 16 bits.
    return label if label is None or label.dtype.kind == "f" else label.astype(np.int64)


def _vectorizer(name: str, options: TextOptions) -> Any:
    least, most = options.ngram_range
    common = {"ngram_range": (least, most), "analyzer": options.analyzer}
    if name == "tfidf":
        return TfidfVectorizer(max_features=options.max_features, **common)
    return HashingVectorizer(n_features=options.max_features, alternate_sign=False, **common)


def _learnt_step(
    group: Group, encoder: Any, rows: pd.DataFrame, spec: TransformSpec
) -> tuple[str, Any] | None:
    """The last step, where it is one of our functions with a constant learnt from the training split."""
    match group.encoding.options:
        case PerKeyOptions():
            return learn_per_key(group.encoding, encoder, rows, spec.min_category_count)
        case BucketOptions() as options:
            numbers = _READ[group.reading](rows)
            edges = [
                options.boundaries or _quantile_boundaries(column, options.num_buckets)
                for column in numbers.T
            ]
            function = to_buckets if group.encoding.name == "bucketize" else to_interpolated
            return "buckets", FunctionTransformer(function, kw_args={"boundaries": edges})
        case VocabularyOptions(unknown="rare"):
            rare = _rare_codes(encoder.named_steps["codes"])
            return "unknown", FunctionTransformer(to_rare, kw_args={"rare": rare})
        case _:
            return None


def _quantile_boundaries(numbers: npt.NDArray[np.float64], buckets: int) -> list[float]:
    (edges,) = quantile_edges(numbers, np.zeros(len(numbers), dtype=np.int64), 1, buckets)
    return [float(edge) for edge in edges if np.isfinite(edge)]


def _rare_codes(codes: OrdinalEncoder) -> list[float]:
    """The code that the rare values of each column share, its last one; NaN where there are none."""
    return [
        _NAN if rare is None else float(count - 1)
        for rare, count in zip(codes.infrequent_categories_, category_counts(codes), strict=True)
    ]


def category_counts(codes: OrdinalEncoder) -> list[int]:
    """Give the number of codes of each column."""
    infrequent_by_column: Sequence[Any] = codes.infrequent_categories_
    categories = ([value for value in values if value == value] for values in codes.categories_)
    return [
        len(values) - (len(infrequent) - 1 if infrequent is not None else 0)
        for values, infrequent in zip(categories, infrequent_by_column, strict=True)
    ]
