"""What may have moved between two columns, one module for each kind of change.

Each gives `Move` objects: what moved in words, how large that is in units of its own limit, and how
likely chance alone makes it. Read `move` first, then `shares` (any column), `ranges` and `spikes`
(numbers), `units`, `quantiles`, `precision`, `texts` with `encodings`, `times`, `types`, `uniqueness`;
`mixtures` and `swaps` look closer at columns that alarm.
"""
