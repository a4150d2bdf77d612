"""What a map needs round it: squares with letters and numbers, scale bar, north arrow, inset, watermark, a boundary.

The bar and the arrow are drawn here. Of the libraries that draw them, one sets a picture of 100 dots an inch into the
vector sheet and the other a bar without divisions; and the scale of a sheet is round by construction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from shapely.geometry.base import BaseGeometry

from maps.ground import fill
from maps.sheet.board import Board, polygon
from maps.sheet.drawing import map_axes, stroke
from maps.sheet.frame import Rect, frame_round
from maps.sheet.land import Land
from maps.style import GROUND, INK, THEME

__all__ = ["draw_boundary", "draw_grid", "draw_inset", "draw_north", "draw_scale", "panel", "room_for", "watermark"]

BAND = 3.6
NARROW = 0.3
BARS_M = (100, 200, 400, 500, 1000, 2000, 4000, 5000)
BOUNDARY = "#7a1f5c"


def draw_grid(board: Board) -> None:
    """Draw the squares, and their letters and numbers in a band round the frame."""
    frame, over, u = board.frame, board.over, board.paper.points(1.0)
    columns, rows = frame.squares()
    r, side = frame.rect, frame.side_m * frame.per_m
    look: dict[str, Any] = {"color": INK["ink"], "linewidth": u * 0.07, "alpha": 0.14, "zorder": 1}
    for number in range(len(columns)):
        at = r.x + number * side
        if number:
            over.plot([at, at], [r.y, r.bottom], "-", **look)
        _tick(board, at, r.y, 0, -1)
        _tick(board, at, r.bottom, 0, 1)
    for number in range(len(rows)):
        at = r.y + number * side
        if number:
            over.plot([r.x, r.right], [at, at], "-", **look)
        _tick(board, r.x, at, -1, 0)
        _tick(board, r.right, at, 1, 0)
    for letter, x in _middles(columns, r.x, r.right, side):
        for y in (r.y - BAND / 2, r.bottom + BAND / 2):
            _band(board, x, y, letter)
    for said, y in _middles(rows, r.y, r.bottom, side):
        for x in (r.x - BAND / 2, r.right + BAND / 2):
            _band(board, x, y, said)
    outer = shapely.get_coordinates(r.box.buffer(BAND, join_style="mitre"))
    polygon(over, outer, facecolor="none", edgecolor=INK["ink"], linewidth=u * 0.3)


def _middles(names: Sequence[str], start: float, end: float, side: float) -> list[tuple[str, float]]:
    """Give the middle of each square that is wide enough for its name."""
    edges = [min(start + number * side, end) for number in range(len(names) + 1)]
    return [(name, (a + b) / 2) for name, (a, b) in zip(names, pairwise(edges), strict=True) if b - a > side * NARROW]


def _band(board: Board, x: float, y: float, text: str) -> None:
    size = 5.8
    board.paper.text(x, y + 0.36 * board.paper.em(size), text, size, colour=INK["ink-soft"], align="center")


def _tick(board: Board, x: float, y: float, dx: int, dy: int) -> None:
    look: dict[str, Any] = {"color": INK["ink"], "linewidth": board.paper.points(0.12), "solid_capstyle": "butt"}
    board.over.plot([x, x + dx * BAND], [y, y + dy * BAND], "-", **look)


def draw_scale(board: Board, x: float, y: float, width: float) -> None:
    """Draw a divided bar of a round length, at most so wide, its upper edge at ``y``."""
    per_m, over, u = board.frame.per_m, board.over, board.paper.points(1.0)
    length = max((m for m in BARS_M if m * per_m <= width), default=BARS_M[0])
    parts, high = 4, 1.3
    step = length * per_m / parts
    for number in range(parts):
        left = x + number * step
        corners = [(left, y), (left + step, y), (left + step, y + high), (left, y + high)]
        face = INK["ink"] if number % 2 == 0 else "white"
        polygon(over, corners, facecolor=face, edgecolor=INK["ink"], linewidth=u * 0.14, zorder=5)
    size = 5.8
    for share in (0, 2, 4):
        metres = length * share // parts
        said = f"{metres}" if share < parts else (f"{metres} m" if metres < 1000 else f"{metres / 1000:g} km")  # noqa: PLR2004
        if length >= 1000 and share < parts:  # noqa: PLR2004
            said = f"{metres / 1000:g}"
        board.paper.text(x + share * step, y + high + board.paper.em(size) * 0.98, said, size, align="center")


def draw_north(board: Board, x: float, y: float, high: float) -> None:
    """Draw a needle to the north; its middle at ``x``, ``y``."""
    half, waist = high / 2, high * 0.17
    tip, foot = (x, y - half), (x, y + half)
    notch = (x, y + half * 0.55)
    polygon(board.over, [tip, notch, (x - waist, y + half)], facecolor=INK["ink"], zorder=5)
    rim: dict[str, Any] = {"edgecolor": INK["ink"], "linewidth": board.paper.points(0.15), "zorder": 5}
    polygon(board.over, [tip, (x + waist, y + half), notch], facecolor="white", **rim)
    size = 7.0
    board.paper.text(foot[0], y - half - 0.9, "北 N", size, bold=True, align="center")


def panel(board: Board, rect: Rect, alpha: float = 0.94) -> None:
    """Lay a sheet of paper on the map, and keep the labels off it."""
    corners = [(rect.x, rect.y), (rect.right, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom)]
    look: dict[str, Any] = {"facecolor": INK["paper"], "edgecolor": INK["line-strong"], "alpha": alpha}
    polygon(board.over, corners, linewidth=board.paper.points(0.18), zorder=1.5, **look)
    board.taken.append(rect.box.buffer(0.8))


def room_for(board: Board, width: float, height: float, shape: BaseGeometry, first: Sequence[str]) -> Rect:
    """Find where along the frame a panel hides least of a shape of the sheet and touches no other panel."""
    r, gap = board.frame.rect, 2.4
    xs = np.linspace(r.x + gap, r.right - gap - width, 49)
    ys = np.linspace(r.y + gap, r.bottom - gap - height, 25)
    edge = [(x, y) for x in xs for y in (ys[0], ys[-1])] + [(x, y) for x in (xs[0], xs[-1]) for y in ys]
    corner = {"nw": (0, 0), "ne": (1, 0), "sw": (0, 1), "se": (1, 1)}

    def price(at: tuple[float, float]) -> tuple[float, float]:
        box = shapely.box(*at, at[0] + width, at[1] + height)
        hidden = round(float(shapely.intersection(box, shape).area), 3)
        others = sum(float(shapely.intersection(box.buffer(gap / 2), other).area) for other in board.taken)
        wish = min(
            rank
            + math.hypot(
                (at[0] - xs[0]) / max(xs[-1] - xs[0], 1e-9) - corner[c][0],
                (at[1] - ys[0]) / max(ys[-1] - ys[0], 1e-9) - corner[c][1],
            )
            for rank, c in enumerate(first)
        )
        return hidden + 50 * others, round(wish, 6)

    x, y = min(edge, key=price)
    return Rect(float(x), float(y), width, height)


def draw_inset(board: Board, rect: Rect, under: Land, around: Sequence[float], mark: BaseGeometry) -> None:
    """Draw where the sheet lies in all that the data hold: streets and rivers beyond it, and no outline else."""
    frame = frame_round(board.paper, rect, around, room=0.4)
    axes, u = map_axes(board.paper, frame), board.paper.points(1.0)
    axes.set_zorder(2.5)
    fill(axes, [under.area], frame.window, facecolor=GROUND["land"])
    fill(axes, under.water, frame.window, facecolor=GROUND["water"])
    for (pen, storey), way in under.ways.items():
        if pen in {"major", "minor"} and storey != "tunnel":
            stroke(axes, frame, way, GROUND["casing"], u * (0.22 if pen == "major" else 0.14))
    stroke(axes, frame, under.area.boundary, GROUND["boundary"], u * 0.2)
    fill(axes, [mark], frame.window, facecolor=INK["accent"], alpha=0.2)
    stroke(axes, frame, mark.boundary, INK["accent"], u * 0.4)


def watermark(board: Board, text: str, rect: Rect, size: float = 21.0) -> None:
    """Write a warning all over the map, faint enough to read the map through it."""
    slope, wide = 24.0, board.paper.measure(text, size)
    step_x, step_y = wide * 1.5, wide * 0.62
    rows = math.ceil(rect.height / step_y) + 1
    for row in range(rows):
        y = rect.y + (row + 0.5) * rect.height / rows
        shift = (row % 2) * step_x / 2
        count = math.ceil(rect.width / step_x) + 1
        for column in range(count):
            x = rect.x + shift + (column + 0.2) * step_x - step_x * 0.1
            if not rect.x + wide * 0.5 < x < rect.right - wide * 0.5 or not rect.y + 6 < y < rect.bottom - 6:
                continue
            board.paper.figure.text(
                x / board.paper.width,
                1 - y / board.paper.height,
                board.paper.fonts.fit(text),
                fontsize=size * board.paper.enlarged,
                color=THEME["selected"],
                alpha=0.065,
                rotation=slope,
                ha="center",
                va="center",
                fontweight="bold",
            )


def draw_boundary(board: Board, axes: Axes, shape: BaseGeometry) -> None:
    """Draw an official boundary line as given."""
    u = board.paper.points(1.0)
    stroke(axes, board.frame, shape, "white", u * 0.9, alpha=0.8, zorder=1.2)
    stroke(axes, board.frame, shape, BOUNDARY, u * 0.45, [u * 3, u * 0.8, u * 0.5, u * 0.8], zorder=1.3)
