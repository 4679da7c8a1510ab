"""An example whose prediction is explained: every stage's value of it, in words."""

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


def explanation_lines(example: ExplainedExample) -> list[str]:
    """Say of an explained example what was predicted, what moved the prediction, and who is like it."""
    explanation = example.explanation
    about = [f"split {example.split}"] if example.split else []
    about += ["label not known" if example.label is None else f"label {example.label}"]
    row = "  {:<24} {:<20} {:<34} {}".format
    lines = [
        f"example {example.example_id}: {', '.join(about)}",
        f"version {example.version}: {example.predicted} {explanation.prediction:.4g}; usual is "
        f"{explanation.usual:.4g}",
        row("column", "value", "moves it by", "features"),
    ]
    for contribution in explanation.contributions:
        movement = f"{contribution.value:+.4g} [{contribution.low:+.4g}, {contribution.high:+.4g}]"
        features = ", ".join(f"{name}={_number(value)}" for name, value in contribution.transformed)
        lines.append(
            row(contribution.column, contribution.raw[:20], movement, features[:80]).rstrip()
        )
    lines.append("most like it:")
    for name, neighbour in zip(example.neighbours, explanation.neighbours, strict=True):
        differs = ", ".join(f"{column}={value}" for column, value in neighbour.differs)
        summary = f"{neighbour.prediction:.4g}, differs in {differs or 'nothing'}"
        lines.append(f"  {name}  {summary:.130}")
    return lines


def _number(value: float | None) -> str:
    return "(null)" if value is None else f"{value:.6g}"
