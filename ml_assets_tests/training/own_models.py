"""Estimators of a user's own, as a YAML would name them."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

KILLED_AT = "ML_ASSETS_TEST_KILLED_AT"
KILLED_BY = "ML_ASSETS_TEST_KILLED_BY"
COUNT = "ML_ASSETS_TEST_COUNT"


def tree(max_depth: int = 3, min_samples_leaf: int = 5) -> Any:
    """Give a decision tree; its process dies at the fit that an environment variable names."""
    return _DyingTree(max_depth=max_depth, min_samples_leaf=min_samples_leaf)


class _DyingTree(DecisionTreeClassifier):  # type: ignore[misc]
    def fit(self, *args: Any, **kwargs: Any) -> Any:
        if KILLED_AT in os.environ:
            with Path(os.environ[COUNT]).open("a+") as counter:
                counter.write("fit\n")
                counter.seek(0)
                fits = len(counter.readlines())
            if fits == int(os.environ[KILLED_AT]):
                os.kill(os.getpid(), int(os.environ.get(KILLED_BY, signal.SIGKILL)))
        return super().fit(*args, **kwargs)


def hungry(megabytes: int = 1) -> Any:
    """Give a decision tree that holds so many megabytes once it is fitted."""
    return _HungryTree(megabytes)


class _HungryTree(DecisionTreeClassifier):  # type: ignore[misc]
    def __init__(self, megabytes: int = 1) -> None:
        super().__init__(max_depth=2)
        self.megabytes = megabytes

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        self.held = np.ones(self.megabytes * 125_000)
        return super().fit(*args, **kwargs)


def unseeded() -> Any:
    """Give a forest whose random numbers nobody can set."""
    return _UnseededForest(n_estimators=3)


class _UnseededForest(RandomForestClassifier):  # type: ignore[misc]
    def fit(self, *args: Any, **kwargs: Any) -> Any:
        self.random_state = None
        return super().fit(*args, **kwargs)


def fill(values: Any) -> Any:
    """Replace missing values."""
    return np.nan_to_num(values)


def filled_logistic(C: float = 1.0) -> Any:
    """Give a pipeline that holds a function of one's own."""
    return Pipeline(
        [
            ("fill", FunctionTransformer(fill)),
            ("scale", StandardScaler()),
            ("model", LogisticRegression(C=C)),
        ]
    )


def broken() -> Any:
    """Fail."""
    raise RuntimeError("no licence")


def no_estimator() -> Any:
    """Give something that cannot be fitted."""
    return StandardScaler()
