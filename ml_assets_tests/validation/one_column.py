"""The anomalies of a table with one column."""

from typing import Any

import pyarrow as pa

from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.validation.validate import validate_statistics


def anomalies(values: Any, feature: Any, other: Any = None, **schema: Any) -> Any:
    """Judge values by a feature's rules, and compare them with the other values if there are any."""
    current, previous = (
        None if v is None else generate_statistics(pa.table({"x": pa.array(v)}))
        for v in (values, other)
    )
    assert current is not None
    rules = Schema((Feature("x", **feature),), **schema)
    return validate_statistics(current, rules, None, previous)
