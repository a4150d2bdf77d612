"""When a group is where on its route, and whether the places are open then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from servicecircle.hours import are_hours, open_spells
from servicecircle.units import S_PER_MIN

__all__ = ["Visit", "clock", "ever_open", "minute_of", "visits"]

Spells = list[tuple[float, float]]
_DAY_MIN = 1440.0


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop: minutes since midnight of coming and going (NaN: unknown), and ``open``, ``closed`` or ``unknown``."""

    arrive: float
    leave: float
    state: str


def minute_of(text: str) -> float:
    """Return minutes since midnight.

    >>> minute_of("09:30")
    570.0
    """
    hours, minutes = text.split(":")
    return 60.0 * int(hours) + int(minutes)


def clock(minute: float) -> str | None:
    """Return the time of day to the minute, None where unknown; after midnight it goes on: 24:10.

    >>> clock(570.4)
    '09:30'
    """
    if not np.isfinite(minute):
        return None
    whole = int(np.floor(minute + 0.5))
    return f"{whole // 60:02d}:{whole % 60:02d}"


def visits(
    depart: float, seconds: Sequence[float], dwell: Sequence[float], hours: Sequence[str | None], day: str
) -> list[Visit]:
    """Follow a group from stop to stop.

    Parameters
    ----------
    depart
        Minutes since midnight at which it is at the first stop.
    seconds
        Of the walk to each stop from the one before, the first being 0; NaN where it is unknown.
    dwell
        Minutes at each stop.
    hours
        Opening hours of each stop, None where they are unknown or do not count.
    day
        ISO date whose hours count.

    Examples
    --------
    >>> [v.state for v in visits(540.0, [0.0, 600.0], [20.0, 30.0], [None, "09:00-09:45"], "2026-05-20")]
    ['unknown', 'closed']
    """
    found = []
    at = depart
    for walk_s, stay, text in zip(seconds, dwell, hours, strict=True):
        arrive = at + walk_s / S_PER_MIN
        leave = arrive + stay
        found.append(Visit(arrive, leave, _state(text, arrive, leave, day)))
        at = leave
    return found


def ever_open(seconds: Sequence[float], dwell: Sequence[float], hours: Sequence[str | None], day: str) -> int | None:
    """Return the first stop that is closed whenever a group sets out that day and however long it waits, else None.

    Setting out at midnight and waiting where a place is closed is the earliest that a group can be anywhere: what is
    closed for the rest of the day then is closed for everyone.
    """
    at = 0.0
    for k, (walk_s, stay, text) in enumerate(zip(seconds, dwell, hours, strict=True)):
        at += 0.0 if np.isnan(walk_s) else walk_s / S_PER_MIN
        spells = _spells(text, day)
        if spells is not None:
            starts = [max(low, at) for low, high in spells if max(low, at) + stay <= high]
            if not starts:
                return k
            at = min(starts)
        at += stay
    return None


def _spells(text: str | None, day: str) -> Spells | None:
    return open_spells(text, day) if text and are_hours(text) else None


def _state(text: str | None, arrive: float, leave: float, day: str) -> str:
    spells = _spells(text, day)
    if spells is None or not np.isfinite(leave):
        return "unknown"
    inside = any(low <= arrive and leave <= high for low, high in spells)
    return "open" if inside and leave <= _DAY_MIN else "closed"
