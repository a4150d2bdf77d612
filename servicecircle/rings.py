"""The loops that make areas of crossings: rings, which shell each hole is in, and the order of a polygon."""

from __future__ import annotations

import numpy as np

from servicecircle.arrays import Floats, Ints
from servicecircle.compiled import compiled

__all__ = ["find_shells", "trace", "write_down"]


@compiled
def trace(
    crossings: int, slot: Ints, order: Ints, leaves: Ints, cut: Floats, first: Ints, area: Floats, box: Floats
) -> int:
    """Follow the contour from crossing to crossing until each is on a ring; return the number of rings.

    ``order`` takes the crossings ring by ring, with ``area`` and ``box`` (west, south, east, north) of each ring.
    """
    ring, at = 0, 0
    first[0] = 0
    for begin in range(crossings):
        if leaves[begin] < 0:
            continue
        x, y = cut[begin, 0], cut[begin, 1]
        i, twice, dx, dy = begin, 0.0, 0.0, 0.0
        west = east = x
        south = north = y
        while leaves[i] >= 0:
            following = slot[leaves[i]]
            leaves[i] = -1
            fx, fy = cut[i, 0] - x, cut[i, 1] - y
            twice += dx * fy - fx * dy
            west, east = min(west, cut[i, 0]), max(east, cut[i, 0])
            south, north = min(south, cut[i, 1]), max(north, cut[i, 1])
            order[at] = i
            dx, dy, at, i = fx, fy, at + 1, following
        area[ring] = twice / 2
        box[ring, 0], box[ring, 1], box[ring, 2], box[ring, 3] = west, south, east, north
        ring += 1
        first[ring] = at
    return ring


@compiled
def find_shells(rings: int, order: Ints, cut: Floats, first: Ints, area: Floats, box: Floats, shell: Ints) -> None:
    """Find the shell that each hole is in: the smallest one round it. A shell is its own."""
    for hole in range(rings):
        shell[hole] = hole
        if area[hole] > 0:
            continue
        # where one shell alone may be it, by its size and box, it is
        for sure in (False, True):
            best, tried = np.inf, 0
            for ring in range(rings):
                if (
                    -area[hole] < area[ring] < best
                    and box[ring, 0] <= box[hole, 0]
                    and box[ring, 1] <= box[hole, 1]
                    and box[ring, 2] >= box[hole, 2]
                    and box[ring, 3] >= box[hole, 3]
                ):
                    tried += 1
                    if not sure:
                        shell[hole] = ring
                    elif _is_inside(ring, order[first[hole]], order, cut, first):
                        shell[hole], best = ring, area[ring]
            if tried == 1:
                break


@compiled
def _is_inside(ring: int, point: int, order: Ints, cut: Floats, first: Ints) -> bool:
    """Whether a ring runs round a point: a ray from it crosses the ring an odd number of times."""
    x, y, odd = cut[point, 0], cut[point, 1], False
    before = order[first[ring + 1] - 1]
    for k in range(first[ring], first[ring + 1]):
        i = order[k]
        ax, ay, bx, by = cut[before, 0], cut[before, 1], cut[i, 0], cut[i, 1]
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
        before = i
    return odd


@compiled
def write_down(
    found: int,
    order: Ints,
    cut: Floats,
    first: Ints,
    area: Floats,
    shell: Ints,
    out_xy: Floats,
    out_first: Ints,
    out_area: Floats,
    ring: int,
) -> int:
    """Write every shell with its holes behind it, closed; return the number of rings written by now."""
    for body in range(found):
        if shell[body] != body:
            continue
        for part in range(found + 1):
            # the shell itself goes first
            r = body if part == 0 else part - 1
            if shell[r] != body or (part > 0 and r == body):
                continue
            at = out_first[ring]
            for k in range(first[r], first[r + 1] + 1):
                i = order[k if k < first[r + 1] else first[r]]
                out_xy[at, 0], out_xy[at, 1] = cut[i, 0], cut[i, 1]
                at += 1
            out_area[ring] = area[r]
            ring += 1
            out_first[ring] = at
    return ring
