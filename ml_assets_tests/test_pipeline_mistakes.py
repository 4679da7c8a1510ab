"""Mistakes in a pipeline's YAML: each is told with its line; see `cli/test_all_at_once` for several."""

from pathlib import Path

import pytest

from ml_assets.pipeline_file import COMPONENT_TYPE
from ml_assets_tests.pipeline_factory import mistakes, write_text

HEAD = f"type: {COMPONENT_TYPE}\nattributes:\n"
REST = "  task: binary\n  ingest: {source: {csv: a.csv}}\n  labels: paid\n"


# Lines of the YAML below its first two; the line, and the message that names the mistake.
ONE_MISTAKE = [
    (
        REST + "  labls: x\n",
        6,
        "labls is not a key of attributes. Did you mean 'labels'? Allowed: description, ",
    ),
    (
        REST.replace("binary", "binari"),
        3,
        "task must be one of binary, multiclass, regression; found 'binari'. "
        "Did you mean 'binary'?",
    ),
    ("  task: binary\n  labels: paid\n", 2, "ingest is missing; it must be a mapping with keys of "),
    (
        REST + "  statistics:\n    top_values: many\n",
        7,
        "statistics.top_values must be a whole number >= 1 and <= 1000; found 'many'.",
    ),
    (
        REST + "  training:\n    tuning:\n      trials: -1\n",
        8,
        "training.tuning.trials must be a whole number >= 0 and <= 100000; found -1.",
    ),
    (
        REST + "  training: {tuning: {trials: 2.5}}\n",
        6,
        "training.tuning.trials must be a whole number >= 0 and <= 100000; found 2.5.",
    ),
    (
        REST + "  monitoring: {retraining: {on_drift: maybe}}\n",
        6,
        "monitoring.retraining.on_drift must be true or false; found 'maybe'.",
    ),
    (
        REST + "  statistics: [1, 2]\n",
        6,
        "statistics must be a mapping with keys of top_values, histogram_buckets, slices, "
        "min_slice_rows, cross_features, weight; "
        "found a list of 2.",
    ),
    (
        REST + "  statistics:\n",
        6,
        "statistics must be a mapping with keys of top_values, histogram_buckets, slices, "
        "min_slice_rows, cross_features, weight; found nothing.",
    ),
    (
        REST + "  transform: {exclude: tips}\n",
        6,
        "transform.exclude must be a list, each item text; found 'tips'.",
    ),
    (
        REST + "  transform: {exclude: [tips, 3]}\n",
        6,
        "transform.exclude.1 must be text; found 3.",
    ),
    (
        REST + "  owners: {a: b}\n",
        6,
        "owners must be a list, each item an e-mail address or team:name; found a mapping with a.",
    ),
    (
        REST + "  owners: [a@b.org, bob]\n",
        6,
        "owners.1 must be an e-mail address or team:name; found 'bob'.",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      roc_auc: {min: 60}\n",
        8,
        "evaluation.thresholds.roc_auc.min 60 cannot be reached: roc_auc lies between 0 and 1.",
    ),
    (
        REST.replace("binary", "regression") + "  evaluation: {slice_thresholds: {rmse: {max: -1}}}\n",
        6,
        "evaluation.slice_thresholds.rmse.max -1 cannot be reached: rmse is at least 0.",
    ),
    (
        REST.replace("binary", "regression") + "  evaluation: {thresholds: {r2: {min: 1.5}}}\n",
        6,
        "evaluation.thresholds.r2.min 1.5 cannot be reached: r2 is at most 1.",
    ),
    (
        REST + "  transform: {features: [a, tips], known_after: [tips]}\n",
        6,
        "transform.features names 'tips', which known_after names too.",
    ),
    (
        REST + "  transform: {features: [a], exclude: [a]}\n",
        6,
        "transform.features names 'a', which exclude names too.",
    ),
    (
        REST + "  transform: {encodings: {a: numeric}, exclude: [a]}\n",
        6,
        "transform.encodings names 'a', which exclude names too.",
    ),
    (
        REST + "  transform: {features: [a, paid]}\n",
        6,
        "transform.features names 'paid', which makes the label.",
    ),
    (
        REST + "  transform: {features: []}\n",
        6,
        "transform.features must be a list, each item text with at least 1; found a list of 0.",
    ),
    (
        REST.replace("csv: a.csv", "parquet: a, decimal: ','"),
        4,
        "ingest.source.decimal belongs to a csv source; found parquet.",
    ),
    (
        REST.replace("csv: a.csv", "csv: a, decimal: ',', thousands: ','"),
        4,
        "ingest.source.thousands must differ from decimal.",
    ),
    (
        REST.replace("labels: paid", "labels: {expression: a > 1, null_values: [NA]}"),
        5,
        "labels.null_values belongs to a column; in an expression, compare with such texts.",
    ),
    (
        REST + "  serving: {window: {start: yesterday}}\n",
        6,
        "serving.window.start must be a date or time such as 2013-01-31; found 'yesterday'.",
    ),
    (
        REST.replace("csv: a.csv", 'csv: a.csv, delimiter: "::"'),
        4,
        "ingest.source.delimiter must be text of exactly 1 character; found '::'.",
    ),
    (
        REST.replace("csv: a.csv", "csv: a.csv, types: {zip: text}"),
        4,
        "ingest.source.types.zip must be one of string, int, float, bool, date, timestamp; "
        "found 'text'.",
    ),
    (
        REST.replace("csv: a.csv", "python: rows"),
        4,
        "ingest.source.python must be package.module:name; found 'rows'.",
    ),
    (
        REST.replace("csv: a.csv", "csv: a.csv, parquet: b"),
        4,
        "ingest.source needs exactly one of csv, parquet, jsonl, sql, python; "
        "found csv and parquet.",
    ),
    (
        "  task: binary\n  ingest:\n    span: day\n    source:\n      encoding: utf-8\n  labels: paid\n",
        6,
        "ingest.source needs exactly one of csv, parquet, jsonl, sql, python; found none.",
    ),
    (
        "  task: binary\n  ingest:\n    source: {csv: a.csv}\n    key: id\n    span: day\n"
        "  labels: paid\n",
        7,
        "ingest.span day needs a time column; set time.",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      f1: {}\n      roc_auc: {mn: 0.7}\n",
        9,
        "evaluation.thresholds.roc_auc.mn is not a key of thresholds.roc_auc. "
        "Did you mean 'min'? Allowed: max, min, min_change, min_relative_change.",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      rocauc: {min: 0.7}\n",
        8,
        "evaluation.thresholds.rocauc is not a metric. Did you mean 'roc_auc'? Allowed: accuracy, ",
    ),
    (
        REST + "  evaluation:\n    thresholds:\n      recall_at_precision@9: {min: 0.7}\n",
        8,
        "evaluation.thresholds.recall_at_precision@9 needs a number from 0 to 1 after @, such as "
        "recall_at_precision@0.9.",
    ),
    (
        REST + "  evaluation:\n    slice_thresholds:\n      precision@0.7: {}\n",
        8,
        "evaluation.slice_thresholds.precision@0.7 needs at least one of min, max, min_change and "
        "min_relative_change.",
    ),
    (
        REST + "  evaluation:\n    metrics:\n    - f1\n    - mse\n",
        9,
        "evaluation.metrics.1 names 'mse', which cannot be measured for a binary task. Allowed: ",
    ),
    (
        REST + "  evaluation: {metrics: ['shop value:profit']}\n",
        6,
        "evaluation.metrics.0 names 'shop value:profit', which must be module:function, such as",
    ),
    (
        REST + "  evaluation:\n    confidence: 0.9\n    thresholds:\n      rmse: {max: 3}\n",
        9,
        "evaluation.thresholds.rmse cannot be measured for a binary task. Allowed: accuracy, ",
    ),
    (
        REST + "  training:\n    seed: 1\n    estimator: ridge\n",
        8,
        "training.estimator ridge is for regression; use logistic.",
    ),
    (
        "  task: regression\n  ingest: {source: {csv: a.csv}}\n  labels: paid\n"
        "  training: {calibration: isotonic}\n",
        6,
        "training.calibration is for classes, not for a regression.",
    ),
    (
        "  task: multiclass\n  ingest: {source: {csv: a.csv}}\n  labels: paid\n"
        "  training: {decision: {metric: f1}}\n",
        6,
        "training.decision is for a binary task; this one is multiclass.",
    ),
    (
        REST + "  training: {decision: {metric: f1, costs: {false_negative: 2}}}\n",
        6,
        "training.decision needs exactly one of costs and metric.",
    ),
    (
        REST + "  training: {decision: {metric: recall}}\n",
        6,
        "training.decision.metric must be one of f1, balanced_accuracy, accuracy; found 'recall'.",
    ),
    (
        REST + "  training: {tuning: {cluster: localhost}}\n",
        6,
        "training.tuning.cluster must be an address such as tcp://host:8786; found 'localhost'.",
    ),
    (
        REST + "  training: {tuning: {folds: 1}}\n",
        6,
        "training.tuning.folds must be a whole number >= 2 and <= 20; found 1.",
    ),
    (
        REST + "  training: {estimator: logistik}\n",
        6,
        "training.estimator must be one of hist_gradient_boosting, logistic, ridge, random_forest, "
        "lightgbm or package.module:name; found 'logistik'. Did you mean 'logistic'?",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space:\n        depth: {low: 1, hgh: 3}\n",
        9,
        "training.tuning.search_space.depth.hgh is not a key of search_space.depth. "
        "Did you mean 'high'? Allowed: high, log, low.",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space:\n        depth: {choice: [1]}\n",
        9,
        "training.tuning.search_space.depth.choice is not a key of search_space.depth. "
        "Did you mean 'choices'? Allowed: choices.",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space:\n        depth: {low: 5, high: 1}\n",
        9,
        "training.tuning.search_space.depth.low 5.0 is above high 1.0.",
    ),
    (
        REST + "  training:\n    tuning:\n      search_space: {depth: 5}\n",
        8,
        "training.tuning.search_space.depth must be a mapping with keys of low, high, log "
        "or a mapping with keys of choices; found 5.",
    ),
    (
        REST + "  training: {tuning: {search_space: {a: {choices: []}}}}\n",
        6,
        "training.tuning.search_space.a.choices must be a list, each item text or a whole number "
        "or a number or true or false with at least 1; found a list of 0.",
    ),
    (
        REST.replace("labels: paid", "labels: {expression: tips >}"),
        5,
        "labels.expression cannot be read: invalid syntax.",
    ),
    (
        REST.replace("labels: paid", "labels: {column: a, expression: b}"),
        5,
        "labels needs either column or expression; found both.",
    ),
    (REST + "  name: My Shop\n", 6, "name must be lower-case letters, digits and _, "),
    (REST + "  directory: /etc\n", 6, "directory is not a key of attributes; it is the folder of "),
    (
        REST + "  validation: {max_quarantined_fraction: .nan}\n",
        6,
        "validation.max_quarantined_fraction must be a finite number; found .nan.",
    ),
    (REST + "  description: 1\n  description: 2\n", 7, "description appears twice (first in line 6)"),
    (
        REST + "  evaluation:\n    seed: 1\n    slices: []\n    seed: 2\n",
        9,
        "evaluation.seed appears twice (first in line 7); keep one.",
    ),
    (
        REST + "  description: !!python/object/apply:os.system [ls]\n",
        6,
        "description: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed.",
    ),
    (
        REST + "  description: !!python/name:os.system\n",
        6,
        "description: '' cannot be read: could not determine a constructor for the tag ",
    ),
    (REST + "  description: 2013-13-45\n", 6, "description: '2013-13-45' cannot be read: month must "),
    (REST + "  ? [a, b]\n  : 1\n", 6, "attributes: a key must be text."),
    (
        REST + "  description: '{{ env.NOWHERE_SET }}'\n",
        6,
        "description: the environment variable NOWHERE_SET is not set.",
    ),
    (
        REST + "  description: 'a {{ context.x }}'\n",
        6,
        "description: {{ context.x }} cannot be resolved; allowed are {{ env.NAME }} and ",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "line", "message"), ONE_MISTAKE)
def test_a_mistake_is_told_with_line_key_found_and_allowed(
    tmp_path: Path, lines: str, line: int, message: str
) -> None:
    found = mistakes(write_text(tmp_path, HEAD + lines))
    assert [one for one in found if one.startswith(f"shop/defs.yaml:{line}: {message}")], found
