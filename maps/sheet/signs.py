"""Signs on a sheet: a place by tier and category, a stop of a route, a lift, a station."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.patches import Circle

from maps.sheet.board import Board, polygon
from maps.sheet.formats import LEAST_POINTS
from maps.sheet.places import Sign
from maps.style import GROUND, THEME

__all__ = ["draw_link", "draw_place", "draw_station", "draw_stop", "reach"]

RING = 1.5
TURN = np.linspace(0, 2 * math.pi, 49)[:-1]
Corners = tuple[tuple[float, float], ...]
ARROWS: Mapping[str, Sequence[Corners]] = {
    "lift": [((-0.5, -0.05), (0.0, -0.62), (0.5, -0.05)), ((-0.5, 0.1), (0.5, 0.1), (0.0, 0.66))],
    "escalator": [
        ((-0.7, 0.55), (-0.7, 0.3), (-0.2, 0.3), (0.35, -0.3), (0.7, -0.3), (0.7, -0.05), (0.45, -0.05), (-0.1, 0.55))
    ],
    "cableway": [
        ((-0.7, -0.3), (0.7, -0.66), (0.7, -0.5), (-0.7, -0.14)),
        ((-0.42, 0.0), (0.42, 0.0), (0.42, 0.6), (-0.42, 0.6)),
    ],
}


def reach(sign: Sign, r: float) -> float:
    """Distance from a sign's middle to its outermost point."""
    return r * {"square": 1.22, "diamond": 1.3, "circle": 1.05}[sign.shape]


def draw_place(
    board: Board, x: float, y: float, r: float, sign: Sign, *, candidate: bool, approximate: bool, faint: bool = False
) -> None:
    """Draw a place: hollow where a candidate, in a dashed ring where its position is approximate."""
    over, u = board.over, board.paper.points(1.0)
    alpha = 0.45 if faint else 1.0
    if approximate:
        dash = (0, (1.6, 1.3))
        ring: dict[str, Any] = {"edgecolor": sign.colour, "linewidth": u * r * 0.13, "linestyle": dash, "alpha": alpha}
        over.add_artist(Circle((x, y), r * RING, facecolor="none", **ring))
    polygon(over, _outline(sign.shape, x, y, r * 1.24), facecolor="white", alpha=alpha, zorder=3)
    body: dict[str, Any] = {"edgecolor": sign.colour, "linewidth": u * r * 0.26, "alpha": alpha, "zorder": 3}
    polygon(over, _outline(sign.shape, x, y, r * 0.87), facecolor="white" if candidate else sign.colour, **body)
    glyph = r * board.paper.unit / board.form.enlarged / 25.4 * 72 * 1.12
    if glyph * board.form.enlarged >= LEAST_POINTS:
        _glyph(board, x, y, sign.glyph, glyph, sign.colour if candidate else "white")


def draw_stop(board: Board, x: float, y: float, r: float, colour: str, text: str, *, hollow: bool) -> None:
    """Draw a numbered stop: hollow where its position is approximate."""
    polygon(board.over, _outline("circle", x, y, r * 1.2), facecolor="white", zorder=4)
    look: dict[str, Any] = {"edgecolor": colour, "linewidth": board.paper.points(r * 0.16), "zorder": 4}
    polygon(board.over, _outline("circle", x, y, r * 0.92), facecolor="white" if hollow else colour, **look)
    points = r * board.paper.unit / board.form.enlarged / 25.4 * 72 * 1.15
    _glyph(board, x, y, text, max(points, LEAST_POINTS), colour if hollow else "white")


def draw_link(board: Board, x: float, y: float, r: float, kind: str, *, used: bool) -> None:
    """Draw a lift, an escalator or a cableway: a plate, outlined where it does not count as a way."""
    plate, mark = (THEME["link"], "white") if used else ("white", THEME["link"])
    edge: dict[str, Any] = {"edgecolor": str(THEME["link"]), "linewidth": board.paper.points(r * 0.2), "zorder": 2.5}
    polygon(board.over, _outline("square", x, y, r), facecolor=str(plate), **edge)
    for shape in ARROWS.get(kind, []):
        corners = np.array(shape) * r + [x, y]
        polygon(board.over, corners, facecolor=str(mark), zorder=2.6)


def draw_station(board: Board, x: float, y: float, r: float) -> None:
    """Draw a station: a white disc with a rim."""
    look: dict[str, Any] = {"edgecolor": GROUND["station"], "linewidth": board.paper.points(r * 0.45), "zorder": 2.4}
    polygon(board.over, _outline("circle", x, y, r), facecolor="white", **look)


def _glyph(board: Board, x: float, y: float, text: str, points: float, colour: str) -> None:
    drop = 0.36 * board.paper.em(points)
    board.paper.text(x, y + drop, text, points, colour=colour, bold=True, align="center")


def _outline(shape: str, x: float, y: float, r: float) -> npt.NDArray[np.float64]:
    if shape == "square":
        h, bend = r * 0.94, r * 0.22
        arcs = [
            (
                x + sx * (h - bend) + bend * math.cos(math.radians(start + t)),
                y + sy * (h - bend) + bend * math.sin(math.radians(start + t)),
            )
            for sx, sy, start in ((1, 1, 0), (-1, 1, 90), (-1, -1, 180), (1, -1, 270))
            for t in (0, 30, 60, 90)
        ]
        return np.array(arcs)
    if shape == "diamond":
        d = r * 1.24
        return np.array([(x, y - d), (x + d, y), (x, y + d), (x - d, y)])
    return np.column_stack([x + r * 1.02 * np.cos(TURN), y + r * 1.02 * np.sin(TURN)])
