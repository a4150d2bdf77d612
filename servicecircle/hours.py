"""Opening hours in OpenStreetMap's syntax, at a local time."""

from __future__ import annotations

from datetime import date, datetime

from opening_hours import OpeningHours, validate

__all__ = ["are_hours", "is_day", "is_open", "is_time"]


def are_hours(text: str) -> bool:
    """Whether a text is in the ``opening_hours`` syntax."""
    return bool(validate(text))


def is_time(text: str) -> bool:
    """Whether a text is a local time in ISO 8601, without a zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


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
