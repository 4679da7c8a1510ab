"""Plans the encoders: as few groups of columns as possible, each read and encoded in one way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ml_assets.transform.encoding import CROSSING, MOMENTS, Encoding, EncodingName, parts_of
from ml_assets.transform.options import DateOptions, Options
from ml_assets.transform.select import bins_of, columns_of

Reading = Literal[
    "numbers", "flags", "parsed", "seconds", "texts", "crossed", "moments", "documents"
]
MISSING = Encoding("missing", Options())
_OF_PARTS = ("date_parts", "cycles")
_MANY = ("hashed_ngrams", "tfidf", "pca")
_ORDER = (*get_args(EncodingName), MISSING.name)


@dataclass(frozen=True)
class PlannedFeatures:
    """One encoding of one column, or of several together.

    Attributes
    ----------
    name : str
        The column, or the YAML's key for several.
    types : mapping of str to str
        The raw columns that it encodes, with their types in the schema.
    encoding : Encoding
        What becomes of them.
    reading : str
        How the raw columns are read.
    by : mapping of str to str
        The column that tells the key, with its type, where it encodes per key.
    is_plain : bool
        Whether a single feature bears the name alone.
    parts : tuple of str
        With ``date_parts`` and ``cycles``, the parts of the moment to use.
    """

    name: str
    types: Mapping[str, str]
    encoding: Encoding
    reading: Reading
    by: Mapping[str, str] = field(default_factory=dict)
    is_plain: bool = True
    parts: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The raw columns that it reads."""
        return (*self.types, *self.by)

    @property
    def bins(self) -> dict[str, int]:
        """The columns of a cross that it takes by their bins, each with how many."""
        return bins_of(self.name, self.types)

    def features(self, count: int) -> tuple[str, ...]:
        """Give the names of its features, of which there are `count`."""
        encoding = self.encoding.name
        if encoding == "date_parts":
            return tuple(f"{self.name}.{part}" for part in self.parts)
        if encoding == "cycles":
            return tuple(
                f"{self.name}.{part}_{function}"
                for part in self.parts
                for function in ("sin", "cos")
            )
        if encoding in _MANY or count > 1:
            return tuple(f"{self.name}.{encoding}_{number}" for number in range(count))
        return (self.name if self.is_plain else f"{self.name}.{encoding}",)


@dataclass(frozen=True)
class Group:
    """What one encoder takes.

    Attributes
    ----------
    name : str
        The encoder's name in the fitted transform.
    members : tuple of PlannedFeatures
        What is encoded alike.
    """

    name: str
    members: tuple[PlannedFeatures, ...]

    @property
    def encoding(self) -> Encoding:
        """What becomes of its columns."""
        return self.members[0].encoding

    @property
    def reading(self) -> Reading:
        """How its columns are read."""
        return self.members[0].reading

    @property
    def by(self) -> Mapping[str, str]:
        """The column that tells the key, with its type, where it encodes per key."""
        return self.members[0].by

    @property
    def columns(self) -> list[str]:
        """The raw columns that it reads."""
        return list(dict.fromkeys(name for member in self.members for name in member.sources))


def plan_features(
    name: str, schema: Mapping[str, str], encodings: Sequence[Encoding]
) -> list[PlannedFeatures]:
    """Plan the features of a column, or of several together.

    Parameters
    ----------
    name : str
        The column, or the YAML's key for several.
    schema : mapping of str to str
        The type of each column.
    encodings : sequence of Encoding
        What becomes of them. The first that gives a single feature gives it the column's name; others
        put their own behind it.
    """
    types = {column: schema[column] for column in columns_of(name, schema)}
    single = [encoding for encoding in encodings if encoding.name not in (*_OF_PARTS, *_MANY)]
    planned = [
        PlannedFeatures(
            name,
            types,
            encoding,
            _reading(encoding, types),
            {column: schema[column] for column in encoding.by},
            encoding in single[:1],
            _date_parts(encoding.options, types),
        )
        for encoding in encodings
    ]
    with_indicator = [
        features for features in planned if getattr(features.encoding.options, "indicator", False)
    ]
    indicators = [
        replace(features, encoding=MISSING, by={}, is_plain=False)
        for features in with_indicator[:1]
    ]
    return planned + indicators


def plan_groups(planned: Sequence[PlannedFeatures]) -> list[Group]:
    """Put together what is read and encoded alike, in the order of the encodings."""
    by_place: dict[tuple[int, int, str], list[PlannedFeatures]] = {}
    for features in planned:
        place = _ORDER.index(features.encoding.name), get_args(Reading).index(features.reading)
        # A vocabulary of words belongs to one text, and directions to one set of columns.
        owner = features.name if features.encoding.name in _MANY else ""
        by_place.setdefault((*place, features.encoding.key + owner), []).append(features)
    groups = [by_place[place] for place in sorted(by_place, key=lambda place: place[:2])]
    names = [f"{members[0].encoding.name}_{members[0].reading}" for members in groups]
    return [
        Group(name if names.count(name) == 1 else f"{name}_{number}", tuple(members))
        for number, (name, members) in enumerate(zip(names, groups, strict=True))
    ]


def without(
    group: Group,
    useless: Collection[str],
    named: Sequence[tuple[PlannedFeatures, Sequence[str]]],
) -> Group:
    """Give a group without the members, and the parts of moments, whose features are all useless.

    Parameters
    ----------
    group : Group
        The group.
    useless : collection of str
        Features to leave out.
    named : sequence of (PlannedFeatures, sequence of str)
        The members with the names of their features.
    """
    kept = [features for features, names in named if not all(name in useless for name in names)]
    return replace(
        group, members=tuple(_without_useless_parts(features, useless) for features in kept)
    )


def _without_useless_parts(features: PlannedFeatures, useless: Collection[str]) -> PlannedFeatures:
    names = {part: replace(features, parts=(part,)).features(1) for part in features.parts}
    kept = tuple(part for part in names if not all(name in useless for name in names[part]))
    return replace(features, parts=kept)


def _reading(encoding: Encoding, types: Mapping[str, str]) -> Reading:
    kind = next(iter(types.values()))
    match encoding.name:
        case "date_parts" | "cycles":
            return "moments"
        case "hashed_ngrams" | "tfidf":
            return "documents"
        case "hash_strings" | "apply_vocabulary" | "word_count" if len(types) == 1:
            return "texts"
        case "pca":
            return "numbers"
        case _ if len(types) > 1:
            return "crossed"
        case name if kind == "string":
            return "texts" if name in CROSSING else "parsed"
        case _ if kind in MOMENTS:
            return "seconds"
        case name:
            return "flags" if kind == "bool" and name == "numeric" else "numbers"


def _date_parts(options: Options, types: Mapping[str, str]) -> tuple[str, ...]:
    if not isinstance(options, DateOptions):
        return ()
    return tuple(options.parts or parts_of(types.values()))
