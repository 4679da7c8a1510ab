"""YAML that cannot harm its reader: no aliases, no tags that make objects, no depth, no huge numbers.

A few lines of aliases stand for gigabytes, and a whole number of a few kilobytes cannot even be printed.
"""

from typing import Any

import yaml

MAX_DEPTH = 40
# Limits of numbers of 64 bits lie a margin beyond them.
LEAST_INT, GREATEST_INT = -(2**127), 2**127 - 1


class SafeLoader(yaml.SafeLoader):
    """PyYAML's safe loader without aliases and without deep nesting."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node; what is not allowed is a `yaml.MarkedYAMLError`."""
        if self.check_event(yaml.AliasEvent):
            raise self._refused("aliases (*name) are not allowed; write the values out")
        if self.depth > MAX_DEPTH:
            raise self._refused(f"nested deeper than {MAX_DEPTH} levels")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def _refused(self, problem: str) -> yaml.MarkedYAMLError:
        mark = self.get_mark()
        return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def scalar_of(node: yaml.Node) -> Any:
    """Give a scalar's value as YAML understands it.

    Raises
    ------
    ValueError
        Saying why, if it cannot be read, or is a whole number of more than 128 bits.
    """
    try:
        value = SafeLoader("").construct_object(node)
    except yaml.YAMLError as error:
        raise ValueError(getattr(error, "problem", None) or str(error)) from error
    except OverflowError as error:
        raise ValueError("it is too large") from error
    if isinstance(value, int) and not LEAST_INT <= value <= GREATEST_INT:
        raise ValueError("a whole number has at most 128 bits")
    return value
