"""Days as the format counts them, since 1970-01-01."""

from datetime import date, timedelta

SECONDS = 86_400
_FIRST = date(1970, 1, 1)
_LAST = (date.max - _FIRST).days


def day_of(now: float) -> int:
    """Return the day of a Unix time."""
    return int(now) // SECONDS


def date_of(day: int) -> date:
    """Return the date of a day; the last that there is for one that lies beyond the calendar."""
    return _FIRST + timedelta(days=min(day, _LAST))
