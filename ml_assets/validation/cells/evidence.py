"""How suspicion is expressed and combined: probabilities, Bayes' rule, and one threshold.

A detector asks how often a genuine value would look like this one, and estimates that from the column
itself: `posterior`. Detectors of one family look at the same thing (the value's form, its fellow
columns, its magnitude), so that the strongest of them counts; the families are taken as independent, so
that their scores are joined as ``1 - (1 - a)(1 - b)(1 - c)``. Fellow columns can also speak for a
value: a rare value that other rows confirm is less suspicious of form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml_assets.validation.cells.model import Kind

# A cell is reported where an error is more probable than not.
THRESHOLD = 0.5
# How often an error shows the sign that a detector looks for.
SENSITIVITY = 0.9
MAX_SHOWN = 60


@dataclass(frozen=True)
class Suspicion:
    """Why a value is suspicious, whatever row it stands in."""

    score: float
    kind: Kind
    explanation: str
    repair: str | None = None


def posterior(error_rate: float, chance: float) -> float:
    """Give the probability that something is an error, by Bayes' rule.

    Parameters
    ----------
    error_rate : float
        How often such a value is an error, before its sign is looked at, 0 to 1.
    chance : float
        How often a genuine value shows the sign, 0 to 1.
    """
    wrong = error_rate * SENSITIVITY
    return wrong / (wrong + (1 - error_rate) * max(chance, 1e-9))


def estimated_error_rate(signs: int, values: int, chance: float) -> float:
    """Give the share of errors among values of which some show a sign, between 0.02 and 0.9.

    Solves ``signs / values = rate * SENSITIVITY + (1 - rate) * chance``, with one value of each kind
    added so that few values say little.
    """
    seen = (signs + 1) / (values + 2)
    if chance >= SENSITIVITY:
        return 0.02
    return min(0.9, max(0.02, (seen - chance) / (SENSITIVITY - chance)))


def weakened(score: float, times: float) -> float:
    """Give the score whose odds are so many times smaller."""
    odds = score / max(1e-9, 1 - score) / times
    return odds / (1 + odds)


def combined(form: Any, confirmed: Any, fellows: Any, magnitude: Any) -> Any:
    """Join the families' scores of many cells; `confirmed` weakens `form`. Arrays of 0 to 1."""
    return 1 - (1 - form * (1 - confirmed)) * (1 - fellows) * (1 - magnitude)


def shown(value: Any) -> str:
    """Give a value as a short text."""
    text = str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def quoted(value: Any) -> str:
    """Give a value as a short text in quotes, control characters escaped."""
    return repr(shown(value))


def times(count: int) -> str:
    """Say how often."""
    return "once" if count == 1 else f"{count:,} times"


def strongest(*detections: dict[int, Suspicion]) -> dict[int, list[Suspicion]]:
    """Give the suspicions of each value, strongest first."""
    together: dict[int, list[Suspicion]] = {}
    for by_value in detections:
        for place, suspicion in by_value.items():
            together.setdefault(place, []).append(suspicion)
    return {
        place: sorted(suspicions, key=lambda suspicion: -suspicion.score)
        for place, suspicions in sorted(together.items())
    }


def scores_of(by_value: dict[int, list[Suspicion]], size: int) -> Any:
    """Give the score of each value, and one 0 at the end for what is no value."""
    scores = np.zeros(size + 1)
    for place, suspicions in by_value.items():
        scores[place] = suspicions[0].score
    return scores
