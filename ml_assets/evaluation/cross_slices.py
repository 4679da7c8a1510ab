"""Rules across slices: by how much a metric of one slice differs from that of another, or of all rows.

The difference is the slice's metric less the baseline slice's, in the metric's own unit. It comes from
the same resamples as all else, so that its interval is right for slices that share rows, too. TFMA takes
the baseline slice less the other.
"""

from collections.abc import Hashable, Iterator, Sequence

from ml_assets.errors import did_you_mean
from ml_assets.evaluation.compare import Sample, baseline_result, difference_sample
from ml_assets.evaluation.measurements import CANDIDATE, CHAMPION, Measurements
from ml_assets.evaluation.result import BaselineResult, RuleResult
from ml_assets.evaluation.rules import check_thresholds
from ml_assets.evaluation.slices import Slice
from ml_assets.evaluation.spec import CrossSliceSpec

RULE = "cross_slices"


def check_cross_slices(
    measurements: Measurements,
    slices: Sequence[Slice],
    specs: Sequence[CrossSliceSpec],
    champion: BaselineResult | None,
    min_size: int,
) -> list[RuleResult]:
    """Judge the differences between slices.

    Parameters
    ----------
    measurements : Measurements
        The candidate on all rows and on the slices; where a change is judged, the champion too.
    slices : sequence of Slice
        The slices.
    specs : sequence of CrossSliceSpec
        Which are compared with which, and what their difference must be.
    champion : BaselineResult or None
        The champion on all rows; None where there is none, and a change then passes.
    min_size : int
        The least rows of a slice, for the text.

    Returns
    -------
    list of RuleResult
        In the order of `specs`, then of `slices`. Where the baseline slice is not among `slices`, or no
        slice to compare with it, one result that is "cannot tell".
    """
    return [
        result
        for spec in specs
        for result in _check_spec(measurements, slices, spec, champion, min_size)
    ]


def _check_spec(
    measurements: Measurements,
    slices: Sequence[Slice],
    spec: CrossSliceSpec,
    champion: BaselineResult | None,
    min_size: int,
) -> Iterator[RuleResult]:
    baseline = next((piece for piece in slices if piece.name == spec.baseline), None)
    if spec.baseline is not None and baseline is None:
        names = [piece.name for piece in slices]
        problem = f"no slice {spec.baseline} of at least {min_size:,} rows to compare others with"
        yield _missing_slice(spec.baseline, problem, did_you_mean(spec.baseline, names), min_size)
        return
    others = [piece for piece in slices if piece is not baseline]
    for by in spec.slices or ["any column"]:
        if not any(piece.by == by or not spec.slices for piece in others):
            other = _slice_name(baseline)
            problem = f"no slice by {by} of at least {min_size:,} rows to compare with {other}"
            yield _missing_slice(by, problem, "", min_size)
    for piece in others:
        if not spec.slices or piece.by in spec.slices:
            yield from _compare(measurements, piece, baseline, spec, champion)


def _compare(
    measurements: Measurements,
    piece: Slice,
    baseline: Slice | None,
    spec: CrossSliceSpec,
    champion: BaselineResult | None,
) -> list[RuleResult]:
    keys = (piece.key, baseline.key if baseline else None)
    ours, confidence = _difference(measurements, CANDIDATE, keys), measurements.confidence
    # A champion that could not be scored has no view, but still its reason.
    if (CHAMPION, piece.key) in measurements.views:
        theirs = _difference(measurements, CHAMPION, keys)
        champion = baseline_result(CHAMPION, theirs.metrics(confidence), ours, theirs, confidence)
    name = f"{piece.name} less {_slice_name(baseline)}"
    return check_thresholds(spec.thresholds, ours.metrics(confidence), champion, confidence, name)


def _difference(measurements: Measurements, model: str, keys: tuple[Hashable, Hashable]) -> Sample:
    piece, baseline = (measurements.sample(model, key) for key in keys)
    return difference_sample(piece, baseline)


def _slice_name(piece: Slice | None) -> str:
    return piece.name if piece else "all rows"


def _missing_slice(name: str, problem: str, hint: str, min_size: int) -> RuleResult:
    text = f"there is {problem}{hint and '.'}{hint}".rstrip(".")
    return RuleResult(RULE, None, name, min_size, None, None, None, "cannot tell", text)
