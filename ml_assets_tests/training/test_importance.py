import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import TrialState, create_trial

from ml_assets.training.importance import parameter_importance

SPACE = {name: FloatDistribution(0, 1) for name in ("much", "little", "nothing")}


def study(trials: int, flat: bool = False) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found = optuna.create_study(direction="minimize")
    for number in range(trials):
        point = {name: (number * 0.37 * (i + 1)) % 1 for i, name in enumerate(SPACE)}
        value = 0.0 if flat else 10 * point["much"] ** 2 + point["little"]
        found.add_trial(create_trial(value=value, params=point, distributions=dict(SPACE)))
    return found


def test_what_matters_most_comes_first_and_all_add_up_to_one() -> None:
    given = study(40)
    found = parameter_importance(given, seed=3)
    assert [*found] == ["much", "little", "nothing"]
    assert sum(found.values()) == pytest.approx(1)
    assert found["much"] > 0.8
    assert found["nothing"] < 0.05
    assert found == parameter_importance(given, seed=3)
    other = get_param_importances(given, evaluator=PedAnovaImportanceEvaluator())
    assert next(iter(other)) == "much"


def test_trials_that_did_not_end_do_not_count() -> None:
    given = study(40)
    before = parameter_importance(given, seed=0)
    for state in (TrialState.FAIL, TrialState.PRUNED):
        point = dict.fromkeys(SPACE, 0.5)
        given.add_trial(create_trial(state=state, params=point, distributions=dict(SPACE)))
    assert parameter_importance(given, seed=0) == before


@pytest.mark.parametrize("given", [study(7), study(20, flat=True), study(0)])
def test_where_it_cannot_be_told_there_is_none(given: optuna.Study) -> None:
    assert parameter_importance(given, seed=0) == {}


def test_one_hyperparameter_has_none() -> None:
    given = optuna.create_study()
    for number in range(20):
        point = {"much": number / 20}
        distributions = {"much": SPACE["much"]}
        given.add_trial(create_trial(value=number, params=point, distributions=distributions))
    assert parameter_importance(given, seed=0) == {}
