"""All errors of the package, grouped by who must act.

A message says what is wrong, where, what was found, what is allowed and what to do next. Several
findings of one kind are raised together, one per line.
"""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class MLAssetsError(Exception):
    """An error with a message for a person; everything below derives from it."""


class PipelineFileError(MLAssetsError):
    """The author of a pipeline's YAML file must act."""


class DataError(MLAssetsError):
    """The owner of the data must act."""


class ModelError(MLAssetsError):
    """The owner of the model must act."""


class RequestError(MLAssetsError):
    """The person who made a request must change it; nothing was changed."""


class MissingExtraError(MLAssetsError):
    """The person who installs the package must act: an optional dependency is missing."""


@contextmanager
def prefix_data_errors(where: str) -> Iterator[None]:
    """Put `where`, the origin of the data, before the text of every `DataError` that is raised inside."""
    try:
        yield
    except DataError as error:
        error.args = (f"{where}: {error}",)
        raise


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give a hint that names the nearest known name, or nothing.

    Parameters
    ----------
    name : str
        The name that was not found.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        ``" Did you mean 'x'?"`` with a leading space, or ``""`` where no known name is near.
    """
    names = list(known)
    folded = {candidate.casefold(): candidate for candidate in names}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f" Did you mean '{folded[near[0]]}'?" if near else ""
