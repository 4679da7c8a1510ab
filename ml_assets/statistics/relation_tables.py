"""Slices, correlations and the association with the label as Markdown tables."""

from collections.abc import Collection, Iterable, Sequence

from ml_assets.markdown import escape_markdown
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relations import (
    Association,
    CrossStatistics,
    LabelAssociation,
    Lift,
    SliceFeature,
    SlicesLeftOut,
    SliceStatistics,
    columns_of,
)
from ml_assets.statistics.semantic_type import identifying

_MOST_PAIRS = 20
_MOST_FEATURES = 100
_MOST_SLICES = 60
_MOST_COLUMNS = 8
_WEAK = 0.1


def relation_tables(
    all_rows: DatasetStatistics, train: DatasetStatistics, known_after: Collection[str] = ()
) -> dict[str, str]:
    """Give what is known of columns together: of all rows, and their association in training rows.

    Columns of `known_after` are the label's own, or said to be known after it: they get no hint.
    """
    tables = {}
    hidden = identifying(all_rows.features)
    if all_rows.slices or all_rows.slices_left_out:
        tables["slices"] = slices_table(all_rows.slices, all_rows.slices_left_out, hidden)
    if all_rows.cross is not None:
        tables["correlations"] = cross_table(all_rows.cross)
    if train.association is not None:
        tables["association_with_label"] = association_table(train.association, hidden, known_after)
    return tables


def cross_table(cross: CrossStatistics) -> str:
    """Give the pairs of columns that are associated most, strongest first."""
    numeric = [
        (abs(pair.correlation), pair.first, pair.second, f"correlation {pair.correlation:+.3f}")
        for pair in cross.numeric
        if pair.correlation is not None
    ]
    texts = [
        (pair.cramers_v, pair.first, pair.second, f"Cramér's V {pair.cramers_v:.3f}")
        for pair in cross.categories
        if pair.cramers_v is not None
    ]
    strong = sorted(
        (pair for pair in numeric + texts if pair[0] >= _WEAK), key=lambda pair: -pair[0]
    )
    lines = [
        f"| {escape_markdown(first)} | {escape_markdown(second)} | {text} |"
        for _, first, second, text in strong[:_MOST_PAIRS]
    ]
    summary = f"\n{len(strong):,} of {len(numeric + texts):,} pairs are at {_WEAK} or above."
    return "\n".join(
        [
            "| column | column | association |",
            "|---|---|---|",
            *lines,
            summary,
            *_columns_left_out(cross),
        ]
    )


def association_table(
    association: LabelAssociation, hidden: Collection[str] = (), known_after: Collection[str] = ()
) -> str:
    """Give the features by how much they tell of the label, without the values of hidden ones."""
    lines = [
        f"| {escape_markdown(entry.feature)} | {entry.told:.1%} | {entry.adjusted:.4f} "
        f"| {entry.mutual_information:.4f} "
        f"| {'' if entry.feature in hidden else _lifts(association, entry)} "
        f"| {_hint(entry.may_leak and entry.feature not in known_after)} |"
        for entry in association.features[:_MOST_FEATURES]
    ]
    more = len(association.features) - _MOST_FEATURES
    return "\n".join(
        [
            "| feature | tells of the label | adjusted MI | MI (nats) | lift | |",
            "|---|--:|--:|--:|---|---|",
            *lines,
            *([f"\nand {more:,} more features that tell less"] if more > 0 else []),
        ]
    )


def slices_table(
    slices: Sequence[SliceStatistics],
    left_out: Sequence[SlicesLeftOut],
    hidden: Collection[str] = (),
) -> str:
    """Give each slice's rows, and mean or most frequent value of its first columns; no hidden values."""
    slices = [piece for piece in slices if not set(columns_of(piece.by)) & set(hidden)]
    columns = [feature.name for feature in slices[0].features] if slices else []
    names = [name for name in columns if name not in hidden][:_MOST_COLUMNS]
    head = ["slice", "rows", *(escape_markdown(name) for name in names)]
    lines = [
        _row([escape_markdown(piece.name, 60), f"{piece.num_rows:,}", *_cells(piece, names)])
        for piece in slices[:_MOST_SLICES]
    ]
    more = len(slices) - _MOST_SLICES
    return "\n".join(
        [
            _row(head),
            _row(["---", "--:", *("---" for _ in names)]),
            *lines,
            "",
            *([f"and {more:,} more in statistics.json"] if more > 0 else []),
            *map(_slices_left_out, left_out),
        ]
    )


def feature_in_words(feature: SliceFeature) -> str:
    """Give a column in a slice in a few words: mean and spread, or the most frequent value."""
    if feature.mean is not None:
        spread = "" if feature.std_dev is None else f" ± {feature.std_dev:.4g}"
        return f"{feature.mean:.4g}{spread}"
    if feature.top_values:
        return feature.top_values[0][0] or "(empty)"
    return ""


def _cells(piece: SliceStatistics, names: Iterable[str]) -> list[str]:
    by_name = {feature.name: feature for feature in piece.features}
    return [escape_markdown(feature_in_words(by_name[name]), 24) for name in names]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _slices_left_out(rest: SlicesLeftOut) -> str:
    return (
        f"Left out by {escape_markdown(rest.by, 60)}: at least {rest.num_slices:,} slices that are "
        f"small or beyond the largest, with {rest.num_rows:,} rows."
    )


def _lifts(association: LabelAssociation, entry: Association) -> str:
    return ", ".join(_lift(lift, association.of_class(lift)) for lift in entry.lifts[:3])


def _lift(lift: Lift, class_name: str) -> str:
    value = escape_markdown(lift.value, 24) or "(empty)"
    of_class = f" of {escape_markdown(class_name, 24)}" if class_name else ""
    return f"{value}: {lift.lift:.2f}{of_class}"


def _hint(may_leak: bool) -> str:
    return "is it known before the label?" if may_leak else ""


def _columns_left_out(cross: CrossStatistics) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in cross.left_out:
        by_reason.setdefault(reason, []).append(name)
    return [
        f"Left out, {reason}: {', '.join(escape_markdown(name) for name in names[:5])}"
        + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
        + "."
        for reason, names in by_reason.items()
    ]
