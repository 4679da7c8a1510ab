"""The parts of the report: what was found, drift, columns, pairs, slices and suspicious cells."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from markupsafe import Markup

from ml_assets.markdown import cut
from ml_assets.pages.render import Section, table, within
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relation_tables import feature_in_words
from ml_assets.statistics.relations import CrossStatistics, LabelAssociation
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.drift import DriftFinding
from ml_assets.validation.report_page import render
from ml_assets.validation.report_shapes import picture
from ml_assets.validation.report_view import (
    FeatureView,
    anomaly_note,
    drift_note,
    value_bars,
)

# How many bytes each part may have; the columns in detail get what is left of `report.MAX_BYTES`.
FINDINGS, DRIFT, COLUMNS, PAIRS, SLICES, CELLS = 150_000, 120_000, 220_000, 40_000, 60_000, 60_000
_NAME, _CELL, _SENTENCE = 80, 60, 300
_MOST_PAIRS, _MOST_ASSOCIATIONS, _MOST_CELLS, _SLICE_COLUMNS = 60, 100, 200, 6


class SuspiciousCell(Protocol):
    """A cell that is probably wrong, such as a `cells.CellError`."""

    @property
    def row(self) -> int: ...  # noqa: D102
    @property
    def example_id(self) -> str | None: ...  # noqa: D102
    @property
    def column(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> str: ...  # noqa: D102
    @property
    def score(self) -> float: ...  # noqa: D102
    @property
    def explanation(self) -> str: ...  # noqa: D102
    @property
    def repair(self) -> str | None: ...  # noqa: D102


def findings_section(anomalies: Sequence[Anomaly], keys: Mapping[str, str]) -> Section:
    """Give the anomalies, errors first.

    Parameters
    ----------
    anomalies : sequence of Anomaly
        What was found.
    keys : mapping of str to str
        For each column that is shown in detail what links to it.
    """
    ordered = sorted(anomalies, key=lambda anomaly: anomaly.severity != "ERROR")
    rows = within(
        (
            render(
                "finding",
                severity=anomaly.severity,
                feature=cut(anomaly.feature or "(data set)", _NAME),
                key=keys.get(anomaly.feature or ""),
                note=anomaly_note(anomaly),
            )
            for anomaly in ordered
        ),
        len(ordered),
        FINDINGS,
    )
    body = table(["severity", "column", "what was found"], rows.body)
    about = "Where the data differ from what the schema demands."
    return Section("anomalies", "Anomalies", about, body, rows.rest("anomalies"))


def comparison_section(
    key: str,
    title: str,
    findings: Sequence[DriftFinding],
    reference: DatasetStatistics | None,
    current: DatasetStatistics,
) -> Section:
    """Give what moved, with a picture of the reference (filled) against the current data (line)."""
    alarms = [finding for finding in findings if finding.verdict == "alarm"]
    unknown = sum(finding.verdict == "cannot tell" for finding in findings)
    rows = within(
        (_comparison(finding, reference, current) for finding in alarms), len(alarms), DRIFT
    )
    calm = f"{len(alarms)} of {len(findings):,} columns moved"
    if unknown:
        calm += f"; of {unknown:,} nothing can be said"
    legend = render("key", sides=["reference", "current"]) if alarms and reference else ""
    body = legend + render("box", body=rows.body) if alarms else render("box", body="")
    return Section(key, title, f"{calm}.", body, rows.rest("columns that moved"))


def columns_section(
    views: Sequence[FeatureView], linked: Collection[str], label: LabelAssociation | None
) -> Section:
    """Give one line for each column."""
    rows = within(
        (
            render("overview", view=view, linked=view.key in linked, has_label=label is not None)
            for view in views
        ),
        len(views),
        COLUMNS,
    )
    label_column = ["tells of the label"] if label else []
    head = ["column", "type", "missing", "different", "distribution", *label_column, "found"]
    numbers = [2, 3, 5] if label else [2, 3]
    body = render("search") + table(head, rows.body, numbers)
    return Section("columns", "Columns", "", body, rows.rest("columns"))


def label_section(label: LabelAssociation, known_after: Collection[str] = ()) -> Section:
    """Give the association of each column with the label, what tells most first.

    Columns of `known_after` are the label's own, or said to be known after it: they get no warning.
    """
    rows = within(
        (
            render(
                "told",
                feature=cut(association.feature, _NAME),
                told=f"{association.told:.1%}",
                width=round(100 * max(0.0, association.told), 1),
                adjusted=f"{association.adjusted:.3f}",
                lifts=[
                    {
                        "value": cut(lift.value, _CELL),
                        "times": f"{lift.lift:.2f}",
                        "of": cut(label.of_class(lift), _CELL),
                    }
                    for lift in association.lifts[:3]
                ],
                leaks=association.may_leak and association.feature not in known_after,
            )
            for association in label.features[:_MOST_ASSOCIATIONS]
        ),
        len(label.features),
        PAIRS,
    )
    classes = ", ".join(f"{cut(name, _CELL)} ({count:,})" for name, count in label.classes[:10])
    about = (
        f"The share of the label's uncertainty that each column takes away, beyond chance. Label "
        f"{cut(label.label, _NAME)}: {classes}. Lift: how many times as often a class comes with a value."
    )
    head = ["column", "tells", "", "adjusted MI", "lift of the values that tell most", ""]
    body = table(head, rows.body, [1, 3])
    return Section("label", "Association with the label", about, body, rows.rest("columns"))


def pairs_section(cross: CrossStatistics) -> Section:
    """Give the pairs of columns that are associated most."""
    associations = [
        (pair.first, pair.second, pair.correlation, pair.num_rows, "Pearson")
        for pair in cross.numeric
    ]
    associations += [
        (pair.first, pair.second, pair.cramers_v, pair.num_rows, "Cramér's V")
        for pair in cross.categories
    ]
    measured = [
        (abs(value), value, first, second, rows, kind)
        for first, second, value, rows, kind in associations
        if value is not None
    ]
    strong = sorted(measured, key=lambda pair: -pair[0])[:_MOST_PAIRS]
    rows = within(
        (
            render(
                "pair",
                first=cut(first, _NAME),
                second=cut(second, _NAME),
                kind=kind,
                value=round(value, 6),
                shown=f"{value:+.3f}" if kind == "Pearson" else f"{value:.3f}",
                width=round(100 * size, 1),
                rows=f"{pair_rows:,}",
            )
            for size, value, first, second, pair_rows, kind in strong
        ),
        len(measured),
        PAIRS,
    )
    reasons = Counter(reason for _, reason in cross.left_out)
    left_out = "; ".join(f"{count:,} ({reason})" for reason, count in reasons.items())
    about = f"Columns in no pair: {left_out}."
    head = ["column", "column", "measure", "association", "", "rows with both"]
    body = table(head, rows.body, [3, 5])
    return Section(
        "pairs", "Pairs of columns", about if reasons else "", body, rows.rest("weaker pairs")
    )


def slices_section(statistics: DatasetStatistics) -> Section:
    """Give each slice's rows and its first columns."""
    slices = statistics.slices
    sliced_by = {name for piece in slices for name in piece.by.replace(" ", "").split(",")}
    columns = (
        [feature.name for feature in slices[0].features if feature.name not in sliced_by]
        if slices
        else []
    )
    names = columns[:_SLICE_COLUMNS]
    numbers = range(1, 2 + len(names))
    rows = within(
        (
            render(
                "row",
                cells=[
                    cut(piece.name, _CELL),
                    f"{piece.num_rows:,}",
                    *(cut(feature_in_words(piece.feature(name)), 24) for name in names),
                ],
                numbers=numbers,
            )
            for piece in slices
        ),
        len(slices),
        SLICES,
    )
    left_out = " ".join(
        f"By {cut(rest.by, _CELL)}, {rest.num_slices:,} small slices are left out, with "
        f"{rest.num_rows:,} rows."
        for rest in statistics.slices_left_out
    )
    about = f"Mean ± standard deviation, or the most frequent value. {left_out}"
    body = table(["slice", "rows", *(cut(name, 24) for name in names)], rows.body, numbers)
    return Section("slices", "Slices", about, body, rows.rest("slices"))


def cells_section(cells: Sequence[SuspiciousCell]) -> Section:
    """Give the cells that are probably wrong, the surest first."""
    ordered = sorted(cells, key=lambda cell: -cell.score)
    rows = within(
        (
            render(
                "row",
                cells=[
                    cut(cell.example_id or str(cell.row), _CELL),
                    cut(cell.column, _NAME),
                    cut(cell.value, _CELL),
                    f"{cell.score:.2f}",
                    cut(cell.explanation, _SENTENCE),
                    cut(cell.repair or "", _CELL),
                ],
                numbers=(3,),
            )
            for cell in ordered[:_MOST_CELLS]
        ),
        len(ordered),
        CELLS,
    )
    about = "Nothing was changed; a repair is a proposal, where a rule implies one."
    head = ["row", "column", "value", "score", "why", "proposed"]
    body = table(head, rows.body, (3,))
    return Section("cells", "Suspicious cells", about, body, rows.rest("cells"))


def details_section(body: str, sides: Sequence[str], rest: str) -> Section:
    """Give the columns in detail, with a legend where there are several sides."""
    legend = render("key", sides=sides) if len(sides) > 1 else ""
    about = "Numbers from the 1st to the 99th percentile; what lies outside is in the first and last bin."
    return Section("details", "Columns in detail", about, legend + render("cards", body=body), rest)


def _comparison(
    finding: DriftFinding, reference: DatasetStatistics | None, current: DatasetStatistics
) -> Markup:
    before = reference.by_name.get(finding.feature) if reference else None
    now = current.by_name.get(finding.feature)
    sides = [side for side in (before, now) if side is not None] if before and now else []
    return render(
        "comparison",
        feature=cut(finding.feature, _NAME),
        verdict=finding.verdict,
        note=drift_note(finding),
        picture=picture(sides) if sides else None,
        bars=value_bars(sides),
    )
