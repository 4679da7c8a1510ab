"""Cuts the rows into slices: by the values of a column, its quantile bins, or crosses of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation.quantiles import NULL, ordered_values, quantile_bins
from ml_assets.evaluation.ranking import Indices
from ml_assets.spec import columns_and_bins

MAX_SLICES = 200


@dataclass(frozen=True)
class Slice:
    """Some of the rows.

    Attributes
    ----------
    by : str
        As declared: a column, quantile bins of it ``a:4``, or a cross of these ``a,b:4``.
    values : tuple of str or None
        The value of each column of `by`, as text, of a bin ``18 to 21``; None for null.
    rows : array of int
        Where its rows lie.
    """

    by: str
    values: tuple[str | None, ...]
    rows: Indices

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other slice, a null from the text ``(null)`` too."""
        return (self.by, *(repr(value) for value in self.values))

    @property
    def name(self) -> str:
        """Such as ``carrier=UA, hour=18 to 21``."""
        columns = [column for column, _ in columns_and_bins(self.by)]
        texts = (NULL if value is None else value for value in self.values)
        return ", ".join(f"{c}={v}" for c, v in zip(columns, texts, strict=True))


@dataclass(frozen=True)
class Cut:
    """The slices to evaluate, and how many were left out because they are small or too many."""

    slices: tuple[Slice, ...]
    left_out: int


def cut_slices(features: pd.DataFrame, declared: Sequence[str], min_size: int) -> Cut:
    """Cut rows into slices.

    Parameters
    ----------
    features : DataFrame
        The rows; its index is not looked at.
    declared : sequence of str
        Columns, quantile bins of a column of numbers or times written ``a:4``, and crosses of these
        written ``a,b:4``. Null is a value like any other.
    min_size : int
        Slices with fewer rows are left out.

    Returns
    -------
    Cut
        At most `MAX_SLICES` slices, the largest; in the order of `declared`, then by value.

    Raises
    ------
    DataError
        If `features` lacks a column, or one has no quantiles.
    """
    _check_columns(features, declared)
    wanted = dict.fromkeys(declared) if len(features) else {}
    found = [piece for by in wanted for piece in _slices_by(features, by)]
    large = [piece for piece in found if len(piece.rows) >= min_size]
    kept = sorted(large, key=lambda piece: -len(piece.rows))[:MAX_SLICES]
    chosen = {id(piece) for piece in kept}
    slices = tuple(piece for piece in large if id(piece) in chosen)
    return Cut(slices, len(found) - len(slices))


def _slices_by(features: pd.DataFrame, by: str) -> list[Slice]:
    codes = np.zeros(len(features), dtype=np.int64)
    texts: list[tuple[str | None, ...]] = [()]
    for column, bins in columns_and_bins(by):
        own, values = _coded(features[column], bins)
        used, codes = np.unique(codes * len(values) + own, return_inverse=True)
        texts = [(*texts[code // len(values)], values[code % len(values)]) for code in used]
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(texts)))[:-1]
    pieces = [
        Slice(by, text, rows) for text, rows in zip(texts, np.split(order, ends), strict=True)
    ]
    # Bins are already in their order, and the sort is stable.
    binned = [bins is not None for _, bins in columns_and_bins(by)]
    return sorted(
        pieces,
        key=lambda piece: [
            (v is None, "" if is_bin else v or "")
            for v, is_bin in zip(piece.values, binned, strict=True)
        ],
    )


def _coded(column: "pd.Series[Any]", bins: int | None) -> tuple[Indices, list[str | None]]:
    if bins is not None:
        return _binned(column, bins)
    codes, values = pd.factorize(column, use_na_sentinel=True)
    # What reads alike is one slice: SQL may give 1 for one row and '1' for another.
    places, texts = pd.factorize(np.array([_text(value) for value in values], dtype=object))
    return np.append(places, len(texts))[codes], [*texts, None]


def _binned(column: "pd.Series[Any]", bins: int) -> tuple[Indices, list[str | None]]:
    values = ordered_values(column)
    if values is None:
        raise DataError(
            f"evaluation.slices: '{column.name}:{bins}': only numbers and times have quantiles; found "
            f"{column.dtype}. Name the column without :{bins}."
        )
    codes, ends = quantile_bins(column, values, bins)
    texts = [
        None if low == NULL else low if low == high else f"{low} to {high}" for low, high in ends
    ]
    return codes, texts


def _text(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    return str(plain.isoformat() if hasattr(plain, "isoformat") else plain)


def _check_columns(features: pd.DataFrame, declared: Sequence[str]) -> None:
    known = [str(column) for column in features.columns]
    wanted = dict.fromkeys(column for by in declared for column, _ in columns_and_bins(by))
    missing = [column for column in wanted if column not in known]
    if missing:
        hints = "".join(did_you_mean(column, known) for column in missing)
        names = ", ".join(repr(column) for column in missing)
        raise DataError(f"evaluation.slices: {names}: no such column.{hints}")
