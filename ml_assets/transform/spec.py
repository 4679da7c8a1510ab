"""The `transform` part of the YAML: which columns become features, and how."""

from typing import Annotated, Literal

from pydantic import Field

from ml_assets.spec import Spec

Encoding = Literal["numeric", "categorical", "date_parts", "drop"]


class TransformSpec(Spec):
    """Which columns become features, and how.

    Attributes
    ----------
    features : list of str, optional
        The raw columns to use. By default every column of the schema but the key, the label's columns,
        those in `exclude` and those in `known_after`.
    exclude : list of str
        Columns to leave out.
    known_after : list of str
        Columns that are known only after the moment of prediction. None may be a feature: a blocking
        check looks at what the fitted transform reads.
    encodings : mapping
        Overrides the encoding that a column's type in the schema gives it.
    max_categories : int
        The most categories of one column, 2 to 254; the rarest share one.
    min_category_count : int
        A category that is seen less often shares one with the other rare ones, >= 1.
    """

    features: list[str] | None = None
    exclude: list[str] = []
    known_after: list[str] = []
    encodings: dict[str, Encoding] = {}
    max_categories: Annotated[int, Field(ge=2, le=254)] = 254
    min_category_count: Annotated[int, Field(ge=1)] = 10
