"""Judges an Arrow array by the rules of its feature, and says of each broken value what is wrong."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from ml_assets.schema.column_types import fits_type
from ml_assets.schema.model import Feature
from ml_assets.statistics.feature_state import feature_type
from ml_assets.statistics.plain_arrow import as_floats, as_microseconds, as_texts
from ml_assets.validation.value_rules import Rule, Rules, read_text, rules_of, show_moment
from ml_assets.validation.wording import quote

Mask = NDArray[np.bool_]
NOT_NULLABLE = "not_nullable"
_MISSING = Rule(
    NOT_NULLABLE,
    "FEATURE_TYPE_LOW_FRACTION_PRESENT",
    lambda value: value is None,
    "has no value",
    "a value",
)
# The rules of texts that Arrow judges by itself.
_FAST = ("min_length", "max_length", "domain", "utf8")


@dataclass(frozen=True)
class ArrayRules:
    """The rules of one feature for arrays.

    Attributes
    ----------
    feature : Feature
        What the column must look like.
    rules : Rules
        Its rules.
    """

    feature: Feature
    rules: Rules = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", rules_of(self.feature))

    def broken(self, array: Any) -> Mask:
        """Give which rows of an array break a rule; of a column of another type, only missing ones."""
        mask = np.zeros(len(array), bool)
        missing = array.is_null().to_numpy(zero_copy_only=False)
        if not self.feature.allows_null:
            mask |= missing
        if not fits_type(feature_type(array.type), self.feature) or missing.all():
            return mask
        is_present = ~missing
        mask[is_present] |= self._values_broken(array.drop_null() if array.null_count else array)
        return mask

    def reasons(self, array: Any) -> list[list[tuple[Rule, str]]]:
        """Give the rules that each value of an array breaks, with the reason in words."""
        values, rules = _values_and_rules(array, self.rules)
        scalars = [None] * len(array) if values is None else _scalars(values)
        return [self._reasons(value, rules) for value in scalars]

    def _reasons(self, value: Any, rules: tuple[Rule, ...]) -> list[tuple[Rule, str]]:
        name = self.feature.name
        if value is None:
            return [(_MISSING, f"{name} has no value")]
        shown = show_moment(value) if rules is self.rules.moments else quote(value)
        return [
            (rule, f"{name} is {shown}, {rule.text}")
            for rule in rules
            if bool(rule.is_broken(value))
        ]

    def _values_broken(self, array: Any) -> Mask:
        values, rules = _values_and_rules(array, self.rules)
        mask = np.zeros(len(array), bool)
        if isinstance(values, np.ndarray):
            for rule in rules:
                mask |= np.asarray(rule.is_broken(values), bool)
        elif values is not None:
            mask = _texts_broken(values, rules, self.feature)
        return mask


def _values_and_rules(array: Any, rules: Rules) -> tuple[Any, tuple[Rule, ...]]:
    """The values as NumPy numbers or an Arrow array of texts, and the rules for them."""
    type_ = array.type
    if pt.is_dictionary(type_):
        return _values_and_rules(array.cast(type_.value_type), rules)
    match feature_type(type_):
        case "int":
            return _numbers(array), rules.ints
        case "bool":
            return _numbers(array.cast(pa.int8())), rules.ints
        case "float":
            return _numbers(as_floats(array)), rules.floats
        case "date" | "timestamp":
            return _numbers(as_microseconds(array)), rules.moments
        case "string":
            return array, rules.texts
        case _:
            return None, ()


def _numbers(array: Any) -> Any:
    return array if array.null_count else array.to_numpy(zero_copy_only=False)


def _texts_broken(array: Any, rules: tuple[Rule, ...], feature: Feature) -> Mask:
    """Judge each different text once."""
    if _is_fast(array, rules):
        return _texts_broken_fast(array, rules, feature)
    encoded = array.dictionary_encode()
    texts = _scalars(encoded.dictionary)
    flags = np.array([any(rule.is_broken(text) for rule in rules) for text in texts], bool)
    chosen: Mask = flags[encoded.indices.to_numpy(zero_copy_only=False)]
    return chosen


def _is_fast(array: Any, rules: tuple[Rule, ...]) -> bool:
    plain = pt.is_string(array.type) or pt.is_large_string(array.type)
    return plain and all(rule.name in _FAST for rule in rules)


def _texts_broken_fast(array: Any, rules: tuple[Rule, ...], feature: Feature) -> Mask:
    mask = np.zeros(len(array), bool)
    names = {rule.name for rule in rules}
    if "domain" in names:
        domain = pa.array(feature.domain, array.type)
        mask |= ~pc.is_in(array, value_set=domain).to_numpy(zero_copy_only=False)
    if names - {"domain"}:
        sizes = pc.utf8_length(array).to_numpy(zero_copy_only=False)
        if "min_length" in names:
            mask |= sizes < feature.min_length
        if "max_length" in names:
            mask |= sizes > feature.max_length
    return mask


def _scalars(values: Any) -> list[Any]:
    """Python values."""
    if isinstance(values, np.ndarray):
        return list(values.tolist())
    if any(
        test(values.type) for test in (pt.is_binary, pt.is_large_binary, pt.is_fixed_size_binary)
    ):
        return [None if value is None else read_text(value) for value in values.to_pylist()]
    if pt.is_time(values.type):
        return list(as_texts(values)[0].to_pylist())
    return list(values.to_pylist())
