"""Whether a place is open at a local time, where its hours are known and readable."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Literal

from servicecircle.errors import Fault, InputError
from servicecircle.hours import are_hours, is_open, is_time

__all__ = ["Openness", "local_time", "openness"]

Openness = Literal["yes", "no", "unknown"]

_CHINA = timezone(timedelta(hours=8))  # one time for the whole country, all year
_YEARS = range(2000, 2100)


def local_time(text: str | None) -> datetime:
    """Return the local time asked about, by default now, to the minute.

    Raises
    ------
    InputError
        Not a local time.
    """
    if text is None:
        return datetime.now(_CHINA).replace(tzinfo=None, second=0, microsecond=0)
    if not is_time(text) or datetime.fromisoformat(text).year not in _YEARS:
        remedy = "give a local time without a zone, such as 2026-05-20T10:00"
        raise InputError([Fault("not a local time", remedy, column="at", value=text)])
    return datetime.fromisoformat(text)


def openness(hours: object, at: datetime, later_s: float = 0.0) -> Openness:
    """Say whether a place is open at a time, or so many seconds later.

    >>> openness("Tu-Su 09:00-17:00", datetime(2026, 5, 20, 16, 55)), openness(None, datetime(2026, 5, 20))
    ('yes', 'unknown')
    >>> openness("Tu-Su 09:00-17:00", datetime(2026, 5, 20, 16, 55), later_s=600.0)
    'no'
    """
    if not isinstance(hours, str) or not are_hours(hours):
        return "unknown"
    when = (at + timedelta(seconds=later_s)).isoformat(timespec="minutes")
    return "yes" if is_open(hours, when) else "no"
