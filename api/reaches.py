"""Walks from a point or from many places to many places: there, back, metres, steps, and without steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from api.feet import Feet, Point
from api.trails import Trails, trace_trails
from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.errors import InputError
from servicecircle.graph import nearest
from servicecircle.model import Direction
from servicecircle.reach import Attached, door_to_door

__all__ = ["Reach", "StepFree", "Table", "measure", "reaches"]

StepFree = Literal["yes", "no", "unknown"]

_LONGER = 1.5


@dataclass(frozen=True, slots=True)
class Reach:
    """A place reached (by its position among those asked for): there, and back (None where there is no way back).

    ``step_free``: whether a way without steps leads there; unknown where no street without steps is near either end.
    """

    place: int
    seconds_there: float
    seconds_back: float | None
    metres: float
    steps: int
    steps_estimated: bool
    step_free: StepFree
    step_free_seconds: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Walks from ``starts`` to ``ends`` (places by position), as a row of reaches for each start: soonest first."""

    starts: Ints
    ends: Ints
    rows: tuple[tuple[Reach, ...], ...]


def reaches(feet: Feet, free: Feet | None, point: Point, limit_s: float, wanted: Bools) -> list[Reach]:
    """Walk from a point to the wanted places within ``limit_s``, and back: soonest first.

    Raises
    ------
    InputError
        No street near the point.
    """
    attached, snap_m = feet.stand(point)
    places = feet.doors.place
    me = len(places)
    there = _seconds(attached, me, places, limit_s, Direction.FROM)
    there[~(wanted & feet.usable)] = np.inf
    back = _back(attached, me, places, there, feet.streets.parameters.coverage.horizon_s)
    trails = trace_trails(attached, feet.counted, snap_m, places, me, limit_s)
    return _sorted(there, back, trails, _without_steps(free, point))


def measure(feet: Feet, free: Feet | None, starts: Ints, ends: Ints) -> Table:
    """Walk from each start to each end, and back, however far."""
    attached, snap_m = feet.standing.attached, feet.doors.snapped.snap_m
    there = door_to_door(attached, starts, ends, np.inf, Direction.FROM)
    back = door_to_door(attached, starts, ends, np.inf, Direction.TO)
    there[~feet.usable[starts]] = np.inf
    there[:, ~feet.usable[ends]] = np.inf
    bare = np.full(there.shape, np.nan)
    if free is not None:
        bare = door_to_door(free.standing.attached, starts, ends, np.inf, Direction.FROM)
        bare[~free.usable[starts]] = np.nan
        bare[:, ~free.usable[ends]] = np.nan
    rows = []
    for i, start in enumerate(starts):
        trails = trace_trails(attached, feet.counted, snap_m, feet.doors.place, int(start), np.inf)
        own = Trails(*(column[ends] for column in (trails.seconds, trails.metres, trails.steps, trails.estimated)))
        rows.append(tuple(_sorted(there[i], back[i], own, bare[i])))
    return Table(starts, ends, tuple(rows))


def _seconds(attached: Attached, me: int, places: Ints, limit_s: float, direction: Direction) -> Floats:
    """Return seconds between a point and every place, as `door_to_door`: by one search that names nothing."""
    found = nearest(attached.graph, attached.sources([np.array([me])]), limit_s, towards=direction is Direction.TO)
    doors, whose = attached.doors_of(places)
    seconds = found.apart[attached.node[doors]] + attached.access_s[doors]
    if len(doors) > len(places):
        seconds = np.minimum.reduceat(seconds, np.searchsorted(whose, np.arange(len(places))))
    return np.where(seconds <= limit_s, seconds, np.inf)


def _back(attached: Attached, me: int, places: Ints, there: Floats, horizon_s: float) -> Floats:
    """Return seconds back from the places that were reached: seldom much longer, so a near search is tried first."""
    reached = np.isfinite(there)
    near_s = min(_LONGER * float(there[reached].max(initial=0.0)), horizon_s)
    back = _seconds(attached, me, places, near_s, Direction.TO)
    if not np.isfinite(back[reached]).all():
        back = _seconds(attached, me, places, horizon_s, Direction.TO)
    return back


def _without_steps(free: Feet | None, point: Point) -> Floats | float:
    """Return seconds without steps from a point to every place: ``inf`` where there is no way, NaN where unknown."""
    if free is None:
        return np.nan
    try:
        attached, _ = free.stand(point)
    except InputError:
        return np.nan
    places = free.doors.place
    seconds = _seconds(attached, len(places), places, np.inf, Direction.FROM)
    return np.where(free.usable, seconds, np.nan)


def _sorted(there: Floats, back: Floats, trails: Trails, bare: Floats | float) -> list[Reach]:
    bare = np.broadcast_to(bare, there.shape)
    reached = np.flatnonzero(np.isfinite(there))
    return [
        Reach(
            place=int(i),
            seconds_there=round(float(there[i]), 2),
            seconds_back=_finite(back[i]),
            metres=round(float(trails.metres[i]), 2),
            steps=round(float(trails.steps[i])),
            steps_estimated=bool(trails.estimated[i] > 0),
            step_free="unknown" if np.isnan(bare[i]) else "yes" if np.isfinite(bare[i]) else "no",
            step_free_seconds=_finite(bare[i]),
        )
        for i in reached[np.argsort(there[reached], kind="stable")]
    ]


def _finite(seconds: float) -> float | None:
    return round(float(seconds), 2) if np.isfinite(seconds) else None
