"""Walks from a point or from many places to many places: there, back, metres, steps, and without steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from api.feet import Feet, Point
from api.trails import Trails
from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.errors import InputError
from servicecircle.model import Direction
from servicecircle.reach import door_to_door
from servicecircle.snapping import Snapped

__all__ = ["Reach", "StepFree", "Table", "measure", "reaches"]

StepFree = Literal["yes", "no", "unknown"]

_LONGER, _DETOUR = 1.5, 3.0  # times the way there: mostly enough for the way back, and for the way without steps


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
    here = feet.snap(np.array([point], dtype=np.float64))
    trails = feet.trails(here, limit_s)
    there = np.where(wanted & feet.usable, trails.seconds, np.inf)
    reached = np.isfinite(there)
    far_s = float(there[reached].max(initial=0.0))
    horizon_s = feet.streets.parameters.coverage.horizon_s
    back = _to_all(feet, here, Direction.TO, reached, (min(_LONGER * far_s, horizon_s), horizon_s))
    bare = _without_steps(free, point, reached, far_s)
    return _sorted(there, back, trails, bare)


def measure(feet: Feet, free: Feet | None, starts: Ints, ends: Ints) -> Table:
    """Walk from each start to each end, and back, however far."""
    attached = feet.standing.attached
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
        trails = feet.trails_between(int(start))
        own = Trails(*(column[ends] for column in (trails.seconds, trails.metres, trails.steps, trails.estimated)))
        rows.append(tuple(_sorted(there[i], back[i], own, bare[i])))
    return Table(starts, ends, tuple(rows))


def _to_all(feet: Feet, here: Snapped, direction: Direction, places: Bools, limits_s: tuple[float, float]) -> Floats:
    """Return seconds between a point and the places: within the nearer limit if that is enough for all of them."""
    for limit_s in limits_s:
        seconds = feet.seconds(here, limit_s, direction)
        if np.isfinite(seconds[places]).all():
            break
    return seconds


def _without_steps(free: Feet | None, point: Point, reached: Bools, far_s: float) -> Floats | float:
    """Return seconds without steps from a point to the places reached: ``inf`` for no way, NaN for unknown."""
    if free is None:
        return np.nan
    try:
        here = free.snap(np.array([point], dtype=np.float64))
    except InputError:
        return np.nan
    possible = reached & free.usable & free.joined_to(here)
    seconds = np.full(len(reached), np.inf)
    if possible.any():
        seconds = _to_all(free, here, Direction.FROM, possible, (_DETOUR * far_s, np.inf))
    return np.where(free.usable, seconds, np.nan)


def _sorted(there: Floats, back: Floats, trails: Trails, bare: Floats | float) -> list[Reach]:
    reached = np.flatnonzero(np.isfinite(there))
    reached = reached[np.argsort(there[reached], kind="stable")]
    figures = there, back, trails.metres, trails.steps, trails.estimated, np.broadcast_to(bare, there.shape)
    columns = (column[reached].tolist() for column in figures)
    return [
        Reach(
            place=place,
            seconds_there=round(there_s, 2),
            seconds_back=_finite(back_s),
            metres=round(metres, 2),
            steps=round(steps),
            steps_estimated=estimated > 0,
            step_free="unknown" if math.isnan(bare_s) else "yes" if math.isfinite(bare_s) else "no",
            step_free_seconds=_finite(bare_s),
        )
        for place, there_s, back_s, metres, steps, estimated, bare_s in zip(reached.tolist(), *columns, strict=True)
    ]


def _finite(seconds: float) -> float | None:
    return round(seconds, 2) if math.isfinite(seconds) else None
