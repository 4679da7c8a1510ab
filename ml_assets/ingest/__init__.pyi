from .example_ids import example_ids as example_ids
from .examples import example_batches as example_batches
from .examples import plan_examples as plan_examples
from .preflight import NamedColumns as NamedColumns
from .preflight import check_columns as check_columns
from .preflight import check_source as check_source
from .snapshots import take_snapshots as take_snapshots
from .sources import open_source as open_source
from .sources import source_fingerprint as source_fingerprint
from .spans import open_spans as open_spans
from .spans import select_spans as select_spans

__all__ = [
    "NamedColumns",
    "check_columns",
    "check_source",
    "example_batches",
    "example_ids",
    "open_source",
    "open_spans",
    "plan_examples",
    "select_spans",
    "source_fingerprint",
    "take_snapshots",
]
