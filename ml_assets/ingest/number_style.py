"""`NumberStyle`: how the numbers of a CSV file are written, where that is not the usual way."""

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written.

    Attributes
    ----------
    decimal : str
        What stands before the fraction: a dot or a comma.
    thousands : str
        What stands between groups of three digits; empty for nothing.
    """

    decimal: str = "."
    thousands: str = ""

    @property
    def is_usual(self) -> bool:
        """Whether it is the way that programs write numbers."""
        return self.decimal == "." and not self.thousands

    def usual(self, texts: pa.Array) -> pa.Array:
        """Give numbers in the usual way; null where a text is no number of this style.

        A fraction behind a dot is read where decimals have a comma too, unless dots group thousands.
        """
        if self.is_usual:
            return texts
        fits = pc.match_substring_regex(texts, self._pattern)
        numbers = pc.if_else(fits, texts, pa.scalar(None, pa.string()))
        if self.thousands:
            numbers = pc.replace_substring(numbers, self.thousands, "")
        return pc.replace_substring(numbers, self.decimal, ".")

    @property
    def _pattern(self) -> str:
        group = re.escape(self.thousands)
        grouped = rf"[0-9]{{1,3}}({group}[0-9]{{3}})+|" if self.thousands else ""
        dot = "[.,]" if self.decimal == "," and self.thousands != "." else re.escape(self.decimal)
        fraction = rf"({dot}[0-9]*)?([eE][+-]?[0-9]+)?"
        number = rf"({grouped}[0-9]+){fraction}|{dot}[0-9]+([eE][+-]?[0-9]+)?"
        return rf"^[+-]?({number}|(?i:inf|infinity|nan))$"
