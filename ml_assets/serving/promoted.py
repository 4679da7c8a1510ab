"""Whether the version that bears the alias champion ever became champion through the gate."""

from collections.abc import Sequence

from ml_assets.errors import ModelError
from ml_assets.registry.ledger import Entry
from ml_assets.registry.version import RegisteredVersion

_THROUGH_THE_GATE = ("promotion", "rollback")


def check_promoted(
    champion: RegisteredVersion | None, entries: Sequence[Entry], pipeline: str
) -> None:
    """Refuse to score with a version that was only given the alias by hand.

    Parameters
    ----------
    champion : RegisteredVersion or None
        The version that bears the alias; nothing is said of none.
    entries : sequence of Entry
        The ledger of its registered model.
    pipeline : str
        The pipeline's name, for the message.

    Raises
    ------
    ModelError
        If neither the ledger nor its own tag says that it was promoted or rolled back to.
    """
    if champion is None:
        return
    moves = [entry for entry in entries if entry.action in _THROUGH_THE_GATE]
    verdict = champion.tags.get("promotion", "no verdict is known")
    if any(move.to_version == champion.version for move in moves) or verdict == "promoted":
        return
    raise ModelError(
        f"{pipeline}/predictions: version {champion.version} of '{champion.name}' bears the alias "
        f"champion, but the gate never promoted it ({verdict[:200]}). Somebody moved the alias by hand, "
        f"so nothing is scored. Put the champion before it back: python -m ml_assets rollback {pipeline} "
        "--reason WHY"
    )
