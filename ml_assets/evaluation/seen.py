"""Every model on all rows and on pieces of them, with the same resamples, so that all is paired."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from ml_assets.evaluation.compare import Sample, View, beside, look_at, resample_views
from ml_assets.evaluation.metrics import Predictions, trials
from ml_assets.evaluation.ranking import Floats, Indices
from ml_assets.evaluation.result import BaselineResult, Metric

Place = tuple[str, Hashable]
"""A model, and the piece of the rows; None is all rows."""
CANDIDATE, CHAMPION = "candidate", "champion"


@dataclass(frozen=True)
class Seen:
    """What was seen.

    Attributes
    ----------
    views : mapping of Place to View
        Each model on each piece.
    drawn : mapping of Place to array of float, shape (samples, metrics)
        Its metrics on the resamples.
    confidence : float
        Of the intervals.
    """

    views: Mapping[Place, View]
    drawn: Mapping[Place, Floats]
    confidence: float

    def metrics(self, model: str, piece: Hashable = None) -> tuple[Metric, ...]:
        """Give a model's metrics on a piece."""
        shares = trials(self.views[model, piece].predictions)
        return self.sample(model, piece).metrics(self.confidence, shares)

    def sample(self, model: str, piece: Hashable = None) -> Sample:
        """Give a model's metrics on a piece, with their values on the resamples."""
        return Sample(self.views[model, piece].values, self.drawn[model, piece])

    def against(self, name: str, piece: Hashable = None, model: str = CANDIDATE) -> BaselineResult:
        """Give how much better a model is on a piece than another one, by name."""
        one, other = self.sample(model, piece), self.sample(name, piece)
        return beside(name, self.metrics(name, piece), one, other, self.confidence)


def see(
    scored: Mapping[str, Predictions],
    places: Mapping[Place, Indices | None],
    *,
    samples: int,
    seed: int,
    confidence: float,
) -> Seen:
    """Look at models on pieces of the rows.

    Parameters
    ----------
    scored : mapping of str to Predictions
        For each model its predictions for all rows.
    places : mapping of Place to array of int or None
        What to look at: each piece's rows; None is all of them.
    samples, seed : int
        Of the bootstrap.
    confidence : float
        Of the intervals, 0 to 1, exclusive.
    """
    views = {place: look_at(scored[place[0]], rows) for place, rows in places.items()}
    n_rows = max((len(one.y_true) for one in scored.values()), default=0)
    return Seen(views, resample_views(views, n_rows, samples, seed), confidence)
