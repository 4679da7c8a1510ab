"""Rules across slices: by how much a metric of one slice differs from that of another, or of all rows.

The difference is the slice's metric less the baseline slice's, in the metric's own unit. It comes from
the same resamples as all else, so that its interval is right for slices that share rows, too. TFMA takes
the baseline slice less the other.
"""

from collections.abc import Hashable, Iterator, Sequence

from ml_assets.errors import did_you_mean
from ml_assets.evaluation.compare import Sample, beside, gap
from ml_assets.evaluation.result import BaselineResult, RuleResult
from ml_assets.evaluation.rules import check_thresholds
from ml_assets.evaluation.seen import CANDIDATE, CHAMPION, Seen
from ml_assets.evaluation.slices import Slice
from ml_assets.evaluation.spec import CrossSliceSpec

RULE = "cross_slices"


def check_cross_slices(
    seen: Seen,
    slices: Sequence[Slice],
    wanted: Sequence[CrossSliceSpec],
    champion: BaselineResult | None,
    min_size: int,
) -> list[RuleResult]:
    """Judge the differences between slices.

    Parameters
    ----------
    seen : Seen
        The candidate on all rows and on the slices; where a change is judged, the champion too.
    slices : sequence of Slice
        The slices.
    wanted : sequence of CrossSliceSpec
        Which are compared with which, and what their difference must be.
    champion : BaselineResult or None
        The champion on all rows; None where there is none, and a change then passes.
    min_size : int
        The least rows of a slice, for the text.

    Returns
    -------
    list of RuleResult
        In the order of `wanted`, then of `slices`. Where the baseline slice is not among `slices`, or
        none that could be compared with it, one that cannot be told.
    """
    return [result for one in wanted for result in _check(seen, slices, one, champion, min_size)]


def _check(
    seen: Seen,
    slices: Sequence[Slice],
    wanted: CrossSliceSpec,
    champion: BaselineResult | None,
    min_size: int,
) -> Iterator[RuleResult]:
    base = next((piece for piece in slices if piece.name == wanted.baseline), None)
    if wanted.baseline is not None and base is None:
        names = [piece.name for piece in slices]
        what = f"no slice {wanted.baseline} of at least {min_size:,} rows to compare others with"
        yield _missing(wanted.baseline, what, did_you_mean(wanted.baseline, names), min_size)
        return
    others = [piece for piece in slices if piece is not base]
    for by in wanted.slices or ["any column"]:
        if not any(piece.by == by or not wanted.slices for piece in others):
            what = f"no slice by {by} of at least {min_size:,} rows to compare with {_called(base)}"
            yield _missing(by, what, "", min_size)
    for piece in others:
        if not wanted.slices or piece.by in wanted.slices:
            yield from _compare(seen, piece, base, wanted, champion)


def _compare(
    seen: Seen,
    piece: Slice,
    base: Slice | None,
    wanted: CrossSliceSpec,
    champion: BaselineResult | None,
) -> list[RuleResult]:
    pieces = (piece.key, base.key if base else None)
    ours, confidence = _gap(seen, CANDIDATE, pieces), seen.confidence
    # A champion that could not be scored has no view, but still its reason.
    if (CHAMPION, piece.key) in seen.views:
        theirs = _gap(seen, CHAMPION, pieces)
        champion = beside(CHAMPION, theirs.metrics(confidence), ours, theirs, confidence)
    name = f"{piece.name} less {_called(base)}"
    return check_thresholds(wanted.thresholds, ours.metrics(confidence), champion, confidence, name)


def _gap(seen: Seen, model: str, pieces: tuple[Hashable, Hashable]) -> Sample:
    piece, base = pieces
    return gap(seen.sample(model, piece), seen.sample(model, base))


def _called(base: Slice | None) -> str:
    return base.name if base else "all rows"


def _missing(name: str, what: str, hint: str, min_size: int) -> RuleResult:
    text = f"there is {what}{hint and '.'}{hint}".rstrip(".")
    return RuleResult(RULE, None, name, min_size, None, None, None, "cannot tell", text)
