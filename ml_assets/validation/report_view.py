"""What the report shows of each feature, in plain values that its templates print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml_assets.markdown import cut
from ml_assets.schema.model import Feature
from ml_assets.schema.show import rules
from ml_assets.statistics.model import DatasetStatistics, FeatureStatistics
from ml_assets.statistics.relations import Association
from ml_assets.statistics.semantic_type import may_identify
from ml_assets.statistics.shape import shape
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.drift import DriftFinding
from ml_assets.validation.report_shapes import Picture, number, picture, small_path

_TOP_VALUES = 8
_MOST_NOTES = 5
_NAME, _VALUE, _TEXT = 80, 40, 500


@dataclass(frozen=True)
class Bar:
    """A value with its share of the rows: the first side's as text, each side's as a bar of 0 to 100."""

    value: str
    share: str
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Line:
    """A statistic with its text on each side."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Something that was found: how bad it is, a title and a text."""

    level: str
    title: str
    text: str
    examples: str = ""


@dataclass(frozen=True)
class FeatureView:
    """One feature as it is shown.

    Attributes
    ----------
    key : str
        What links to it: letters and digits only.
    name, type, missing, unique, spark, told : str
        For the table of all features; `spark` is an SVG path, `told` what it tells of the label.
    missing_fraction, num_unique, told_share : float
        To sort by.
    picture : Picture, optional
        The distribution on every side.
    bars : tuple of Bar
        The most frequent values.
    lines : tuple of Line
        The statistics.
    rule : str
        What the schema says of it.
    notes : tuple of Note
        Anomalies, drift and hints.
    """

    key: str
    name: str
    type: str
    missing: str
    unique: str
    spark: str
    told: str
    missing_fraction: float
    num_unique: int
    told_share: float
    picture: Picture | None
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    rule: str
    notes: tuple[Note, ...]

    @property
    def level(self) -> str:
        """The worst of its notes."""
        levels = {note.level for note in self.notes}
        return next((level for level in ("error", "drift", "warn") if level in levels), "")


def feature_view(
    key: str,
    name: str,
    sides: Sequence[DatasetStatistics],
    rule: Feature | None,
    notes: Sequence[Note],
    association: Association | None,
) -> FeatureView:
    """Give what is shown of a feature.

    Parameters
    ----------
    key, name : str
        What links to it, and the column's name.
    sides : sequence of DatasetStatistics
        Such as all rows and the splits; the first one is for the table of all features.
    rule : Feature, optional
        What the schema says of it.
    notes : sequence of Note
        What was found.
    association : Association, optional
        With the label.
    """
    columns = [side.by_name.get(name) or _absent(name, side) for side in sides]
    whole, shown = columns[0], columns[1:] or columns
    return FeatureView(
        key=key,
        name=cut(name, _NAME),
        type=whole.type,
        missing=_percent(whole.missing_fraction) if whole.num_missing else "",
        unique="" if whole.unique is None else f"{whole.unique:,}",
        spark=small_path(shape(whole)),
        told="" if association is None else f"{association.told:.1%}",
        missing_fraction=whole.missing_fraction,
        num_unique=whole.unique or 0,
        told_share=-1.0 if association is None else association.told,
        picture=picture(shown),
        bars=value_bars(shown),
        lines=tuple(_lines(shown)),
        rule=_rule(rule),
        notes=tuple(notes[:_MOST_NOTES]),
    )


def anomaly_note(anomaly: Anomaly) -> Note:
    """Give an anomaly as a note."""
    level = "error" if anomaly.severity == "ERROR" else "warn"
    examples = ", ".join(cut(example_id, _VALUE) for example_id in anomaly.example_ids[:3])
    return Note(level, anomaly.short_description, cut(anomaly.description, _TEXT), examples)


def drift_note(finding: DriftFinding, title: str = "Drift") -> Note:
    """Give a finding of drift as a note."""
    level = {"alarm": "drift", "ok": "ok"}.get(finding.verdict, "unknown")
    distances = ", ".join(f"{name} {value:.3g}" for name, value in finding.distances.items())
    return Note(level, title, cut(finding.explanation, _TEXT), distances)


def association_notes(association: Association | None) -> list[Note]:
    """Give the hint that a feature may be known only after the label, where it tells so much."""
    if association is None or not association.may_leak:
        return []
    text = (
        f"It tells {association.told:.0%} of the label. Is it known before the label is? If not, "
        "name it in transform.known_after."
    )
    return [Note("warn", "May be known only after the label", text)]


def _absent(name: str, side: DatasetStatistics) -> FeatureStatistics:
    return FeatureStatistics(name, "null", side.num_rows, side.num_rows)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "<0.1%"


def value_bars(sides: Sequence[FeatureStatistics]) -> tuple[Bar, ...]:
    """Give the most frequent texts with their shares on each side; unnamed where one names a person."""
    is_hidden = any(may_identify(side) for side in sides)
    counts = [dict(side.string.value_counts) if side.string else {} for side in sides]
    values = list(counts[0])[:_TOP_VALUES] if counts else []
    values += [
        value for side in counts[1:] for value in list(side)[:_TOP_VALUES] if value not in values
    ]
    shares = {
        value: [
            side_counts.get(value, 0) / max(1, side.num_rows)
            for side, side_counts in zip(sides, counts, strict=True)
        ]
        for value in values[:_TOP_VALUES]
    }
    top = max((share for side_shares in shares.values() for share in side_shares), default=0) or 1
    return tuple(
        Bar(
            "(not shown)" if is_hidden else cut(value, _VALUE) or "(empty)",
            f"{side_shares[0]:.1%}",
            tuple(round(100 * share / top, 1) for share in side_shares),
        )
        for value, side_shares in shares.items()
    )


def _lines(sides: Sequence[FeatureStatistics]) -> list[Line]:
    rows = [_texts(side) for side in sides]
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [Line(name, tuple(row.get(name, "") for row in rows)) for name in names]
    return [line for line in lines if any(text not in ("", "0") for text in line.texts)]


def _texts(side: FeatureStatistics) -> Mapping[str, str]:
    """The statistics by name; what is 0 or unknown everywhere is not shown."""
    texts = {"missing": _percent(side.missing_fraction) if side.num_missing else "0"}
    if side.unique is not None:
        texts["different"] = f"{side.unique:,}"
    if (numeric := side.numeric) is not None:
        keys = ("mean", "std_dev", "min", "median", "max", "num_zeros", "num_nan", "num_inf")
        texts |= {_WORDS.get(key, key): number(getattr(numeric, key)) for key in keys}
    if (string := side.string) is not None:
        lengths = [number(string.min_length), number(string.avg_length), number(string.max_length)]
        texts["characters"] = " … ".join(lengths) if string.min_length is not None else ""
        texts |= {"empty": number(string.num_empty), "not UTF-8": number(string.invalid_utf8_count)}
    if (time := side.time) is not None:
        texts |= {"first": time.min or "", "median": time.median or "", "last": time.max or ""}
        texts["time zone"] = time.timezone or ""
    return texts


_WORDS = {
    "std_dev": "std. deviation",
    "num_zeros": "zeros",
    "num_nan": "NaN",
    "num_inf": "infinite",
}


def _rule(feature: Feature | None) -> str:
    return "" if feature is None else cut("; ".join([feature.type, *rules(feature)]), _TEXT)
