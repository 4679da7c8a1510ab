from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState, create_trial

from ml_assets.training.importance import parameter_importance

SPACE = {name: FloatDistribution(0, 1) for name in ("much", "little", "nothing")}


def trials(count: int, flat: bool = False) -> list[FrozenTrial]:
    complete = []
    for number in range(count):
        point = {name: (number * 0.37 * (i + 1)) % 1 for i, name in enumerate(SPACE)}
        value = 0.0 if flat else 10 * point["much"] ** 2 + point["little"]
        complete.append(create_trial(value=value, params=point, distributions=dict(SPACE)))
    return complete


def importance(trials: list[FrozenTrial]) -> dict[str, float]:
    return parameter_importance(trials, "minimize", seed=3)


def test_what_matters_most_comes_first_and_all_add_up_to_one() -> None:
    shares = importance(trials(40))
    assert [*shares] == ["much", "little", "nothing"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["much"] > 0.8
    assert shares["nothing"] < 0.05
    assert shares == importance(trials(40))
    study = optuna.create_study()
    study.add_trials(trials(40))
    other = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    assert next(iter(other)) == "much"


def test_a_pruned_trial_counts_with_its_last_value_and_a_failed_one_does_not() -> None:
    complete = trials(40)
    pruned = [
        create_trial(
            state=TrialState.PRUNED,
            params=trial.params,
            distributions=trial.distributions,
            intermediate_values={1: 99.0, 2: trial.value or 0.0},
        )
        for trial in complete[20:]
    ]
    point: dict[str, Any] = {"params": dict.fromkeys(SPACE, 0.5), "distributions": dict(SPACE)}
    failed = create_trial(state=TrialState.FAIL, intermediate_values={1: 9.0}, **point)
    untold = create_trial(state=TrialState.PRUNED, **point)
    assert importance([*complete[:20], *pruned, failed, untold]) == importance(complete)


@pytest.mark.parametrize("few", [trials(7), trials(20, flat=True), []])
def test_where_it_cannot_be_told_there_is_none(few: list[FrozenTrial]) -> None:
    assert importance(few) == {}


def test_one_hyperparameter_has_none() -> None:
    space = {"much": SPACE["much"]}
    assert (
        importance(
            [
                create_trial(value=number, params={"much": number / 20}, distributions=dict(space))
                for number in range(20)
            ]
        )
        == {}
    )
