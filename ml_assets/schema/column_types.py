"""Whether a column's type is what the schema wants."""

from ml_assets.schema.model import Feature

# A column's actual type, and the one that may be expected instead: nothing is lost.
_WIDENED = (("bool", "int"), ("int", "float"), ("date", "timestamp"))
# The types that may stand where a bool is expected; the values are checked then.
_BOOLS = ("bool", "int", "float")


def fits_type(actual: str, feature: Feature) -> bool:
    """Whether a column of the type `actual` is what the schema wants.

    An int is fine where a float is expected, a bool where an int is, and a date where a timestamp is. A
    bool may stand where a float holds one, and numbers may stand for bools: their values are judged.
    """
    if actual in ("null", feature.type) or (actual, feature.type) in _WIDENED:
        return True
    if feature.type == "bool":
        return actual in _BOOLS
    return (actual, feature.type, feature.holds) == ("bool", "float", "bool")
