"""The heights along a route as a figure: points of an SVG, worked out here and drawn by a template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from api.route_schemas import Height, RouteLeg

__all__ = ["Figure", "Mark", "Stretch", "Tick", "draw_profile"]

WIDTH, HEIGHT = 960.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 22.0, 44.0, 36.0
_STEPS_M = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_STEPS_KM = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MOST_TICKS = 6
_LEAST_SPAN_M = 20.0
_LEGIBLE_PX = 26.0
_M_PER_KM = 1000.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Where a line of the grid is, and what it says."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a stop is along the way; stops too near each other for their numbers stand one above the other."""

    x: float
    y: float
    row: int
    seq: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the line that is one kind of way: stairs, ridden, or walked."""

    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class Figure:
    """All that is drawn."""

    width: float
    height: float
    left: float
    right: float
    base: float
    ground: str
    stretches: tuple[Stretch, ...]
    heights: tuple[Tick, ...]
    lengths: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    low_m: float
    high_m: float


def draw_profile(heights: Sequence[Height], legs: Sequence[RouteLeg]) -> Figure | None:
    """Lay the heights out; None where the heights of too few points are known."""
    known = [point for point in heights if point.height_m is not None]
    if len(known) < 2 or known[-1].metres <= 0:  # noqa: PLR2004
        return None
    levels = [point.height_m or 0.0 for point in known]
    step = _step(max(max(levels) - min(levels), _LEAST_SPAN_M), _STEPS_M)
    bottom, top = math.floor(min(levels) / step) * step, math.ceil(max(levels) / step) * step
    top = max(top, bottom + _LEAST_SPAN_M)
    length = known[-1].metres

    def x(metres: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * metres / length

    def y(level: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (level - bottom) / (top - bottom)

    at = [(x(point.metres), y(level)) for point, level in zip(known, levels, strict=True)]
    base = HEIGHT - BOTTOM
    ground = " ".join([f"{LEFT:.1f},{base:.1f}", *map(_point, at), f"{at[-1][0]:.1f},{base:.1f}"])
    rungs = round((top - bottom) / step)
    heights_at = [bottom + k * step for k in range(rungs + 1)]
    every_km = _step(length / _M_PER_KM, _STEPS_KM)
    lengths_at = [k * every_km for k in range(int(length / _M_PER_KM / every_km) + 1)]
    return Figure(
        WIDTH,
        HEIGHT,
        LEFT,
        WIDTH - RIGHT,
        base,
        ground,
        tuple(_stretches(known, at)),
        tuple(Tick(y(level), f"{level:.0f}") for level in heights_at),
        tuple(Tick(x(km * _M_PER_KM), f"{km:g}") for km in lengths_at),
        tuple(_marks(known, at, legs)),
        min(levels),
        max(levels),
    )


def _stretches(known: Sequence[Height], at: Sequence[tuple[float, float]]) -> list[Stretch]:
    """Cut the line where the kind of way changes: the kind of a point is that of what leads to it."""
    found: list[tuple[str, list[str]]] = []
    for k in range(1, len(known)):
        kind = _sort(known[k].kind)
        if not found or found[-1][0] != kind:
            found.append((kind, [_point(at[k - 1])]))
        found[-1][1].append(_point(at[k]))
    return [Stretch(kind, " ".join(points)) for kind, points in found]


def _sort(kind: str | None) -> str:
    if kind == "stairs":
        return "stairs"
    return "ridden" if kind in {"lift", "escalator", "cableway"} else "walked"


def _marks(known: Sequence[Height], at: Sequence[tuple[float, float]], legs: Sequence[RouteLeg]) -> list[Mark]:
    ends: list[tuple[int, tuple[float, float]]] = []
    for leg in legs:
        own = [k for k, point in enumerate(known) if point.leg == leg.leg]
        if own:
            ends += [(leg.from_seq, at[own[0]]), (leg.to_seq, at[own[-1]])]
    found: list[Mark] = []
    for seq, (x, y) in ends:
        if found and found[-1].seq == seq:
            continue
        crowded = bool(found) and x - found[-1].x < _LEGIBLE_PX and found[-1].row == 0
        found.append(Mark(x, y, int(crowded), seq))
    return found


def _step(span: float, steps: Sequence[float]) -> float:
    return next((step for step in steps if span / step <= _MOST_TICKS), steps[-1])


def _point(at: tuple[float, float]) -> str:
    return f"{at[0]:.1f},{at[1]:.1f}"
