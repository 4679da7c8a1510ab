"""What the check `predictions` demands: a finite score for each row, and probabilities that are some."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from ml_assets.spec import Task

_TOLERANCE = 1e-6


@dataclass
class ScoreCheck:
    """Counts, while predictions are written, what is wrong with them.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
        What kind of label is predicted.
    columns : sequence of str
        The columns of scores.
    rows : int
        How many rows passed.
    faults : dict of str to int
        How many rows have each fault.
    """

    task: Task
    columns: Sequence[str]
    rows: int = 0
    faults: dict[str, int] = field(default_factory=dict)

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give the batches on unchanged, and count."""
        for batch in batches:
            scores = np.column_stack([_numbers(batch.column(name)) for name in self.columns])
            self.rows += len(scores)
            for fault, rows in _faults(self.task, scores).items():
                self.faults[fault] = self.faults.get(fault, 0) + rows
            yield batch

    def verdict(self, rows: int) -> tuple[bool, str]:
        """Say whether the predictions for `rows` rows are sound, and what is wrong."""
        problems = [f"{count:,} rows have {fault}" for fault, count in self.faults.items() if count]
        if self.rows != rows:
            problems.append(f"{rows:,} rows came in but {self.rows:,} predictions went out")
        return not problems, "; ".join(problems) or f"{rows:,} rows have a sound score"


def _numbers(column: pa.Array) -> Any:
    return column.to_numpy(zero_copy_only=False)


def _faults(
    task: Task, scores: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> dict[str, int]:
    finite = np.isfinite(scores).all(axis=1)
    faults = {"a score that is NaN or infinite": int((~finite).sum())}
    if task == "regression":
        return faults
    finite_scores = scores[finite]
    outside = ((finite_scores < 0) | (finite_scores > 1)).any(axis=1)
    faults["a probability outside 0 to 1"] = int(outside.sum())
    if task == "multiclass":
        apart = np.abs(finite_scores.sum(axis=1) - 1) > _TOLERANCE
        faults["probabilities that do not add up to 1"] = int((apart & ~outside).sum())
    return faults
