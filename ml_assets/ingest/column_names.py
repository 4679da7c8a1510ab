"""Which names a source's columns may have."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ml_assets.errors import DataError
from ml_assets.table import RESERVED_COLUMNS

MAX_COLUMNS = 10_000
_MAX_LENGTH = 200
# Cyrillic and Greek letters that look like Latin ones.
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c"
    "\u041d\u041e\u0420\u0421\u0422\u0425\u03bf\u03bd\u03c1\u0391\u0392\u0395\u0397\u0399\u039a"
    "\u039c\u039d\u039f\u03a1\u03a4\u03a7",
    "aeopcyxijsABEKMHOPCTXovpABEHIKMNOPTX",
)


def check_column_names(names: Sequence[str], file: str) -> None:
    """Refuse column names that cannot be told apart, read or kept.

    Parameters
    ----------
    names : sequence of str
        The names as found.
    file : str
        Where they were found.

    Raises
    ------
    DataError
        Naming at once all names that are blank, duplicate, longer than 200 characters, reserved, that
        hold control characters, or that look like another of the names; or if there are none, or more
        than 10,000.
    """
    if not 1 <= len(names) <= MAX_COLUMNS:
        raise DataError(f"{file} has {len(names):,} columns; allowed are 1 to {MAX_COLUMNS:,}.")
    mistakes = [*_blank(names), *_duplicate(names), *_unfit(names), *_confusable(names)]
    if mistakes:
        shown = mistakes[:8] + [f"and {len(mistakes) - 8} more"] * (len(mistakes) > 8)
        raise DataError(f"{file}: {'; '.join(shown)}. Rename them in the source.")


def _blank(names: Sequence[str]) -> list[str]:
    places = [str(number) for number, name in enumerate(names, 1) if not name.strip()]
    if not places:
        return []
    numbers = ", ".join(places[:8]) + (", ..." if len(places) > 8 else "")
    return [
        f"column {numbers} has no name" if len(places) == 1 else f"columns {numbers} have no name"
    ]


def _duplicate(names: Sequence[str]) -> Iterable[str]:
    for name, count in Counter(names).items():
        if count > 1 and name.strip():
            yield f"the column name {_quoted(name)} appears {count} times"


def _unfit(names: Sequence[str]) -> Iterable[str]:
    for name in dict.fromkeys(names):
        if len(name) > _MAX_LENGTH:
            yield f"the column name {_quoted(name)} is longer than {_MAX_LENGTH} characters"
        if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name):
            yield f"the column name {_quoted(name)} holds characters that cannot be seen"
        if name in RESERVED_COLUMNS:
            yield f"the column name '{name}' is reserved"


def _confusable(names: Sequence[str]) -> Iterable[str]:
    alike = defaultdict(list)
    for name in dict.fromkeys(names):
        if name.strip():
            skeleton = unicodedata.normalize("NFKC", name).translate(_LOOK_ALIKES).strip()
            alike[skeleton].append(name)
    for group in alike.values():
        if len(group) > 1:
            yield f"the column names {' and '.join(map(_quoted, group[:3]))} look the same"


def _quoted(name: str) -> str:
    """The name with everything beyond ASCII escaped, so that look-alikes differ, and cut short."""
    text = ascii(name)
    return text if len(text) <= 60 else text[:56] + "...'"
