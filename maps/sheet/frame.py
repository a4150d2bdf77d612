"""The map's frame on the sheet: a round scale, a window of the ground, squares to find a place by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from maps.ground import Window
from maps.paper import Paper

__all__ = ["Frame", "Rect", "frame_round"]

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # no I and no O: they read as digits
SIDES_M = (50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
STEPS = ((2_000, 100), (5_000, 250), (20_000, 500), (math.inf, 1_000))
LEAST_SCALE = 1_500
SQUARE_AT_LEAST = 16.0  # a side on the layout, in its millimetres


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of the layout: upper left corner, width, height, in its millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends on the right."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Where it ends below."""
        return self.y + self.height

    @property
    def box(self) -> BaseGeometry:
        """The rectangle as a polygon, y down."""
        return shapely.box(self.x, self.y, self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class Frame:
    """A window of the plane (metres) in a rectangle of the layout, at one to ``scale``; squares of ``side_m``."""

    rect: Rect
    window: Window
    scale: int
    side_m: int

    @property
    def per_m(self) -> float:
        """The layout's millimetres a metre has on it."""
        return self.rect.width / (self.window.east - self.window.west)

    def page(self, xy: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Lay positions of the plane, shape (n, 2), out on the sheet."""
        at = np.atleast_2d(np.asarray(xy, dtype=np.float64))
        x = self.rect.x + (at[:, 0] - self.window.west) * self.per_m
        y = self.rect.y + (self.window.north - at[:, 1]) * self.per_m
        return np.column_stack([x, y])

    def holds(self, x: float, y: float) -> bool:
        """Whether a position of the plane is inside."""
        w = self.window
        return w.west < x < w.east and w.south < y < w.north

    def squares(self) -> tuple[list[str], list[str]]:
        """Give the names of the columns from the west and of the rows from the north."""
        w = self.window
        columns = math.ceil((w.east - w.west) / self.side_m - 1e-9)
        rows = math.ceil((w.north - w.south) / self.side_m - 1e-9)
        return list(LETTERS[:columns]), [str(n + 1) for n in range(rows)]

    def square(self, x: float, y: float) -> str:
        """Name the square of a position of the plane, '' outside.

        >>> Frame(Rect(0, 0, 200, 100), Window(0, 0, 2000, 1000), 10_000, 500).square(700, 900)
        'B1'
        """
        if not self.holds(x, y):
            return ""
        column = int((x - self.window.west) // self.side_m)
        row = int((self.window.north - y) // self.side_m)
        return f"{LETTERS[column]}{row + 1}"


def frame_round(
    paper: Paper,
    rect: Rect,
    shape: Sequence[float],
    *,
    room: float = 5.0,
    lean: tuple[float, float] = (0.5, 0.5),
) -> Frame:
    """Choose the largest round scale at which a shape fits, and where it lies.

    Parameters
    ----------
    paper
        The sheet.
    rect
        Where the map goes.
    shape
        West, south, east and north of what it shows, metres.
    room
        Least distance from the shape to the frame, in the layout's millimetres.
    lean
        How the spare room is shared: (0, 0) puts the shape to the upper left, (1, 1) to the lower right.
    """
    west, south, east, north = shape
    needed = max((east - west) / (rect.width - 2 * room), (north - south) / (rect.height - 2 * room))
    scale = _round(needed * 1000 / paper.unit)
    per_mm = scale * paper.unit / 1000
    spare_x = rect.width * per_mm - (east - west)
    spare_y = rect.height * per_mm - (north - south)
    left, top = west - spare_x * lean[0], north + spare_y * lean[1]
    window = Window(left, top - rect.height * per_mm, left + rect.width * per_mm, top)
    sides = (
        side for side in SIDES_M if side / per_mm >= SQUARE_AT_LEAST and rect.width * per_mm / side <= len(LETTERS)
    )
    return Frame(rect, window, scale, next(sides, SIDES_M[-1]))


def _round(scale: float) -> int:
    step = next(step for below, step in STEPS if scale <= below)
    return max(LEAST_SCALE, math.ceil(scale / step - 1e-9) * step)
