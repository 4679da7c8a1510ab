import pandas as pd
import pytest

from ml_assets.defs.flights.source import fingerprint, flights_with_weather


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return flights_with_weather()


def test_every_flight_is_there_once(flights: pd.DataFrame) -> None:
    assert len(flights) == 336_776
    assert not flights.duplicated(["carrier", "flight", "origin", "sched_dep"]).any()
    assert flights["sched_dep"].is_monotonic_increasing


def test_the_weather_was_known_before_departure(flights: pd.DataFrame) -> None:
    age = flights["sched_dep"] - flights["weather_at"]
    assert age.min() >= pd.Timedelta(0)
    assert age.max() <= pd.Timedelta(hours=6)
    assert flights["weather_at"].isna().mean() < 0.005
    assert (flights["weather_at"].isna() <= flights["temp"].isna()).all()


def test_the_clock_is_that_of_new_york(flights: pd.DataFrame) -> None:
    # The first flight of the year was planned for a quarter past five in the morning.
    assert flights["sched_dep"].iloc[0] == pd.Timestamp("2013-01-01 05:15")
    minutes = flights["sched_dep"].dt.hour * 60 + flights["sched_dep"].dt.minute
    assert (minutes == flights["dep_minute_of_day"]).all()
    # Nights are colder: the joined weather is on the same clock as the departures.
    by_hour = flights.groupby(flights["sched_dep"].dt.hour)["temp"].mean()
    assert by_hour.loc[6:21].idxmin() == 6
    assert by_hour.loc[6:21].idxmax() in range(14, 19)


def test_the_fingerprint_is_that_of_the_files() -> None:
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64
