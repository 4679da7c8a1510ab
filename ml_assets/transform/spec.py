"""The `transform` part of the YAML: which columns become features, and how."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ml_assets.spec import Spec, broken_rules

Encoding = Literal["numeric", "categorical", "date_parts", "drop"]


class TransformSpec(Spec):
    """Which columns become features, and how.

    Attributes
    ----------
    features : list of str, optional
        The raw columns to use. By default every column of the schema but the label's columns, those in
        `exclude`, those in `known_after`, the key and the time: the key names a row and the time its
        position, which a model would learn by heart. A key or time column that says more than that (a
        carrier, an hour) is used where `features` or `encodings` names it.
    exclude : list of str
        Columns to leave out.
    known_after : list of str
        Columns that are known only after the moment of prediction. None may be a feature: a blocking
        check looks at what the fitted transform reads.
    encodings : mapping
        Overrides the encoding that a column's type in the schema gives it: numeric for int, float and
        bool, categorical for string, date_parts (month, day, day of the week, hour, minute) for date
        and timestamp.
    max_categories : int
        The most categories of one column, 2 to 254; the rarest share one. A value that training never
        saw counts as missing.
    min_category_count : int
        A category that is seen less often shares one with the other rare ones, >= 1.
    """

    features: Annotated[list[str], Field(min_length=1)] | None = None
    exclude: list[str] = []
    known_after: list[str] = []
    encodings: dict[str, Encoding] = {}
    max_categories: Annotated[int, Field(ge=2, le=254)] = 254
    min_category_count: Annotated[int, Field(ge=1)] = 10

    @model_validator(mode="after")
    def _no_feature_is_refused(self) -> "TransformSpec":
        features = self.features or ()
        after, out = (
            [n for n in features if n in part] for part in (self.known_after, self.exclude)
        )
        used = [
            n for n, encoding in self.encodings.items() if encoding != "drop" and n in self.exclude
        ]
        broken_rules(
            (bool(after), "features", f"names {_names(after)}, which known_after names too"),
            (bool(out), "features", f"names {_names(out)}, which exclude names too"),
            (bool(used), "encodings", f"names {_names(used)}, which exclude names too"),
        )
        return self


def _names(columns: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in columns[:3])
