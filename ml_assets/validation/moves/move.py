"""`Move`: one way in which a column changed; and `Pair`, the two sides of a column."""

from dataclasses import dataclass

from ml_assets.statistics.semantic_type import may_identify
from ml_assets.validation.bins import Bins
from ml_assets.validation.side import Numbers, Side, Texts

# Of the threshold: values that one side has and the other hardly has say more than a share that moved.
NEW = 0.08
# "Hardly": with at most this part of the share.
HARDLY = 0.2
# Where the numbers are thinned, a value that is no point of its own has about this share.
THINNED_SHARE = 0.002


@dataclass(frozen=True)
class Move:
    """One way in which a column changed.

    Attributes
    ----------
    kind : str
        What moved, one of `KINDS`.
    text : str
        The change in words.
    size : float
        How large it is in units of its own limit: above 1 is large.
    p_value : float
        How likely chance alone makes so much.
    stuck : Stuck, optional
        The value that became frequent, where the rows that have it may be a group.
    """

    kind: str
    text: str
    size: float
    p_value: float
    stuck: "Stuck | None" = None


@dataclass(frozen=True)
class Stuck:
    """A value that became frequent: a number, or None for a missing one; and its shares of the rows."""

    value: float | None
    before: float
    now: float


# Most telling first: moves are reported in this order, and without the kinds that stand behind theirs.
# fmt: off
KINDS: dict[str, tuple[str, ...]] = {
    "type": ("*",),
    "swap": ("*",),
    "constant": ("gone values", "clipped", "single value", "share", "quantiles", "unit", "repeats"),
    "encoding": ("new values", "gone values", "share", "length"),
    "time shift": (
        "share", "unit", "new values", "gone values", "quantiles", "single value", "clipped", "part",
    ),
    "unit": (
        "new values",
        "gone values",
        "share",
        "quantiles",
        "single value",
        "part",
        "precision",
    ),
    "missing values": (),
    "part": ("new values", "quantiles", "share", "precision"),
    "clipped": ("gone values", "new values", "single value", "share", "quantiles"),
    "precision": ("share", "single value", "quantiles", "new values", "repeats"),
    "new values": ("share", "quantiles"),
    "gone values": ("share", "quantiles"),
    "single value": ("share", "quantiles"),
    "repeats": (),
    "length": ("share",),
    "quantiles": (),
    "share": (),
}
# fmt: on


@dataclass(frozen=True)
class Pair:
    """The two sides of one column.

    Attributes
    ----------
    reference, current : Side
        The sides; of one kind, unless one of them has no value at all.
    numbers, texts : optional
        Both sides' numbers on one grid; both sides' texts in one order.
    fine, coarse : Bins
        For evidence, and for the size of a move of the whole; the same for other columns than numbers.
    threshold : float
        How large a change must be.
    """

    reference: Side
    current: Side
    numbers: Numbers | None
    texts: Texts | None
    fine: Bins
    coarse: Bins
    threshold: float

    @property
    def new_limit(self) -> float:
        """The share of rows from which values that the other side hardly has are large."""
        return NEW * self.threshold

    @property
    def hides_values(self) -> bool:
        """Whether a value may name a person or a row, so that no text shows one."""
        return any(may_identify(side.feature) for side in (self.reference, self.current))


def share_text(what: str, before: float, now: float, of: str = "rows") -> str:
    """Say how a share of the rows changed."""
    way = "rose" if now > before else "fell"
    return f"{what} {way} from {before:.1%} to {now:.1%} of the {of}"
