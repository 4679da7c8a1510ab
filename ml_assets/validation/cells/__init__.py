"""Cell errors: wrong values that no schema sees.

In: a table, the functional dependencies that are known to hold, and a reviewed schema if there is one.
Out: `CellErrors`, one finding for each suspicious cell, with a score, an explanation, and a repair
where a rule implies one. Nothing is ever changed.

Read `find` first (three passes: counts, pairs, rows), then `model` and `evidence` (how scores are
joined). What looks at a column's values: `near_values`, `patterns`, `rare_values`, `misplaced`,
`placeholders`. What looks at several columns: `dependencies` and `votes`, `groups`. What looks at
magnitude: `outliers`. `rules` holds what was learnt, `judge` applies it to rows, and `explain` puts it
into words.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
