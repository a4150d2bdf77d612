"""The heights along a route as a figure; where the bundle has none, what each leg climbs and descends."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from maps.sheet.board import Board, polygon
from maps.sheet.frame import Rect
from maps.sheet.signs import draw_stop
from maps.sheet.tables import heading
from maps.style import INK
from maps.walks import Height, Leg, Walk

__all__ = ["draw_heights", "ticks"]

SIZE = 5.5
LEAST_RISE_M = 25.0
BADGE = 1.75
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000)
FACE = 0.16


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart on the sheet: ``x`` of metres walked, ``y`` of metres of height."""

    rect: Rect
    x: Callable[[float], float]
    y: Callable[[float], float]


def ticks(low: float, high: float, most: int) -> list[float]:
    """Give round numbers from ``low`` to ``high``, at most so many.

    >>> ticks(183, 262, 4)
    [200, 220, 240, 260]
    """
    step = next((s for s in STEPS if (high - low) / s < most), STEPS[-1])
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def draw_heights(board: Board, rect: Rect, walk: Walk, colour: str) -> None:
    """Draw the profile of a route with its stops, or bars of its legs, or say that neither is known."""
    paper = board.paper
    if walk.profile:
        zh, en = "高程剖面", "Heights along the way, metres above sea level, and kilometres walked"
    else:
        zh, en = "各段升降", "Metres up and down on each leg; the bundle has no heights along proposed routes"
    y = heading(paper, rect.x, rect.y, rect.width, zh, en)
    inner = Rect(rect.x + 9.0, y + 4.2, rect.width - 11.0, rect.bottom - y - 8.2)
    if walk.profile:
        _profile(board, inner, walk, colour)
    elif any(leg.ascent is not None and leg.metres for leg in walk.legs):
        _bars(board, inner, walk, colour)
    else:
        paper.text(
            rect.x,
            y + 5,
            "没有可步行连接的路段，无剖面 No leg could be walked: no profile",
            6.2,
            colour=INK["ink-faint"],
        )


def _profile(board: Board, rect: Rect, walk: Walk, colour: str) -> None:
    low, high = (f(h.height for h in walk.profile) for f in (min, max))
    middle, half = (low + high) / 2, max(high - low, LEAST_RISE_M) / 2 * 1.12
    plot = _plot(rect, max(h.metres for h in walk.profile), middle - half, middle + half)
    _grid(board, plot, ticks(middle - half, middle + half, 4), max(h.metres for h in walk.profile))
    u = board.paper.points(1.0)
    for _, group in groupby(walk.profile, key=lambda h: h.leg):
        xy = np.array([(plot.x(h.metres), plot.y(h.height)) for h in group])
        foot = np.array([(xy[-1, 0], rect.bottom), (xy[0, 0], rect.bottom)])
        polygon(board.over, np.vstack([xy, foot]), facecolor=colour, alpha=FACE, zorder=3)
        board.over.plot(xy[:, 0], xy[:, 1], "-", color=colour, linewidth=u * 0.4, zorder=4, solid_joinstyle="round")
    marks = _marks(walk.profile, walk.legs)
    _badges(board, plot, [(plot.x(m), plot.y(h), seq) for seq, m, h in marks], colour)
    _exaggeration(board, plot)


def _marks(profile: Sequence[Height], legs: Sequence[Leg]) -> list[tuple[int, float, float]]:
    """Stop, metres and height where each leg begins and the last one ends."""
    by_leg = {number: list(group) for number, group in groupby(profile, key=lambda h: h.leg)}
    found: dict[int, tuple[int, float, float]] = {}
    for leg in legs:
        for seq, at in ((leg.start, 0), (leg.end, -1)):
            if leg.number in by_leg and (seq not in found or at == 0):
                point = by_leg[leg.number][at]
                found[seq] = (seq, point.metres, point.height)
    return list(found.values())


def _bars(board: Board, rect: Rect, walk: Walk, colour: str) -> None:
    legs = [leg for leg in walk.legs if leg.metres]
    far = sum(leg.metres or 0.0 for leg in legs)
    most = max(max(leg.ascent or 0.0, leg.descent or 0.0) for leg in legs)
    half = max(most, LEAST_RISE_M / 2) * 1.35
    plot = _plot(rect, far, -half, half)
    _grid(board, plot, [t for t in ticks(-half, half, 4) if abs(t) < half * 0.95], far)
    paper, at = board.paper, 0.0
    marks = [(plot.x(0.0), plot.y(0.0), legs[0].start)]
    for leg in legs:
        left, right = plot.x(at) + 0.9, plot.x(at + (leg.metres or 0.0)) - 0.9
        for value, sign, alpha in ((leg.ascent, 1, 0.75), (leg.descent, -1, 0.3)):
            top = plot.y(sign * (value or 0.0))
            corners = [(left, plot.y(0)), (right, plot.y(0)), (right, top), (left, top)]
            polygon(board.over, corners, facecolor=colour, alpha=alpha, zorder=3)
            said = "?" if value is None else f"{'+' if sign > 0 else '−'}{value:.0f}"
            base = top - 0.6 if sign > 0 else top + paper.em(SIZE) * 0.9
            paper.text((left + right) / 2, base, said, SIZE, colour=INK["ink-soft"], align="center")
        at += leg.metres or 0.0
        marks.append((plot.x(at), plot.y(0.0), leg.end))
    _badges(board, plot, marks, colour)


def _plot(rect: Rect, far: float, low: float, high: float) -> Plot:
    across, up = rect.width / max(far, 1.0), rect.height / (high - low)
    return Plot(rect, lambda metres: rect.x + metres * across, lambda height: rect.bottom - (height - low) * up)


def _grid(board: Board, plot: Plot, heights: Sequence[float], far: float) -> None:
    paper, rect, u = board.paper, plot.rect, board.paper.points(1.0)
    thin: dict[str, Any] = {"color": INK["line-strong"], "linewidth": u * 0.1, "zorder": 2.8}
    drop = 0.36 * paper.em(SIZE)
    for height in heights:
        y = plot.y(height)
        board.over.plot([rect.x, rect.right], [y, y], "-", **thin)
        said = f"{height:g}".replace("-", "−")
        paper.text(rect.x - 1.2, y + drop, said, SIZE, colour=INK["ink-faint"], align="right")
    board.over.plot([rect.x, rect.right], [rect.bottom] * 2, "-", **(thin | {"color": INK["ink"]}))
    base = rect.bottom + paper.em(SIZE) * 1.15
    for metres in ticks(0.0, far, 9):
        x = plot.x(metres)
        board.over.plot([x, x], [rect.bottom, rect.bottom + 0.8], "-", **(thin | {"color": INK["ink"]}))
        paper.text(x, base + 0.4, f"{metres / 1000:g}", SIZE, colour=INK["ink-faint"], align="center")
    paper.text(rect.x - 4.6, rect.y - 1.0, "m", SIZE, colour=INK["ink-faint"], align="right")
    paper.text(rect.x - 1.2, base + 0.4, "km", SIZE, colour=INK["ink-faint"], align="right")


def _badges(board: Board, plot: Plot, marks: Sequence[tuple[float, float, int]], colour: str) -> None:
    """Put each stop's number over the chart, on a line down to its height, apart from the one before."""
    last, y = -math.inf, plot.rect.y - 1.6
    room = plot.rect.right + 1.0
    xs = [mark[0] for mark in marks]
    placed = []
    for x in xs:
        last = max(x, last + 2.5 * BADGE)
        placed.append(last)
    for number in range(len(placed) - 1, -1, -1):  # what was pushed out at the end goes back
        placed[number] = min(placed[number], room)
        room = placed[number] - 2.5 * BADGE
    thin: dict[str, Any] = {"color": colour, "linewidth": board.paper.points(0.14), "zorder": 3.5}
    for (x, height, seq), over in zip(marks, placed, strict=True):
        board.over.plot([over, x, x], [y, plot.rect.y + 1.2, height], "-", **thin)
        draw_stop(board, over, y, BADGE, colour, str(seq), hollow=False)


def _exaggeration(board: Board, plot: Plot) -> None:
    """Say how many times higher than long the figure is."""
    across, up = plot.x(1000.0) - plot.x(0.0), plot.y(0.0) - plot.y(1000.0)
    said = f"竖向放大 heights ×{up / across:.0f}" if across else ""
    paper, rect = board.paper, plot.rect
    paper.text(rect.right, rect.bottom - 0.8, said, SIZE, colour=INK["ink-faint"], align="right", halo="white")
