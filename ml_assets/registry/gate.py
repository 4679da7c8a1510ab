"""The gate: whether this very candidate may become the champion. It fails closed.

Every verdict has to be there, to name this candidate, to have been made from the inputs that the
candidate itself was made from, and to be positive. Whatever is missing, stale or unreadable is a no.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

_BLESSINGS = {"blessing": "evaluation", "infra_blessing": "infra_validation"}
# The reason of a blessing that was refused because the YAML demands nothing.
_NEVER_WAIVED = ("thresholds",)


@dataclass(frozen=True)
class Made:
    """The record of one artifact of the candidate's lineage, as read back from the store.

    Attributes
    ----------
    asset, digest : str
        The artifact's asset, and its content digest.
    inputs : mapping of str to str
        The content digests of its inputs, by asset.
    checks : sequence of mapping
        The verdicts of its checks: ``name``, ``passed``, ``severity``, ``description``.
    blocking : sequence of str
        The names of its blocking checks.
    """

    asset: str
    digest: str
    inputs: Mapping[str, str]
    checks: Sequence[Mapping[str, Any]]
    blocking: Sequence[str]


@dataclass(frozen=True)
class Waiver:
    """A rule of the blessing that need not hold for a while.

    Attributes
    ----------
    rule : str
        As `blessing.json` names it, such as ``beats_linear`` or ``roc_auc.min``.
    by, reason : str
        Who answers for it, and why.
    until : date
        The last day on which it holds.
    """

    rule: str
    by: str
    reason: str
    until: date


@dataclass(frozen=True)
class People:
    """What people decided about a candidate.

    Attributes
    ----------
    needs_approval, is_approved : bool
        Whether a person must approve of it, and whether one did, of this very content.
    withdrawn : str, optional
        Who rolled this very content back, and why; None where nobody did.
    waivers : tuple of Waiver
        The rules that need not hold, with who answers for it.
    today : date, optional
        The day of the decision; without it no waiver holds.
    """

    needs_approval: bool = False
    is_approved: bool = False
    withdrawn: str | None = None
    waivers: tuple[Waiver, ...] = ()
    today: date | None = None


@dataclass(frozen=True)
class Verdicts:
    """What the gate decides on: everything that was read back about one candidate.

    Attributes
    ----------
    blessing, infra_blessing : object
        What the two files hold: ``{"candidate", "blessed", "reasons"}`` where they are sound; None where
        there is none.
    lineages : sequence of mapping
        The lineage of the model and of each verdict, by asset.
    problems : sequence of str
        What could not be read or was damaged, in words.
    stale : sequence of str
        The artifacts of the lineage that the present settings, code and data no longer give, in words.
    baseline : int or None
        The version that the candidate was compared with.
    champion : int or None
        The version that is the champion now.
    is_champion : bool
        Whether the champion is the candidate itself.
    people : People
        What people decided about it.
    """

    blessing: Any
    infra_blessing: Any
    lineages: Sequence[Mapping[str, Made]]
    problems: Sequence[str] = ()
    stale: Sequence[str] = ()
    baseline: int | None = None
    champion: int | None = None
    is_champion: bool = False
    people: People = People()


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and if not, every reason in words.

    Attributes
    ----------
    promote : bool
        Whether the candidate becomes the champion.
    reasons : tuple of str
        Every reason against it.
    waived : tuple of str
        The waivers that were used.
    stale : tuple of str
        Those of `reasons` that a run of the whole pipeline may remove.
    """

    promote: bool
    reasons: tuple[str, ...]
    waived: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def decide_promotion(candidate: str, verdicts: Verdicts) -> Decision:
    """Decide whether a candidate may become the champion.

    Parameters
    ----------
    candidate : str
        The digest of the candidate's model artifact.
    verdicts : Verdicts
        What was read back at this moment.

    Returns
    -------
    Decision
        `promote` is true only if there is no reason against it.
    """
    waived, unwaived = _apply_waivers(verdicts)
    reasons = [
        *verdicts.problems,
        *verdicts.stale,
        *_against_blessing("blessing", unwaived, candidate),
        *_against_blessing("infra_blessing", verdicts.infra_blessing, candidate),
        *_against_lineages(verdicts.lineages, candidate),
        *_against_baseline(verdicts),
        *_against_people(verdicts.people),
    ]
    distinct = tuple(dict.fromkeys(reasons))
    return Decision(not distinct, distinct, tuple(waived), tuple(verdicts.stale))


def describe_decision(decision: Decision, version: int, champion: int | None, pipeline: str) -> str:
    """Describe a decision in one sentence: the version, the champion after it, and every reason.

    Parameters
    ----------
    decision : Decision
        What was decided.
    version : int
        The candidate's.
    champion : int or None
        The champion's, after the decision.
    pipeline : str
        The pipeline's name, for the next command.

    Returns
    -------
    str
        Without a full stop.
    """
    reasons = "; ".join(decision.reasons)
    if decision.promote:
        return f"version {version} is the champion"
    if version != champion:
        stays = f"the champion stays version {champion}" if champion else "there is no champion"
        return f"version {version} was not promoted, {stays}: {reasons}"
    if {*decision.reasons} <= {*decision.stale}:
        return f"the champion, version {version}, could not be judged again: {reasons}"
    return (
        f"the champion itself, version {version}, does not meet what is asked now: {reasons}. It still "
        f"serves: train a better one, or go back: python -m ml_assets rollback {pipeline} --reason WHY"
    )


def _apply_waivers(verdicts: Verdicts) -> tuple[list[str], Any]:
    """The waivers that were used, in words, and the blessing without the reasons that they waive."""
    blessing = verdicts.blessing
    failed = blessing.get("failed") if isinstance(blessing, Mapping) else None
    today = verdicts.people.today
    if not isinstance(failed, Mapping) or not failed or today is None:
        return [], blessing
    waivable = (waiver for waiver in verdicts.people.waivers if waiver.rule not in _NEVER_WAIVED)
    in_force = {waiver.rule: waiver for waiver in waivable if today <= waiver.until}
    used = [in_force[rule] for rule in failed if rule in in_force]
    if not used:
        return [], blessing
    # Two rules may say the same, such as of a metric that is undefined: it stands until both are waived.
    standing = {text for rule, text in failed.items() if rule not in in_force}
    waived = {failed[waiver.rule] for waiver in used} - standing
    # A reason that no rule stands for cannot be waived either.
    all_reasons = dict.fromkeys([*failed.values(), *blessing.get("reasons", ())])
    remaining = [text for text in all_reasons if text not in waived]
    texts = [
        f"{waiver.rule} waived by {waiver.by} until {waiver.until}: {waiver.reason}"
        for waiver in used
    ]
    return texts, {**blessing, "blessed": not remaining, "reasons": remaining}


def _against_blessing(name: str, blessing: Any, candidate: str) -> Iterator[str]:
    remedy = f"materialize {_BLESSINGS[name]} again"
    if blessing is None:
        yield f"{name}: there is none for this candidate; {remedy}"
        return
    is_verdict = isinstance(blessing, Mapping) and isinstance(blessing.get("blessed"), bool)
    if not is_verdict:
        yield f"{name}: its file is not a verdict; {remedy}"
        return
    if blessing.get("candidate") != candidate:
        yield (
            f"{name}: it was given to another candidate ({_short(blessing.get('candidate'))}, "
            f"not {_short(candidate)}); {remedy}"
        )
    if not blessing["blessed"]:
        reasons = blessing.get("reasons") or ["not blessed, and no reason is recorded"]
        yield from (f"{name}: {reason}" for reason in reasons)


def _against_lineages(lineages: Sequence[Mapping[str, Made]], candidate: str) -> Iterator[str]:
    records = [record for lineage in lineages for record in lineage.values()]
    missing = {"model", *_BLESSINGS.values()} - {record.asset for record in records}
    yield from (f"{asset}: its record is missing" for asset in sorted(missing))
    for record in records:
        if record.asset == "model" and record.digest != candidate:
            yield f"model: the verdicts are about {_short(record.digest)}, not {_short(candidate)}"
        yield from _against_checks(record)
    for lineage in lineages:
        yield from (
            reason
            for record in lineage.values()
            for reason in _against_stale_inputs(record, lineage)
        )
    for one, other in pairwise(lineages):
        yield from _against_mixed_lineages(one, other)


def _against_checks(record: Made) -> Iterator[str]:
    by_name = {check["name"]: check for check in record.checks}
    for name in record.blocking:
        check = by_name.get(name)
        if check is None:
            yield f"{record.asset}: its check {name} has no verdict"
        elif check["passed"] is not True and check["severity"] == "ERROR":
            yield f"{record.asset}: {name} failed: {check['description']}"


def _against_stale_inputs(record: Made, lineage: Mapping[str, Made]) -> Iterator[str]:
    for name, digest in record.inputs.items():
        if name not in lineage:
            yield f"{record.asset}: the record of its input {name} is missing"
        elif lineage[name].digest != digest:
            yield f"{record.asset}: it is stale, made from another {name} than the one that holds now"


def _against_mixed_lineages(one: Mapping[str, Made], other: Mapping[str, Made]) -> Iterator[str]:
    for asset in sorted(one.keys() & other.keys()):
        if one[asset].digest != other[asset].digest:
            yield f"{asset}: the model and its verdicts were made from different ones"


def _against_baseline(verdicts: Verdicts) -> Iterator[str]:
    if verdicts.is_champion or verdicts.baseline == verdicts.champion:
        return
    yield (
        f"blessing: it was compared with {_version_text(verdicts.baseline)}, but the champion is now "
        f"{_version_text(verdicts.champion)}; materialize baseline_model and evaluation again"
    )


def _against_people(people: People) -> Iterator[str]:
    if people.withdrawn:
        yield (
            f"rollback: {people.withdrawn}; train another model, or put it back with "
            "`python -m ml_assets rollback PIPELINE --to VERSION --reason WHY`"
        )
    if people.needs_approval and not people.is_approved:
        yield (
            "approval: no person has approved of it yet; look at its evaluation, then run "
            "`python -m ml_assets approve PIPELINE VERSION --reason WHY`"
        )


def _version_text(version: int | None) -> str:
    return "no champion" if version is None else f"version {version}"


def _short(digest: object) -> str:
    return str(digest)[:12]
