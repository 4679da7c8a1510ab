"""Rows, and what encodings make of them."""

from typing import Any

import numpy as np
import pandas as pd

from ml_assets.spec import columns_and_bins
from ml_assets.transform.fit import FittedTransform, fit_transform
from ml_assets.transform.select import Roles
from ml_assets.transform.spec import TransformSpec

NAN = float("nan")
ROWS = 300
RNG = np.random.default_rng(0)
FARE = np.where(np.arange(ROWS) % 9 == 0, NAN, np.exp(RNG.normal(size=ROWS)))
SEATS = RNG.integers(0, 9, ROWS)
CITY = RNG.choice(["Lima", "Oslo", "Rome"], ROWS, p=[0.2, 0.3, 0.5]).astype(object)
CITY[::7] = None
NOTE = RNG.choice(["late again", "late and cold", "Cold coffee", "", "no word"], ROWS)
FRAME = pd.DataFrame(
    {
        "fare": FARE,
        "seats": SEATS,
        "night": RNG.random(ROWS) < 0.4,
        "city": CITY,
        "note": NOTE,
        "at": pd.date_range("2026-01-01", periods=ROWS, freq="31h"),
        "_label": (RNG.random(ROWS) < 0.2 + 0.5 * (CITY == "Rome")).astype("int8"),
    }
)
TYPES = {
    "fare": "float",
    "seats": "int",
    "night": "bool",
    "city": "string",
    "note": "string",
    "at": "timestamp",
}


def fitted(encodings: Any, frame: pd.DataFrame = FRAME, **spec: Any) -> FittedTransform:
    columns = [name for key in encodings for name, _ in columns_and_bins(key)]
    options = {"features": columns, "encodings": encodings, "min_category_count": 1} | spec
    return fit_transform(frame, TYPES, TransformSpec(**options), Roles())


def features(encodings: Any, frame: pd.DataFrame = FRAME, **spec: Any) -> pd.DataFrame:
    return fitted(encodings, frame, **spec).apply(frame)
