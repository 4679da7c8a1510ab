"""What is told of one example whose prediction is explained: every stage's value of it, in words."""

from dataclasses import dataclass

from ml_assets.evaluation.explain_row import RowExplanation


@dataclass(frozen=True)
class ExplainedExample:
    """Why the champion predicts what it predicts for one example.

    Attributes
    ----------
    example_id : str
        The whole id.
    version : int
        The champion's version.
    label, split : str or None
        Its label and its split; None where it has none.
    predicted : str
        What is predicted: ``P(class)``, or ``prediction`` of a regression.
    explanation : RowExplanation
        The prediction, each column's contribution, and the neighbours.
    neighbours : tuple of str
        The neighbours' example ids, in the order of the explanation.
    """

    example_id: str
    version: int
    label: str | None
    split: str | None
    predicted: str
    explanation: RowExplanation
    neighbours: tuple[str, ...]


def explanation_lines(found: ExplainedExample) -> list[str]:
    """Say of an explained example what was predicted, what moved the prediction, and who is like it."""
    why = found.explanation
    about = [f"split {found.split}"] if found.split else []
    about += ["label not known" if found.label is None else f"label {found.label}"]
    row = "  {:<24} {:<20} {:<34} {}".format
    lines = [
        f"example {found.example_id}: {', '.join(about)}",
        f"version {found.version}: {found.predicted} {why.prediction:.4g}; usual is {why.usual:.4g}",
        row("column", "value", "moves it by", "features"),
    ]
    for one in why.contributions:
        moved = f"{one.value:+.4g} [{one.low:+.4g}, {one.high:+.4g}]"
        made = ", ".join(f"{name}={_number(value)}" for name, value in one.transformed)
        lines.append(row(one.column, one.raw[:20], moved, made[:80]).rstrip())
    lines.append("most like it:")
    for name, near in zip(found.neighbours, why.neighbours, strict=True):
        differs = ", ".join(f"{column}={value}" for column, value in near.differs)
        told = f"{near.prediction:.4g}, differs in {differs or 'nothing'}"
        lines.append(f"  {name}  {told:.130}")
    return lines


def _number(value: float | None) -> str:
    return "(null)" if value is None else f"{value:.6g}"
