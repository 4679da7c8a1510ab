"""The `transform` part of the YAML: which columns become features, and how."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from ml_assets.spec import Fraction, Spec, columns_and_bins, refuse_broken_rules
from ml_assets.transform.encoding import ColumnEncodings, encodings_of


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
    known_before : list of str
        Columns that are known before it although they tell the label: the checks for leakage do not
        suspect them.
    encodings : mapping
        Overrides the encoding that a column's type in the schema gives it: numeric for int, float and
        bool, categorical for string, date_parts (month, day, day of the week, hour, minute) for date
        and timestamp. A key ``a,b`` names several columns: they are crossed, ``a:4`` by the four quantile
        bins of its training numbers, or make a `pca` that takes the place of their own features. See
        `ml_assets.transform.encoding`.
    max_categories : int
        The most categories of one column, 2 to 254; the rarest share one. A value that training never
        saw counts as missing.
    min_category_count : int
        A category that is seen less often shares one with the other rare ones, and a key with fewer
        numbers has no scale of its own, >= 1.
    max_shared_fraction : float
        Of the rows of eval and test, the largest share beyond chance that may be training rows under
        another key, 0 to 1; with more the run stops, with 1 it never does. More than 0.01 is a warning.
    """

    features: Annotated[list[str], Field(min_length=1)] | None = None
    exclude: list[str] = []
    known_after: list[str] = []
    known_before: list[str] = []
    encodings: dict[str, ColumnEncodings] = {}
    max_categories: Annotated[int, Field(ge=2, le=254)] = 254
    min_category_count: Annotated[int, Field(ge=1)] = 10
    max_shared_fraction: Fraction = 0.2

    @model_validator(mode="after")
    def _check_contradictions(self) -> "TransformSpec":
        features = self.features or ()
        too_late, excluded = (
            [name for name in features if name in refused]
            for refused in (self.known_after, self.exclude)
        )
        in_both = [name for name in self.known_before if name in self.known_after]
        encoded = [
            name for name in self.encodings if name in self.exclude and not self.is_dropped(name)
        ]
        refuse_broken_rules(
            (bool(too_late), "features", f"names {_quoted(too_late)}, which known_after names too"),
            (bool(excluded), "features", f"names {_quoted(excluded)}, which exclude names too"),
            (
                bool(in_both),
                "known_before",
                f"names {_quoted(in_both)}, which known_after names too",
            ),
            (bool(encoded), "encodings", f"names {_quoted(encoded)}, which exclude names too"),
            *self._forbidden_sources(),
            *self._encoding_mistakes(),
        )
        return self

    def is_dropped(self, name: str) -> bool:
        """Whether the YAML gives a column the encoding ``drop``."""
        return name in self.encodings and encodings_of(self.encodings[name])[0].name == "drop"

    def is_known_before(self, columns: Sequence[str]) -> bool:
        """Whether the YAML says that all of these are known before the moment of prediction."""
        return all(name in self.known_before for name in columns)

    def _forbidden_sources(self) -> list[tuple[bool, str, str]]:
        """Columns that are named among several and must not be read."""
        options = {"exclude": self.exclude, "known_after": self.known_after}
        return [
            (name in columns, f"encodings.{key}", f"names '{name}', which {option} names too")
            for key, name in self.read_together()
            for option, columns in options.items()
        ]

    def read_together(self) -> list[tuple[str, str]]:
        """Give each key of `encodings` with every column that it reads beside the one of that name."""
        return [
            (key, name)
            for key, value in self.encodings.items()
            for name in (
                *columns_in(key),
                *(key_column for encoding in encodings_of(value) for key_column in encoding.by),
            )
            if name != key
        ]

    def _encoding_mistakes(self) -> list[tuple[bool, str, str]]:
        mistakes = []
        for key, value in self.encodings.items():
            names = [encoding.name for encoding in encodings_of(value)]
            twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
            mistakes += [
                (not names, f"encodings.{key}", "names no encoding; use drop for no feature"),
                (bool(twice), f"encodings.{key}", f"names {', '.join(twice)} twice"),
                *(
                    (
                        True,
                        f"encodings.{key}",
                        f"names {encoding.name} without its {encoding.needs[0]}; write "
                        f"{{{encoding.name}: {{{encoding.needs[0]}: ...}}}}",
                    )
                    for encoding in encodings_of(value)
                    if encoding.needs
                ),
                (
                    "drop" in names and len(names) > 1,
                    f"encodings.{key}",
                    "names drop beside other encodings",
                ),
            ]
        return mistakes


def columns_in(key: str) -> tuple[str, ...]:
    """Give the columns that a key such as ``a,b:4`` names, unless there is a column of that name."""
    return tuple(name for name, _ in columns_and_bins(key))


def _quoted(columns: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in columns[:3])
