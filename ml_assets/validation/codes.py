"""The codes of anomalies, and of which kind each is: what the checks of the asset `anomalies` are about.

Names and meanings are TFDV's (``anomalies.proto``) where it has one; ours are marked.
"""

from typing import Literal, get_args

Kind = Literal[
    "specification", "row_counts", "columns", "presence", "domains", "ranges", "uniqueness",
    "dependencies", "drift",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

_CODES: dict[Kind, dict[str, str]] = {
    "specification": {
        "BOOL_TYPE_INVALID_CONFIG": "The schema's true and false do not fit the type",
        "DOMAIN_INVALID_FOR_TYPE": "The schema's domain does not fit the type",
        "FEATURE_MISSING_NAME": "A feature of the schema has no name",
        "FEATURE_MISSING_TYPE": "A feature of the schema has no type",
        "FEATURE_TYPE_NO_UNIQUE": "Different values are not counted",
        "INVALID_DOMAIN_SPECIFICATION": "The schema's domain is wrong",
        "INVALID_SCHEMA_SPECIFICATION": "The schema is wrong",
    },
    "row_counts": {
        "COMPARATOR_HIGH_NUM_EXAMPLES": "Many more rows than before",
        "COMPARATOR_LOW_NUM_EXAMPLES": "Many fewer rows than before",
        "DATASET_HIGH_NUM_EXAMPLES": "Too many rows",
        "DATASET_LOW_NUM_EXAMPLES": "Too few rows",
    },
    "columns": {
        "SCHEMA_MISSING_COLUMN": "Column missing",
        "SCHEMA_NEW_COLUMN": "New column",
        "UNEXPECTED_DATA_TYPE": "Unexpected data type",
    },
    "presence": {
        "FEATURE_TYPE_LOW_FRACTION_PRESENT": "Too many missing values",
        "FEATURE_TYPE_LOW_NUMBER_PRESENT": "Too few values",
        "FEATURE_TYPE_LOW_NUMBER_VALUES": "One value in a row, not several",
        "FEATURE_TYPE_NOT_PRESENT": "No values at all",
        "FLOAT_TYPE_HAS_NAN": "NaN values",
        "INVALID_FEATURE_SHAPE": "Rows without their one value",
    },
    "domains": {
        "BOOL_TYPE_BIG_INT": "Neither true nor false",
        "BOOL_TYPE_SMALL_INT": "Neither true nor false",
        "BOOL_TYPE_UNEXPECTED_FLOAT": "Neither true nor false",
        "BOOL_TYPE_UNEXPECTED_STRING": "Neither true nor false",
        "ENUM_TYPE_INVALID_UTF8": "Values that are not UTF-8",
        "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "Unexpected string values",
        "FLOAT_TYPE_STRING_NOT_FLOAT": "Texts that are not numbers",
        "INT_TYPE_NOT_INT_STRING": "Texts that are not whole numbers",
    },
    "ranges": {
        "FLOAT_TYPE_BIG_FLOAT": "Out-of-range values",
        "FLOAT_TYPE_HAS_INF": "Infinite values",
        "FLOAT_TYPE_SMALL_FLOAT": "Out-of-range values",
        "INT_TYPE_BIG_INT": "Out-of-range values",
        "INT_TYPE_SMALL_INT": "Out-of-range values",
        "STRING_TYPE_LONG_STRING": "Too long texts",  # ours
        "STRING_TYPE_SHORT_STRING": "Too short texts",  # ours
        "TIME_TYPE_EARLY_TIME": "Too early times",  # ours
        "TIME_TYPE_LATE_TIME": "Too late times",  # ours
    },
    "uniqueness": {
        "FEATURE_TYPE_HIGH_UNIQUE": "Too many different values",
        "FEATURE_TYPE_LOW_UNIQUE": "Repeated values, or too few different ones",
    },
    "dependencies": {
        "FUNCTIONAL_DEPENDENCY_BROKEN": "Rows that contradict each other",  # ours
    },
    "drift": {
        "COMPARATOR_CONTROL_DATA_MISSING": "Nothing to compare with",
        "COMPARATOR_DISTRIBUTION_MOVED": "The distribution moved",  # ours
        "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": "The distribution moved",
        "COMPARATOR_KS_HIGH": "The distribution moved",  # ours
        "COMPARATOR_L_INFTY_HIGH": "The share of one value moved",
        "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH": "The count of one value moved",
        "COMPARATOR_PSI_HIGH": "The distribution moved",  # ours
        "COMPARATOR_WASSERSTEIN_HIGH": "The distribution moved",  # ours
    },
}

SHORT_DESCRIPTIONS = {code: text for codes in _CODES.values() for code, text in codes.items()}
"""What each code says, in a few words."""

KIND_OF: dict[str, Kind] = {code: kind for kind, codes in _CODES.items() for code in codes}
"""Of which kind each code is."""
