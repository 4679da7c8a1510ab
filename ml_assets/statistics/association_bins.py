"""The classes of the label and bins of numbers for the association: those shown, and a block's own.

A block of spans has classes and bins of its own, because those of a window are known only when all its
blocks are. Whole ones of a block are put into the window's, by the greatest number in them. Up to as many
different values as a block's, that is exact. Beyond, an edge of a bin that is shown may be off by as much
as one of the block's holds: 0.1 % of the rows, or 0.5 % where the label has many values; an edge of a
class by 1 %. The edges of one block are among its own finer ones, so there nothing is off.
"""

from collections.abc import Mapping

from ml_assets.statistics.feature_state import FeatureState
from ml_assets.statistics.label_classes import MOST_CLASSES, LabelClasses, classes_of
from ml_assets.statistics.number_bins import NumberBins, number_bins

SHOWN_BINS = 20
# Of a block; multiples of the numbers that are shown.
FINE_CLASSES = 100
FINE_BINS = 1000
FINE_BINS_OF_MANY_CLASSES = 200


def shown_bins(features: Mapping[str, FeatureState]) -> dict[str, NumberBins]:
    """Give the bins of each column of numbers or times as they are shown."""
    return _bins(features, SHOWN_BINS)


def fine_bins(features: Mapping[str, FeatureState], classes: LabelClasses) -> dict[str, NumberBins]:
    """Give the bins of each column of numbers or times of a block."""
    few = len(classes.names) <= MOST_CLASSES
    return _bins(features, FINE_BINS if few else FINE_BINS_OF_MANY_CLASSES)


def fine_classes(name: str, label: FeatureState) -> LabelClasses | None:
    """Give the classes of the label of a block; None where it has no value that makes one."""
    return classes_of(name, label, FINE_CLASSES, FINE_CLASSES)


def _bins(features: Mapping[str, FeatureState], most: int) -> dict[str, NumberBins]:
    candidates = {name: number_bins(state, most, most) for name, state in features.items()}
    return {name: bins for name, bins in candidates.items() if bins is not None}
