"""The `statistics` part of the YAML."""

from typing import Annotated, Any

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
    slices : list of str
        Columns (or crosses ``a,b``) whose values are described on their own.
    min_slice_rows : int
        Slices with fewer rows are left out, >= 1.
    cross_features : bool
        Whether the correlation of each pair of columns is computed.
    weight : str, optional
        A column with a weight for each example, a finite number from 0 on: every column is then also
        described with weights, and the models are fitted and tuned with them. It does not become a
        feature.
    """

    top_values: Annotated[int, Field(ge=1, le=1000)] = 20
    histogram_buckets: Annotated[int, Field(ge=2, le=1000)] = 10
    slices: list[str] = []
    min_slice_rows: Annotated[int, Field(ge=1)] = 100
    cross_features: bool = True
    weight: str | None = None

    @property
    def of_columns(self) -> dict[str, Any]:
        """The options for columns on their own."""
        return {"top_values": self.top_values, "histogram_buckets": self.histogram_buckets}
