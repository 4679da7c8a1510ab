"""Rare patterns: values whose characters are of another make than the column's.

A pattern is the text with every run of capitals as ``A``, of small letters as ``a``, of digits as
``9``, a capitalised word as ``a`` and words in a row as one. A second pattern keeps the number of
digits, for columns of one fixed form. Regular expressions on data are Arrow's (RE2), which take linear
time.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml_assets.validation.cells.counts import ColumnCounts
from ml_assets.validation.cells.evidence import Suspicion, posterior, quoted, shown, times

# What is not in such a share of the rows is no regular pattern; at most so many rows may be irregular.
REGULAR_FRACTION = 0.01
MAX_IRREGULAR_FRACTION = 0.05
ESTABLISHED = 5
_ERROR_RATE = 0.2
# Established values in such a share of the rows make a column one of categories.
_CATEGORICAL = 0.8
_MAX_CHARACTERS = 200
# Digits, capitals and other letters.
_ASCII = ("[0-9]", "[A-Z]", "[a-z]")
_UNICODE = (r"\p{N}", r"\p{Lu}", r"[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]")


def pattern_of(texts: Any, *, digits: bool = False) -> Any:
    """Give the patterns of an Arrow array of texts; with `digits`, each digit is kept as a ``9``."""
    patterns = pc.utf8_slice_codeunits(texts, 0, _MAX_CHARACTERS)
    # Classes of all of Unicode's characters take longer to make ready than most columns to read.
    is_ascii = pc.all(pc.string_is_ascii(patterns)).as_py()
    number, upper, lower = _ASCII if is_ascii else _UNICODE
    steps = [
        (number, "9") if digits else (f"{number}+", "9"),
        (f"{upper}+", "A"),
        (f"{lower}+", "a"),
        (r"Aa", "a"),
        (r"\s+", " "),
        (r"\ba(?: a)+\b", "a"),
    ]
    for pattern, replacement in steps:
        patterns = pc.replace_substring_regex(patterns, pattern, replacement)
    return patterns


def rare_patterns(column: ColumnCounts) -> dict[int, Suspicion]:
    """Find the values of a text column whose pattern hardly any other value has, by their place."""
    if column.kind != "text" or not len(column.values):
        return {}
    irregular = _irregular(column, pattern_of(column.values))
    fixed = pattern_of(column.values, digits=True)
    return {**_irregular(column, fixed, fixed_form=True), **irregular}


def _irregular(
    column: ColumnCounts, patterns: Any, fixed_form: bool = False
) -> dict[int, Suspicion]:
    encoded = patterns.dictionary_encode()
    codes = encoded.indices.to_numpy()
    names = encoded.dictionary.to_pylist()
    rows = np.bincount(codes, weights=column.counts, minlength=len(names)).astype(np.int64)
    total = int(rows.sum())
    regular = rows >= max(ESTABLISHED, REGULAR_FRACTION * total)
    established = column.counts >= _established(total)
    if column.counts[established].sum() >= _CATEGORICAL * total:
        regular = np.bincount(codes[established], minlength=len(names)) > 0
    irregular_rows = int(rows[~regular].sum())
    if not irregular_rows or not regular.any() or (fixed_form and regular.sum() > 1):
        return {}
    score = _score(column.counts, codes, irregular_rows / total)
    usual = [
        names[place] for place in np.argsort(-rows, kind="stable")[:3].tolist() if regular[place]
    ]
    usual_rows = int(rows[regular].sum()) / total
    rare = np.flatnonzero(~regular[codes] & (column.counts < _established(total)))
    return {
        place: Suspicion(score, "rare_pattern", _explain(column, place, names[codes[place]],
                         int(rows[codes[place]]), usual, usual_rows))
        for place in (rare.tolist() if score > 0 else [])
    }  # fmt: skip


def _established(total: int) -> int:
    return max(ESTABLISHED, total // 100_000)


def _score(counts: Any, codes: Any, irregular_fraction: float) -> float:
    """How probable an error is, given an irregular pattern.

    In a column of categories a genuine value has a pattern of its own as often as the established ones
    have. In others an irregular pattern is an error where there are few of them.
    """
    total = int(counts.sum())
    established = counts >= _established(total)
    if counts[established].sum() >= _CATEGORICAL * total:
        shared = np.bincount(codes[established], minlength=int(codes.max()) + 1)
        alone = int((shared[codes[established]] == 1).sum())
        return posterior(_ERROR_RATE, (alone + 0.5) / (int(established.sum()) + 1))
    if irregular_fraction > MAX_IRREGULAR_FRACTION:
        return 0.0
    return 1 - irregular_fraction / (2 * MAX_IRREGULAR_FRACTION)


def _explain(
    column: ColumnCounts, place: int, pattern: str, rows: int, usual: list[str], share: float
) -> str:
    likes = " or ".join(f"'{shown(form)}'" for form in usual)
    return (
        f"{quoted(column.values[place].as_py())} is of the form '{shown(pattern)}', which occurs "
        f"{times(rows)}; {share:.1%} of the values are of the form {likes}"
    )


@dataclass(frozen=True)
class RegularPatterns:
    """The patterns that a column with many different values usually has, learnt from its sample."""

    patterns: Any
    rows_fraction: float
    score: float

    def scores(self, texts: Any) -> Any:
        """Give the score of each text: `score` where its pattern is not a usual one, else 0."""
        unusual = pc.invert(pc.is_in(pattern_of(texts), value_set=self.patterns))
        is_unusual = pc.and_(unusual, texts.is_valid())
        return np.where(is_unusual.to_numpy(zero_copy_only=False), self.score, 0.0)


def regular_patterns(column: ColumnCounts) -> RegularPatterns | None:
    """Give the usual patterns of a sampled text column, if it has few others."""
    patterns = pattern_of(column.values)
    counted = pa.table({"pattern": patterns, "rows": column.counts}).group_by("pattern")
    summed = counted.aggregate([("rows", "sum")]).combine_chunks()
    rows = summed["rows_sum"].to_numpy()
    regular = rows >= max(ESTABLISHED, REGULAR_FRACTION * rows.sum())
    irregular = 1 - rows[regular].sum() / max(1, rows.sum())
    if not regular.any() or irregular > MAX_IRREGULAR_FRACTION:
        return None
    usual = summed["pattern"].filter(pa.array(regular)).combine_chunks()
    return RegularPatterns(usual, 1 - irregular, 1 - irregular / (2 * MAX_IRREGULAR_FRACTION))


def irregular_suspicion(regular: RegularPatterns, text: str) -> Suspicion:
    """Explain a text whose pattern is not one of the usual ones."""
    pattern = pattern_of(pa.array([text], pa.string()))[0].as_py()
    usual = " or ".join(f"'{shown(form)}'" for form in regular.patterns[:3].to_pylist())
    explanation = (
        f"{quoted(text)} is of the form '{shown(pattern)}'; {regular.rows_fraction:.1%} of the values "
        f"are of the form {usual}"
    )
    return Suspicion(regular.score, "rare_pattern", explanation)
