"""Who asks for something that is kept on record, and why."""

import getpass
import os

from ml_assets.errors import RequestError


def current_user() -> str:
    """Give the name of the user whose process this is."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in some containers
        return f"user {os.getuid()}"


def needed_reason(reason: str) -> str:
    """Give a reason without the spaces around it.

    Raises
    ------
    RequestError
        If there is none.
    """
    if not reason.strip():
        raise RequestError("A reason is needed: it is kept on record. Say why.")
    return reason.strip()
