"""Finds spans that are flooded with one row, again and again, a little different each time.

Rows are near where texts agree but for case and spaces, and numbers to about two digits. A span in which
one such row makes up a fifth or more, and five times what is usual in the spans, is suspected.

There is doubt wherever rows may well be equal: few columns of few values, an article that sells well, a
machine that stands still, an outage that leaves nulls. None is left where the row holds two numbers or
more that are neither null nor 0, makes up thirty rows, and rows that are near another one are rare in the
other spans.
"""

from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ml_assets.validation.suspect_span import LEAST_ROWS, SURE_SPANS, SuspectSpan

_SHARE, _TIMES = 0.2, 5.0
_RARE = 0.05
_LEAST_NUMBERS = 2
# Of a 32-bit float, the bits behind the first two or three digits.
_LAST_BITS = 16


def find_floods(
    features: pd.DataFrame, sample: pd.DataFrame, span: "pd.Series[Any]"
) -> Iterator[SuspectSpan]:
    """Find spans that are flooded with one row.

    Parameters
    ----------
    features : DataFrame of float
        The columns to look at; texts as codes.
    sample : DataFrame
        The same columns as they are.
    span : Series
        Of the same rows.
    """
    near = _near_rows(features)
    equal = near.groupby([span, near]).transform("size")
    by_span = pd.DataFrame({"most": equal, "twins": equal > 1}).groupby(span)
    counts = by_span.agg(rows=("most", "size"), most=("most", "max"), twins=("twins", "mean"))
    shares = counts["most"] / counts["rows"]
    for name in shares.index:
        share = float(shares[name])
        others = shares.index != name
        usual = float(shares[others].median())
        if share < max(_SHARE, _TIMES * usual):
            continue
        most = int(counts.loc[name, "most"])
        first = int(np.argmax((span == name) & (equal == most)))
        row = {str(column): sample[column].iloc[first] for column in features.columns}
        yield SuspectSpan(
            str(name),
            "near_duplicates",
            f"{share:.0%} of the rows of this span are nearly the same row; {usual:.1%} is usual",
            row,
            _doubt(row, most, len(counts), float(counts["twins"][others].median())),
        )


def _doubt(row: Mapping[str, Any], rows: int, spans: int, twins: float) -> str:
    if spans < SURE_SPANS:
        return f"there are only {spans} spans to compare"
    if rows < LEAST_ROWS:
        return f"these are {rows} rows of those looked at"
    if twins > _RARE:
        return f"{twins:.0%} of the rows of other spans are near another row as well"
    if sum(_is_measured(value) for value in row.values()) < _LEAST_NUMBERS:
        return "the row holds fewer than two numbers that are neither null nor 0"
    return ""


def _is_measured(value: Any) -> bool:
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    return is_number and bool(value) and not pd.isna(value)


def _near_rows(features: pd.DataFrame) -> "pd.Series[Any]":
    bits = features.to_numpy(np.float32).view(np.int32) >> _LAST_BITS
    return pd.util.hash_pandas_object(pd.DataFrame(bits, index=features.index), index=False)
