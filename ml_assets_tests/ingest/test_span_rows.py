"""Where each span's examples lie, and when their digest changes."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ml_assets.ingest.examples import KEPT, REPEATED, UNLABELLED, Plan
from ml_assets.ingest.span_rows import span_rows

SPANS = [
    {"span": "2013-01", "rows": 3, "sha256": "aa"},
    {"span": "2013-02", "rows": 2, "sha256": "bb"},
    {"span": "2013-03", "rows": 2, "sha256": "cc"},
]
SCHEMA = pa.schema([("x", pa.int64())])


def plan(fates: Any = None, splits: Any = (0, 1, -1, -1, -1, 2, 0), labels: Any = (0,) * 7) -> Plan:
    fates = [KEPT, KEPT, REPEATED, UNLABELLED, UNLABELLED, KEPT, KEPT] if fates is None else fates
    ids = pa.array([str(row) for row in range(7)])
    spans = pa.array(["s"] * 7).dictionary_encode()
    return Plan(np.array(fates, np.int8), ids, spans, np.array(splits, np.int8), pa.array(labels))


def digests(*arguments: Any) -> dict[str, str]:
    return {span["span"]: span["digest"] for span in span_rows(*arguments)}


def test_only_spans_with_examples_are_listed_and_follow_each_other() -> None:
    entries = span_rows(plan(), SPANS, SCHEMA)
    places = [(span["span"], span["start"], span["rows"]) for span in entries]
    assert places == [("2013-01", 0, 2), ("2013-03", 2, 2)]


@pytest.mark.parametrize(
    "changed",
    [
        (plan(splits=(0, 2, -1, -1, -1, 2, 0)), SPANS, SCHEMA),
        (plan([KEPT, KEPT, KEPT, *[UNLABELLED] * 2, KEPT, KEPT]), SPANS, SCHEMA),
        (plan(), [{**SPANS[0], "sha256": "zz"}, *SPANS[1:]], SCHEMA),
        (plan(labels=(0, 1, 0, 0, 0, 0, 0)), SPANS, SCHEMA),
    ],
    ids=["split", "kept rows", "content", "labels"],
)
def test_a_change_of_one_span_changes_its_digest_only(changed: Any) -> None:
    before, after = digests(plan(), SPANS, SCHEMA), digests(*changed)
    assert before["2013-01"] != after["2013-01"]
    assert before["2013-03"] == after["2013-03"]


def test_other_columns_change_every_digest() -> None:
    wider = digests(plan(), SPANS, pa.schema([("x", pa.int64()), ("y", pa.string())]))
    assert not {*wider.values()} & {*digests(plan(), SPANS, SCHEMA).values()}


def test_labels_of_rows_that_are_no_examples_change_no_digest() -> None:
    others = plan(labels=(0, 0, None, 1, None, 0, 0))
    assert digests(others, SPANS, SCHEMA) == digests(plan(), SPANS, SCHEMA)


def test_the_place_in_the_window_changes_no_digest() -> None:
    moved = digests(
        Plan(
            plan().fates[3:], plan().ids[3:], plan().spans[3:], plan().splits[3:], plan().labels[3:]
        ),
        SPANS[1:],
        SCHEMA,
    )
    assert moved["2013-03"] == digests(plan(), SPANS, SCHEMA)["2013-03"]
