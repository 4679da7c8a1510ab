"""Mistakes in the YAML's part `evaluation`: churn and the comparison of slices."""

from pathlib import Path

import pytest

from ml_assets.pipeline_file import COMPONENT_TYPE
from ml_assets_tests.pipeline_factory import mistakes, write_text

HEAD = f"type: {COMPONENT_TYPE}\nattributes:\n"
REST = "  task: binary\n  ingest: {source: {csv: a.csv}}\n  labels: paid\n"


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (
            "    metrics: [flip_rate]\n",
            1,
            "evaluation.metrics.0 names 'flip_rate', which says how far two models differ, and is always "
            "measured against the champion: name it in thresholds or slice_thresholds, or nowhere.",
        ),
        (
            "    thresholds:\n      model_cosine_similarity: {min: 0.9}\n",
            2,
            "evaluation.thresholds.model_cosine_similarity cannot be measured for a binary task. "
            "Allowed: flip_rate, neg_to_pos_flip_rate, pos_to_neg_flip_rate, "
            "symmetric_prediction_difference.",
        ),
        (
            "    slice_thresholds:\n      flip_rate: {min_change: 0.1}\n",
            2,
            "evaluation.slice_thresholds.flip_rate compares with the champion itself: it takes min and "
            "max only.",
        ),
        (
            "    thresholds:\n      flip_rate: {max: 1.5}\n",
            2,
            "evaluation.thresholds.flip_rate.max 1.5 cannot be reached: flip_rate lies between 0 and 1.",
        ),
        (
            "    cross_slices:\n    - thresholds: {flip_rate: {max: 1}}\n",
            2,
            "evaluation.cross_slices.0.thresholds.flip_rate says how far two models differ, and",
        ),
        (
            "    cross_slices:\n    - thresholds: {}\n",
            2,
            "evaluation.cross_slices.0.thresholds must be a mapping with at least 1",
        ),
        (
            "    slices: [city]\n    cross_slices:\n"
            "    - slices: [citi]\n      thresholds: {f1: {min: -0.1}}\n",
            3,
            "evaluation.cross_slices.0.slices.0 'citi' is not among slices. Did you mean 'city'?",
        ),
        (
            "    sql_slices: {old: age > 60}\n    cross_slices:\n"
            "    - baseline: city=Oslo\n      thresholds: {f1: {min: -0.1}}\n",
            3,
            "evaluation.cross_slices.0.baseline 'city=Oslo' is of none of slices; name one by column and "
            "value, such as origin=JFK.",
        ),
        (
            "    slices: [city]\n    cross_slices:\n"
            "    - thresholds:\n        roc_auc: {min: -1.5}\n",
            4,
            "evaluation.cross_slices.0.thresholds.roc_auc.min -1.5 cannot be reached: a difference of "
            "roc_auc lies between -1 and 1.",
        ),
        (
            "    slices: [city]\n    cross_slices:\n"
            "    - slices: [other]\n      thresholds: {f1: {min: -0.1}}\n",
            3,
            "evaluation.cross_slices.0.slices.0 'other' is not among slices.",
        ),
        (
            "    cross_slices:\n    - thresholds: {f1: {min: -0.1}}\n",
            1,
            "evaluation.cross_slices judges slices, and there are none; name some in slices.",
        ),
        (
            "    slice_thresholds: {f1: {min: 0.1}}\n",
            1,
            "evaluation.slice_thresholds judges slices, and there are none; name some in slices.",
        ),
        *(
            (
                f"    sql_slices:\n      '{name}': age > 60\n",
                2,
                f"evaluation.sql_slices.{name} is no name of a slice: it has no comma, no number of "
                "bins, and no blank at its ends.",
            )
            for name in ("old:4", "old,rich", " old", "")
        ),
        (
            "    slices: [city, age]\n    cross_slices:\n    - thresholds: {f1: {min: -0.1}}\n"
            "    - slices: [age]\n      thresholds: {f1: {max: 0.1}}\n",
            5,
            "evaluation.cross_slices.1.thresholds.f1 is judged by cross_slices.0 for age too; say it in "
            "one of them.",
        ),
    ],
)
def test_a_mistake_is_told_with_the_line_below_the_part(
    tmp_path: Path, lines: str, line: int, message: str
) -> None:
    texts = mistakes(write_text(tmp_path, f"{HEAD}{REST}  evaluation:\n{lines}"))
    assert [text for text in texts if text.startswith(f"shop/defs.yaml:{6 + line}: {message}")], (
        texts
    )
    assert not any(text.endswith(("..", "?.")) for text in texts)
