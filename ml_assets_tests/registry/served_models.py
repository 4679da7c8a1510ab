"""Models that misbehave as their folder says, loaded by a real scoring server through MLflow."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


class Served:
    """Predicts the column ``x``, and does what `behaviour` says."""

    def __init__(self, behaviour: str) -> None:
        self._behaviour = behaviour
        self._asked = 0

    def predict(self, data: pd.DataFrame, params: dict[str, Any] | None = None) -> Any:
        self._asked += 1
        match self._behaviour:
            case "die":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                child = [sys.executable, "-c", "input()"]
                subprocess.Popen(child, stdin=subprocess.PIPE, start_new_session=True)
                threading.Event().wait()
            case "fill":
                kept = [np.ones(10_000_000) for _ in range(30)]  # 80 MB each
                return np.array([len(kept)])
            case "nonsense" if len(data) == 1:
                return object()
            case "nonsense":
                return np.array([np.nan, 1.5, 0.9, *data["x"][3:]])
            case "fail on null" if len(data) == 1 and data["s"].isna().any():
                raise RuntimeError("no s")
            case "forget" if self._asked > 4:
                return data["x"].to_numpy() + 1
        answer = data["x"].fillna(0.5).clip(0, 1).to_numpy()
        match self._behaviour:
            case "a row too few":
                return answer[1:]
            case "a row too many":
                return np.append(answer, 0.5)
            case "a new class":
                return np.column_stack([1 - answer, answer, 0 * answer])
        return answer


def _load_pyfunc(path: str) -> Served:
    behaviour = Path(path, "behaviour.txt").read_text()
    if behaviour == "fail to load":
        raise RuntimeError("the trees are gone")
    return Served(behaviour)
