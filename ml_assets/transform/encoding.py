"""The encodings that the YAML may name, with their options and the types of columns that they take.

An encoding is a name (`scale_to_z_score`), a mapping with that name and its options
(`{bucketize: {num_buckets: 5}}`), or a list of these, which gives a column several. What TensorFlow
Transform has bears its names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from ml_assets.spec import InWords, Spec, broken_rules

EncodingName = Literal[
    "numeric", "scale_to_z_score", "scale_to_0_1", "scale_to_gaussian", "bucketize", "categorical",
    "compute_and_apply_vocabulary", "hash_strings", "target_encoding", "date_parts", "cycles",
    "hashed_ngrams", "tfidf", "pca", "drop",
]  # fmt: skip
DatePart = Literal["month", "day", "day_of_week", "hour", "minute"]

MOMENTS = ("date", "timestamp")
_ANY = ("int", "float", "bool", "string", *MOMENTS)
TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(get_args(EncodingName), _ANY),
    "hash_strings": ("int", "string"),
    "target_encoding": ("int", "float", "bool", "string"),
    "date_parts": MOMENTS,
    "cycles": MOMENTS,
    "hashed_ngrams": ("string",),
    "tfidf": ("string",),
    "pca": ("int", "float", "bool"),
}
"""The types of the columns that an encoding takes."""
CROSSED_TYPES = ("int", "bool", "string")
"""The types of the columns that can be crossed: not all who serve write floats and moments alike."""
VOCABULARIES: tuple[EncodingName, ...] = ("categorical", "compute_and_apply_vocabulary")
"""The encodings whose codes are the values that training saw."""
CROSSING: tuple[EncodingName, ...] = (*VOCABULARIES, "hash_strings", "target_encoding")
"""The encodings that cross the columns where they are given several."""
NUMBERS_FROM_TEXTS: tuple[EncodingName, ...] = (
    "numeric", "scale_to_z_score", "scale_to_0_1", "scale_to_gaussian", "bucketize",
)  # fmt: skip
"""The encodings that read texts as numbers."""


class NumberConstant(Spec):
    """A number to put in place of a missing value."""

    constant: float


class TextConstant(Spec):
    """A text to put in place of a missing value."""

    constant: str


NumberImpute = Annotated[
    Literal["mean", "median", "most_frequent"] | NumberConstant,
    InWords("mean, median, most_frequent or {constant: NUMBER}"),
]
TextImpute = Annotated[
    Literal["most_frequent"] | TextConstant, InWords("most_frequent or {constant: TEXT}")
]


class Options(Spec):
    """An encoding without options."""


class NumberOptions(Options):
    """A number, as it is or scaled.

    Attributes
    ----------
    impute : {"mean", "median", "most_frequent"} or {constant: number}, optional
        What stands for a missing value, learnt from the training split; by default it stays missing.
    indicator : bool
        Whether a further feature ``<column>.missing`` says where the value was missing.
    """

    impute: NumberImpute | None = None
    indicator: bool = False


class GaussianOptions(NumberOptions):
    """`scale_to_gaussian`: mapped to a standard normal distribution.

    Attributes
    ----------
    method : {"quantile", "power"}
        By ranks, which no outlier disturbs, or by the power transform of Yeo and Johnson (2000).
    """

    method: Literal["quantile", "power"] = "quantile"


class BucketOptions(NumberOptions):
    """`bucketize`: the bucket in which a number lies, as a category.

    Attributes
    ----------
    num_buckets : int
        Buckets with about as many training rows each, 2 to 254.
    boundaries : list of float, optional
        Boundaries of one's own, ascending; a boundary belongs to the bucket above it.
    """

    num_buckets: Annotated[int, Field(ge=2, le=254)] = 10
    boundaries: Annotated[list[float], Field(min_length=1, max_length=253)] | None = None

    @model_validator(mode="after")
    def _rises(self) -> "BucketOptions":
        falls = any(low >= high for low, high in pairwise(self.boundaries or ()))
        both = self.boundaries is not None and "num_buckets" in self.model_fields_set
        broken_rules(
            (falls, "boundaries", "must rise from one to the next"),
            (both, "num_buckets", "says the same as boundaries; keep one of them"),
        )
        return self


class VocabularyOptions(Options):
    """`compute_and_apply_vocabulary`: codes of values, the rare ones sharing one.

    Attributes
    ----------
    top_k : int, optional
        How many values have a code of their own, 1 to 253; by default one less than
        `TransformSpec.max_categories`.
    frequency_threshold : int, optional
        How often training must see such a value, >= 1; by default `TransformSpec.min_category_count`.
    unknown : {"missing", "rare"}
        What a value is that training never saw: missing, or, where there are rare ones, one of these.
    impute : "most_frequent" or {constant: text}, optional
        What stands for a missing value; by default it stays missing.
    indicator : bool
        Whether a further feature ``<column>.missing`` says where the value was missing.
    """

    top_k: Annotated[int, Field(ge=1, le=253)] | None = None
    frequency_threshold: Annotated[int, Field(ge=1)] | None = None
    unknown: Literal["missing", "rare"] = "missing"
    impute: TextImpute | None = None
    indicator: bool = False


class HashOptions(Options):
    """`hash_strings`: the bucket of a value's hash, as a category; nothing is learnt.

    Attributes
    ----------
    hash_buckets : int
        The number of buckets, 2 to 254. Values share one by chance.
    """

    hash_buckets: Annotated[int, Field(ge=2, le=254)] = 64


class TargetOptions(Options):
    """`target_encoding`: the label's mean where training saw the value (Micci-Barreca 2001).

    Of several classes, the share of each. A training row gets the mean of the other folds, which its own
    label is not in; a served row the mean of all training rows.

    Attributes
    ----------
    smooth : "auto" or float
        How many rows of the overall mean are mixed in, >= 0; by default as the variances suggest.
    folds : int
        Into how many parts the training rows are cut, 2 to 20.
    """

    smooth: Literal["auto"] | Annotated[float, Field(ge=0)] = "auto"
    folds: Annotated[int, Field(ge=2, le=20)] = 5


class DateOptions(Options):
    """`date_parts`: parts of a moment as numbers. `cycles`: the sine and cosine of each.

    Attributes
    ----------
    parts : list of str, optional
        Which parts; by default all that the type has.
    """

    parts: Annotated[list[DatePart], Field(min_length=1)] | None = None


class TextOptions(Options):
    """`hashed_ngrams`: counts of hashed words. `tfidf`: frequent words, weighted by how rare they are.

    Both give a dense float64 feature for each bucket or word, scaled so that the squares of a row add up
    to 1.

    Attributes
    ----------
    max_features : int
        The most features, 2 to 1,000: each takes 8 bytes of memory for each row.
    ngram_range : [int, int]
        The least and the largest number of neighbouring words (or letters) that count as one, 1 to 10.
    analyzer : {"word", "char_wb"}
        Words of at least two letters, or letters within words.
    """

    max_features: Annotated[int, Field(ge=2, le=1_000)] = 32
    ngram_range: Annotated[
        list[Annotated[int, Field(ge=1, le=10)]],
        Field(min_length=2, max_length=2),
        InWords("a list of two whole numbers from 1 to 10"),
    ] = [1, 1]
    analyzer: Literal["word", "char_wb"] = "word"

    @model_validator(mode="after")
    def _spans(self) -> "TextOptions":
        least, most = self.ngram_range
        broken_rules((least > most, "ngram_range", f"begins at {least}, above its end {most}"))
        return self


class PcaOptions(Options):
    """`pca`: the directions in which several columns, scaled to z-scores, vary most.

    Attributes
    ----------
    output_dim : int
        The number of directions, >= 1; at most one less than there are columns.
    impute : {"mean", "median", "most_frequent"}
        What stands for a missing value.
    """

    output_dim: Annotated[int, Field(ge=1)] = 1
    impute: Literal["mean", "median", "most_frequent"] = "mean"


class EncodingSpec(Spec):
    """One encoding with its options: a mapping with one key."""

    numeric: NumberOptions | None = None
    scale_to_z_score: NumberOptions | None = None
    scale_to_0_1: NumberOptions | None = None
    scale_to_gaussian: GaussianOptions | None = None
    bucketize: BucketOptions | None = None
    compute_and_apply_vocabulary: VocabularyOptions | None = None
    hash_strings: HashOptions | None = None
    target_encoding: TargetOptions | None = None
    date_parts: DateOptions | None = None
    cycles: DateOptions | None = None
    hashed_ngrams: TextOptions | None = None
    tfidf: TextOptions | None = None
    pca: PcaOptions | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "EncodingSpec":
        named = [name for name in EncodingSpec.model_fields if getattr(self, name) is not None]
        broken_rules(
            (len(named) != 1, "", f"must name one encoding with its options; found {len(named)}")
        )
        return self


_NAMES = (
    f"one of {', '.join(get_args(EncodingName))}, or a mapping of that name to its options (categorical "
    "and drop have none)"
)
OneEncoding = Annotated[EncodingName | EncodingSpec, InWords(_NAMES)]
ColumnEncodings = Annotated[
    list[OneEncoding] | EncodingName | EncodingSpec, InWords(f"{_NAMES}, or a list of these")
]


@dataclass(frozen=True)
class Encoding:
    """An encoding and its options, however the YAML says it; ``missing`` is that of an indicator."""

    name: EncodingName | Literal["missing"]
    options: Options

    @property
    def key(self) -> str:
        """Equal for encodings that do the same."""
        return f"{self.name} {self.options.model_dump_json()}"


_OPTIONS: dict[str, type[Options]] = {
    **{name: get_args(field.annotation)[0] for name, field in EncodingSpec.model_fields.items()},
    # The vocabulary with the limits of the whole pipeline.
    "categorical": VocabularyOptions,
    "drop": Options,
}


def encodings_of(value: ColumnEncodings | EncodingName) -> tuple[Encoding, ...]:
    """Give what the YAML says of a column as encodings with their options."""
    if isinstance(value, list):
        return tuple(encoding for one in value for encoding in encodings_of(one))
    if isinstance(value, str):
        return (Encoding(value, _OPTIONS[value]()),)
    return tuple(
        Encoding(name, options)
        for name in get_args(EncodingName)
        if (options := getattr(value, name, None)) is not None
    )


def parts_of(types: Collection[str]) -> tuple[DatePart, ...]:
    """Give the parts that a moment of these types has."""
    every: tuple[DatePart, ...] = get_args(DatePart)
    return every if "timestamp" in types else every[:3]
