"""The `statistics` part of the YAML."""

from typing import Annotated

from pydantic import Field

from ml_assets.spec import Spec


class StatisticsSpec(Spec):
    """How the examples are described.

    Attributes
    ----------
    top_values : int
        How many of the most frequent values of a text column are kept, >= 1.
    histogram_buckets : int
        The buckets of each numeric histogram, >= 2.
    """

    top_values: Annotated[int, Field(ge=1, le=1000)] = 20
    histogram_buckets: Annotated[int, Field(ge=2, le=1000)] = 10
