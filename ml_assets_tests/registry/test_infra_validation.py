"""A candidate that does not serve as it was trained is not blessed, whatever it does instead."""

import os
import subprocess
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pytest

from ml_assets.registry import answers, mlflow_model
from ml_assets.registry.answers import Predictions
from ml_assets.registry.infra_result import InfraValidation, Limits
from ml_assets.registry.infra_validation import Probe, compare_all, validate_infra
from ml_assets.registry.mlflow_model import Interface, ModelInput, write_mlflow_model
from ml_assets.registry.payload import rows_body
from ml_assets.registry.scoring_server import (
    Answer,
    ScoringServer,
    ScoringServerError,
    scoring_server,
)
from ml_assets_tests.registry import children as child

BINARY = Interface(
    "binary", None, [ModelInput("x", "float", True), ModelInput("s", "string", True)]
)
ROWS = pa.table({"x": [0.1, 0.2, 0.3, 0.4], "s": ["a", None, "b", "a"]})
LIMITS = Limits(60.0, 5_000.0, 2_000.0, 1e-9, max_answer_seconds=30.0)


def predict_x(rows: pa.Table) -> Predictions:
    return np.array([0.5 if x is None else x for x in rows["x"].to_pylist()])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    bundle, directory = tmp_path / "bundle", tmp_path / "mlflow_model"
    bundle.mkdir()
    (bundle / "behaviour.txt").write_text(request.param)
    monkeypatch.setattr(mlflow_model, "LOADER", "ml_assets_tests.registry.served_models")
    directory.mkdir()
    write_mlflow_model(bundle, directory, BINARY)
    return directory


def validated(model: Path, limits: Limits = LIMITS) -> InfraValidation:
    return validate_infra(model, ROWS, predict_x, BINARY, limits, model.parent / "server.log")


def test_the_limits_are_those_of_the_pipeline_file() -> None:
    from ml_assets.registry.spec import InfraValidationSpec

    limits = Limits.of(InfraValidationSpec(max_latency_ms=7))

    assert (limits.max_latency_ms, limits.max_answer_seconds) == (7.0, 60.0)


@pytest.mark.parametrize("model", ["nonsense"], indirect=True)
def test_every_broken_limit_is_a_reason_with_value_and_limit(model: Path) -> None:
    result = validated(model, replace(LIMITS, max_latency_ms=0.01, max_memory_mb=1.0))

    assert not result.blessed
    assert [
        reason for reason in result.reasons if "HTTP" not in reason and "limit" not in reason
    ] == [
        "1 of 4 predictions as a server are not numbers (NaN or infinite)",
        "1 of 4 probabilities as a server are outside 0 to 1",
        "predictions differ from those in training by up to inf in 3 of 4 rows; the tolerance is 1e-09",
        "with 4 requests at once 4 of 4 answers were not those of training",
    ]
    assert "4 of 4 requests of one row were answered with HTTP 500" in result.reasons
    assert "after malformed requests a good one was answered with HTTP 500" in result.reasons
    assert any(
        "latency is" in reason and reason.endswith("the limit is 0.01 ms")
        for reason in result.reasons
    )
    assert any("MB of memory; the limit is 1 MB" in reason for reason in result.reasons)
    assert result.refused["not JSON"] == result.refused["a missing column"] == 400


@pytest.mark.parametrize(
    ("model", "answered"),
    [("a row too few", "(3,)"), ("a row too many", "(5,)"), ("a new class", "(4, 3)")],
    indirect=["model"],
)
def test_a_server_that_answers_other_rows_or_classes_than_asked_is_refused(
    model: Path, answered: str
) -> None:
    result = validated(model)

    assert result.reasons[0] == (
        f"the predictions have shape {answered}; in training they had (4,)"
    )
    assert "one by one 4 of 4 rows were answered otherwise" in result.reasons


@pytest.mark.parametrize("model", ["a row too few"], indirect=True)
def test_a_model_that_loses_a_row_wherever_it_is_asked_is_refused(model: Path) -> None:
    result = validate_infra(
        model, ROWS, lambda rows: predict_x(rows)[1:], BINARY, LIMITS, model.parent / "server.log"
    )

    assert result.reasons[:2] == [
        "the predictions in training have the shape (3,); (4,) is needed",
        "the predictions as a server have the shape (3,); (4,) is needed",
    ]


@pytest.mark.parametrize("model", ["fail to load"], indirect=True)
def test_a_server_that_ends_while_loading_is_a_reason_with_its_last_line_and_log(
    model: Path,
) -> None:
    result = validated(model)

    log = model.parent / "server.log"
    assert result.reasons == [
        "the scoring server ended with exit code 1 (RuntimeError: the trees are gone); its output is in "
        f"{log}"
    ]
    assert "Traceback" in log.read_text()
    assert (result.load_seconds, result.p99_ms, result.memory_mb) == (None, None, None)


@pytest.mark.parametrize("model", ["good"], indirect=True)
def test_a_server_that_is_not_healthy_in_time_is_a_reason(model: Path) -> None:
    result = validated(model, replace(LIMITS, max_load_seconds=0.2))

    assert result.reasons == [
        f"the scoring server was not healthy after 0.2 s; its output is in {model.parent / 'server.log'}"
    ]


@pytest.mark.parametrize("model", ["die"], indirect=True)
def test_a_server_that_dies_of_a_question_is_a_reason_and_is_not_opened_in_this_process(
    model: Path,
) -> None:
    def never(rows: pa.Table) -> Predictions:
        raise AssertionError("the model was opened here")

    (reason,) = validate_infra(model, ROWS, never, BINARY, LIMITS, model.parent / "log").reasons

    assert reason.startswith("the scoring server ended by SIGSEGV")


@pytest.mark.parametrize("model", ["fill"], indirect=True)
def test_a_server_that_fills_the_memory_is_ended_before_there_is_none_left(model: Path) -> None:
    limits = replace(LIMITS, max_memory_mb=600.0, spare_memory_mb=200.0)

    (reason,) = validated(model, limits).reasons

    assert reason.startswith("the scoring server was ended when it held ")


@pytest.mark.parametrize("model", ["hang"], indirect=True)
def test_a_server_that_hangs_is_ended_with_all_its_children(model: Path) -> None:
    with scoring_server(model, model.parent / "server.log", 1.0, 2_000.0) as server:
        server.wait_until_healthy(60.0)
        with pytest.raises(
            ScoringServerError, match=r"did not answer within 1 s; its output is in"
        ):
            server.ask(rows_body(ROWS))
        leader = psutil.Process(server.process.pid)
        family = [leader, *leader.children(recursive=True)]
        assert len(family) == 2

    assert psutil.wait_procs(family, timeout=10)[1] == []


@pytest.mark.parametrize("model", ["good"], indirect=True)
def test_a_server_ends_with_the_process_that_started_it(
    model: Path, children: ForkServerContext
) -> None:
    receiver, sender = children.Pipe(duplex=False)
    process = children.Process(target=child.start_a_server_and_wait, args=(model, sender))
    process.start()
    sender.close()
    server = psutil.Process(receiver.recv())

    process.kill()
    process.join(60)

    assert psutil.wait_procs([server], timeout=30)[1] == []


def test_a_server_that_cannot_be_started_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-python"))

    result = validate_infra(tmp_path, ROWS, predict_x, BINARY, LIMITS, tmp_path / "server.log")

    assert result.reasons == ["the scoring server could not be started: No such file or directory"]


@pytest.mark.parametrize("model", ["good"], indirect=True)
def test_a_model_that_cannot_predict_is_a_reason_without_values(model: Path) -> None:
    def fail(rows: pa.Table) -> Predictions:
        raise ValueError("could not convert 'a secret' to float")

    result = validate_infra(model, ROWS, fail, BINARY, LIMITS, model.parent / "server.log")

    assert result.reasons == ["the model cannot predict real rows (ValueError)"]


MULTICLASS = replace(BINARY, task="multiclass", classes=("a", "b"))
REGRESSION = replace(BINARY, task="regression")


@pytest.mark.parametrize(
    ("predictions", "interface", "reasons"),
    [
        ([0.0, 1.0], BINARY, []),
        ([-5.0, 1e9], REGRESSION, []),
        ([[0.25, 0.75], [1.0, 0.0]], MULTICLASS, []),
        ([np.nan, 0.5], REGRESSION, ["1 of 2 predictions here are not numbers (NaN or infinite)"]),
        ([np.inf, 0.5], REGRESSION, ["1 of 2 predictions here are not numbers (NaN or infinite)"]),
        ([-0.1, 1.1], BINARY, ["2 of 2 probabilities here are outside 0 to 1"]),
        (
            [[0.5, 0.6], [1.0, 0.0]],
            MULTICLASS,
            ["1 of 2 rows of probabilities here do not sum to 1"],
        ),
        (
            [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]],
            MULTICLASS,
            ["the predictions here have the shape (2, 3); (2, 2) is needed"],
        ),
        (
            [0.5],
            BINARY,
            ["the predictions here have the shape (1,); (2,) is needed"],
        ),
    ],
)
def test_no_model_may_predict_what_is_no_prediction(
    predictions: list[float], interface: Interface, reasons: list[str]
) -> None:
    assert list(answers.unsound(np.array(predictions), interface, 2, "here")) == reasons


ANSWERED = {
    '{"predictions": [0.1, 0.5]}': [],
    '{"predictions": [0.1]}': ["the predictions have shape (1,); in training they had (2,)"],
    '{"predictions": [[0.1, 0.9], [0.5, 0.5]]}': [
        "the predictions have shape (2, 2); in training they had (2,)"
    ],
    '{"predictions": ["no", "maybe"]}': [
        "the predictions have no list of numbers; in training they had (2,)"
    ],
    '{"predictions": "a word"}': [
        "the predictions have no list of numbers; in training they had (2,)"
    ],
    '{"predictions": [0.1, null]}': [
        "1 of 2 predictions as a server are not numbers (NaN or infinite)",
        "predictions differ from those in training by up to inf in 1 of 2 rows; the tolerance is 1e-09",
    ],
    '{"predictions": [0.1, 1.5]}': [
        "1 of 2 probabilities as a server are outside 0 to 1",
        "predictions differ from those in training by up to 1 in 1 of 2 rows; the tolerance is 1e-09",
    ],
}


@pytest.mark.parametrize("body", ANSWERED)
def test_an_answer_of_another_form_than_in_training_is_refused(body: str, tmp_path: Path) -> None:
    result, expected = InfraValidation(rows=2), np.array([0.1, 0.5])
    server = ScoringServer(subprocess.Popen(["true"]), 0, tmp_path / "log", 1.0)
    server.process.wait()

    compare_all(
        Probe(server, result, ROWS.slice(0, 2), expected, BINARY, LIMITS),
        Answer(200, body.encode(), 0.1),
    )

    assert result.reasons == ANSWERED[body]


@pytest.mark.parametrize(
    ("predictions", "expected", "difference"),
    [
        ([0.5], [0.5], 0.0),
        ([np.nan, 0.5], [np.nan, 0.25], 0.25),
        ([np.nan], [0.5], np.inf),
        ([np.inf], [np.inf], 0.0),
    ],
)
def test_a_difference_is_blind_to_nan_only_on_both_sides(
    predictions: list[float], expected: list[float], difference: float
) -> None:
    measured = answers.largest_difference(np.array(predictions), np.array(expected))

    assert measured == difference


def test_the_server_has_this_process_modules_and_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ml_assets.registry.scoring_server import _environment

    monkeypatch.syspath_prepend(str(tmp_path))
    environment = _environment()

    assert str(tmp_path) in environment["PYTHONPATH"].split(os.pathsep)
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"


@pytest.mark.parametrize("model", ["good"], indirect=True)
def test_odd_and_hard_requests_are_survived_and_answered_as_in_training(model: Path) -> None:
    result = validated(model)

    assert result.reasons == []
    assert result.survived == {
        "no x": 200,
        "no s": 200,
        "none of the optional values": 200,
        "unknown categories": 200,
        "NaN": 200,
        "Infinity": 200,
        "10 MB": 200,
    }
    assert result.refused["a missing column"] == 400
    assert None not in result.measured().values()


@pytest.mark.parametrize("model", ["fail on null"], indirect=True)
def test_a_model_that_fails_on_what_serving_meets_is_refused_by_name(model: Path) -> None:
    result = validated(model)

    assert "a row with no s was answered with HTTP 400, unlike in training" in result.reasons
    assert not any("no x" in reason for reason in result.reasons)


@pytest.mark.parametrize("model", ["forget"], indirect=True)
def test_a_model_that_answers_otherwise_after_a_while_is_refused(model: Path) -> None:
    result = validated(model, replace(LIMITS, concurrent_requests=4))

    assert [
        reason for reason in result.reasons if "one by one" in reason or "at once" in reason
    ] == [
        "one by one 2 of 4 rows were answered otherwise",
        "with 4 requests at once 4 of 4 answers were not those of training",
    ]
