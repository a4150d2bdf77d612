"""The union of equal discs: round many discs at once, by the arcs of their circles that no other disc hides."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

from servicecircle.arrays import Bools, Floats, Ints
from servicecircle.compiled import compiled
from servicecircle.settling import Small

__all__ = ["join_discs"]

_TURN = 2 * np.pi
_STEP = np.pi / 32  # between the corners of an arc
_RING = 3  # corners at least


def join_discs(xy: Floats, radius: float) -> BaseGeometry:
    """Return the union of discs round (n, 2) points.

    Where an arc that shows ends at another circle, one of that circle's begins: arc by arc they close to rings.

    Examples
    --------
    >>> pair = join_discs(np.array([[0.0, 0.0], [1.0, 0.0]]), 1.0)
    >>> exact = 4 * np.pi / 3 + np.sqrt(3) / 2
    >>> bool(abs(pair.area / exact - 1) < 0.01)
    True
    """
    xy = np.unique(xy, axis=0)
    rings = _rings(xy, radius)
    shape = None if rings is None else shapely.build_area(shapely.geometrycollections(rings))
    if shape is None or shape.is_empty or not shape.is_valid:  # three circles in one point, perhaps
        return MultiPoint(xy).buffer(radius)
    return shape


def _rings(xy: Floats, radius: float) -> list[shapely.LinearRing] | None:
    """Return the rings that the arcs close to; None if any does not."""
    n = len(xy)
    a, b = cKDTree(xy).query_pairs(2 * radius, output_type="ndarray").astype(np.int32).T
    near = csr_array((np.ones(2 * len(a), dtype=bool), (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    first, to = near.indptr.astype(np.int32), near.indices.astype(np.int32)
    room = int(np.diff(first).max(initial=0))
    circle, since, till = np.empty((3, len(to) + n), dtype=np.int64)
    begin, end = np.empty((2, len(to) + n))
    x, y = np.ascontiguousarray(xy.T)
    count = bare_arcs(
        first, to, x, y, radius, np.empty(room), np.empty(room), np.empty(room, dtype=np.int64),
        circle, since, till, begin, end,
    )  # fmt: skip
    key = circle[:count] * n + since[:count]
    by_key, wanted = np.argsort(key), till[:count] * n + circle[:count]
    then = by_key[np.searchsorted(key[by_key], wanted) % max(count, 1)]
    order, ring = np.empty((2, count), dtype=np.int64)
    if not count or (key[then] != wanted).any() or not follow(then, np.zeros(count, dtype=bool), order, ring):
        return None
    corners, arc = _corners(xy, radius, circle[order], begin[order], end[order])
    parts = np.split(corners, np.flatnonzero(np.diff(ring[arc])) + 1)
    return [shapely.LinearRing(part) for part in parts if len(part) >= _RING]


def _corners(xy: Floats, radius: float, circle: Ints, begin: Floats, end: Floats) -> tuple[Floats, Ints]:
    """Return where each arc begins, and points along it; and the arc of each."""
    low, high = np.floor(begin / _STEP) + 1, np.ceil(end / _STEP)
    many = np.maximum(high - low, 0).astype(np.int64) + 1
    arc = np.repeat(np.arange(len(many)), many)
    step = np.arange(len(arc)) - np.repeat(np.cumsum(many) - many, many)
    angle = np.where(step == 0, begin[arc], (low[arc] + step - 1) * _STEP)
    return xy[circle[arc]] + radius * np.column_stack([np.cos(angle), np.sin(angle)]), arc


@compiled
def bare_arcs(
    first: Small, to: Small, x: Floats, y: Floats, radius: float, low: Floats, high: Floats, who: Ints,
    circle: Ints, since: Ints, till: Ints, begin: Floats, end: Floats,
) -> int:  # fmt: skip
    """Write down the arcs of every circle that its neighbours ``to[first[i]:first[i + 1]]`` do not hide.

    Arcs run to the left; ``since`` and ``till`` are the circles at which they begin and end, the circle itself where it
    shows all round. ``low``, ``high`` and ``who`` are room for what ``hidden_arcs`` says.
    """
    at = 0
    for i in range(len(x)):
        count, covered, by = hidden_arcs(i, first, to, x, y, radius, low, high, who), 0.0, -1
        for k in range(count):  # arcs that run over the full turn hide its beginning, too
            if high[k] - _TURN > covered:
                covered, by = high[k] - _TURN, who[k]
        over = by >= 0
        for k in range(count):
            if low[k] > covered and by >= 0:
                circle[at], since[at], till[at], begin[at], end[at] = i, by, who[k], covered, low[k]
                at += 1
            if high[k] > covered:
                covered, by = high[k], who[k]
        if count == 0:
            circle[at], since[at], till[at], begin[at], end[at] = i, i, i, 0.0, _TURN
            at += 1
        elif not over:
            circle[at], since[at], till[at], begin[at], end[at] = i, by, who[0], covered, low[0] + _TURN
            at += 1
    return at


@compiled
def hidden_arcs(
    i: int, first: Small, to: Small, x: Floats, y: Floats, radius: float, low: Floats, high: Floats, who: Ints
) -> int:
    """Write down from where to where a circle's neighbours hide it, and ``who``, by the beginnings; return how many."""
    count = 0
    for m in range(first[i], first[i + 1]):
        j = to[m]
        half = np.arccos(min(1.0, np.hypot(x[j] - x[i], y[j] - y[i]) / (2 * radius)))
        angle = np.arctan2(y[j] - y[i], x[j] - x[i]) - half
        if angle < 0.0:
            angle += _TURN
        k = count
        while k > 0 and low[k - 1] > angle:
            low[k], high[k], who[k] = low[k - 1], high[k - 1], who[k - 1]
            k -= 1
        low[k], high[k], who[k] = angle, angle + 2 * half, j
        count += 1
    return count


@compiled
def follow(then: Ints, done: Bools, order: Ints, ring: Ints) -> bool:
    """Write the arcs in the order in which one follows the other, and the ring of each; whether all close."""
    at, rings = 0, 0
    for begin in range(len(then)):
        if done[begin]:
            continue
        arc = begin
        while not done[arc]:
            done[arc] = True
            order[at], ring[at] = arc, rings
            at += 1
            arc = then[arc]
        if arc != begin:
            return False
        rings += 1
    return True
