"""Every recorded case of TFDV 1.16.1 that validates data gives the same anomalies, and distances."""

import json
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv
import pytest

from ml_assets.schema.model import Feature, Schema
from ml_assets.statistics.generate import generate_statistics
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.comparators import measure_distances
from ml_assets.validation.measures import measure
from ml_assets.validation.validate import validate_statistics
from ml_assets_tests.shared_data import shared_path
from ml_assets_tests.validation.tfdv_cases import arrow_values, frame_of, load_cases

KINDS = ("validate", "drift", "skew", "drift+skew")
# Deliberate: the reasons are in docs/data_validation.md.
DEVIATIONS: dict[str, Any] = {}
# Over deciles of both sides together, not over one histogram's buckets laid on the other's.
OWN_DISTANCES = {("jsd_int_column", "x")}


def described(columns: Any, as_arrow: bool) -> DatasetStatistics | None:
    if columns is None:
        return None
    if as_arrow:
        table = pa.table({name: pa.array(arrow_values(c)) for name, c in columns.items()})
        return generate_statistics(table)
    return generate_statistics(frame_of(columns))


def judged(case: Any, as_arrow: bool) -> Any:
    schema = Schema.from_tfmd(case["schema"])
    current, previous, serving = (
        described(case.get(side), as_arrow) for side in ("data", "previous", "serving")
    )
    assert current is not None
    anomalies = validate_statistics(current, schema, case.get("environment"), previous, serving)
    codes: dict[str, list[str]] = {}
    for anomaly in anomalies:
        codes.setdefault(anomaly.feature or "__dataset__", []).append(anomaly.code)
    return codes, measure_distances(current, schema, previous, serving)


@pytest.mark.parametrize("as_arrow", [False, True], ids=["pandas", "arrow"])
def test_cases_of_tfdv_have_the_same_anomalies(as_arrow: bool) -> None:
    cases = [case for case in load_cases(*KINDS) if "expected_error" not in case]
    assert len(cases) == 51
    for case in cases:
        codes, measured = judged(case, as_arrow)
        expected = {k: [r["type"] for r in v["reasons"]] for k, v in case["expected"].items()}
        assert codes == DEVIATIONS.get(case["name"], expected), case["name"]
        assert_same_distances(case, measured)


def assert_same_distances(case: Any, measured: Any) -> None:
    expected = case.get("expected_measurements", [])
    limited = [(m.feature, m.kind, m.metric, m.threshold) for m in measured]
    assert limited == [(m["feature"], m["kind"], m["metric"], m["threshold"]) for m in expected]
    for ours, theirs in zip(measured, expected, strict=True):
        if (case["name"], ours.feature) not in OWN_DISTANCES:
            assert ours.value == pytest.approx(theirs["value"], abs=1e-12), case["name"]


def test_an_unknown_environment_is_an_error() -> None:
    (case,) = (case for case in load_cases(*KINDS) if "expected_error" in case)
    with pytest.raises(ValueError, match=r"environment must be one of .*; got 'INVALID'"):
        judged(case, as_arrow=False)


def test_exactly_the_least_mass_is_enough() -> None:
    """TFDV alarms: in floating point 1 - 0.9 is less than 0.1."""
    cells = ["a"] * 9 + ["b"]
    feature = {"name": "e", "type": "BYTES", "string_domain": {"value": ["a"]}}
    schema = {"feature": [{**feature, "distribution_constraints": {"min_domain_mass": 0.9}}]}
    codes, _ = judged({"schema": schema, "data": {"e": cells}}, as_arrow=False)
    assert codes == {}
    codes, _ = judged({"schema": schema, "data": {"e": [*cells, "b"]}}, as_arrow=False)
    assert codes == {"e": ["ENUM_TYPE_UNEXPECTED_STRING_VALUES"]}


@pytest.mark.parametrize("type_", ["INT", "FLOAT"])
@pytest.mark.parametrize("cells", [["true", "false"], ["0", "1"], ["yes"]])
def test_no_text_is_true_or_false_in_a_column_of_numbers(type_: Any, cells: Any) -> None:
    """TFDV's `UpdateBoolDomain` compares texts with the domain's, of which numbers have none."""
    schema = {"feature": [{"name": "x", "type": type_, "bool_domain": {}}]}
    codes, _ = judged({"schema": schema, "data": {"x": cells}}, as_arrow=False)
    assert codes == {"x": ["UNEXPECTED_DATA_TYPE", "BOOL_TYPE_UNEXPECTED_STRING"]}


def test_distances_between_the_halves_of_taxi_are_tfdvs_where_its_definition_is_sound() -> None:
    golden = json.loads(shared_path("taxi_tfdv_golden.json").read_text())
    options = pv.ConvertOptions(strings_can_be_null=True)
    table = pv.read_csv(shared_path("chicago_taxi/data.csv"), convert_options=options)
    first, second = (generate_statistics(half) for half in (table[:7501], table[7501:]))
    theirs = golden["drift_second_half_vs_first_half"]["measurements"]
    for golden_distance in theirs:
        name = golden_distance["feature"]
        ours = measure(
            golden_distance["metric"],
            second.feature(name),
            first.feature(name),
            Feature(name, "string"),
        )
        assert ours is not None
        if first.feature(name).string is not None:
            assert ours.value == pytest.approx(golden_distance["value"], abs=1e-9), name
        else:
            # TFDV's is 0.71 for trip_miles: one far outlier, laid over the other half's buckets.
            assert ours.value < 0.08, name
            assert ours.value < 0.02 or "itude" in name
