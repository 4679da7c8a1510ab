"""The gate opens for one set of verdicts only, and names every reason otherwise."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.evaluation import Evaluation, evaluate
from ml_assets.evaluation.spec import ThresholdSpec
from ml_assets.registry.gate import Made, People, Verdicts, Waiver, decide_promotion

CANDIDATE, OTHER = "c" * 64, "d" * 64
GOOD = {"candidate": CANDIDATE, "blessed": True, "reasons": []}
PASSED = {"name": "quarantine", "passed": True, "severity": "ERROR", "description": ""}


def lineage_record(
    asset: str, digest: str, inputs: dict[str, str] | None = None, **more: Any
) -> Made:
    return Made(
        asset, digest, inputs or {}, more.get("checks", ()), blocking=more.get("blocking", ())
    )


def lineage_of(*records: Made) -> dict[str, Made]:
    return {record.asset: record for record in records}


EXAMPLES = lineage_record("validated_examples", "e1", checks=[PASSED], blocking=["quarantine"])
MODEL = lineage_record("model", CANDIDATE, {"validated_examples": "e1"})
EVALUATION = lineage_record("evaluation", "v1", {"model": CANDIDATE, "validated_examples": "e1"})
INFRA = lineage_record("infra_validation", "i1", {"model": CANDIDATE, "validated_examples": "e1"})
LINEAGES = [
    lineage_of(EXAMPLES, MODEL),
    lineage_of(EXAMPLES, MODEL, EVALUATION),
    lineage_of(EXAMPLES, MODEL, INFRA),
]
POSITIVE = Verdicts(GOOD, GOOD, LINEAGES)


def with_examples(examples: Made) -> Verdicts:
    return replace(POSITIVE, lineages=[{**one, examples.asset: examples} for one in LINEAGES])


@pytest.mark.parametrize(
    "verdicts",
    [
        pytest.param(POSITIVE, id="the first model"),
        pytest.param(replace(POSITIVE, baseline=2, champion=2), id="compared with the champion"),
        pytest.param(
            replace(POSITIVE, baseline=1, champion=2, is_champion=True), id="champion already"
        ),
        pytest.param(
            with_examples(
                replace(EXAMPLES, checks=[{**PASSED, "passed": False, "severity": "WARN"}])
            ),
            id="a warning",
        ),
    ],
)
def test_positive_verdicts_promote(verdicts: Verdicts) -> None:
    assert decide_promotion(CANDIDATE, verdicts).promote


NO = {"candidate": CANDIDATE, "blessed": False, "reasons": ["roc_auc is 0.61; the minimum is 0.70"]}
FAILED = {**PASSED, "passed": False, "description": "12 % of the rows; at most 5 % may be"}


@pytest.mark.parametrize(
    ("verdicts", "reason"),
    [
        (
            replace(POSITIVE, blessing=None),
            "blessing: there is none for this candidate; materialize eval",
        ),
        (
            replace(POSITIVE, infra_blessing=None),
            "infra_blessing: there is none for this candidate",
        ),
        (replace(POSITIVE, blessing="garbage"), "blessing: its file is not a verdict"),
        (
            replace(POSITIVE, infra_blessing={**GOOD, "blessed": "yes"}),
            "infra_blessing: its file is not a",
        ),
        (
            replace(POSITIVE, blessing={"blessed": True}),
            "blessing: it was given to another candidate (None",
        ),
        (
            replace(POSITIVE, infra_blessing={**GOOD, "candidate": OTHER}),
            "infra_blessing: it was given to another candidate (dddddddddddd, not cccccccccccc)",
        ),
        (replace(POSITIVE, blessing=NO), "blessing: roc_auc is 0.61; the minimum is 0.70"),
        (
            replace(POSITIVE, infra_blessing={**NO, "reasons": []}),
            "infra_blessing: not blessed, and no reas",
        ),
        (
            with_examples(replace(EXAMPLES, checks=[FAILED])),
            "validated_examples: quarantine failed: 12 % of the rows; at most 5 % may be",
        ),
        (with_examples(replace(EXAMPLES, checks=[])), "its check quarantine has no verdict"),
        (
            with_examples(replace(EXAMPLES, checks=[{**PASSED, "passed": None}])),
            "validated_examples: quarantine failed",
        ),
        (replace(POSITIVE, lineages=LINEAGES[:2]), "infra_validation: its record is missing"),
        (replace(POSITIVE, lineages=[]), "model: its record is missing"),
        (
            replace(
                POSITIVE,
                lineages=[*LINEAGES[:2], lineage_of(EXAMPLES, replace(MODEL, digest=OTHER))],
            ),
            "model: the verdicts are about dddddddddddd, not cccccccccccc",
        ),
        (
            with_examples(replace(EXAMPLES, digest="e2")),
            "evaluation: it is stale, made from another validated_examples than the one that holds now",
        ),
        (
            replace(POSITIVE, lineages=[*LINEAGES[:2], lineage_of(MODEL, INFRA)]),
            "infra_validation: the record of its input validated_examples is missing",
        ),
        (
            replace(
                POSITIVE,
                lineages=[
                    *LINEAGES[:2],
                    lineage_of(
                        replace(EXAMPLES, digest="e2"),
                        replace(MODEL, inputs={"validated_examples": "e2"}),
                        replace(INFRA, inputs={"validated_examples": "e2", "model": CANDIDATE}),
                    ),
                ],
            ),
            "validated_examples: the model and its verdicts were made from different ones",
        ),
        (
            replace(POSITIVE, problems=["evaluation: its files were altered"]),
            "its files were altered",
        ),
        (
            replace(POSITIVE, baseline=1, champion=2),
            "it was compared with version 1, but the champion is now version 2",
        ),
        (
            replace(POSITIVE, champion=1),
            "it was compared with no champion, but the champion is now version 1",
        ),
        (
            replace(POSITIVE, baseline=1),
            "compared with version 1, but the champion is now no champion",
        ),
    ],
)
def test_anything_else_is_a_no_with_its_reason(verdicts: Verdicts, reason: str) -> None:
    decision = decide_promotion(CANDIDATE, verdicts)

    assert not decision.promote
    assert any(reason in actual for actual in decision.reasons), decision.reasons


def test_every_reason_is_named_once() -> None:
    examples = with_examples(replace(EXAMPLES, checks=[FAILED]))
    reasons = decide_promotion(
        CANDIDATE, replace(examples, blessing=NO, infra_blessing=None)
    ).reasons

    assert [reason.split(":")[0] for reason in reasons] == [
        "blessing",
        "infra_blessing",
        "validated_examples",
    ]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(blessing=ANY_JSON, infra=ANY_JSON)
def test_no_file_of_another_form_is_taken_for_a_blessing(blessing: Any, infra: Any) -> None:
    assert not decide_promotion(CANDIDATE, replace(POSITIVE, blessing=blessing)).promote
    assert not decide_promotion(CANDIDATE, replace(POSITIVE, infra_blessing=infra)).promote


TODAY = date(2026, 11, 24)
WAIVER = Waiver("beats_linear", "ada", "the linear model is being retired", date(2026, 12, 31))
LINEAR = "roc_auc is better than the linear's by +0.001; too uncertain"
UNCERTAIN = {**NO, "reasons": [LINEAR], "failed": {"beats_linear": LINEAR}}


def waived(blessing: Any, *waivers: Waiver, today: date | None = TODAY) -> Verdicts:
    return replace(POSITIVE, blessing=blessing, people=People(waivers=waivers, today=today))


def given_by(judged: Evaluation) -> dict[str, Any]:
    told = {"blessed": judged.blessed, "reasons": judged.reasons, "failed": judged.failed}
    return {**GOOD, **told}


def test_a_waiver_that_holds_lets_its_rule_pass_and_is_told() -> None:
    decision = decide_promotion(CANDIDATE, waived(UNCERTAIN, WAIVER))

    assert (decision.promote, decision.reasons) == (True, ())
    assert decision.waived == (
        "beats_linear waived by ada until 2026-12-31: the linear model is being retired",
    )


@pytest.mark.parametrize(
    "verdicts",
    [
        pytest.param(waived(UNCERTAIN), id="no waiver"),
        pytest.param(waived(UNCERTAIN, replace(WAIVER, rule="roc_auc.min")), id="of another rule"),
        pytest.param(waived(UNCERTAIN, replace(WAIVER, until=date(2026, 11, 23))), id="that ended"),
        pytest.param(waived(UNCERTAIN, WAIVER, today=None), id="without a date"),
        pytest.param(
            waived(
                {**UNCERTAIN, "failed": {**UNCERTAIN["failed"], "rows": "7 rows"}},  # type: ignore[dict-item]
                WAIVER,
            ),
            id="another rule failed too",
        ),
        pytest.param(
            waived({**UNCERTAIN, "reasons": [LINEAR, "fairness: no rule of this name"]}, WAIVER),
            id="a reason without a rule",
        ),
        pytest.param(waived({**UNCERTAIN, "candidate": OTHER}, WAIVER), id="another candidate"),
        pytest.param(waived({**UNCERTAIN, "failed": None}, WAIVER), id="rules are not told"),
    ],
)
def test_a_waiver_waives_nothing_else(verdicts: Verdicts) -> None:
    assert not decide_promotion(CANDIDATE, verdicts).promote


def test_that_no_threshold_is_set_cannot_be_waived() -> None:
    judged = evaluate([0, 1] * 50, [0.1, 0.9] * 50, task="binary")
    verdict = given_by(judged)
    waivers = [replace(WAIVER, rule=rule) for rule in judged.failed]

    decision = decide_promotion(CANDIDATE, waived(verdict, *waivers))

    assert waivers
    assert not decision.promote
    assert "no threshold is configured" in decision.reasons[0]


def test_a_champion_that_cannot_be_compared_with_stops_a_candidate_until_somebody_says_why_not() -> (
    None
):
    judged = evaluate(
        [0, 1] * 50, [0.1, 0.9] * 50, task="binary",
        thresholds={"roc_auc": ThresholdSpec(min=0.7, min_change=0.0)},
        unscored={"champion": "its model is gone"},
    )  # fmt: skip
    verdict = given_by(judged)
    reason = "roc_auc cannot be compared with the champion's: its model is gone"

    stopped = decide_promotion(CANDIDATE, waived(verdict))
    excused = replace(WAIVER, rule="roc_auc.min_change", reason="its folder was lost")
    let_pass = decide_promotion(CANDIDATE, waived(verdict, excused))

    assert stopped.reasons == (f"blessing: {reason}",)
    assert let_pass.promote
    assert let_pass.waived[0].endswith("its folder was lost")


def test_a_waiver_does_not_waive_the_infra_blessing() -> None:
    verdicts = replace(waived(GOOD, WAIVER), infra_blessing=UNCERTAIN)

    assert not decide_promotion(CANDIDATE, verdicts).promote


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        (People(withdrawn="ada rolled this very model back on 2026-11-01: slow"), "rollback: ada"),
        (People(needs_approval=True), "approval: no person has approved of it yet"),
        (People(needs_approval=True, is_approved=True), None),
        (People(is_approved=False), None),
    ],
)
def test_what_people_decided_counts(people: People, reason: str | None) -> None:
    decision = decide_promotion(CANDIDATE, replace(POSITIVE, people=people))

    assert decision.promote is (reason is None)
    assert all(actual.startswith(reason or "") for actual in decision.reasons)


def test_of_two_rules_that_say_the_same_each_needs_a_waiver_of_its_own() -> None:
    judged = evaluate(
        [0, 1] * 50, [0.1, 0.9] * 50, task="binary",
        thresholds={"roc_auc": ThresholdSpec(min=0.7, min_change=0.0, min_relative_change=0.0)},
        unscored={"champion": "its model is gone"},
    )  # fmt: skip
    verdict = given_by(judged)
    waivers = [replace(WAIVER, rule=rule) for rule in judged.failed]

    assert [waiver.rule for waiver in waivers] == [
        "roc_auc.min_change",
        "roc_auc.min_relative_change",
    ]
    assert not any(decide_promotion(CANDIDATE, waived(verdict, one)).promote for one in waivers)
    assert decide_promotion(CANDIDATE, waived(verdict, *waivers)).promote
