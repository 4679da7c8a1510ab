"""Whether a column's type is what the schema wants."""

from ml_assets.schema.model import Feature

# What is found, and what may be expected instead: nothing is lost.
_WIDENED = (("bool", "int"), ("int", "float"), ("date", "timestamp"))
# What may be found where a bool is expected; the values are checked then.
_BOOLS = ("bool", "int", "float")


def fits_type(found: str, feature: Feature) -> bool:
    """Whether a column of the type `found` is what the schema wants.

    An int is fine where a float is expected, a bool where an int is, and a date where a timestamp is. A
    bool may stand where a float holds one, and numbers may stand for bools: their values are judged.
    """
    if found in ("null", feature.type) or (found, feature.type) in _WIDENED:
        return True
    if feature.type == "bool":
        return found in _BOOLS
    return (found, feature.type, feature.holds) == ("bool", "float", "bool")
