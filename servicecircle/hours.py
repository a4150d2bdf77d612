"""Opening hours in OpenStreetMap's syntax, at a local time."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from opening_hours import OpeningHours, validate

__all__ = ["are_hours", "is_clock", "is_day", "is_open", "is_time", "open_spells"]

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")


def are_hours(text: str) -> bool:
    """Whether a text is in the ``opening_hours`` syntax."""
    return bool(validate(text))


def is_time(text: str) -> bool:
    """Whether a text is a local time in ISO 8601, without a zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def is_clock(text: str) -> bool:
    """Whether a text is a time of day such as 09:00."""
    return _CLOCK.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Whether a text is a date in ISO 8601."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_open(text: str, at: str) -> bool:
    """Whether hours include a local time; hours that nobody can read keep nothing closed.

    Examples
    --------
    >>> is_open("Mo-Su 07:30-22:30", "2026-11-22T23:00")
    False
    """
    return not are_hours(text) or bool(OpeningHours(text).is_open(datetime.fromisoformat(at)))


def open_spells(text: str, day: str) -> list[tuple[float, float]]:
    """Return when hours are open on a day, as pairs of minutes since midnight.

    Examples
    --------
    >>> open_spells("Tu-Su 09:00-12:00,13:30-17:00", "2026-05-20")
    [(540.0, 720.0), (810.0, 1020.0)]
    >>> open_spells("Tu-Su 09:00-17:00", "2026-05-18")
    []
    """
    start = datetime.fromisoformat(day).replace(hour=0, minute=0)
    end = start + timedelta(days=1)
    spells: list[tuple[float, float]] = []
    for begins, ends, state, _ in OpeningHours(text).intervals(start, end):
        if str(state) != "open":
            continue
        low, high = (((min(at, end) - start).total_seconds() / 60.0) for at in (begins, ends or end))
        if spells and spells[-1][1] >= low:
            spells[-1] = (spells[-1][0], high)
        else:
            spells.append((low, high))
    return spells
