"""Dates and timestamps as microseconds since 1970, so that they can be compared."""

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000


def microseconds(moment: date | datetime) -> int:
    """Give a moment's microseconds since 1970-01-01; one with a time zone is taken to UTC."""
    if not isinstance(moment, datetime):
        return (datetime(moment.year, moment.month, moment.day) - _EPOCH) // _MICROSECOND
    # In UTC a moment of the first or last day of the calendar may be beyond it, so it stays a number.
    beyond_utc = (moment.utcoffset() or timedelta()) // _MICROSECOND
    plain = moment.replace(tzinfo=None)
    try:
        return (plain - _EPOCH) // _MICROSECOND - beyond_utc
    except ValueError:
        # A timestamp of pandas in seconds reaches further than microseconds do.
        return int(plain.timestamp()) * 1_000_000 - beyond_utc


def first_of(limit: date | datetime) -> int:
    """Give the first microsecond that is not too early."""
    return microseconds(limit)


def last_of(limit: date | datetime) -> int:
    """Give the last microsecond that is not too late: a day includes all of its hours."""
    return microseconds(limit) + (0 if isinstance(limit, datetime) else _DAY - 1)


def read_moment(text: str) -> date | datetime | None:
    """Read a date or a timestamp in ISO 8601, or give None."""
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def date_of(text: str) -> date | None:
    """Give the day of a date or a timestamp in ISO 8601, in UTC where it has a zone."""
    moment = read_moment(text)
    if isinstance(moment, datetime):
        return (moment.astimezone(UTC) if moment.tzinfo is not None else moment).date()
    return moment
