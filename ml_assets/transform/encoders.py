"""Builds the ColumnTransformer: one encoder for each kind of column, as few as possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from ml_assets.transform.convert import (
    DATE_PARTS,
    TIME_PARTS,
    date_part_names,
    parse_numbers,
    to_date_parts,
    to_numbers,
    to_seconds,
    to_texts,
)
from ml_assets.transform.manifest import FeatureColumn, FeatureKind
from ml_assets.transform.spec import Encoding, TransformSpec

_NAN = float("nan")
_MOMENTS = ("date", "timestamp")


@dataclass(frozen=True)
class PlannedColumn:
    """A raw column that is to become features.

    Attributes
    ----------
    name, type : str
        The column and its type in the schema.
    encoding : {"numeric", "categorical", "date_parts"}
        How it is encoded.
    parts : tuple of str
        With ``date_parts``, the parts of its moment to use.
    """

    name: str
    type: str
    encoding: Encoding
    parts: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The encoder that takes it."""
        if self.encoding == "date_parts":
            return "date_parts"
        if self.encoding == "categorical":
            by_type = dict.fromkeys(_MOMENTS, "moment_codes") | {"string": "text_codes"}
            return by_type.get(self.type, "number_codes")
        by_type = dict.fromkeys(_MOMENTS, "seconds") | {"string": "parsed", "bool": "flags"}
        return by_type.get(self.type, "numbers")

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its features."""
        if self.encoding == "date_parts":
            return tuple(f"{self.name}.{part}" for part in self.parts)
        return (self.name,)


GROUPS = (
    "numbers", "flags", "parsed", "seconds", "text_codes", "number_codes", "moment_codes",
    "date_parts",
)  # fmt: skip
_KINDS: dict[str, FeatureKind] = {
    "flags": "flag",
    "text_codes": "category",
    "number_codes": "category",
    "moment_codes": "category",
    "date_parts": "date_part",
}


def plan_column(name: str, kind: str, encoding: Encoding) -> PlannedColumn:
    """Give a column's plan; a moment gets every part that its type has."""
    every = TIME_PARTS if kind == "timestamp" else DATE_PARTS
    return PlannedColumn(name, kind, encoding, every if encoding == "date_parts" else ())


def build_transformer(columns: Sequence[PlannedColumn], spec: TransformSpec) -> ColumnTransformer:
    """Give the unfitted transformer of the planned columns.

    It takes a DataFrame by column names, so order and further columns do not matter, and gives a
    float64 array: numbers, flags, parsed texts, seconds, codes and date parts, in this order.
    """
    groups = {g: [column for column in columns if column.group == g] for g in GROUPS}
    return ColumnTransformer(
        [
            (group, _encoder(group, members, spec), [column.name for column in members])
            for group, members in groups.items()
            if members
        ],
        verbose_feature_names_out=False,
    )


def feature_columns(
    transformer: ColumnTransformer, columns: Sequence[PlannedColumn]
) -> tuple[FeatureColumn, ...]:
    """Describe what a fitted transformer gives, in its order."""
    ordered = sorted(columns, key=lambda column: GROUPS.index(column.group))
    codes = _category_counts(transformer)
    return tuple(
        FeatureColumn(name, column.name, _KINDS.get(column.group, "number"), codes.get(name))
        for column in ordered
        for name in column.features
    )


def _encoder(group: str, members: Sequence[PlannedColumn], spec: TransformSpec) -> Any:
    match group:
        case "parsed":
            return _function(parse_numbers)
        case "seconds":
            return _function(to_seconds)
        case "text_codes":
            return Pipeline([("texts", _function(to_texts)), ("codes", _ordinal(spec))])
        case "number_codes":
            return Pipeline([("numbers", _function(to_numbers)), ("codes", _ordinal(spec))])
        case "moment_codes":
            return Pipeline([("seconds", _function(to_seconds)), ("codes", _ordinal(spec))])
        case "date_parts":
            parts = {column.name: list(column.parts) for column in members}
            return FunctionTransformer(
                to_date_parts, kw_args={"parts": parts}, feature_names_out=date_part_names
            )
        case _:
            return _function(to_numbers)


def _function(function: Any) -> FunctionTransformer:
    return FunctionTransformer(function, feature_names_out="one-to-one")


def _ordinal(spec: TransformSpec) -> OrdinalEncoder:
    # A value that training never saw is missing: a code of its own would be a leaf nobody trained.
    return OrdinalEncoder(
        min_frequency=spec.min_category_count,
        max_categories=spec.max_categories,
        handle_unknown="use_encoded_value",
        unknown_value=_NAN,
        encoded_missing_value=_NAN,
    )


def _category_counts(transformer: ColumnTransformer) -> dict[str, int]:
    """The number of codes of each column that became codes."""
    found = {}
    for group, encoder, names in transformer.transformers_:
        if not group.endswith("_codes"):
            continue
        codes = encoder.named_steps["codes"]
        rare = codes.infrequent_categories_
        for name, known, few in zip(names, codes.categories_, rare, strict=True):
            values = [value for value in known if value == value]
            found[name] = len(values) - (len(few) - 1 if few is not None else 0)
    return found
