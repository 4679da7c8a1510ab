"""`detect_drift`: which columns' distributions moved, from stored statistics or from data.

A column alarms only if something moved that is both large and beyond what chance makes of samples of
these sizes. With t the threshold (0.1), large means one of these:

- the Jensen-Shannon divergence (base 2) is above t: of numbers over the reference's tails and quarters,
  so that it measures a move of the whole; of texts over the 50 most frequent, the others and the new
  ones; of times over the hours of the day, or the days of the week;
- the share of one value, or of the missing ones, changed by more than t;
- values that one side has and the other hardly has (a fifth of the share at most) make up more than
  0.08 t of the rows: new and gone texts, missing values, numbers out of the range or within a gap of it
  (0.12 t for a single number, 0.2 t for an end of the range that is gone, or for a single number that
  rose threefold while those around it did not);
- one constant factor or offset moved all quantiles, by more than t standard deviations; or all of them
  moved by more than 3 t without one;
- the type, the time zone or the precision changed; all hours are turned round; an identifier repeats;
  the length or the form of the texts of a wide column changed; or two columns changed places.

Beyond chance means a p-value, adjusted for the number of columns (Benjamini and Hochberg 1995,
doi:10.1111/j.2517-6161.1995.tb02031.x), of at most the significance. It is that of the test that fits
the move (`evidence`), times the number of tests.

A comparator in the schema takes the place of all this for its column: it alarms if one of its distances
is above its limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ml_assets.schema.model import Schema
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics
from ml_assets.validation.compare import Compared, compare
from ml_assets.validation.evidence import adjusted
from ml_assets.validation.explain import explain, look_closer, name_group
from ml_assets.validation.limits import judge_by_limits
from ml_assets.validation.moves.move import Move
from ml_assets.validation.moves.swaps import swapped

if TYPE_CHECKING:
    from typing import TypeAlias

    import pandas as pd
    import pyarrow as pa

    from ml_assets.table import Table

    Data: TypeAlias = DatasetStatistics | Table | pd.DataFrame | pa.Table

Verdict = Literal["alarm", "ok", "cannot tell"]
# Of more columns that moved, the rest are reported without a search for the cause.
_MOST_CLOSELY = 100


@dataclass(frozen=True)
class DriftFinding:
    """Whether one column's distribution moved.

    Attributes
    ----------
    feature : str
        The column.
    distances : mapping of str to float
        ``l_infinity``, ``jensen_shannon`` and ``psi`` over bins; of texts
        ``normalized_abs_difference``; of numbers ``ks``, ``wasserstein`` (in standard deviations of the
        reference, absent where it has none) and ``shift`` (the mean difference of the quantiles from 5 to
        95 %, in the same unit); of both ``unknown`` (the share of rows with values that the reference
        does not have). See `distances` for the formulas. Empty where nothing can be compared.
    p_value : float or None
        How likely chance alone makes such a difference, adjusted for the number of columns.
    verdict : {"alarm", "ok", "cannot tell"}
        The conclusion.
    explanation : str
        What moved, or why nothing can be said.
    kinds : tuple of str
        What moved, in short: ``missing values``, ``new values``, ``unit``, ... (see `moves.move.KINDS`).
    """

    feature: str
    distances: Mapping[str, float]
    p_value: float | None
    verdict: Verdict
    explanation: str
    kinds: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the finding as plain JSON types."""
        return {**asdict(self), "kinds": list(self.kinds)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "DriftFinding":
        """Read what `to_json` gave."""
        return cls(**{**value, "kinds": tuple(value.get("kinds", ()))})


def detect_drift(
    current: "Data",
    reference: "Data",
    *,
    threshold: float = 0.1,
    significance: float = 0.01,
    min_rows: int = 200,
    schema: Schema | None = None,
) -> list[DriftFinding]:
    """Find the columns whose distribution moved.

    Parameters
    ----------
    current, reference : DatasetStatistics, Table, pandas.DataFrame or pyarrow.Table
        The new data, and those they are compared with, such as the champion's training data. Of rows
        the explanation also names the group in which a value became frequent.
    threshold : float
        How large a change must be, 0 to 1, exclusive; see the module for what it is compared with.
    significance : float
        The false-discovery rate over all columns, 0 to 1, exclusive.
    min_rows : int
        With fewer rows on either side the verdict is "cannot tell".
    schema : Schema, optional
        A column with a `drift` comparator in it is judged by that alone.

    Returns
    -------
    list of DriftFinding
        One for each column of either side: alarms first, then in the reference's order.

    Raises
    ------
    DataError
        Where data cannot be described; see `generate_statistics`.
    """
    current_statistics, reference_statistics = _statistics(current), _statistics(reference)
    current_columns, reference_columns = current_statistics.by_name, reference_statistics.by_name
    names = list(dict.fromkeys([*reference_columns, *current_columns]))
    reasons = {
        name: reason
        for name in names
        if (reason := _why_not(current_columns.get(name), reference_columns.get(name), min_rows))
    }
    comparisons = {
        name: compare(current_columns[name], reference_columns[name], threshold)
        for name in names
        if name not in reasons
    }
    rows = None if isinstance(current, DatasetStatistics) else current
    judged = _judge_all(comparisons, significance, rows)
    findings = [
        judged[name]
        if name in judged
        else DriftFinding(name, {}, None, "cannot tell", reasons[name])
        for name in names
    ]
    if schema is not None:
        findings = _with_limits(findings, current_statistics, reference_statistics, schema)
    return sorted(findings, key=lambda finding: finding.verdict != "alarm")


def _statistics(data: "Data") -> DatasetStatistics:
    if isinstance(data, DatasetStatistics):
        return data
    from ml_assets.statistics.generate import generate_statistics

    return generate_statistics(data)


def _why_not(
    current: FeatureStatistics | None, reference: FeatureStatistics | None, min_rows: int
) -> str:
    """Why two columns cannot be compared, or an empty text."""
    if current is None or reference is None:
        side = "reference" if current is None else "current data"
        return f"it is only in the {side}"
    fewest = min(current.num_rows, reference.num_rows)
    if fewest < min_rows:
        return f"{fewest:,} rows are too few; at least {min_rows:,} are needed"
    if "nested" in (current.type, reference.type):
        return "nested values are not compared"
    return ""


def _judge_all(
    comparisons: Mapping[str, Compared], significance: float, rows: Any
) -> dict[str, DriftFinding]:
    unclear = {
        name: DriftFinding(name, comparison.distances, None, "cannot tell", comparison.unclear)
        for name, comparison in comparisons.items()
        if comparison.unclear
    }
    comparisons = {
        name: comparison for name, comparison in comparisons.items() if name not in unclear
    }
    p_values = adjusted(np.array([comparison.p_value for comparison in comparisons.values()]))
    sure = {
        name: comparison.pair
        for (name, comparison), p_value in zip(comparisons.items(), p_values, strict=True)
        if p_value <= significance and comparison.pair is not None
    }
    swaps = swapped(sure)
    closely = set(list(sure)[:_MOST_CLOSELY])
    judged = {
        name: _judge(
            name, comparison, float(p_value), significance, swaps.get(name), rows, name in closely
        )
        for (name, comparison), p_value in zip(comparisons.items(), p_values, strict=True)
    }
    return judged | unclear


def _judge(
    name: str,
    comparison: Compared,
    p_value: float,
    significance: float,
    swap: str | None,
    rows: Any,
    closely: bool,
) -> DriftFinding:
    moves: Sequence[Move] = comparison.moves
    if swap is not None:
        moves = [*moves, Move("swap", f"it changed places with {swap}", 10.0, p_value)]
    large = any(move.size > 1 for move in moves)
    alarms = large and p_value <= significance
    if alarms and closely and comparison.pair is not None:
        moves = look_closer(comparison.pair, moves)
        moves = moves if rows is None else name_group(moves, name, rows)
    text, kinds = explain(moves)
    if large and not alarms:
        text, kinds = f"not more than chance explains at this size: {text}", ()
    verdict: Verdict = "alarm" if alarms else "ok"
    return DriftFinding(name, comparison.distances, p_value, verdict, text, kinds)


def _with_limits(
    findings: Sequence[DriftFinding],
    current: DatasetStatistics,
    reference: DatasetStatistics,
    schema: Schema,
) -> list[DriftFinding]:
    """The same, with the verdict of the schema's comparators where there are any."""
    limits = judge_by_limits(current, reference, schema)
    return [
        replace(
            finding,
            verdict="alarm" if limits[finding.feature].is_exceeded else "ok",
            explanation=f"{limits[finding.feature].text}: {finding.explanation}",
        )
        if finding.feature in limits and (finding.distances or finding.verdict != "cannot tell")
        else finding
        for finding in findings
    ]
