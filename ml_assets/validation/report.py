"""`write_report`: statistics, schema and whatever was found as one HTML file that needs nothing else.

It holds no row but the few values that statistics and findings name, so its size does not depend on the
rows; of wide data each part shows what fits into `MAX_BYTES`, columns with findings first. Every value of
the data is escaped, and the page's own policy forbids any script but ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from ml_assets.durable import write_bytes
from ml_assets.ingest.split import SPLITS
from ml_assets.markdown import cut
from ml_assets.pages.render import Kept, Section, page_html, within
from ml_assets.schema.model import SERVING, Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.statistics.relations import LabelAssociation
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.drift import DriftFinding
from ml_assets.validation.report_page import render
from ml_assets.validation.report_sections import (
    SuspiciousCell,
    cells_section,
    columns_section,
    comparison_section,
    details_section,
    findings_section,
    label_section,
    pairs_section,
    slices_section,
)
from ml_assets.validation.report_view import (
    FeatureView,
    Note,
    anomaly_note,
    association_notes,
    drift_note,
    feature_view,
)

MAX_BYTES = 960_000
# The page around its sections: style, script, tiles and headings.
_FRAME = 16_000

Statistics = DatasetStatistics | Mapping[str, DatasetStatistics]


@dataclass(frozen=True)
class Report:
    """What a report shows; a part that is not given is left out.

    Attributes
    ----------
    statistics : DatasetStatistics, or mapping of str to DatasetStatistics
        Of the data, or by split (``train``, ``eval``, ``test``, and ``all`` of them), as
        `generate_split_statistics` gives them. Without ``all`` the first one stands for the data.
    schema : Schema, optional
        What the data must look like.
    anomalies : sequence of Anomaly, optional
        As `validate_statistics` gives them; None where nothing was validated.
    drift : sequence of DriftFinding
        As `detect_drift` gives them.
    current, reference : DatasetStatistics, optional
        What drift was measured of, by default all rows; and against, without which it has no pictures.
    skew : sequence of DriftFinding
        The same for serving, whose statistics are `serving`.
    serving : DatasetStatistics, optional
        Of the data at serving.
    cells : sequence of CellError, optional
        Suspicious cells; None where they were not looked for.
    title : str
        The heading.
    """

    statistics: Statistics
    schema: Schema | None = None
    anomalies: Sequence[Anomaly] | None = None
    drift: Sequence[DriftFinding] = ()
    _: KW_ONLY
    current: DatasetStatistics | None = None
    reference: DatasetStatistics | None = None
    skew: Sequence[DriftFinding] = ()
    serving: DatasetStatistics | None = None
    cells: Sequence[SuspiciousCell] | None = None
    title: str = "Data validation"


def write_report(path: Path | str, report: Report) -> None:
    """Write the report as one HTML file of less than 1 MB, in one step."""
    write_bytes(Path(path), report_html(report).encode())


def report_html(report: Report) -> str:
    """Give the report as text. The same report always gives the same text."""
    sides = _sides(report.statistics)
    names, whole = list(sides)[1:] or ["all rows"], next(iter(sides.values()))
    label = next((side.association for side in sides.values() if side.association), None)
    views = _views(list(sides.values()), report.schema, _notes(report, label), label)
    before, after = _findings_sections(report, whole, {}), _relations_sections(report, whole, label)
    size = sum(len(section.body.encode()) for section in [*before, *after])
    overview = columns_section(views, {view.key for view in views}, label)
    left = MAX_BYTES - _FRAME - size - len(overview.body.encode())
    cards, shown = _cards(views, names, left)
    linked = {view.key for view in shown}
    sections = [
        *_findings_sections(report, whole, _keys(views, sides, linked)),
        columns_section(views, linked, label),
        *after,
        details_section(cards.body, names if len(sides) > 1 else [], cards.rest("columns")),
    ]
    return page_html(report.title, _subtitle(sides, report.schema), _tiles(report, whole), sections)


def _findings_sections(
    report: Report, whole: DatasetStatistics, keys: Mapping[str, str]
) -> list[Section]:
    """What was found, before the columns."""
    drift, skew = report.drift, report.skew
    current, serving = report.current or whole, report.serving or whole
    return [
        *([findings_section(report.anomalies, keys)] if report.anomalies else []),
        *(
            [comparison_section("drift", "Drift", drift, report.reference, current)]
            if drift
            else []
        ),
        *([comparison_section("skew", "Skew", skew, whole, serving)] if skew else []),
        *([cells_section(report.cells)] if report.cells else []),
    ]


def _relations_sections(
    report: Report, whole: DatasetStatistics, label: LabelAssociation | None
) -> list[Section]:
    """What is known of columns together."""
    return [
        *([label_section(label, _known_after(report.schema))] if label else []),
        *([pairs_section(whole.cross)] if whole.cross else []),
        *([slices_section(whole)] if whole.slices else []),
    ]


def _sides(statistics: Statistics) -> dict[str, DatasetStatistics]:
    """The whole first, then the splits that have rows."""
    if isinstance(statistics, DatasetStatistics):
        return {"all": statistics}
    ordered = [name for name in SPLITS if name in statistics]
    ordered += [name for name in statistics if name not in (*SPLITS, "all")]
    splits = {cut(name, 20): statistics[name] for name in ordered if statistics[name].num_rows}
    whole = statistics.get("all") or next(iter(splits.values()), DatasetStatistics(0, ()))
    return {"all": whole, **splits}


def _notes(report: Report, label: LabelAssociation | None) -> dict[str, list[Note]]:
    """What was found of each column, most urgent first."""
    notes: dict[str, list[Note]] = {}
    for anomaly in sorted(report.anomalies or (), key=lambda anomaly: anomaly.severity != "ERROR"):
        notes.setdefault(anomaly.feature or "", []).append(anomaly_note(anomaly))
    for word, findings in (("Drift", report.drift), ("Skew", report.skew)):
        for finding in findings:
            if finding.verdict == "alarm":
                notes.setdefault(finding.feature, []).append(drift_note(finding, word))
    associations = label.features if label else ()
    known_after = _known_after(report.schema)
    for association in associations:
        if association.feature in known_after:
            continue
        notes.setdefault(association.feature, []).extend(association_notes(association))
    return notes


def _known_after(schema: Schema | None) -> set[str]:
    """The label's own columns, and those that are said to be known after it."""
    rules = schema.by_name if schema else {}
    return {name for name, rule in rules.items() if SERVING in rule.not_in}


def _views(
    sides: Sequence[DatasetStatistics],
    schema: Schema | None,
    notes: Mapping[str, Sequence[Note]],
    label: LabelAssociation | None,
) -> list[FeatureView]:
    rules = schema.by_name if schema else {}
    associations = (
        {association.feature: association for association in label.features} if label else {}
    )
    names = dict.fromkeys([feature.name for feature in sides[0].features])
    # A column that is demanded or was compared, and is not there, has a place of its own.
    absent = [name for name in notes if name and name not in names]
    return [
        feature_view(
            f"c{place}", name, sides, rules.get(name), notes.get(name, ()), associations.get(name)
        )
        for place, name in enumerate([*names, *absent])
    ]


def _cards(
    views: Sequence[FeatureView], names: Sequence[str], max_bytes: int
) -> tuple[Kept, list[FeatureView]]:
    """As many columns in detail as fit: those with findings first."""
    ordered = sorted(views, key=lambda view: not view.notes)
    parts = (render("card", view=view, sides=names) for view in ordered)
    kept = within(parts, len(ordered), max_bytes)
    return kept, ordered[: kept.shown]


def _keys(
    views: Sequence[FeatureView], sides: Mapping[str, DatasetStatistics], linked: set[str]
) -> dict[str, str]:
    names = [feature.name for feature in sides["all"].features]
    return {name: view.key for name, view in zip(names, views, strict=False) if view.key in linked}


def _subtitle(sides: Mapping[str, DatasetStatistics], schema: Schema | None) -> str:
    splits = [f"{name} {side.num_rows:,}" for name, side in list(sides.items())[1:]]
    rows = f"{sides['all'].num_rows:,} rows"
    by_split = f" ({', '.join(splits)})" if splits else ""
    if schema is None:
        return f"{rows}{by_split}. There is no schema."
    reviewed = "reviewed" if schema.reviewed else "not reviewed yet"
    return f"{rows}{by_split}. The schema of {len(schema.features):,} columns is {reviewed}."


def _tiles(report: Report, whole: DatasetStatistics) -> list[dict[str, str]]:
    compared = [*report.drift, *report.skew]
    moved = sum(finding.verdict == "alarm" for finding in compared)
    missing = sum(feature.num_missing for feature in whole.features)
    cells = whole.num_rows * len(whole.features)
    numbers = [
        ("rows", f"{whole.num_rows:,}", ""),
        ("columns", f"{len(whole.features):,}", ""),
        ("of the cells are missing", f"{missing / max(1, cells):.1%}", ""),
        *(_severities(report.anomalies) if report.anomalies is not None else []),
        *([("columns moved", f"{moved:,}", "drift" if moved else "")] if compared else []),
        *(_suspicious(report.cells) if report.cells is not None else []),
    ]
    return [{"name": name, "value": value, "level": level} for name, value, level in numbers]


def _severities(anomalies: Sequence[Anomaly]) -> list[tuple[str, str, str]]:
    errors = sum(anomaly.severity == "ERROR" for anomaly in anomalies)
    warnings = len(anomalies) - errors
    return [
        ("errors", f"{errors:,}", "error" if errors else ""),
        ("warnings", f"{warnings:,}", "warn" if warnings else ""),
    ]


def _suspicious(cells: Sequence[SuspiciousCell]) -> list[tuple[str, str, str]]:
    return [("suspicious cells", f"{len(cells):,}", "warn" if cells else "")]
