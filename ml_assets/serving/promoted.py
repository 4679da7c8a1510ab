"""Whether the version that bears the alias champion ever became champion through the gate."""

from collections.abc import Sequence

from ml_assets.errors import ModelError
from ml_assets.registry.ledger import Entry, passed_the_gate
from ml_assets.registry.version import RegisteredVersion


def check_promoted(
    champion: RegisteredVersion | None, entries: Sequence[Entry], pipeline: str
) -> None:
    """Refuse to score with a version that was only given the alias by hand, or whose tag was altered.

    Parameters
    ----------
    champion : RegisteredVersion or None
        The version that bears the alias; without one nothing is refused.
    entries : sequence of Entry
        The ledger of its registered model.
    pipeline : str
        The pipeline's name, for the message.

    Raises
    ------
    ModelError
        If the ledger does not say that this version, with this content, was promoted or rolled back to.
    """
    if champion is None or passed_the_gate(entries, champion):
        return
    verdict = champion.tags.get("promotion", "no verdict is known")
    raise ModelError(
        f"{pipeline}/predictions: version {champion.version} of '{champion.name}' bears the alias "
        f"champion, but the gate never promoted this content ({verdict[:200]}). Somebody changed the "
        "alias or a tag in MLflow by hand, so nothing is scored. Put the champion before it back: "
        f"python -m ml_assets rollback {pipeline} --reason WHY"
    )
