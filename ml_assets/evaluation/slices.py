"""Cuts the rows into slices: one for each value of a column, or of a cross of columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.errors import DataError, did_you_mean
from ml_assets.evaluation.ranking import Indices

MAX_SLICES = 200
NULL = "(null)"


@dataclass(frozen=True)
class Slice:
    """Some of the rows.

    Attributes
    ----------
    by : str
        As declared: a column, or a cross ``a,b``.
    values : tuple of str or None
        The value of each column of `by`, as text; None for null.
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
        """Such as ``carrier=UA, origin=EWR``."""
        columns = columns_of(self.by)
        texts = (NULL if value is None else value for value in self.values)
        return ", ".join(f"{c}={v}" for c, v in zip(columns, texts, strict=True))


@dataclass(frozen=True)
class Cut:
    """The slices to evaluate, and how many were left out because they are small or too many."""

    slices: tuple[Slice, ...]
    left_out: int
    rows_left_out: int


def columns_of(by: str) -> list[str]:
    """Give the columns of a declared slice: ``a`` is one, ``a,b`` two."""
    return [part.strip() for part in by.split(",")]


def cut_slices(features: pd.DataFrame, declared: Sequence[str], min_size: int) -> Cut:
    """Cut rows into slices.

    Parameters
    ----------
    features : DataFrame
        The rows; its index is not looked at.
    declared : sequence of str
        Columns, and crosses of columns written ``a,b``. Null is a value like any other.
    min_size : int
        Slices with fewer rows are left out.

    Returns
    -------
    Cut
        At most `MAX_SLICES` slices, the largest; in the order of `declared`, then by value.

    Raises
    ------
    DataError
        If `features` lacks a column.
    """
    _check_columns(features, declared)
    wanted = dict.fromkeys(declared) if len(features) else {}
    found = [piece for by in wanted for piece in _slices_by(features, by)]
    large = [piece for piece in found if len(piece.rows) >= min_size]
    kept = sorted(large, key=lambda piece: -len(piece.rows))[:MAX_SLICES]
    chosen = {id(piece) for piece in kept}
    rest = [piece for piece in found if id(piece) not in chosen]
    slices = tuple(piece for piece in large if id(piece) in chosen)
    return Cut(slices, len(rest), sum(len(piece.rows) for piece in rest))


def _slices_by(features: pd.DataFrame, by: str) -> list[Slice]:
    codes = np.zeros(len(features), dtype=np.int64)
    texts: list[tuple[str | None, ...]] = [()]
    for column in columns_of(by):
        own, values = _coded(features[column])
        used, codes = np.unique(codes * len(values) + own, return_inverse=True)
        texts = [(*texts[code // len(values)], values[code % len(values)]) for code in used]
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(texts)))[:-1]
    pieces = [
        Slice(by, text, rows) for text, rows in zip(texts, np.split(order, ends), strict=True)
    ]
    return sorted(pieces, key=lambda piece: [(v is None, v or "") for v in piece.values])


def _coded(column: "pd.Series[Any]") -> tuple[Indices, list[str | None]]:
    codes, values = pd.factorize(column, use_na_sentinel=True)
    texts: list[str | None] = [_text(value) for value in values]
    return np.where(codes < 0, len(texts), codes), [*texts, None]


def _text(value: Any) -> str:
    plain = value.item() if isinstance(value, np.generic) else value
    return str(plain.isoformat() if hasattr(plain, "isoformat") else plain)


def _check_columns(features: pd.DataFrame, declared: Sequence[str]) -> None:
    known = [str(column) for column in features.columns]
    wanted = dict.fromkeys(column for by in declared for column in columns_of(by))
    missing = [column for column in wanted if column not in known]
    if missing:
        hints = "".join(did_you_mean(column, known) for column in missing)
        names = ", ".join(repr(column) for column in missing)
        raise DataError(f"evaluation.slices: {names}: no such column.{hints}")
