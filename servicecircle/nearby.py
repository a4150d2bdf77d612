"""The segments nearest to points, looked for in the cells of a grid from each point outwards."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.compiled import compiled
from servicecircle.settling import Small

__all__ = ["Feet", "Segments"]

_AT_ONCE = 1 << 15  # points looked at in one go
_TIES = 4  # room for so many segments a point; few points are equally near to two
_A_CELL = 2.0  # segments
_SURELY = 1 - 1e-9  # a cell may begin a rounding error nearer

Feet = tuple[Floats, Floats]
"""How far each point is from a segment, and the foot there: the share of the segment's length from its tail."""


class Segments:
    """Straight segments from ``tail`` to ``head``, (n, 2) metres, listed by the cells that their boxes meet."""

    def __init__(self, tail: Floats, head: Floats) -> None:
        self._ends = tuple(np.ascontiguousarray(column) for column in np.concatenate([tail, head], axis=1).T)
        low, high = np.minimum(tail, head), np.maximum(tail, head)
        self._corner, far = low.min(axis=0), high.max(axis=0)
        spread = np.maximum(far - self._corner, 1.0)
        self._cell = float(max(np.sqrt(spread.prod() * _A_CELL / len(tail)), (high - low).mean()))
        self._shape = tuple(int(k) for k in spread // self._cell + 1)
        boxes = np.concatenate([(low - self._corner) // self._cell, (high - self._corner) // self._cell], axis=1)
        first = np.zeros(self._shape[0] * self._shape[1] + 1, dtype=np.int64)
        given = np.ascontiguousarray(boxes.astype(np.int32))
        list_boxes(given, self._shape[0], first, np.empty(0, dtype=np.int32))
        self._first = np.cumsum(first)
        self._listed = np.empty(self._first[-1], dtype=np.int32)
        list_boxes(given, self._shape[0], self._first[:-1].copy(), self._listed)

    def nearest(self, xy: Floats) -> tuple[Ints, Ints]:
        """Return pairs of a point, of (n, 2), and the segment nearest to it, points ascending; of equals all."""
        parts = range(0, len(xy), _AT_ONCE)
        if len(parts) > 1:
            with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
                found = list(pool.map(lambda begin: self._nearest(xy[begin : begin + _AT_ONCE], begin), parts))
        else:
            found = [self._nearest(xy, 0)]
        nothing = np.zeros(0, dtype=np.int64)
        point, segment = (np.concatenate([nothing, *(part[k] for part in found)]) for k in (0, 1))
        return point, segment

    def feet(self, xy: Floats, segment: Ints) -> Feet:
        """Measure each point to one segment."""
        tail_x, tail_y, head_x, head_y = (column[segment] for column in self._ends)
        along_x, along_y = head_x - tail_x, head_y - tail_y
        square = along_x * along_x + along_y * along_y
        span = np.sqrt(square)
        x, y = xy[:, 0] - tail_x, xy[:, 1] - tail_y
        long = square > 0
        at = np.divide(x * along_x + y * along_y, square, out=np.zeros(len(segment)), where=long)
        aside = np.abs(np.divide(x * along_y - y * along_x, square, out=np.zeros(len(segment)), where=long)) * span
        beyond_x, beyond_y = xy[:, 0] - head_x, xy[:, 1] - head_y
        beyond = np.sqrt(beyond_x * beyond_x + beyond_y * beyond_y)
        metres = np.where(at <= 0, np.sqrt(x * x + y * y), np.where(at >= 1, beyond, aside))
        foot = np.where(at <= 0, 0.0, np.where(at <= 1, at * span, span))
        return metres, np.divide(foot, span, out=np.zeros(len(segment)), where=long)

    def points(self, segment: Ints, part: Floats) -> Floats:
        """Return the (n, 2) points at a share of each segment."""
        tail_x, tail_y, head_x, head_y = (column[segment] for column in self._ends)
        along_x, along_y = head_x - tail_x, head_y - tail_y
        span = np.sqrt(along_x * along_x + along_y * along_y)
        part = np.divide(part * span, span, out=np.zeros(len(segment)), where=span > 0)
        at = np.stack([tail_x + part * along_x, tail_y + part * along_y], axis=1)
        return np.where((part >= 1)[:, None], np.stack([head_x, head_y], axis=1), at)

    def _nearest(self, xy: Floats, begin: int) -> tuple[Ints, Ints]:
        room = _TIES * len(xy) + 64
        while True:
            point, segment = np.empty((2, room), dtype=np.int64)
            grid = (*self._corner, self._cell, *self._shape, self._first, self._listed)
            count = find_nearest(*(*np.ascontiguousarray(xy.T), *grid, *self._ends, point, segment))
            if count >= 0:
                return point[:count] + begin, segment[:count]
            room *= 2


@compiled
def list_boxes(boxes: Small, columns: int, first: Ints, listed: Small) -> None:
    """Count the boxes of each cell in ``first[1:]``; or, where there is room, list them from ``first`` on."""
    for k in range(len(boxes)):
        for row in range(boxes[k, 1], boxes[k, 3] + 1):
            for column in range(boxes[k, 0], boxes[k, 2] + 1):
                cell = row * columns + column
                if len(listed) == 0:
                    first[cell + 1] += 1
                else:
                    listed[first[cell]] = k
                    first[cell] += 1


@compiled
def apart(x: float, y: float, tail_x: float, tail_y: float, head_x: float, head_y: float) -> float:
    """How far a point is from a segment."""
    along_x, along_y, from_x, from_y = head_x - tail_x, head_y - tail_y, x - tail_x, y - tail_y
    square = along_x * along_x + along_y * along_y
    at = (from_x * along_x + from_y * along_y) / square if square > 0 else 0.0
    if at <= 0:
        return math.sqrt(from_x * from_x + from_y * from_y)
    if at >= 1:
        return math.sqrt((x - head_x) * (x - head_x) + (y - head_y) * (y - head_y))
    return abs((from_x * along_y - from_y * along_x) / square) * math.sqrt(square)


@compiled
def beyond_ring(at: float, cell: int, ring: int, begin: float, size: float, cells: int) -> float:
    """How far a point in a cell is, on one axis, from the cells beyond a ring round it; ``inf`` if there are none."""
    near = math.inf
    if cell - ring > 0:
        near = at - (begin + (cell - ring) * size)
    if cell + ring < cells - 1:
        near = min(near, begin + (cell + ring + 1) * size - at)
    return near


@compiled
def add_segment(i: int, s: int, begin: int, count: int, point: Ints, segment: Ints) -> int:
    """Write down a pair unless it is known since ``begin``; return how many there are, -1 where there is no room."""
    for j in range(begin, count):
        if segment[j] == s:  # it is listed in every cell that it meets
            return count
    if count == len(point):
        return -1
    point[count], segment[count] = i, s
    return count + 1


@compiled
def find_nearest(
    xs: Floats,
    ys: Floats,
    west: float,
    south: float,
    size: float,
    columns: int,
    rows: int,
    first: Ints,
    listed: Small,
    tail_x: Floats,
    tail_y: Floats,
    head_x: Floats,
    head_y: Floats,
    point: Ints,
    segment: Ints,
) -> int:
    """Write down each point with the segments nearest to it; return how many pairs, -1 where there is no room.

    Rings of cells are looked at until none farther out can hold a nearer one.
    """
    count = 0
    for i in range(len(xs)):
        x, y, best, begin = xs[i], ys[i], math.inf, count
        column = int(min(max((x - west) / size, 0.0), columns - 1.0))
        row = int(min(max((y - south) / size, 0.0), rows - 1.0))
        ring, near = 0, 0.0
        while near < math.inf and near * _SURELY <= best:
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                step = 1 if abs(r - row) == ring else 2 * ring
                for c in range(column - ring, column + ring + 1, step):
                    cell = r * columns + c if 0 <= c < columns else -1
                    for k in range(first[cell] if cell >= 0 else 0, first[cell + 1]):
                        s = listed[k]
                        far = apart(x, y, tail_x[s], tail_y[s], head_x[s], head_y[s])
                        if far < best:
                            best, count = far, begin
                        if far == best:
                            count = add_segment(i, s, begin, count, point, segment)
                        if count < 0:
                            return -1
            across = beyond_ring(x, column, ring, west, size, columns)
            near = min(across, beyond_ring(y, row, ring, south, size, rows))
            ring += 1
    return count
