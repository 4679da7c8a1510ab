"""The encodings that the YAML may name, with their options and the types of columns that they take.

An encoding is a name (`scale_to_z_score`), a mapping with that name and its options
(`{bucketize: {num_buckets: 5}}`), or a list of these, which gives a column several. What TensorFlow
Transform has bears its names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import model_validator

from ml_assets.spec import InWords, Spec, refuse_broken_rules
from ml_assets.transform.options import (
    BucketOptions,
    BucketPerKeyOptions,
    DateOptions,
    DatePart,
    GaussianOptions,
    HashOptions,
    NumberOptions,
    Options,
    OwnVocabularyOptions,
    PcaOptions,
    PerKeyOptions,
    TargetOptions,
    TextOptions,
    VocabularyOptions,
)

EncodingName = Literal[
    "numeric", "scale_to_z_score", "scale_to_z_score_per_key", "scale_to_0_1", "scale_to_0_1_per_key",
    "scale_to_gaussian", "apply_buckets_with_interpolation", "bucketize", "bucketize_per_key",
    "categorical", "compute_and_apply_vocabulary", "apply_vocabulary", "hash_strings", "target_encoding",
    "date_parts", "cycles", "word_count", "hashed_ngrams", "tfidf", "pca", "drop",
]  # fmt: skip

MOMENTS = ("date", "timestamp")
_ANY = ("int", "float", "bool", "string", *MOMENTS)
TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(get_args(EncodingName), _ANY),
    "apply_vocabulary": ("int", "string"),
    "hash_strings": ("int", "string"),
    "target_encoding": ("int", "float", "bool", "string"),
    "date_parts": MOMENTS,
    "cycles": MOMENTS,
    "word_count": ("string",),
    "hashed_ngrams": ("string",),
    "tfidf": ("string",),
    "pca": ("int", "float", "bool"),
}
"""The types of the columns that an encoding takes."""
CROSSED_TYPES = ("int", "bool", "string")
"""The types of keys, and of columns in a cross: not all who serve write floats and moments alike."""
BINNED_TYPES = ("int", "float", *MOMENTS)
"""The types of the columns that a cross takes by their bins."""
VOCABULARIES: tuple[EncodingName, ...] = ("categorical", "compute_and_apply_vocabulary")
"""The encodings whose codes are the values that training saw."""
CROSSING: tuple[EncodingName, ...] = (*VOCABULARIES, "hash_strings", "target_encoding")
"""The encodings that cross the columns where they are given several."""
NUMBERS_FROM_TEXTS: tuple[EncodingName, ...] = (
    "numeric", "scale_to_z_score", "scale_to_z_score_per_key", "scale_to_0_1", "scale_to_0_1_per_key",
    "scale_to_gaussian", "apply_buckets_with_interpolation", "bucketize", "bucketize_per_key",
)  # fmt: skip
"""The encodings that read texts as numbers."""


class EncodingSpec(Spec):
    """One encoding with its options: a mapping with one key."""

    numeric: NumberOptions | None = None
    scale_to_z_score: NumberOptions | None = None
    scale_to_z_score_per_key: PerKeyOptions | None = None
    scale_to_0_1: NumberOptions | None = None
    scale_to_0_1_per_key: PerKeyOptions | None = None
    scale_to_gaussian: GaussianOptions | None = None
    apply_buckets_with_interpolation: BucketOptions | None = None
    bucketize: BucketOptions | None = None
    bucketize_per_key: BucketPerKeyOptions | None = None
    compute_and_apply_vocabulary: VocabularyOptions | None = None
    apply_vocabulary: OwnVocabularyOptions | None = None
    hash_strings: HashOptions | None = None
    target_encoding: TargetOptions | None = None
    date_parts: DateOptions | None = None
    cycles: DateOptions | None = None
    hashed_ngrams: TextOptions | None = None
    tfidf: TextOptions | None = None
    pca: PcaOptions | None = None

    @model_validator(mode="after")
    def _check_one_encoding(self) -> "EncodingSpec":
        named = [name for name in EncodingSpec.model_fields if getattr(self, name) is not None]
        refuse_broken_rules(
            (len(named) != 1, "", f"must name one encoding with its options; found {len(named)}")
        )
        return self


_NAMES = (
    f"one of {', '.join(get_args(EncodingName))}, or a mapping of that name to its options "
    "(categorical, word_count and drop have none)"
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

    @property
    def by(self) -> tuple[str, ...]:
        """The column that it reads beside those that it encodes: the key, if it has one."""
        return (self.options.key,) if isinstance(self.options, PerKeyOptions) else ()

    @property
    def needs(self) -> list[str]:
        """The options that the YAML must name, where it names only the encoding."""
        fields = _OPTIONS[self.name].model_fields if type(self.options) is Options else {}
        return [option for option, field in fields.items() if field.is_required()]


_OPTIONS: dict[str, type[Options]] = {
    **{name: get_args(field.annotation)[0] for name, field in EncodingSpec.model_fields.items()},
    # The vocabulary with the limits of the whole pipeline.
    "categorical": VocabularyOptions,
    **dict.fromkeys(("word_count", "drop", "missing"), Options),
}


def encodings_of(value: ColumnEncodings | EncodingName) -> tuple[Encoding, ...]:
    """Give what the YAML says of a column as encodings with their options."""
    if isinstance(value, list):
        return tuple(encoding for item in value for encoding in encodings_of(item))
    if isinstance(value, str):
        needs = Encoding(value, Options()).needs
        return (Encoding(value, Options() if needs else _OPTIONS[value]()),)
    return tuple(
        Encoding(name, options)
        for name in get_args(EncodingName)
        if (options := getattr(value, name, None)) is not None
    )


def parts_of(types: Collection[str]) -> tuple[DatePart, ...]:
    """Give the parts that a moment of these types has."""
    parts: tuple[DatePart, ...] = get_args(DatePart)
    return parts if "timestamp" in types else parts[:3]
