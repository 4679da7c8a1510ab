"""`update_schema`: TFDV's function of that name; it relaxes a schema so that data have no anomalies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from ml_assets.errors import RequestError, did_you_mean
from ml_assets.schema.infer import MAX_DOMAIN_SIZE, InferenceOptions, infer_schema
from ml_assets.schema.model import TRAINING, Feature, Schema
from ml_assets.statistics.model import DatasetStatistics
from ml_assets.validation.anomaly import Anomaly
from ml_assets.validation.dependencies import rule_text
from ml_assets.validation.relax import Seen, relax_feature, round_down, round_up
from ml_assets.validation.validate import validate_statistics


def update_schema(
    schema: Schema,
    statistics: DatasetStatistics,
    anomalies: Sequence[Anomaly] | None = None,
    environment: str | None = None,
    *,
    features: Collection[str] = (),
    codes: Collection[str] = (),
    **inference: Unpack[InferenceOptions],
) -> Schema:
    """Relax a schema for the sake of anomalies, so that the same data do not have them again.

    Every anomaly has a way out. A range, a length, a count or a comparator's threshold moves to where
    `infer_schema` would set it, or to what was seen; unexpected values join the domain, which is dropped
    where it becomes too large; a column of another type gets that type, and what is said of its values is
    inferred anew; a new column is described as `infer_schema` would, and a missing one becomes
    ``DEPRECATED``, or in another environment than training ``not_in`` it; a functional dependency that
    rows break is taken out. But for a change of type, nothing is narrowed.

    Parameters
    ----------
    schema : Schema
        The schema.
    statistics : DatasetStatistics
        Of the data that have the anomalies.
    anomalies : sequence of Anomaly, optional
        What was found of them. By default what `validate_statistics` finds without other data.
    environment : str, optional
        Where the data come from.
    features, codes : collection of str
        Which columns, and which codes of anomalies: of those that are named, only these; by default all.
    **inference
        As in `infer_schema`, for what is inferred anew.

    Returns
    -------
    Schema
        What nothing can mend is left: data without any row stay ``DATASET_LOW_NUM_EXAMPLES``.

    Raises
    ------
    RequestError
        If a column or code is named that no anomaly has.
    ValueError
        If the schema does not know the environment.
    """
    if anomalies is None:
        anomalies = validate_statistics(statistics, schema, environment)
    size = inference.get("max_string_domain_size", MAX_DOMAIN_SIZE)
    data = _Data(statistics, infer_schema(statistics, **inference), size, environment)
    for anomaly in choose_anomalies(anomalies, features, codes):
        schema = _relaxed_schema(schema, anomaly, data)
    return schema


def choose_anomalies(
    anomalies: Sequence[Anomaly], features: Collection[str] = (), codes: Collection[str] = ()
) -> list[Anomaly]:
    """Give the anomalies of columns and codes that are named; without names, all.

    Raises
    ------
    RequestError
        If a column or a code is named that no anomaly has, or none that has both.
    """
    known = {
        "feature": {anomaly.feature: None for anomaly in anomalies if anomaly.feature is not None},
        "code": {anomaly.code: None for anomaly in anomalies},
    }
    mistakes = [
        f"No anomaly is of the {kind} {name!r}.{did_you_mean(name, known[kind])}"
        for kind, names in (("feature", features), ("code", codes))
        for name in names
        if name not in known[kind]
    ]
    chosen = [
        anomaly
        for anomaly in anomalies
        if (not features or anomaly.feature in features) and (not codes or anomaly.code in codes)
    ]
    if not mistakes and not chosen and (features or codes):
        mistakes = ["No anomaly is of these features and of these codes at once."]
    if mistakes:
        existing = (
            ", ".join(f"{anomaly.feature or 'data set'} {anomaly.code}" for anomaly in anomalies)
            or "none"
        )
        raise RequestError("\n".join([*mistakes, f"There are: {existing}."]))
    return chosen


@dataclass(frozen=True)
class _Data:
    statistics: DatasetStatistics
    inferred: Schema
    max_domain_size: int
    environment: str | None


def _relaxed_schema(schema: Schema, anomaly: Anomaly, data: _Data) -> Schema:
    name = anomaly.feature
    if name is None:
        return _with_rows(schema, anomaly, data.statistics.num_rows)
    if anomaly.code == "FUNCTIONAL_DEPENDENCY_BROKEN":
        rules = schema.functional_dependencies
        kept = tuple(rule for rule in rules if rule_text(rule) != anomaly.setting)
        return replace(schema, functional_dependencies=kept)
    feature, column = schema.by_name.get(name), data.statistics.by_name.get(name)
    if feature is None:
        return _with_new_column(
            _no_longer_left_out(schema, name, anomaly, data.inferred), name, data.inferred
        )
    if column is None:
        return _with_feature(schema, name, _absent_feature(feature, data.environment))
    inferred = data.inferred.by_name.get(name)
    seen = Seen(column, inferred, data.max_domain_size, data.environment)
    relaxed = relax_feature(feature, anomaly, seen)
    if relaxed is None:
        return _with_new_column(_with_feature(schema, name, None), name, data.inferred)
    return _with_feature(schema, name, relaxed)


def _with_feature(schema: Schema, name: str, feature: Feature | None) -> Schema:
    """The schema with another feature of this name, or without one."""
    features = (feature if old.name == name else old for old in schema.features)
    return replace(schema, features=tuple(kept for kept in features if kept is not None))


def _no_longer_left_out(schema: Schema, name: str, anomaly: Anomaly, inferred: Schema) -> Schema:
    """The schema that no longer leaves out what has one value in each row after all."""
    if anomaly.code == "SCHEMA_NEW_COLUMN" or name not in inferred.by_name:
        return schema
    return replace(schema, left_out=tuple(pair for pair in schema.left_out if pair[0] != name))


def _with_new_column(schema: Schema, name: str, inferred: Schema) -> Schema:
    if name in dict(schema.left_out):
        return schema
    new = tuple(feature for feature in inferred.features if feature.name == name)
    left_out = tuple(pair for pair in inferred.left_out if pair[0] == name)
    return replace(
        schema, features=(*schema.features, *new), left_out=(*schema.left_out, *left_out)
    )


def _absent_feature(feature: Feature, environment: str | None) -> Feature:
    if feature.is_ignored or not feature.required or not feature.is_in(environment):
        return feature
    if environment is None or environment == TRAINING:
        return replace(feature, stage="DEPRECATED")
    also_in = tuple(name for name in feature.also_in if name != environment)
    return replace(feature, also_in=also_in, not_in=(*feature.not_in, environment))


def _with_rows(schema: Schema, anomaly: Anomaly, rows: int) -> Schema:
    if anomaly.code == "DATASET_LOW_NUM_EXAMPLES":
        return replace(schema, min_rows=min(schema.min_rows or 0, rows) or None)
    if anomaly.code == "DATASET_HIGH_NUM_EXAMPLES":
        return replace(schema, max_rows=max(schema.max_rows or 0, rows))
    if not anomaly.setting:  # found by a version that did not say which
        return schema
    least, most = getattr(schema, anomaly.setting) or (None, None)
    ratio = anomaly.value
    if anomaly.code == "COMPARATOR_LOW_NUM_EXAMPLES" and least is not None and ratio is not None:
        least = min(least, round_down(ratio))
    if anomaly.code == "COMPARATOR_HIGH_NUM_EXAMPLES" and most is not None:
        # Any number of rows is infinitely many times none.
        most = None if ratio is None else max(most, round_up(ratio))
    limits = None if least is None and most is None else (least, most)
    changed: Any = {anomaly.setting: limits}
    return replace(schema, **changed)
