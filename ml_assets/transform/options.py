"""The options that an encoding may have in the YAML, with their defaults and ranges."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, StrictInt, model_validator

from ml_assets.spec import InWords, Spec, refuse_broken_rules

DatePart = Literal["month", "day", "day_of_week", "hour", "minute"]


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


class PerKeyOptions(NumberOptions):
    """`scale_to_z_score_per_key`, `scale_to_0_1_per_key`: scaled among the numbers of the same key.

    Attributes
    ----------
    key : str
        A column of another sort, int, bool or string. A key that is missing, that training never saw, or
        for which it saw fewer than `TransformSpec.min_category_count` numbers, has the scale of the whole
        training split.
    """

    key: str


class BucketPerKeyOptions(PerKeyOptions):
    """`bucketize_per_key`: the bucket in which a number lies among those of its key, as a category.

    Attributes
    ----------
    num_buckets : int
        Buckets with about as many training rows of the key each, 2 to 254.
    """

    num_buckets: Annotated[int, Field(ge=2, le=254)] = 10


class BucketOptions(NumberOptions):
    """`bucketize`: the bucket in which a number lies, as a category.

    `apply_buckets_with_interpolation`: the place of a number between the boundaries, from 0 at the first
    and below to 1 at the last and above, the same step from each to the next.

    Attributes
    ----------
    num_buckets : int
        Buckets with about as many training rows each, 2 to 254.
    boundaries : list of float, optional
        The boundaries themselves, ascending; a boundary belongs to the bucket above it.
    """

    num_buckets: Annotated[int, Field(ge=2, le=254)] = 10
    boundaries: Annotated[list[float], Field(min_length=1, max_length=253)] | None = None

    @model_validator(mode="after")
    def _check_boundaries(self) -> "BucketOptions":
        is_unordered = any(low >= high for low, high in pairwise(self.boundaries or ()))
        has_both = self.boundaries is not None and "num_buckets" in self.model_fields_set
        refuse_broken_rules(
            (is_unordered, "boundaries", "must rise from one to the next"),
            (has_both, "num_buckets", "says the same as boundaries; keep one of them"),
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


class OwnVocabularyOptions(Options):
    """`apply_vocabulary`: the place of a value in a list that the YAML gives, as a category.

    Attributes
    ----------
    vocabulary : list of str or int
        1 to 253 different values.
    unknown : {"missing", "rare"}
        What any other value is: missing, or a category that all other values share.
    impute : "most_frequent" or {constant: text}, optional
        What stands for a missing value; by default it stays missing.
    indicator : bool
        Whether a further feature ``<column>.missing`` says where the value was missing.
    """

    vocabulary: Annotated[
        list[str | StrictInt],
        Field(min_length=1, max_length=253),
        InWords("a list of 1 to 253 texts or whole numbers (yes and no need quotes)"),
    ]
    unknown: Literal["missing", "rare"] = "missing"
    impute: TextImpute | None = None
    indicator: bool = False

    @property
    def texts(self) -> list[str]:
        """The values as they are read."""
        return [str(value) for value in self.vocabulary]

    @model_validator(mode="after")
    def _check_vocabulary(self) -> "OwnVocabularyOptions":
        twice = [value for value in dict.fromkeys(self.texts) if self.texts.count(value) > 1]
        refuse_broken_rules((bool(twice), "vocabulary", f"names {', '.join(twice[:3])} twice"))
        return self


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
    def _check_ngram_range(self) -> "TextOptions":
        least, most = self.ngram_range
        refuse_broken_rules(
            (least > most, "ngram_range", f"begins at {least}, above its end {most}")
        )
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
