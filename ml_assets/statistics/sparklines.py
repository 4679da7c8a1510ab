"""The statistics as a Markdown table with a sparkline for each feature."""

import math

from ml_assets.markdown import escape_markdown
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics, TimeStatistics
from ml_assets.statistics.semantic_type import may_identify
from ml_assets.statistics.shape import shape

_LEVELS = "▁▂▃▄▅▆▇█"
_MAX_FEATURES = 200


def sparkline(counts: tuple[int, ...]) -> str:
    """Give counts as a line of bars; a count of zero is the lowest bar."""
    top = max(counts, default=0)
    if not top:
        return ""
    return "".join(_LEVELS[math.ceil(count / top * (len(_LEVELS) - 1))] for count in counts)


def statistics_table(statistics: DatasetStatistics) -> str:
    """Give the statistics as a Markdown table, one line for each of the first 200 features."""
    lines = [
        "| feature | type | missing | different | distribution | in short |",
        "|---|---|--:|--:|---|---|",
        *(_line(feature) for feature in statistics.features[:_MAX_FEATURES]),
    ]
    more = len(statistics.features) - _MAX_FEATURES
    return "\n".join([*lines, *([f"\nand {more:,} more features"] if more > 0 else [])])


def _line(feature: FeatureStatistics) -> str:
    unique = "" if feature.unique is None else f"{feature.unique:,}"
    missing = f"{feature.missing_fraction:.1%}" if feature.num_missing else ""
    bars = sparkline(shape(feature))
    name = escape_markdown(feature.name)
    type_ = f"{feature.type}: {feature.semantic_type}" if feature.semantic_type else feature.type
    return f"| {name} | {type_} | {missing} | {unique} | {bars} | {_summary(feature)} |"


def _summary(feature: FeatureStatistics) -> str:
    """What a person would say of the values."""
    if feature.num_rows and not feature.num_non_missing:
        return "no values"
    if may_identify(feature):
        return "not shown: a value may name a person or a row"
    if (numeric := feature.numeric) is not None:
        parts = [_number(numeric.min), _number(numeric.median), _number(numeric.max)]
        odd = [
            f"{count:,} {kind}"
            for count, kind in ((numeric.num_nan, "NaN"), (numeric.num_inf, "infinite"))
            if count
        ]
        return ", ".join([" … ".join(parts), *odd, *_weighted_mean(feature)])
    if (string := feature.string) is not None:
        shown = (
            f"{escape_markdown(value, 20) or '(empty)'} {count / feature.num_non_missing:.0%}"
            for value, count in string.top_values[:3]
        )
        return ", ".join(shown)
    if (time := feature.time) is not None:
        return escape_markdown(", ".join([f"{time.min} … {time.max}", *_rhythm(time)]), 120)
    return "not described"


def _weighted_mean(feature: FeatureStatistics) -> list[str]:
    if feature.weighted is None or feature.weighted.mean is None:
        return []
    return [f"weighted mean {_number(feature.weighted.mean)}"]


def _rhythm(time: TimeStatistics) -> list[str]:
    """The granularity, and what lacks of it."""
    if time.granularity is None:
        return []
    parts = [f"by {time.granularity}" if time.step == 1 else f"by {time.step} {time.granularity}s"]
    if time.num_gaps and time.num_absent:
        first, last = time.gaps[0]
        largest = first if first == last else f"{first} to {last}"
        gaps = "1 gap" if time.num_gaps == 1 else f"{time.num_gaps:,} gaps"
        parts.append(f"{gaps}, the largest {largest}")
    return parts


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1e4 else f"{value:.4g}"
